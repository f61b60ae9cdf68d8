import { describe, expect, test } from '@jest/globals'
import * as torch from 'node-libtorch'
import { fromBuffer, fromMessage, nn, ones, ops, tensor, toMessage, zeros } from 'node-libtorch'

import { resultOf } from './fixtures/run_script'

/** Through a message, as another thread would get it. */
function sent<T>(value: T, move = false): T {
  const message = toMessage(value)
  return fromMessage<T>(structuredClone(message, move ? { transfer: message.transfer } : {}))
}

describe('shareMemory_', () => {
  test('moves the memory of a tensor and of its views, in place', () => {
    const whole = tensor([
      [1, 2],
      [3, 4]
    ])
    const row = whole.select(0, 1)
    expect(whole.isShared()).toBe(false)
    expect(whole.shareMemory_()).toBe(whole)
    expect([whole.isShared(), row.isShared()]).toEqual([true, true])
    row.fill_(9)
    expect(whole.tolist()).toEqual([
      [1, 2],
      [9, 9]
    ])
    expect(() => ops.aten.resize_(whole, [100])).toThrow(/not resizable/)
  })

  test('keeps parameters, their gradients, graphs and optimizers what they are', () => {
    const model = new nn.Linear(2, 1)
    const { weight } = model
    const optimizer = new torch.optim.SGD(model.parameters(), { lr: 1 })
    const loss = model(ones(1, 2)).mul(weight.sum()).sum()
    const expected = model(ones(1, 2)).add(weight.sum()).item()
    weight.shareMemory_()
    loss.backward()
    expect(weight.grad!.select(0, 0).select(0, 0).item()).toBeCloseTo(expected)
    expect(model.weight).toBe(weight)
    const before = weight.tolist()
    optimizer.step()
    expect(weight.isShared()).toBe(true)
    expect(weight.tolist()).not.toEqual(before)
    expect(model.parameters()[0]).toBe(weight)
  })

  test('is nothing where the memory is shared already, and cuts the tie to an own buffer', () => {
    const shared = new SharedArrayBuffer(8)
    const over = fromBuffer(shared).shareMemory_()
    over.fill_(3)
    expect(Array.from(new Float32Array(shared))).toEqual([3, 3])
    const data = Float32Array.of(1, 2)
    const made = fromBuffer(data).shareMemory_()
    made.fill_(5)
    expect(Array.from(data)).toEqual([1, 2])
    expect([made.isShared(), made.tolist()]).toEqual([true, [5, 5]])
    expect(zeros(0).shareMemory_().isShared()).toBe(true)
  })
})

describe('toMessage and fromMessage', () => {
  test('a shared tensor is the same memory, a view the same view', () => {
    const whole = torch.arange(6).reshape(2, 3).shareMemory_()
    const there = sent({ whole, turned: whole.t(), part: whole.narrow(1, 1, 2) })
    there.part.fill_(7)
    expect(whole.tolist()).toEqual([
      [0, 7, 7],
      [3, 7, 7]
    ])
    expect(there.turned.tolist()).toEqual([
      [0, 3],
      [7, 7],
      [7, 7]
    ])
    expect(there.turned.isShared()).toBe(true)
    expect(sent(there.turned).fill_(1).isShared()).toBe(true)
    expect(whole.sum().item()).toBe(6)
  })

  test('any other is a copy, which a transfer list moves', () => {
    const made = torch.arange(6).reshape(2, 3).t()
    const message = toMessage([made, made.shareMemory_()])
    expect(message.transfer).toEqual([])
    const own = torch.arange(6).reshape(2, 3).t()
    const copy = toMessage(own)
    own.zero_()
    const moved = structuredClone(copy, { transfer: copy.transfer })
    expect(copy.transfer.map(({ byteLength }) => byteLength)).toEqual([0])
    expect(fromMessage<torch.Tensor>(moved).tolist()).toEqual([
      [0, 3],
      [1, 4],
      [2, 5]
    ])
  })

  test('keeps structure, identity, cycles and all other data', () => {
    const one = tensor([1])
    interface Content {
      list: unknown[]
      map: Map<unknown, unknown>
      set: Set<unknown>
      self?: Content
    }
    const content: Content = {
      list: [one, [one], null, 'text', 2n, undefined, new Date(5), /x/g, Int8Array.of(1)],
      map: new Map<unknown, unknown>([
        ['w', one],
        [1, { deep: one }]
      ]),
      set: new Set([one, 5])
    }
    content.self = content
    const back = sent(content)
    const first = back.list[0] as torch.Tensor
    expect(first).not.toBe(one)
    expect(first.tolist()).toEqual([1])
    expect((back.list[1] as unknown[])[0]).toBe(first)
    expect(back.map.get('w')).toBe(first)
    expect((back.map.get(1) as { deep: unknown }).deep).toBe(first)
    expect(back.set.has(first)).toBe(true)
    expect(back.self).toBe(back)
    expect(back.list.slice(2)).toEqual(content.list.slice(2))
    // What looks like a tensor in a message is none.
    const { records } = toMessage(one)
    expect(sent({ ...records[0] })).toEqual({ ...records[0] })
    const own = JSON.parse('{ "__proto__": 1 }') as object
    expect(Object.entries(sent(own))).toEqual([['__proto__', 1]])
  })

  test('keeps requiresGrad and being a parameter; refuses the result of an operator', () => {
    const model = new nn.Linear(2, 1)
    model.bias!.requiresGrad = false
    const own = Object.fromEntries(model.namedParameters())
    const back = sent(own)
    expect([back.weight!.requiresGrad, back.weight!.isLeaf]).toEqual([true, true])
    expect(back.bias!.requiresGrad).toBe(false)
    const other = new nn.Linear(2, 1)
    Object.assign(other, back)
    expect(other.parameters()[0] === back.weight && other.parameters()[1] === back.bias).toBe(true)
    expect(() => toMessage([own.weight!.mul(2)])).toThrow(/^value\[0\]: expected a leaf.*detach/)
    expect(sent(own.weight!.mul(2).detach()).requiresGrad).toBe(false)
  })

  test('a lazy conjugate arrives resolved', () => {
    const shared = tensor([{ re: 1, im: 2 }]).shareMemory_()
    const conjugate = ops.aten.conj(shared) as torch.Tensor
    expect(sent(conjugate).tolist()).toEqual([{ re: 1, im: -2 }])
  })

  test('a tensor itself cannot be posted: the error names the way', () => {
    const { port1 } = new MessageChannel()
    for (const send of [structuredClone, (value: unknown) => port1.postMessage({ value })]) {
      expect(() => send(tensor([1]))).toThrow(/useToMessageToSendTensors/)
    }
    port1.close()
  })
})

describe('workers', () => {
  test('two train one model at once, on shared parameters', () => {
    const found = resultOf('sharing.js', ['hogwild']) as Record<string, number[]>
    expect(found).toMatchObject({ steps: [500, 500], same: true })
    expect(found.after![0]).toBeCloseTo(3, 2)
    expect(found.after![1]).toBeCloseTo(1, 2)
    expect(found.after).not.toEqual(found.before)
  })

  test('a state dict goes there and back, bit for bit', () => {
    const names = ['0.weight', '0.bias', '1.weight', '1.bias']
    const sizes = [80, 16, 32, 8]
    expect(resultOf('sharing.js', ['stateDict'])).toEqual([
      { same: true, names, moved: sizes, loads: true },
      { same: true, names, moved: [0, 0, 0, 0], loads: true }
    ])
  })

  test('every dtype, copied and shared', () => {
    expect(resultOf('sharing.js', ['dtypes'])).toEqual({
      copies: true,
      // biome-ignore format: a list
      dtypes: [
        'float32', 'float64', 'float16', 'bfloat16', 'int64', 'int32', 'int16', 'int8', 'uint8',
        'bool', 'complex64', 'complex128'
      ],
      views: true,
      seen: true
    })
  })

  test('shared memory outlives either side', () => {
    expect(resultOf('sharing.js', ['outlives'])).toEqual({ sum: 8, corner: [[0, 1, 1, 0]] })
    const made = resultOf('sharing.js', ['outlivesMaker'], ['--expose-gc'])
    expect(made).toEqual({ values: [1, 2, 3], isShared: true })
  })

  test('50 are terminated while they write into shared memory', () => {
    expect(resultOf('sharing.js', ['terminated'])).toEqual({ codes: [1], sum: 2000 })
  })
})

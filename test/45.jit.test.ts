import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import * as torch from 'node-libtorch'
import { jit, nn, ones, optim, type Tensor, tensor, zeros } from 'node-libtorch'

import { resultOf } from './fixtures/run_script'

const folder = mkdtempSync(join(tmpdir(), 'jit-'))
const file = (name: string) => join(folder, name)
afterAll(() => rmSync(folder, { recursive: true }))

class Net extends nn.Module {
  first = new nn.Linear(4, 3)
  declare count: Tensor
  constructor() {
    super()
    this.registerBuffer('count', zeros(3))
  }
  forward(x: Tensor) {
    return this.first(x).relu().add(this.count)
  }
}

describe('a traced module', () => {
  const model = new Net()
  const traced = jit.trace(model, ones(2, 4))

  test('is an nn.Module with the model’s own parameters and buffers', () => {
    expect(traced).toBeInstanceOf(nn.Module)
    const names = (module: nn.Module) => module.namedParameters().map(([name]) => name)
    expect(names(traced)).toEqual(names(model))
    traced.parameters().forEach((parameter, i) => {
      expect(parameter).toBe(model.parameters()[i])
    })
    expect(traced.namedBuffers().map(([name]) => name)).toEqual(['count'])
    expect(traced.namedModules().map(([name]) => name)).toEqual(['', 'first'])
    expect(Object.keys(traced.stateDict())).toEqual(['count', 'first.weight', 'first.bias'])
    expect(traced.originalName).toBe('Net')
    expect(traced.methodNames()).toEqual(['forward'])
  })

  test('computes what the model does, for other sizes too', () => {
    const x = torch.randn(5, 4)
    expect(traced(x).equal(model(x))).toBe(true)
    expect(traced.forward(x).equal(model(x))).toBe(true)
  })

  test('learns with the model, either way', () => {
    const optimizer = new optim.SGD(traced.parameters(), { lr: 0.1 })
    const before = model.first.weight.clone()
    traced(ones(2, 4)).sum().backward()
    optimizer.step()
    expect(model.first.weight.equal(before)).toBe(false)
    traced.zeroGrad()
    expect(model.first.weight.grad).toBe(null)
    const x = torch.randn(1, 4)
    expect(traced(x).equal(model(x))).toBe(true)
  })

  test('train, eval, requiresGrad_ and to reach the C++ module', () => {
    const own = jit.trace(new Net(), ones(2, 4))
    own.eval()
    own.requiresGrad_(false)
    own.to('float64')
    own.save(file('state.pt'))
    const read = jit.load(file('state.pt'))
    expect(read.training).toBe(false)
    expect((read as unknown as { first: jit.ScriptModule }).first.training).toBe(false)
    expect(read.parameters().map(({ requiresGrad, dtype }) => [requiresGrad, dtype])).toEqual([
      [false, 'float64'],
      [false, 'float64']
    ])
    expect(read(ones(2, 4, { dtype: 'float64' })).dtype).toBe('float64')
  })

  test('takes a state dict, and tensors in place of its own', () => {
    const own = jit.trace(new Net(), ones(2, 4))
    own.loadStateDict(traced.stateDict())
    const x = torch.randn(2, 4)
    expect(own(x).equal(traced(x))).toBe(true)
    const parts = own as unknown as { count: Tensor; first: { bias: Tensor } }
    parts.count = ones(3)
    expect(own(x).equal(traced(x).add(1))).toBe(true)
    parts.first.bias = nn.Parameter(zeros(3))
    expect(own.parameters()[1]).toBe(parts.first.bias)
    expect(() => {
      parts.count = 3 as unknown as Tensor
    }).toThrow(/count: expected a Tensor/)
  })

  test('prints its parts as Python does', () => {
    expect(String(traced)).toBe(
      'ScriptModule(\n  original_name=Net\n  (first): ScriptModule(original_name=Linear)\n)'
    )
  })

  test('comes back from its file with the same bits, and leaves no other file', () => {
    traced.save(file('net.pt'))
    const read = jit.load(file('net.pt'), { mapLocation: 'cpu' })
    const x = torch.randn(2, 4)
    expect(read(x).equal(traced(x))).toBe(true)
    expect(read.parameters()[0]).not.toBe(traced.parameters()[0])
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([])
    const before = readFileSync(file('net.pt'))
    expect(() => traced.save(join(folder, 'missing', 'net.pt'))).toThrow(/ENOENT/)
    traced.save(file('net.pt'))
    expect(readFileSync(file('net.pt')).equals(before)).toBe(true)
  })
})

describe('trace', () => {
  test('functions, with several inputs and results', () => {
    const traced = jit.trace(
      (x: Tensor, [y, z]: [Tensor, Tensor]) => [x.add(y), [z, x.mul(2)]],
      [ones(2), [ones(2), zeros(1)]]
    )
    const [sum, [same, twice]] = traced(tensor([1, 2]), [tensor([3, 4]), tensor([5])])
    expect([sum, same, twice].map((result: Tensor) => result.tolist())).toEqual([
      [4, 6],
      [5],
      [2, 4]
    ])
    expect(traced.parameters()).toEqual([])
  })

  test('dicts in and out, where strict is false', () => {
    const double = (x: { a: Tensor; b: Tensor }) => ({ sum: x.a.add(x.b) })
    expect(() => jit.trace(double, [{ a: ones(1), b: ones(1) }])).toThrow(/jit.trace: .*dict/)
    const traced = jit.trace(double, [{ a: ones(1), b: ones(1) }], { strict: false })
    const result = traced({ a: tensor([1]), b: tensor([2]) }) as Map<string, Tensor>
    expect(result.get('sum')!.tolist()).toEqual([3])
  })

  test('other tensors are constants; those with a gradient are refused', () => {
    const constant = tensor([2, 3])
    const traced = jit.trace((x: Tensor) => x.mul(constant), ones(2))
    constant.zero_()
    expect(traced(ones(2)).tolist()).not.toEqual([1, 1])
    const outside = ones(2, { requiresGrad: true })
    expect(() => jit.trace((x: Tensor) => x.mul(outside), ones(2))).toThrow(
      /Cannot insert a Tensor that requires grad as a constant/
    )
  })

  test('a module that traces a module that was traced', () => {
    class Outer extends nn.Module {
      inner = jit.trace(new nn.Linear(4, 3), ones(1, 4))
      forward(x: Tensor) {
        return this.inner(x).tanh()
      }
    }
    const model = new Outer()
    const traced = jit.trace(model, ones(2, 4))
    const x = torch.randn(3, 4)
    expect(traced(x).equal(model(x))).toBe(true)
    expect(traced.namedParameters().map(([name]) => name)).toEqual(['inner.weight', 'inner.bias'])
  })

  test('a shared parameter is one', () => {
    class Shared extends nn.Module {
      a = new nn.Linear(3, 3)
      b = new nn.Linear(3, 3)
      constructor() {
        super()
        this.b.weight = this.a.weight
      }
      forward(x: Tensor) {
        return this.b(this.a(x))
      }
    }
    const model = new Shared()
    const traced = jit.trace(model, ones(1, 3))
    traced.save(file('shared.pt'))
    expect(
      jit
        .load(file('shared.pt'))
        .namedParameters()
        .map(([name]) => name)
    ).toEqual(['a.weight', 'a.bias', 'b.bias'])
  })

  test('what cannot be run again to the same end is refused, and leaves nothing behind', () => {
    torch.manualSeed(1)
    const before = torch.getRngState()
    const noisy = (x: Tensor) => x.add(torch.rand(2))
    expect(() => jit.trace(noisy, ones(2))).toThrow(
      /^jit.trace: output 0 of the traced module differs by up to 0\.\d+.*call eval\(\).*checkTrace/
    )
    expect(jit.trace(noisy, ones(2), { checkTrace: false })(ones(2)).shape).toEqual([2])
    torch.setRngState(before)
    let calls = 0
    const growing = (x: Tensor) => x.add(calls++)
    expect(() => jit.trace(growing, ones(2))).toThrow(/differs by up to 1/)
    expect(jit.trace(growing, ones(2), { checkTolerance: 10 })).toBeInstanceOf(jit.ScriptModule)
  })

  test('buffers that the model changes are as after one call', () => {
    class Counting extends nn.Module {
      declare calls: Tensor
      constructor() {
        super()
        this.registerBuffer('calls', zeros(1))
      }
      forward(x: Tensor) {
        this.calls.add_(1)
        return x.add(1)
      }
    }
    const model = new Counting()
    const traced = jit.trace(model, ones(1))
    expect(model.calls.item()).toBe(1)
    traced(ones(1))
    expect(model.calls.item()).toBe(2)
  })

  test('what the model throws comes out as it is, and tracing goes on afterwards', () => {
    const thrown = new RangeError('mine')
    const failing = () => {
      throw thrown
    }
    let caught: unknown
    try {
      jit.trace(failing, ones(1))
    } catch (error) {
      caught = error
    }
    expect(caught).toBe(thrown)
    expect(
      jit
        .trace(
          (x: Tensor) => x.neg(),
          ones(1)
        )(ones(1))
        .item()
    ).toBe(-1)
  })

  test('in a trace is refused, and the outer one is not harmed', () => {
    const tracing = (x: Tensor) => {
      expect(() => jit.trace((y: Tensor) => y, ones(1))).toThrow(/jit.trace: .*inside of another/)
      return x.mul(3)
    }
    const outer = jit.trace(tracing, ones(1), { checkTrace: false })
    expect(outer(ones(1)).item()).toBe(3)
  })
})

describe('files', () => {
  beforeAll(() => jit.trace(new Net(), ones(2, 4)).save(file('whole.pt')))

  test.each([
    ['nothing', Buffer.alloc(0), /is no TorchScript file/],
    ['text', Buffer.from('a text that is no archive'), /is no TorchScript file/],
    ['an archive of nothing', Buffer.from('504b0506'.padEnd(44, '0'), 'hex'), /no TorchScript/]
  ])('%s', (_, bytes, message) => {
    writeFileSync(file('bad.pt'), bytes)
    expect(() => jit.load(file('bad.pt'))).toThrow(message)
  })

  test('one that is not there, and a folder', () => {
    expect(() => jit.load(file('none.pt'))).toThrow(/ENOENT: no such file/)
    expect(() => jit.load(folder)).toThrow(/EISDIR/)
  })

  test('a file cut off, at 40 places', () => {
    const whole = readFileSync(file('whole.pt'))
    for (let i = 0; i < 40; i++) {
      writeFileSync(file('cut.pt'), whole.subarray(0, Math.floor((whole.length * i) / 40)))
      expect(() => jit.load(file('cut.pt'))).toThrow(/^jit\.load\('.*cut\.pt'\): the file is/)
    }
  })

  test('one bit flipped in a weight', () => {
    const model = jit.load(file('whole.pt'))
    const weight = Buffer.from(model.parameters()[0]!.toTypedArray().buffer)
    const whole = readFileSync(file('whole.pt'))
    const at = whole.indexOf(weight)
    expect(at).toBeGreaterThan(0)
    whole[at + 5]! ^= 1
    writeFileSync(file('flipped.pt'), whole)
    expect(() => jit.load(file('flipped.pt'))).toThrow(/does not have its checksum/)
  })

  test('a pickle that takes values from an empty stack, with the right checksum', () => {
    const whole = readFileSync(file('whole.pt'))
    // constants.pkl: an empty tuple. TUPLE1 in its place ends the process inside of libtorch.
    const at = whole.lastIndexOf(Buffer.from('8002292e', 'hex'))
    const pickle = whole.subarray(at, at + 4)
    expect(pickle.toString('hex')).toBe('8002292e')
    const before = Buffer.alloc(4)
    before.writeUInt32LE(crc32(pickle))
    pickle[2] = 0x85
    const after = Buffer.alloc(4)
    after.writeUInt32LE(crc32(pickle))
    after.copy(whole, whole.lastIndexOf(before))
    writeFileSync(file('underflow.pt'), whole)
    expect(() => jit.load(file('underflow.pt'))).toThrow(
      /'.*constants\.pkl' cannot be read: it takes values that are not there/
    )
  })

  test('160 damaged copies in a child process: each is an error or harmless', () => {
    const found = resultOf('jit.js', ['mutations', file('whole.pt'), '1', '160']) as {
      refused: number
      loaded: number
      messages: string[]
      others: string[]
    }
    expect(found.refused + found.loaded).toBe(160)
    expect(found.refused).toBeGreaterThan(140)
    expect(found.others).toEqual([])
    const leaks = /frame #|Exception raised from|\.(cpp|cc|h):\d/
    expect(found.messages.filter((message) => leaks.test(message))).toEqual([])
  })

  test('12 workers that load, trace and train are terminated, and the process goes on', () => {
    expect(resultOf('jit.js', ['workers', file('whole.pt')])).toEqual({
      codes: [1],
      output: [2, 3]
    })
  })
})

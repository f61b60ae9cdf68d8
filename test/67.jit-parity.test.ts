import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'
import * as torch from 'node-libtorch'
import { jit, nn, ones, optim, setNumThreads, type Tensor, zeros } from 'node-libtorch'

import { bits, namedBits } from './parity/bits'
import { runPython } from './parity/python'

interface Trained {
  losses: string[]
  names: string[]
  buffers: string[]
  state: Record<string, string>
  final: string
}
interface Read {
  training: boolean
  parameters: Record<string, string>
  needed: boolean[]
  buffers: Record<string, string>
  modules: [string, string][]
  output: string
  other: string
  pair: string[]
  dict: Record<string, string>
  trained: Trained
}

const folder = mkdtempSync(join(tmpdir(), 'jit-parity-'))
const file = (name: string) => join(folder, name)
afterAll(() => rmSync(folder, { recursive: true }))

// The order of a sum, and so its last bit, depends on the number of threads.
setNumThreads(1)

const line = torch.linspace(-1, 1, 8).reshape(2, 4)
const other = torch.linspace(-2, 1, 12).reshape(3, 4)
const image = torch.linspace(-1, 1, 64).reshape(4, 1, 4, 4)

/** What `train` of jit.py does. */
function train(name: string, example: Tensor, target: Tensor): Trained {
  const module = jit.load(file(name))
  const optimizer = new optim.SGD(module.parameters(), { lr: 0.1, momentum: 0.9 })
  const losses: string[] = []
  for (let step = 0; step < 10; step++) {
    optimizer.zeroGrad()
    const loss = module(example).sub(target).pow(2).mean()
    loss.backward()
    optimizer.step()
    losses.push(bits(loss))
  }
  module.eval()
  return {
    losses,
    names: module.namedParameters().map(([name]) => name),
    buffers: module.namedBuffers().map(([name]) => name),
    state: namedBits(Object.entries(module.stateDict())),
    final: bits(module(example))
  }
}

class Net extends nn.Module {
  scale: Tensor
  declare shift: Tensor
  body = new nn.Sequential(new nn.Linear(4, 8), new nn.ReLU(), new nn.Linear(8, 3))
  frozen = new nn.Linear(3, 3, { bias: false })
  constructor() {
    super()
    this.scale = nn.Parameter(torch.full([3], 0.5))
    this.registerBuffer('shift', torch.arange(3))
    this.frozen.requiresGrad_(false)
  }
  forward(x: Tensor) {
    return nn.functional.softmax(this.frozen(this.body(x).mul(this.scale)), -1).add(this.shift)
  }
}

const reference = runPython<Record<'scripted' | 'traced', Trained>>('jit.py', [folder])
if ('skip' in reference) {
  console.warn(`skipped: ${reference.skip}`)
  test.skip(reference.skip, () => {})
} else {
  describe('what Python wrote, fine-tuned for 10 steps: the same bits', () => {
    const cases = [
      ['scripted', line, ones(2, 3)],
      ['traced', image, zeros(4, 2)]
    ] as const
    test.each(cases)('%s', (name, example, target) => {
      const ours = train(`${name}.pt`, example, target)
      expect(ours.losses).toHaveLength(10)
      expect(ours).toEqual(reference.result[name])
      expect(new Set(ours.losses).size).toBeGreaterThan(5)
    })
  })

  test('Python’s methods, attributes and results', () => {
    const module = jit.load(file('scripted.pt'))
    expect(module.methodNames().sort()).toEqual([
      'described',
      'either',
      'forward',
      'pair',
      'refuse'
    ])
    expect(module.runMethod('pair', line).map((t: Tensor) => t.shape)).toEqual([[2, 4], []])
    expect(module.runMethod('pair', line, { flip: true, factor: 3 })[1].equal(line.mul(3))).toBe(
      true
    )
    const [total, half, labels, found, training] = module.runMethod('described', [1, 2, 4], {
      x: line
    })
    expect([total, labels, training, half.get('half')]).toEqual([7, ['a', 'b'], true, 3.5])
    expect(found).toBe(line)
    expect(module.eval().runMethod('described', [], null).slice(3)).toEqual([null, false])
    expect([module.getAttribute('gain'), module.getAttribute('labels')]).toEqual([1.5, ['a', 'b']])
    module.setAttribute('gain', -1)
    expect(module.getAttribute('gain')).toBe(-1)
    const given = [3, 'x', [1, 2]].map((value) => module.runMethod('either', value))
    expect(given).toEqual(['int', 'str', 'list'])
    expect(() => module.runMethod('either', line)).toThrow(/argument 'value': expected Union/)
    expect(module.runMethod('described', [], new Map([['x', line]]))[3]).toBe(line)
    expect(module(line, 0).shape).toEqual([2, 3])
    expect((module as unknown as { calls: Tensor }).calls.item()).toBe(1)
  })

  test('errors of the program and of its calls', () => {
    const module = jit.load(file('scripted.pt'))
    const call =
      (name: string, ...args: unknown[]) =>
      () =>
        module.runMethod(name, ...args)
    expect(call('refuse', line)).toThrow(/^Scripted\.refuse: [\s\S]*never this one/)
    expect(call('forwards', line)).toThrow(/Scripted\.forwards: the module has no such method/)
    expect(call('forward', 'x')).toThrow(
      /argument 'x': expected Tensor, got string 'x'; the call is/
    )
    expect(call('forward')).toThrow(/argument 'x' is missing/)
    expect(call('forward', line, 2, 3)).toThrow(/at most 2 arguments, got 3/)
    expect(call('forward', line, { x: line })).toThrow(/'x' came twice/)
    expect(call('forward', line, { time: 1 })).toThrow(/does not take all of the keyword arguments/)
    expect(call('forward', line, 1.5)).toThrow(/argument 'times': expected int, got number 1.5/)
    expect(call('forward', ones(2, 5))).toThrow(
      /^Scripted\.forward: [\s\S]*shapes cannot be multiplied/
    )
    expect(() => jit.load(file('tensors.pt'))).toThrow(/jit\.load\('.*tensors\.pt'\).*torch\.save/)
  })

  describe('what was traced here, loaded by Python', () => {
    torch.manualSeed(5)
    const model = new Net()
    const optimizer = new optim.SGD(
      model.parameters().filter(({ requiresGrad }) => requiresGrad),
      { lr: 0.1 }
    )
    const traced = jit.trace(model, line)
    for (let step = 0; step < 5; step++) {
      optimizer.zeroGrad()
      model(line).sub(ones(2, 3)).pow(2).mean().backward()
      optimizer.step()
    }
    optimizer.zeroGrad()
    traced.save(file('ours.pt'))
    jit
      .trace((x: Tensor, y: Tensor) => [x.exp(), [y.sum(0), y.neg()]], [line, other])
      .save(file('pair.pt'))
    jit
      .trace((x: Tensor) => ({ sum: x.sum(), twice: x.mul(2) }), line, { strict: false })
      .save(file('dict.pt'))
    const read = runPython<Read>('jit_read.py', [folder])
    const theirs = (read as { result: Read }).result

    test('names, values and kinds of the parts', () => {
      expect(theirs.parameters).toEqual(namedBits(model.namedParameters()))
      expect(Object.keys(theirs.parameters)).toEqual(model.namedParameters().map(([name]) => name))
      expect(Object.keys(theirs.parameters)).toContain('body.0.weight')
      expect(theirs.buffers).toEqual(namedBits(model.namedBuffers()))
      expect(theirs.needed).toEqual(model.parameters().map(({ requiresGrad }) => requiresGrad))
      expect(theirs.modules).toEqual(
        model.namedModules().map(([name, module]) => [name, module.constructor.name])
      )
      expect(theirs.training).toBe(true)
    })

    test('outputs', () => {
      expect(theirs.output).toBe(bits(model(line)))
      expect(theirs.other).toBe(bits(model(other)))
      expect(theirs.pair).toEqual([line.exp(), other.sum(0), other.neg()].map(bits))
      expect(theirs.dict).toEqual(
        namedBits([
          ['sum', line.sum()],
          ['twice', line.mul(2)]
        ])
      )
    })

    test('10 more steps on either side', () => {
      expect(train('ours.pt', line, ones(2, 3))).toEqual(theirs.trained)
    })
  })
}

// The memory that a compiled step replays in: whoever keeps a gradient keeps it, results go over their
// operands without other bits, calls that allocate take what is planned for them, errors leave no
// half-written gradients.
import { beforeAll, describe, expect, test } from '@jest/globals'
import * as torch from 'node-libtorch'
import {
  compile,
  manualSeed,
  memory,
  nn,
  optim,
  randn,
  setNumThreads,
  type Tensor
} from 'node-libtorch'
import { elementwise } from '../lib/compile/operators'
import { bitsOf } from './fixtures/compiled_steps/trial'

beforeAll(() => setNumThreads(1))

function trial() {
  manualSeed(3)
  const model = new nn.Sequential(new nn.Linear(6, 32), new nn.ReLU(), new nn.Linear(32, 2))
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 })
  const step = (x: Tensor) => {
    optimizer.zeroGrad()
    const loss = model(x).square().mean()
    loss.backward()
    optimizer.step()
    return loss
  }
  return { model, step, x: randn([16, 6]) }
}

describe('gradients', () => {
  /** What is left of the gradients that `keep` kept of each of 6 steps. */
  function kept(wrap: (fn: (x: Tensor) => Tensor) => (x: Tensor) => Tensor) {
    const { model, step, x } = trial()
    const run = wrap(step)
    const parameters = [...model.parameters()]
    const all = Array.from({ length: 6 }, (_, i) => {
      run(x)
      // Some are kept, others not, one as a view.
      const [first, second] = parameters.map(({ grad }) => grad as Tensor)
      return i % 2 === 0 ? [first, second?.view([-1])] : [second]
    })
    return all.flat().map((gradient) => bitsOf(gradient as Tensor))
  }

  test('who keeps one has it as it was, whatever steps follow', () => {
    expect(kept((fn) => compile(fn))).toEqual(kept((fn) => fn))
  })

  test('outlive the step that made them', () => {
    let gradient: Tensor | null = null
    let wanted = ''
    ;(() => {
      const { model, step, x } = trial()
      const run = compile(step)
      for (let i = 0; i < 3; i++) run(x)
      gradient = (model[0] as nn.Linear).weight.grad
      wanted = bitsOf(gradient as Tensor)
    })()
    for (let i = 0; i < 5; i++) randn([1000, 100]).add(1)
    expect(bitsOf(gradient as unknown as Tensor)).toBe(wanted)
  })

  test('a step that fails leaves none, as an eager one does', () => {
    manualSeed(0)
    const model = new nn.Linear(4, 3)
    const step = (x: Tensor, y: Tensor) => {
      model.zeroGrad()
      const loss = nn.functional.crossEntropy(model(x), y)
      loss.backward()
      return loss
    }
    const run = compile(step)
    const [x, y] = [randn([8, 4]), torch.randint(0, 3, [8], { dtype: 'int64' })]
    for (let i = 0; i < 3; i++) run(x, y)
    const wrong = torch.full([8], 7, { dtype: 'int64' })
    for (const each of [run, step]) {
      expect(() => each(x, wrong)).toThrow(/[Tt]arget 7/)
      expect(model.weight.grad).toBeNull()
      each(x, y)
      expect(model.weight.grad).not.toBeNull()
    }
    model.zeroGrad()
    step(x, y)
    const wanted = bitsOf(model.weight.grad as Tensor)
    expect(() => run(x, wrong)).toThrow()
    run(x, y)
    expect(bitsOf(model.weight.grad as Tensor)).toEqual(wanted)
  })
})

describe('an operand that is written over', () => {
  /** Each elementwise operator, of tensors that nobody needs afterwards. */
  const more: Record<string, unknown[]> = {
    addcmul: ['y', 'y'],
    addcdiv: ['y', 'y'],
    clamp: [-0.5, 0.5],
    clamp_max: [0.5],
    clamp_min: [-0.5],
    elu: [],
    hardtanh: [],
    hardtanh_backward: ['y', -0.5, 0.5],
    leaky_relu: [0.1],
    leaky_relu_backward: ['y', 0.1, false],
    lerp: ['y', 0.25],
    sigmoid_backward: ['y'],
    silu_backward: ['y'],
    softplus: [],
    softplus_backward: ['y', 1, 20],
    tanh_backward: ['y'],
    threshold: [0.1, 2],
    threshold_backward: ['y', 0.1]
  }
  const binary = new Set(['add', 'sub', 'mul', 'div', 'maximum', 'minimum'])
  const names = [...elementwise].map((name) => name.replace('aten::', ''))
  const aten = torch.ops.aten as unknown as Record<string, (...args: unknown[]) => Tensor>

  test.each(names)('%s', (name) => {
    const given = more[name] ?? (binary.has(name) ? ['y'] : [])
    const run = aten[name] as (...args: unknown[]) => Tensor
    const on = (x: Tensor, y: Tensor) => run(x, ...given.map((each) => (each === 'y' ? y : each)))
    const fn = (x: Tensor) => {
      const [a, b] = [x.mul(1.5), x.abs().add(0.25)]
      const first = on(a, b)
      // Here nobody needs the other operand afterwards either.
      return on(first, b).add(0)
    }
    const step = compile(fn)
    for (const shape of [[1], [7], [3, 5, 11], [300, 70]]) {
      const x = randn(shape)
      for (let i = 0; i < 3; i++) expect(bitsOf(step(x))).toBe(bitsOf(fn(x)))
    }
    expect(step.recordings).toBe(4)
  })
})

test('calls that allocate take planned memory, and no more with each step', () => {
  const make = () => {
    manualSeed(1)
    const model = new nn.Sequential(
      new nn.Conv2d(1, 8, 3),
      new nn.ReLU(),
      new nn.MaxPool2d(2),
      new nn.Conv2d(8, 16, 3),
      new nn.BatchNorm2d(16),
      new nn.ReLU(),
      new nn.Flatten(),
      new nn.Linear(1936, 10)
    )
    const optimizer = new optim.Adam(model.parameters())
    const step = (x: Tensor, y: Tensor) => {
      optimizer.zeroGrad()
      const loss = nn.functional.crossEntropy(model(x), y)
      loss.backward()
      optimizer.step()
      return loss
    }
    return { model, step }
  }
  const [x, y] = [randn([32, 1, 28, 28]), torch.randint(0, 10, [32], { dtype: 'int64' })]
  const [eager, compiled] = [make(), make()]
  const run = compile(compiled.step)
  for (let i = 0; i < 10; i++) expect(bitsOf(run(x, y))).toBe(bitsOf(eager.step(x, y)))
  const bytes = (model: nn.Module) =>
    [...model.parameters()].flatMap((each) => [bitsOf(each), bitsOf(each.grad as Tensor)])
  expect(bytes(compiled.model)).toEqual(bytes(eager.model))
  const before = memory().liveTensors
  for (let i = 0; i < 20; i++) run(x, y).dispose()
  expect(memory().liveTensors).toBe(before)
})

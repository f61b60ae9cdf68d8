// A compiled step is recorded again where anything differs that it took for granted, says what it
// cannot do, and leaves nothing behind.
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import {
  type CompileError,
  compile,
  manualSeed,
  nn,
  noGrad,
  ones,
  optim,
  rand,
  randn,
  setNumThreads,
  type Tensor,
  tensor,
  zeros
} from 'node-libtorch'
import { isRecording } from '../lib/compile/tape'
import { resultOf } from './fixtures/run_script'

const { functional: F } = nn

beforeAll(() => setNumThreads(1))

function trainable(options: { dropout?: boolean } = {}) {
  manualSeed(0)
  const model = new nn.Sequential(
    new nn.Linear(3, 4),
    options.dropout ? new nn.Dropout(0.5) : new nn.ReLU(),
    new nn.BatchNorm1d(4),
    new nn.Linear(4, 1)
  )
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 })
  const x = randn(5, 3)
  const y = randn(5, 1)
  const fn = (a: Tensor, b: Tensor) => {
    optimizer.zeroGrad()
    const loss = F.mseLoss(model.forward(a) as Tensor, b)
    loss.backward()
    optimizer.step()
    return loss
  }
  const values = () => model.parameters().map((parameter) => parameter.tolist())
  return { model, optimizer, x, y, fn, values }
}

type Trained = ReturnType<typeof trainable>

describe('what a recording takes for granted', () => {
  /** Steps before and behind a change, compiled; the same eagerly. */
  function compare(change: (trained: Trained) => void): number {
    const sides = [compile, <T>(fn: T) => fn].map((wrap) => {
      const trained = trainable()
      const step = wrap(trained.fn) as ReturnType<typeof compile<[Tensor, Tensor], Tensor>>
      const losses = [0, 1, 2, 3].map(() => step(trained.x, trained.y).item())
      const before = step.recordings
      change(trained)
      for (let i = 0; i < 4; i++) losses.push(step(trained.x, trained.y).item())
      return { losses, values: trained.values(), recorded: step.recordings - before }
    })
    expect({ ...sides[0], recorded: 0 }).toEqual({ ...sides[1], recorded: 0 })
    return sides[0]?.recorded as number
  }

  // biome-ignore format: a table
  test.each<[string, (trained: Trained) => void]>([
    ['eval()', ({ model }) => model.eval()],
    ["a module's option", ({ model }) => { (model.children()[2] as nn.BatchNorm1d).momentum = 0.5 }],
    ['a module in the place of another', ({ model }) => { model.replace(1, new nn.Tanh()) }],
    ['requiresGrad', ({ model }) => { model.children()[0]?.parameters()[0]?.requiresGrad_(false) }],
    ['another parameter', ({ model }) => {
      const last = model.children()[3] as nn.Linear
      last.weight = new nn.Parameter(ones(1, 4))
    }],
    ['another memory under a parameter', ({ model }) => { model.to('float64').to('float32') }],
    ['a state of the optimizer', ({ optimizer }) => optimizer.loadStateDict(optimizer.stateDict())],
    ['momentum', ({ optimizer }) => { (optimizer.paramGroups[0] as { momentum: number }).momentum = 0 }],
    ['nesterov', ({ optimizer }) => { (optimizer.paramGroups[0] as { nesterov: boolean }).nesterov = true }],
    ['a parameter more', ({ optimizer }) => optimizer.addParamGroup({ params: [zeros(1, { requiresGrad: true })] })]
  ])('%s', (_, change) => {
    expect(compare(change)).toBeGreaterThanOrEqual(1)
  })

  // biome-ignore format: a table
  test.each<[string, (trained: Trained) => void]>([
    ['nothing', () => undefined],
    ['lr', ({ optimizer }) => { (optimizer.paramGroups[0] as { lr: number }).lr = 0.01 }],
    ['a state of the model, copied into it', ({ model }) => model.loadStateDict(model.stateDict())],
    ['values of parameters', ({ model }) => noGrad(() => { for (const p of model.parameters()) p.mul_(0.5) })],
    ['a gradient', ({ model }) => { (model.parameters()[0] as Tensor).grad = ones(4, 3) }]
  ])('replays behind a change of %s', (_, change) => {
    expect(compare(change)).toBe(0)
  })

  test('shape, dtype, stride, number and kind of arguments', () => {
    const step = compile((...args: (Tensor | number)[]) => {
      const [first, ...others] = args as [Tensor, ...(Tensor | number)[]]
      return others.reduce<Tensor>((sum, item) => sum.add(item), first)
    })
    const calls: (Tensor | number)[][] = [
      [ones(2, 3)],
      [ones(3, 2)],
      [ones(3, 2).t()],
      [ones(2, 3, { dtype: 'float64' })],
      [ones(2, 3), ones(3)],
      [ones(2, 3), 4],
      [ones(2, 3), 5]
    ]
    for (let round = 0; round < 3; round++) {
      for (const args of calls) {
        const wanted = args.slice(1).reduce<Tensor>((sum, item) => sum.add(item), args[0] as Tensor)
        const got = step(...args)
        expect([got.tolist(), got.dtype, got.shape]).toEqual([
          wanted.tolist(),
          wanted.dtype,
          wanted.shape
        ])
      }
    }
    expect(step.recordings).toBe(calls.length)
  })

  test('whether gradients are recorded', () => {
    const weight = ones(2, { requiresGrad: true })
    const step = compile((x: Tensor) => x.mul(weight).detach())
    for (let i = 0; i < 3; i++) {
      step(ones(2))
      noGrad(() => step(ones(2)))
    }
    expect(step.recordings).toBe(2)
  })

  test('objects and texts among the arguments', () => {
    const step = compile((x: Tensor, how: { by: number; name: string }) => x.mul(how.by))
    for (let i = 0; i < 3; i++) {
      expect(step(ones(1), { by: 2, name: 'a' }).item()).toBe(2)
      expect(step(ones(1), { by: 3, name: 'a' }).item()).toBe(3)
    }
    expect(step.recordings).toBe(2)
  })
})

describe('the limit of recordings', () => {
  test('then it runs eagerly, and warns once', () => {
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    const step = compile((x: Tensor, n: number) => x.mul(n), { maxRecordings: 2 })
    for (let n = 0; n < 6; n++) expect(step(ones(1), n).item()).toBe(n)
    expect(step.recordings).toBe(2)
    expect(warn.mock.calls).toEqual([
      [
        expect.stringMatching(/recorded 2 times.*pass what changes as tensors/),
        'TorchCompileWarning'
      ]
    ])
    warn.mockRestore()
    expect(step(ones(1), 0).item()).toBe(0)
  })
})

describe('refused, with place and remedy', () => {
  const x = tensor([1, 0, 2])
  const weight = ones(3, { requiresGrad: true })
  const outside = weight.mul(2)
  const other = ones(3)
  const hooked = new nn.Linear(3, 3)
  hooked.registerForwardHook(() => undefined)
  const linear = new nn.Linear(3, 3)

  // biome-ignore format: a table
  test.each<[string, (a: Tensor) => unknown, RegExp, RegExp]>([
    ['item()', (a) => a.sum().item(), /item/, /read it after/],
    ['tolist()', (a) => a.tolist(), /tolist/, /read it after/],
    ['tensor()', () => tensor([1]), /tensor\(data\)/, /pass the tensor as an argument/],
    ['nonzero()', (a) => a.nonzero(), /'nonzero' gives a result whose shape/, /move it out of the step/],
    ['a mask', (a) => a.index(a.gt(0)), /'index' with a mask/, /move it out of the step/],
    ['maskedSelect()', (a) => a.maskedSelect(a.gt(0)), /'masked_select'/, /move it out/],
    ['unique()', (a) => a.unique(), /'_unique2?'/, /move it out/],
    ['equal()', (a) => a.equal(a), /'equal' gives JavaScript a number/, /move it out/],
    ['a number that libtorch reads', (a) => F.oneHot(a.to({ dtype: 'int64' })), /one|item|oneHot/i, /step/],
    ['resize_()', (a) => a.mul(2).resize_([1]), /'resize_' puts other memory/, /move it out/],
    ['a hook', () => hooked.forward.call(hooked, x) && (hooked as unknown as (a: Tensor) => Tensor)(x), /hook/, /without hooks/],
    ['a graph of an argument', () => undefined, /argument 0 has a graph/, /detach/],
    ['a graph from before', (a) => a.mul(outside).sum().backward(), /before the step left for backward/, /move it out/],
    ['a result with a graph', (a) => a.mul(weight), /requires grad/, /backward\(\) inside of the step/],
    ['a new graph of an old tensor', () => { other.add_(weight) }, /gives a tensor from before the step a graph/, /noGrad/],
    ['another shape of an argument', (a) => { a.unsqueeze_(0) }, /'unsqueeze_' changes the shape/, /use unsqueeze\(\)/],
    ['a parameter as an argument', () => (linear as unknown as (a: Tensor) => Tensor)(x).detach(), /argument 0 is a parameter/, /clone/]
  ])('%s', (name, fn, what, remedy) => {
    const step = compile(fn)
    const given = name === 'a graph of an argument' ? outside : name === 'a parameter as an argument' ? linear.weight : x.clone()
    let error: CompileError | null = null
    try {
      step(given)
    } catch (thrown) {
      error = thrown as CompileError
    }
    expect(error).toMatchObject({ name: 'CompileError', code: 'ERR_TORCH_COMPILE' })
    expect(error?.what).toMatch(what)
    expect(error?.remedy).toMatch(remedy)
    expect(error?.message).toContain(error?.remedy)
    const isWhole = /argument 0|requires grad|from before|changes the shape/.test(error?.what ?? '')
    if (!isWhole) expect(error?.message).toMatch(/102\.compile-safety\.test\.ts:\d+:\d+/)
    expect(isRecording()).toBe(false)
    expect(() => step(given)).toThrow()
  })

  test('with fallback it runs eagerly, and says why', () => {
    const step = compile((a: Tensor) => a.sum().item() + 1, { fallback: true })
    for (let i = 0; i < 3; i++) expect(step(ones(2))).toBe(3)
    expect(step.recordings).toBe(1)
    expect(step.refusal?.what).toMatch(/item/)
    expect(step.explain()).toMatch(/runs eagerly: compile: .*item/)
  })
})

describe('errors', () => {
  test("those of the step's function pass, nothing is left on", () => {
    let fails = true
    const step = compile((a: Tensor) => {
      if (fails) throw new RangeError('of the user')
      return a.mul(2)
    })
    for (let i = 0; i < 3; i++) expect(() => step(ones(1))).toThrow(new RangeError('of the user'))
    expect(isRecording()).toBe(false)
    expect(tensor([1]).item()).toBe(1)
    fails = false
    for (let i = 0; i < 3; i++) expect(step(ones(1)).item()).toBe(2)
    expect(step.recordings).toBe(1)
  })

  test('those of operators too, and those of shapes that do not fit', () => {
    const step = compile((a: Tensor, b: Tensor) => a.matmul(b))
    expect(() => step(ones(2, 3), ones(2, 3))).toThrow(/shapes/)
    expect(isRecording()).toBe(false)
    expect(step(ones(2, 3), ones(3, 1)).tolist()).toEqual([[3], [3]])
    expect(() => step(ones(2, 3), ones(2, 3))).toThrow(/shapes/)
    expect(step(ones(2, 3), ones(3, 1)).tolist()).toEqual([[3], [3]])
  })

  test('an error in a replay leaves the step as it was', () => {
    const weights = ones(3, 2)
    const step = compile((index: Tensor) => F.embedding(index, weights).sum())
    const fits = tensor([0, 2], { dtype: 'int64' })
    const fitsNot = tensor([0, 7], { dtype: 'int64' })
    for (let i = 0; i < 3; i++) {
      expect(step(fits).item()).toBe(4)
      if (i > 0) expect(() => step(fitsNot)).toThrow(/out of range|index/)
    }
    expect(step.recordings).toBe(1)
  })

  test('a disposed argument, before and behind the recording', () => {
    const gone = () => {
      const made = ones(2)
      made.dispose()
      return made
    }
    const step = compile((a: Tensor) => a.mul(2))
    expect(() => step(gone())).toThrow(/disposed/)
    expect(isRecording()).toBe(false)
    step(ones(2))
    step(ones(2))
    expect(() => step(gone())).toThrow(/disposed/)
    expect(step(ones(2)).tolist()).toEqual([2, 2])
  })
})

describe('steps in steps', () => {
  test('an inner step is part of the outer one', () => {
    const inner = compile((a: Tensor) => a.mul(2))
    const outer = compile((a: Tensor) => inner(inner(a)).add(1))
    for (let i = 0; i < 3; i++) expect(outer(ones(1)).item()).toBe(5)
    expect([inner.recordings, outer.recordings]).toEqual([0, 1])
    expect(inner(ones(1)).item()).toBe(2)
  })

  test('a step that calls itself', () => {
    const step: (a: Tensor, depth: number) => Tensor = compile(
      (a: Tensor, depth: number): Tensor => (depth === 0 ? a : step(a.mul(2), depth - 1))
    )
    for (let i = 0; i < 3; i++) expect(step(ones(1), 3).item()).toBe(8)
  })
})

test('randomness goes on as it does eagerly, and the same seed gives the same', () => {
  const step = compile(() => rand(3))
  const draws = () => {
    manualSeed(5)
    return [step(), step(), rand(3), step()].map((each) => each.tolist())
  }
  const first = draws()
  expect(draws()).toEqual(first)
  manualSeed(5)
  expect([rand(3), rand(3), rand(3), rand(3)].map((each) => each.tolist())).toEqual(first)
})

test('in a worker', async () => {
  const worker = new Worker(join(__dirname, 'fixtures', 'compile_worker.js'))
  const [compiled, eager] = await new Promise<{ loss: number; recordings: number }[]>(
    (resolve, reject) => worker.on('message', resolve).on('error', reject)
  )
  expect(compiled?.loss).toBe(eager?.loss)
  expect(compiled?.recordings).toBe(2)
})

test('memory is flat over 10,000 calls, and back at its level without the step', () => {
  type Level = Record<'bytes' | 'tensors', number>
  const levels = resultOf('compile_memory.js', [], ['--expose-gc'])
  const { before, warm, after, gone } = levels as Record<string, Level>
  const atMost = (found: Level | undefined, level: Level | undefined) => {
    expect(found?.tensors).toBeLessThanOrEqual(level?.tensors as number)
    expect(found?.bytes).toBeLessThanOrEqual(level?.bytes as number)
  }
  atMost(after, warm)
  atMost(gone, before)
})

afterAll(() => expect(isRecording()).toBe(false))

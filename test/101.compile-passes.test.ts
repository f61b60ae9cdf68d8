// Every pass over a step's list: what it makes of small lists, and that the step does the same with it
// and without it.
import { beforeAll, describe, expect, test } from '@jest/globals'
import {
  compile,
  manualSeed,
  nn,
  ones,
  randn,
  setNumThreads,
  type Tensor,
  zeros
} from 'node-libtorch'
import type { Call } from '../lib/compile/step'
import { type PassName, passes, passNames } from '../lib/compile/passes'
import { smallestOffer } from '../lib/compile/passes/offers'
import { hard } from './fixtures/compiled_steps/hard'
import { List, type Written } from './fixtures/lists'
import { type Compile, differences, outcomeOf } from './fixtures/compiled_steps/trial'

beforeAll(() => setNumThreads(1))

const without = (...names: PassName[]) => Object.fromEntries(names.map((name) => [name, false]))

describe('the same bits with all passes, with each left out, and with none', () => {
  const settings: [string, object][] = [
    ['all', {}],
    ...passNames.map((name): [string, object] => [`without ${name}`, without(name)]),
    ['none', without(...passNames)]
  ]
  test.each(Object.entries(hard))('%s', (_, build) => {
    const wanted = outcomeOf(build, (fn) => fn, 12)
    const wrong: Record<string, unknown> = {}
    for (const [name, passes] of settings) {
      const compiled: Compile = (fn) => compile(fn, { passes })
      let found: unknown
      try {
        found = differences(wanted, outcomeOf(build, compiled, 12))
      } catch (error) {
        found = error instanceof Error ? error.message : error
      }
      if (!Array.isArray(found) || found.length > 0) wrong[name] = found
    }
    expect(wrong).toEqual({})
  })
})

/** What the passes make of a list, one after the other. */
function listAfter(names: PassName | PassName[], written: Written): List {
  const list = new List(written)
  for (const name of [names].flat()) passes[name](list.step)
  return list
}

describe('expandForeach', () => {
  const registers = { a: 'captured', b: 'captured', g: 'made', h: 'made' } as const
  const expanded = (...calls: string[]) => listAfter('expandForeach', { registers, calls }).calls

  test('lists of tensors, of numbers and a number', () => {
    expect(
      expanded(
        'a, b = _foreach_add_.List([a, b], [g, h], 1)',
        'g, h = _foreach_mul.Scalar([a, b], 2)',
        'a, b = _foreach_addcdiv_.ScalarList([a, b], [g, h], [h, g], {0.5 2})',
        '_foreach_zero_([g, h])'
      )
    ).toEqual([
      'a = add_.Tensor(a, g, 1)',
      'b = add_.Tensor(b, h, 1)',
      'g = mul.Scalar(a, 2)',
      'h = mul.Scalar(b, 2)',
      'a = addcdiv_(a, g, h, literal 0.5)',
      'b = addcdiv_(b, h, g, literal 2)',
      'g = zero_(g)',
      'h = zero_(h)'
    ])
  })

  test('what has no in-place variant writes to what it reads', () => {
    const { calls, step } = listAfter('expandForeach', {
      registers,
      calls: ['a, b = _foreach_maximum_.List([a, b], [g, h])']
    })
    expect(calls).toEqual(['a = maximum.out(a, g, a)', 'b = maximum.out(b, h, b)'])
    expect(step.calls.map(({ writes }) => writes)).toEqual([[2], [2]])
  })

  test('leaves alone what it does not know', () => {
    const calls = ['g, h = _foreach_norm.Scalar([a, b], 2)']
    expect(expanded(...calls)).toEqual(calls)
  })
})

describe('removeDead', () => {
  test('results that nobody uses, and what only they used', () => {
    const { calls } = listAfter('removeDead', {
      registers: { x: 'argument', a: 'made', b: 'made', c: 'made' },
      calls: ['a = exp(x)', 'b = log(a)', 'c = exp(x)', 'a = add_.Tensor(a, c, 1)'],
      results: ['c']
    })
    expect(calls).toEqual(['c = exp(x)'])
  })

  test('keeps writes to what was there before, through views too, and random draws', () => {
    const calls = [
      'v = select.int(x, 0, 0)',
      'v = mul_.Scalar(v, 2)',
      'w = zero_(w)',
      'r = rand([2, 2])'
    ]
    const registers = { x: 'argument', v: { of: 'x' }, w: 'captured', r: 'made' } as const
    expect(listAfter('removeDead', { registers, calls }).calls).toHaveLength(4)
  })

  test('a register that is given again', () => {
    const { calls } = listAfter('removeDead', {
      registers: { x: 'argument', a: 'made' },
      calls: ['a = exp(x)', 'a = detach(a)'],
      results: ['a']
    })
    expect(calls).toEqual(['a = exp(x)'])
  })

  test('a write that is read only through another view', () => {
    const calls = ['a = exp(x)', 'v = t(a)', 'v = zero_(v)', 'b = exp(a)']
    const registers = { x: 'argument', a: 'made', v: { of: 'a' }, b: 'made' } as const
    expect(listAfter('removeDead', { registers, calls, results: ['b'] }).calls).toEqual(calls)
  })
})

describe('constantFills', () => {
  test('makers of constants become fill_', () => {
    const { calls } = listAfter('constantFills', {
      registers: { x: 'argument', a: 'made', b: 'made', c: 'made' },
      calls: ['a = zeros({2 2})', 'b = full_like(x, 4.5)', 'c = ones_like(x)']
    })
    expect(calls).toEqual([
      'fill_.Scalar(a, literal 0)',
      'fill_.Scalar(b, 4.5)',
      'fill_.Scalar(c, literal 1)'
    ])
  })

  test('not of what the caller gets', () => {
    const calls = ['a = zeros({2 2})']
    const { step } = listAfter('constantFills', { registers: { a: 'made' }, calls, results: ['a'] })
    expect(step.calls[0]?.operator).toBe('aten::zeros')
  })
})

describe('hoistConstants', () => {
  const run = (registers: Written['registers'], calls: string[], results: string[] = []) =>
    listAfter(['constantFills', 'hoistConstants'], { registers, calls, results })

  test('what depends on nothing, and what depends on that', () => {
    const list = run({ x: 'argument', a: 'made', v: { of: 'a' }, b: 'made', c: 'made' }, [
      'a = ones({2 2})',
      'v = t(a)',
      'b = mul.Scalar(v, 3)',
      'c = add.Tensor(x, b, 1)'
    ])
    expect(list.once).toEqual(['fill_.Scalar(a, literal 1)', 'b = mul.Scalar(v, 3)'])
    expect(list.calls).toEqual(['c = add.Tensor(x, b, 1)'])
    expect(list.places()).toMatchObject({ a: 'own', b: 'kept', c: 'new' })
  })

  // biome-ignore format: a table
  test.each<[string, Written['registers'], string[], string[]]>([
    ['written to later', { x: 'argument', a: 'made' }, ['a = zeros({2 2})', 'a = add_.Tensor(a, x, 1)'], []],
    ['written to through a view', { x: 'argument', a: 'made', v: { of: 'a' } },
      ['a = zeros({2 2})', 'v = t(a)', 'v = add_.Tensor(v, x, 1)'], []],
    ['random', { r: 'made' }, ['r = rand({2 2})'], []],
    ['a number of each step', { a: 'made', b: 'made' }, ['a = full({2 2}, $0)'], []],
    ['the caller gets it', { a: 'made' }, ['a = arange(4)'], ['a']],
    ['a captured tensor is read', { w: 'captured', a: 'made' }, ['a = exp(w)'], []]
  ])('not what is %s', (_, registers, calls, results) => {
    const list = run(registers, calls, results)
    expect(list.once).toEqual([])
    expect(list.calls).toHaveLength(calls.length)
  })
})

describe('numbersAsTensors', () => {
  test('the four operations, with numbers that stay', () => {
    const { calls } = listAfter('numbersAsTensors', {
      registers: { x: 'argument', a: 'made' },
      calls: [
        'a = mul.Scalar(x, 2)',
        'a = add_.Scalar(a, 0.5, 1)',
        'a = mul_.Scalar(a, $0)',
        'a = pow.Scalar(x, 2)'
      ]
    })
    expect(calls).toEqual([
      'a = mul.Tensor(x, literal 2)',
      'a = add_.Tensor(a, literal 0.5, 1)',
      'a = mul_.Scalar(a, $0)',
      'a = pow.Scalar(x, 2)'
    ])
  })
})

describe('splitMeans', () => {
  const split = (...calls: string[]) => {
    const registers = { x: 'argument', y: 'argument', a: 'made' } as const
    const list = listAfter('splitMeans', { registers, calls, results: ['a'] })
    list.names.push('errors')
    return list.calls
  }

  test('mse_loss: squares in memory of their own, their sum, a division by their number', () => {
    expect(split('a = mse_loss(x, y, 1)')).toEqual([
      'errors = mse_loss(x, y, literal 0)',
      'a = sum.dim_IntList(errors, [], literal 0, null)',
      'a = div_.Tensor(a, literal 4)'
    ])
  })

  test('not where it is no mean', () => {
    const calls = ['a = mse_loss(x, y, 2)', 'a = huber_loss(x, y, 1, 1.0)']
    expect(split(...calls)).toEqual(['a = mse_loss(x, y, 2)', 'a = huber_loss(x, y, 1, 1.0)'])
  })

  test.each([
    ['float32', [5, 3]],
    ['float64', [7]],
    ['float32', []]
  ] as const)('has the bits of the one call: %s %j', (dtype, shape) => {
    const outcome = (switches: object) => {
      const step = compile((x: Tensor, y: Tensor) => nn.functional.mseLoss(x, y), {
        passes: switches
      })
      const [x, y] = [randn([...shape], { dtype }), randn([...shape], { dtype })]
      return [0, 1, 2].map((i) => step(x.mul(i + 1 / 3), y).item())
    }
    const all = [{}, without('splitMeans')].map((switches) => {
      manualSeed(3)
      return outcome(switches)
    })
    expect(all[0]).toEqual(all[1])
    expect(new Set(all[0]).size).toBe(3)
  })
})

describe('fuseZeroAdd', () => {
  const registers = { p: 'captured', g: 'gradient', x: 'argument', a: 'made', b: 'made' } as const
  const fused = (...calls: string[]) => listAfter('fuseZeroAdd', { registers, calls }).calls

  test('a gradient that is zeroed and added to', () => {
    expect(fused('g = zero_(g)', 'a = exp(x)', 'g = add_.Tensor(g, a, 1)', 'b = exp(g)')).toEqual([
      'a = exp(x)',
      'add.out(a, literal 0, 1, g)',
      'b = exp(g)'
    ])
  })

  // biome-ignore format: a table
  test.each<[string, string[]]>([
    ['read in between', ['g = zero_(g)', 'a = exp(g)', 'g = add_.Tensor(g, a, 1)']],
    ['scaled', ['g = zero_(g)', 'a = exp(x)', 'g = add_.Tensor(g, a, 2)']],
    ['added to by itself', ['g = zero_(g)', 'g = add_.Tensor(g, g, 1)']],
    ['added to by what may be the same memory', ['g = zero_(g)', 'g = add_.Tensor(g, x, 1)']],
    ['not added to', ['g = zero_(g)', 'g = mul_.Tensor(g, a)']]
  ])('not where it is %s', (_, calls) => {
    expect(fused(...calls)).toEqual(calls)
  })
})

describe('planOutputs, dropViews and planMemory', () => {
  test('out variants on planned memory; views of it are made once', () => {
    const list = listAfter(['planOutputs', 'dropViews'], {
      registers: { x: 'argument', a: 'made', v: { of: 'a' }, b: 'made', r: 'made' },
      calls: ['a = exp(x)', 'v = t(a)', 'b = mm(v, a)', 'r = exp(b)'],
      results: ['r']
    })
    expect(list.calls).toEqual(['exp.out(x, a)', 'mm.out(v, a, b)', 'r = exp(b)'])
    expect(list.places()).toMatchObject({ x: 'fixed', a: 'block -1', b: 'block -1', r: 'new' })
  })

  test('what the caller gets is made by its call, with its views', () => {
    const calls = ['a = exp(x)', 'v = t(a)']
    const registers = { x: 'argument', a: 'made', v: { of: 'a' } } as const
    const list = listAfter(['planOutputs', 'dropViews'], { registers, calls, results: ['v'] })
    expect(list.calls).toEqual(calls)
    expect(list.place('a')).toBe('new')
  })

  test('gradients lie in the block until the step is over, shared ones are made anew', () => {
    const list = listAfter(['planOutputs', 'planMemory'], {
      registers: {
        w: 'captured',
        u: 'captured',
        t: 'captured',
        x: 'argument',
        g: 'made',
        h: 'made',
        a: 'made',
        b: 'made',
        c: 'made'
      },
      calls: ['h = exp(x)', 'a = exp(x)', 'g = mm(a, a)', 'b = exp(x)', 'c = mm(b, b)'],
      gradients: { w: 'g', u: 'h', t: 'h' }
    })
    expect(list.calls.slice(0, 2)).toEqual(['h = exp(x)', 'exp.out(x, a)'])
    // Nothing takes the place of `g` once it is there; `b` takes that of `a`.
    expect(list.places()).toMatchObject({
      h: 'new',
      g: 'block 64',
      a: 'block 0',
      b: 'block 0',
      c: 'block 128'
    })
  })

  test('empty tensors cost no call, copies are made into their memory', () => {
    const list = listAfter('planOutputs', {
      registers: { x: 'argument', a: 'made', b: 'made' },
      calls: ['a = empty_like(x)', 'a = bernoulli_.float(a, 0.5)', 'b = clone(a)']
    })
    expect(list.calls).toEqual(['a = bernoulli_.float(a, 0.5)', 'copy_(b, a)'])
  })

  test('no memory for an out variant that needs more of it on the way', () => {
    const calls = ['a = huber_loss(x, x, 1, 1.0)']
    const list = listAfter('planOutputs', { registers: { x: 'argument', a: 'made' }, calls })
    expect(list.calls).toEqual(calls)
  })

  test('memory is used again behind the last use', () => {
    const list = listAfter(['planOutputs', 'planMemory'], {
      registers: { x: 'argument', a: 'made', b: 'made', c: 'made', d: 'made', v: { of: 'a' } },
      calls: ['a = exp(x)', 'b = exp(a)', 'c = exp(b)', 'd = mm(c, v)', 'x = copy_(x, d)']
    })
    // `a` is read until `d` is made, through `v`; `c` lies where `b` cannot be any more only after it.
    expect(list.places()).toMatchObject({
      a: 'block 0',
      b: 'block 64',
      c: 'block 128',
      d: 'block 64'
    })
    expect(list.step.block).toBe(144)
  })
})

describe('offerMemory and offerScratch', () => {
  const large = smallestOffer
  const written: Written = {
    registers: { x: 'argument', a: 'made', v: { of: 'a' }, b: 'made', c: 'made', r: 'made' },
    calls: ['a = convolution(x)', 'v = t(a)', 'b = mm(v, x)', 'c = mm(b, x)', 'r = convolution(c)'],
    bytes: { a: large, b: large },
    results: ['r']
  }

  test('large results of calls without an out variant have a place that is offered', () => {
    const list = listAfter(['planOutputs', 'offerMemory', 'planMemory'], written)
    expect(list.places()).toMatchObject({
      a: 'offered 0',
      b: `block ${large}`,
      c: 'block 0',
      r: 'new'
    })
  })

  test('small ones and what the caller sees have none', () => {
    const small = listAfter('offerMemory', { ...written, bytes: { a: large - 1 } })
    expect(small.place('a')).toBe('new')
    const seen = listAfter('offerMemory', { ...written, bytes: { r: large } })
    expect(seen.place('r')).toBe('new')
  })

  test('a call that took memory for itself has as much of the block while it runs', () => {
    const list = new List(written)
    const [first, , third, , last] = list.step.calls as [Call, Call, Call, Call, Call]
    Object.assign(first, { scratchBytes: 2 * large })
    Object.assign(last, { scratchBytes: large })
    Object.assign(third, { scratchBytes: large - 1 })
    for (const name of ['planOutputs', 'offerMemory', 'offerScratch', 'planMemory'] as const)
      passes[name](list.step)
    const found = list.step.calls.map(({ scratch }) => scratch)
    // `a` has to lie beside what the first takes; when the last takes it `c` alone lives, behind that.
    expect(found).toEqual([
      { offset: 0, bytes: 2 * large },
      undefined,
      undefined,
      undefined,
      { offset: 0, bytes: large }
    ])
    expect(list.places()).toMatchObject({
      a: `offered ${2 * large}`,
      b: 'block 0',
      c: `block ${large}`
    })
    expect(list.step.block).toBe(3 * large)
  })

  test('another order than that by size, where that makes the block smaller', () => {
    const list = listAfter(['planOutputs', 'planMemory'], {
      registers: {
        x: 'argument',
        a: 'made',
        b: 'made',
        c: 'made',
        d: 'made',
        e: 'made',
        r: 'made'
      },
      calls: [
        'a = exp(x)',
        'b = exp(a)',
        'c = mm(a, b)',
        'd = mm(a, c)',
        'e = exp(d)',
        'r = sum(e)'
      ],
      bytes: { a: 4096, b: 20480, c: 4096, d: 8192, e: 20480 },
      results: ['r']
    })
    // Of `a`, `b` and `c`, or of `d` and `e`; largest first, `d` would lie on 20480 and push `e` up.
    expect(list.step.block).toBe(28672)
  })
})

describe('reuseOperands', () => {
  const all: PassName[] = ['planOutputs', 'dropViews', 'reuseOperands', 'planMemory']
  const registers = { x: 'argument', a: 'made', b: 'made', c: 'made', r: 'made' } as const
  const places = (...calls: string[]) =>
    listAfter(all, { registers, calls: [...calls, 'r = sum(c)'], results: ['r'] }).places()

  test('an elementwise result goes over an operand that nobody needs then', () => {
    expect(places('a = exp(x)', 'b = tanh(a)', 'c = mul.Tensor(x, b)')).toMatchObject({
      a: 'block 0',
      b: 'block 0',
      c: 'block 0'
    })
  })

  test('not over one that is needed, and not where elements meet', () => {
    expect(places('a = exp(x)', 'b = tanh(a)', 'c = mul.Tensor(a, b)')).toMatchObject({
      a: 'block 0',
      b: 'block 64',
      c: 'block 0'
    })
    expect(places('a = exp(x)', 'b = mm(a, x)', 'c = mm(b, x)')).toMatchObject({
      a: 'block 0',
      b: 'block 64',
      c: 'block 0'
    })
  })

  test('not over one that the call sees in another shape as well', () => {
    const list = listAfter(all, {
      registers: { x: 'argument', a: 'made', v: { of: 'a' }, c: 'made', r: 'made' },
      calls: ['a = exp(x)', 'v = t(a)', 'c = add.Tensor(a, v, 1)', 'r = sum(c)'],
      results: ['r']
    })
    expect(list.places()).toMatchObject({ a: 'block 0', c: 'block 64' })
  })
})

describe('identity', () => {
  const x = ones([2])
  const weight = zeros([2])

  test('a tensor returned twice is one object, an argument and a captured tensor are themselves', () => {
    const step = compile((a: Tensor) => {
      const sum = a.add(weight)
      return [sum, sum, a, weight]
    })
    for (let i = 0; i < 3; i++) {
      const [first, second, third, fourth] = step(x)
      expect(first).toBe(second)
      expect(third).toBe(x)
      expect(fourth).toBe(weight)
    }
  })

  test('a step that returns its argument, or what an in-place operator gave', () => {
    const same = compile((a: Tensor) => a)
    const scaled = compile((a: Tensor) => a.mul_(1))
    for (let i = 0; i < 3; i++) {
      expect(same(x)).toBe(x)
      expect(scaled(x)).toBe(x)
    }
  })
})

test('the passes of a step, in order', () => {
  expect(compile(() => null).passes).toEqual(passNames)
})

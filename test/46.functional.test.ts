import { describe, expect, test } from '@jest/globals'
import * as torch from 'node-libtorch'
import { nn, setNumThreads, type Tensor, tensor } from 'node-libtorch'

import { call, calls, camelCase, tooNew } from './parity/functional'
import { runPython } from './parity/python'

interface Reference {
  calls: object[]
  names: string[]
}
const F = nn.functional
const error = (name: string) => expect.objectContaining({ name })
const a = tensor([
  [1, -2, 3],
  [-4, 5, -6]
])
// The order of a sum, and so its last bit, depends on the number of threads.
setNumThreads(1)

/** Functions of Python's module that are not here, and why. */
const helper = 'a helper of the Python layer that happens to be public'
const lowPrecision = "scaled low-precision products, for GPUs; reached as ops.aten['_...']"
const notHere: Record<string, string> = {
  assert_int_or_pair: helper,
  boolean_dispatch: helper,
  handle_torch_function: helper,
  has_torch_function: helper,
  has_torch_function_unary: helper,
  has_torch_function_variadic: helper,
  linear_cross_entropy: 'crossEntropy(linear(x, w), target), which Python computes in parts',
  grouped_mm: lowPrecision,
  scaled_mm: lowPrecision,
  scaled_addmm: lowPrecision,
  scaled_addmm_: lowPrecision,
  scaled_grouped_mm: lowPrecision
}

describe('the same bits as in Python', () => {
  const reference = runPython<Reference>('functional.py')
  if ('skip' in reference) {
    console.warn(`skipped: ${reference.skip}`)
    test.skip(reference.skip, () => {})
    return
  }
  const { result } = reference

  test('every function that Python has is here, or is listed with a reason', () => {
    const missing = result.names.filter((name) => !(camelCase(name) in F))
    expect(missing.filter((name) => !notHere[name])).toEqual([])
    expect(Object.keys(notHere).filter((name) => camelCase(name) in F)).toEqual([])
  })

  test('every function that is here is in the table', () => {
    const rows = [...calls, ...tooNew.map(({ line }) => line)]
    const tested = new Set(rows.map(([name]) => camelCase(name)))
    expect(Object.keys(F).filter((name) => !tested.has(name))).toEqual([])
    expect(result.calls).toHaveLength(calls.length)
  })

  test.each(calls.map((line, i) => [JSON.stringify(line), i] as const))('%s', (_, i) => {
    expect(call(calls[i]!)).toEqual(result.calls[i])
  })

  for (const { line, since } of tooNew) {
    test.skip(`compared from libtorch ${since} on: ${JSON.stringify(line)}`, () => {})
  }
})

describe('arguments', () => {
  const weight = tensor([1, 2, 0.5])
  const classes = tensor([2n, 0n])
  const shown = (made: Tensor) => made.tolist()

  test('by position, by keyword, or both', () => {
    const wanted = shown(F.hardtanh(a, -2, 4))
    expect(wanted).toEqual([
      [1, -2, 3],
      [-2, 4, -2]
    ])
    expect(shown(F.hardtanh(a, { minVal: -2, maxVal: 4 }))).toEqual(wanted)
    expect(shown(F.hardtanh(a, -2, { maxVal: 4 }))).toEqual(wanted)
    expect(shown(F.hardtanh(a, undefined, 4))).toEqual(shown(F.hardtanh(a, { maxVal: 4 })))
    expect(shown(F.hardtanh(a, {}))).toEqual(shown(F.hardtanh(a)))
    expect(shown(F.hardtanh(a, Object.create(null)))).toEqual(shown(F.hardtanh(a)))
  })

  test('required ones by keyword too, where JavaScript has no other way to leave one out', () => {
    const pooled = (F.maxPool1d as (...args: unknown[]) => Tensor)(a, { kernelSize: 3 })
    expect(pooled.tolist()).toEqual([[3], [5]])
  })

  test('null is None', () => {
    const wanted = shown(F.crossEntropy(a, classes))
    expect(shown(F.crossEntropy(a, classes, null, { labelSmoothing: 0 }))).toEqual(wanted)
    expect(shown(F.crossEntropy(a, classes, { weight: null }))).toEqual(wanted)
    expect(shown(F.crossEntropy(a, classes, { weight }))).not.toEqual(wanted)
  })

  test('a function has its own name', () => {
    expect([F.relu.name, F.maxPool2d.name, F.crossEntropy.name]).toEqual([
      'relu',
      'maxPool2d',
      'crossEntropy'
    ])
  })

  test('one by position and by keyword, or too many, are refused', () => {
    const wrong = F as unknown as Record<string, (...args: unknown[]) => unknown>
    expect(() => wrong.elu!(a, 1, { alpha: 2 })).toThrow(/elu: 'alpha' came by position and/)
    expect(() => wrong.elu!(a, 1, false, 3)).toThrow(/elu: expected at most 3 positional.*got 4/)
    expect(() => wrong.l1Loss!(a, a, 'sum')).toThrow(/at most 2.*got 3; give reduction, weight as/)
    expect(() => wrong.elu!(a, { Alpha: 2 })).toThrow(error('TypeError'))
  })
})

describe('in place', () => {
  const names = Object.keys(F).filter((name) => name.endsWith('_'))
  const functions = F as unknown as Record<string, (...args: unknown[]) => Tensor>
  const extra: Record<string, unknown[]> = { threshold_: [0, 7] }

  test.each(names)('%s changes and returns its input', (name) => {
    const input = a.clone()
    const wanted = functions[name.slice(0, -1)]!(a, ...(extra[name] ?? []))
    expect(functions[name]!(input, ...(extra[name] ?? []))).toBe(input)
    expect(input.tolist()).toEqual(wanted.tolist())
    expect(input.equal(a)).toBe(false)
  })

  test.each([
    ...names.map((name) => name.slice(0, -1)),
    ...['relu6', 'hardsigmoid', 'silu', 'mish', 'hardswish', 'dropout', 'dropout1d', 'alphaDropout']
  ])('%s({ inplace: true }) too', (name) => {
    const input = a.clone()
    const options = /dropout/i.test(name) ? { training: true, inplace: true } : { inplace: true }
    expect(functions[name]!(input, ...(extra[`${name}_`] ?? []), options)).toBe(input)
    expect(input.equal(a)).toBe(false)
  })

  test('dropout of the channels of one sample', () => {
    const input = torch.ones(4, 2, 3, 2)
    expect(F.dropout3d(input, 1, { inplace: true })).toBe(input)
    expect(input.sum().item()).toBe(0)
  })

  test('normalize writes to `out`', () => {
    const out = torch.zeros(2, 2)
    expect(
      F.normalize(
        tensor([
          [3, 4],
          [0, 2]
        ]),
        { out }
      )
    ).toBe(out)
    expect(
      out.allclose(
        tensor([
          [0.6, 0.8],
          [0, 1]
        ])
      )
    ).toBe(true)
  })
})

describe('values', () => {
  test('dropout keeps, divides or zeroes', () => {
    expect(F.dropout(a, 0.5, { training: false }).tolist()).toEqual(a.tolist())
    expect(F.dropout(a, 1).tolist()).toEqual(a.mul(0).tolist())
    const values = new Set(F.dropout(torch.ones(1000), 0.75).toTypedArray())
    expect([...values].sort()).toEqual([0, 4])
  })

  test('a triplet loss by a distance of one’s own', () => {
    const distance = (x: Tensor, y: Tensor) => x.sub(y).abs().sum(1)
    const [anchor, near, far] = [tensor([[0, 0]]), tensor([[1, 0]]), tensor([[2, 2]])]
    const loss = F.tripletMarginWithDistanceLoss(anchor, near, far, {
      distanceFunction: distance,
      margin: 5
    })
    expect(loss.item()).toBe(2)
  })

  test('a pool’s maxima go back where they were', () => {
    const input = tensor([[[1, 9, 3, 4, 8, 2]]])
    const [maxima, indices] = F.maxPool1d(input, 2, { returnIndices: true })
    expect([maxima.tolist(), indices.tolist()]).toEqual([[[[9, 4, 8]]], [[[1, 3, 4]]]])
    expect(F.maxUnpool1d(maxima, indices, 2).tolist()).toEqual([[[0, 9, 0, 4, 8, 0]]])
  })

  test('losses come as they are asked for', () => {
    const target = torch.zerosLike(a)
    expect(F.l1Loss(a, target, { reduction: 'none' }).tolist()).toEqual(a.abs().tolist())
    expect(F.l1Loss(a, target, { reduction: 'sum' }).item()).toBe(21)
    expect(F.l1Loss(a, target).item()).toBe(3.5)
    expect(F.mseLoss(a, target, { weight: torch.onesLike(a) }).item()).toBeCloseTo(91 / 6, 5)
    expect(F.klDiv(a, target, { reduction: 'batchmean' }).item()).toBe(0)
  })

  test('p-norms of windows, up to infinity', () => {
    const input = tensor([[[3, -4, 1, 0]]])
    expect(F.lpPool1d(input, Number.POSITIVE_INFINITY, 2).tolist()).toEqual([[[4, 1]]])
    expect(F.lpPool1d(input, 2, 2).tolist()).toEqual([[[5, 1]]])
  })
})

const old = Number(torch.version.libtorch.split('.')[0]) < 2
const query = torch.ones(1, 2, 4)
const attend = () => F.scaledDotProductAttention(query, query, query)
if (old) {
  test('what the loaded libtorch lacks is an Error that says which one has it', () => {
    expect(attend).toThrow(
      /scaled_dot_product_attention: the loaded libtorch 1\..*use 2\.0 or newer/
    )
    expect(() => F.rmsNorm(a, [3])).toThrow(/rms_norm: .* use 2\.4 or newer/)
  })
} else {
  test('attention over equal values gives these', () => {
    expect(attend().tolist()).toEqual(query.tolist())
  })
}

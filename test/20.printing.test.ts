import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { describe, expect, test } from '@jest/globals'
import type { DType } from '../lib/dtype'
import { edgeSelection, formatTensor, type Scalar } from '../lib/format'

type Plain = number | boolean | string | { re: number | string; im: number | string }

interface Case {
  shape: number[]
  dtype: DType
  values: Plain[]
  requiresGrad: boolean
  gradFn: string | null
  expected: string
}

/** The elements a caller would fetch: the edges of each dimension, where a tensor is summarised. */
function select(values: Scalar[], shape: number[]): Scalar[] {
  const kept = edgeSelection(shape)
  if (kept === null) return values
  let offsets = [0]
  shape.forEach((size, dim) => {
    offsets = offsets.flatMap((offset) => kept[dim]!.map((index) => offset * size + index))
  })
  return offsets.map((offset) => values[offset]!)
}

function decode(value: Plain, dtype: DType): Scalar {
  if (typeof value === 'object') return { re: Number(value.re), im: Number(value.im) }
  if (dtype === 'int64') return BigInt(value)
  return typeof value === 'string' ? Number(value) : value
}

const leaf = { device: 'cpu', requiresGrad: false, gradFn: null }
const plain = { ...leaf, shape: [3], dtype: 'float32' as DType }

describe('formatTensor', () => {
  test('prints floats in one style', () => {
    expect(formatTensor({ ...plain, values: [1, 2, 3] })).toBe('tensor([1., 2., 3.])')
    expect(formatTensor({ ...plain, values: [1, 2.5, NaN] })).toBe(
      'tensor([1.0000, 2.5000,    nan])'
    )
    expect(formatTensor({ ...plain, values: [1, -2e9, 0] })).toBe(
      'tensor([ 1.0000e+00, -2.0000e+09,  0.0000e+00])'
    )
  })

  test('rounds ties to even digits and keeps the sign of zero', () => {
    const ties = [1 / 32, 3 / 32, -0]
    expect(formatTensor({ ...plain, values: ties })).toBe('tensor([0.0312, 0.0938, -0.0000])')
  })

  test('names a device other than the CPU', () => {
    const view = { ...plain, device: 'cuda:0', values: [1, 2, 3] }
    expect(formatTensor(view)).toBe("tensor([1., 2., 3.], device='cuda:0')")
    expect(formatTensor({ ...view, dtype: 'float16', gradFn: 'AddBackward0' })).toBe(
      "tensor([1., 2., 3.], device='cuda:0', dtype=torch.float16,\n       grad_fn=<AddBackward0>)"
    )
  })

  test('takes only the edges of a large tensor', () => {
    const shape = [2, 1_000_000]
    const edges = [0, 1, 2, 999_997, 999_998, 999_999]
    expect(edgeSelection([1000])).toBeNull()
    expect(edgeSelection(shape)).toEqual([[0, 1], edges])
    expect(formatTensor({ ...plain, shape, values: [...edges, ...edges], dtype: 'int32' })).toBe(
      `tensor([[     0,      1,      2,  ..., 999997, 999998, 999999],
        [     0,      1,      2,  ..., 999997, 999998, 999999]],
       dtype=torch.int32)`
    )
  })

  test('refuses values that do not fit the shape', () => {
    let error: unknown
    try {
      formatTensor({ ...plain, values: [1, 2] })
    } catch (thrown) {
      error = thrown
    }
    expect(error).toMatchObject({
      name: 'RangeError',
      message: expect.stringMatching(/^values: expected 3 elements, got number 2; /)
    })
  })
})

describe('against repr() of PyTorch', () => {
  const python = process.env.PARITY_PYTHON || '/usr/bin/python3'
  const script = path.join(__dirname, 'parity', 'printing.py')
  const hasTorch = spawnSync(python, ['-c', 'import torch']).status === 0
  if (!hasTorch) {
    console.warn(`skipped: ${python} cannot import torch; set PARITY_PYTHON to a Python that can`)
    test.skip(`${python} cannot import torch`, () => {})
    return
  }

  test('every tensor of printing.py reads the same', () => {
    const { stdout, stderr } = spawnSync(python, [script], { encoding: 'utf8', maxBuffer: 2 ** 27 })
    if (!stdout) throw new Error(`${script} printed nothing: ${stderr}`)
    const { cases } = JSON.parse(stdout) as { cases: Case[] }
    expect(cases.length).toBeGreaterThan(120)
    for (const { expected, values, ...rest } of cases) {
      const elements = values.map((value) => decode(value, rest.dtype))
      const text = formatTensor({ ...rest, device: 'cpu', values: select(elements, rest.shape) })
      expect(text).toBe(expected)
    }
  })
})

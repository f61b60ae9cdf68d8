import { describe, expect, test } from '@jest/globals'
import { nn, setNumThreads } from 'node-libtorch'

import { all, cases, result } from './parity/layers'
import { runPython } from './parity/python'

// The order of a sum, and so its last bit, depends on the number of threads.
setNumThreads(1)

describe('modules, bit for bit as in Python: first weights, results, gradients, in both modes', () => {
  const reference = runPython<object[]>('layers.py')
  if ('skip' in reference) {
    console.warn(`skipped: ${reference.skip}`)
    test.skip(reference.skip, () => {})
    return
  }
  const lines = cases.map((line, i) => {
    const { layer, inputs, ...rest } = line
    return [`${layer} ${JSON.stringify(rest)} ${i}`, i] as const
  })

  test.each(lines)('%s', (_, i) => {
    expect(result(cases[i]!)).toEqual(reference.result[i])
  })

  test('Python ran what ours ran', () => {
    expect(reference.result).toHaveLength(cases.length)
  })
})

/** What is no layer, or compared elsewhere. */
const elsewhere = new Set([
  'Module',
  'ModuleDict',
  'ModuleList',
  'Parameter',
  'ParameterDict',
  'ParameterList',
  'Sequential'
])

test('every layer of nn is compared in two settings or more', () => {
  const layers = Object.keys(nn).filter(
    (name) => /^[A-Z]/.test(name) && !elsewhere.has(name) && !name.endsWith('Loss')
  )
  const settings = (name: string) => all.filter(({ layer }) => layer === name).length
  expect(layers.filter((name) => settings(name) < 2)).toEqual([])
})

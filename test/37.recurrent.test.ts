import { describe, expect, test } from '@jest/globals'
import { nn, setNumThreads } from 'node-libtorch'

import { camelCase } from './parity/functional'
import { runPython } from './parity/python'
import { results } from './parity/sequences'
import * as whole from './parity/whole_layers'

// The order of a sum, and so its last bit, depends on the number of threads.
setNumThreads(1)

interface Sequences {
  names: string[]
  packing: object
  layers: string[][][]
}

describe('packed sequences: the same bits as in Python', () => {
  const reference = runPython<Sequences>('sequences.py')
  if ('skip' in reference) {
    console.warn(`skipped: ${reference.skip}`)
    test.skip(reference.skip, () => {})
    return
  }
  const { names, ...wanted } = reference.result
  const made = results()

  test('every function of Python', () => {
    expect(names.filter((name) => !(camelCase(name) in nn.utils.rnn))).toEqual([])
  })

  test('packing and padding', () => expect(made.packing).toEqual(wanted.packing))

  test.each(made.layers.map((_, i) => i))('layer %i', (i) => {
    expect(made.layers[i]).toEqual(wanted.layers[i])
    expect(wanted.layers).toHaveLength(made.layers.length)
  })
})

describe('whole layers by one operator, where nothing is learnt: the same bits as in Python', () => {
  const reference = runPython<object[]>('whole_layers.py')
  if ('skip' in reference) {
    test.skip(reference.skip, () => {})
    return
  }
  const lines = whole.cases.map((line, i) => [`${JSON.stringify(line)} ${i}`, i] as const)

  test.each(lines)('%s', (_, i) => {
    expect(whole.result(whole.cases[i]!)).toEqual(reference.result[i])
  })

  test('Python ran what ours ran', () => {
    expect(reference.result).toHaveLength(whole.cases.length)
  })
})

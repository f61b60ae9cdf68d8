import { describe, expect, test } from '@jest/globals'
import { setNumThreads } from 'node-libtorch'

import { resultOf } from './fixtures/run_script'
import { collated, passes, splits, streams, table } from './parity/loaders'
import { runPython } from './parity/python'

setNumThreads(1)

describe('the same as in Python', () => {
  const reference = runPython<Record<string, unknown[]>>('loaders.py')
  if ('skip' in reference) {
    console.warn(`skipped: ${reference.skip}`)
    test.skip(reference.skip, () => {})
    return
  }
  const { result } = reference

  test.each(table.map((row, i) => [JSON.stringify(row), i] as const))('orders: %s', (_, i) => {
    expect(passes(table[i]!, 'array')).toEqual(result.passes![i])
    expect(passes(table[i]!, 'tensors')).toEqual(result.passes![i])
  })

  test('splits', () => expect(splits()).toEqual(result.splits))

  test('default collate, to the bit', () => expect(collated()).toEqual(result.collated))

  test('streams', () => expect(streams()).toEqual(result.streams))

  test('workers: orders, their draws, and the draws after them', () => {
    expect(resultOf('data_loader.js', ['parity'])).toEqual(result.workers)
  })
})

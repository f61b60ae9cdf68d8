import { describe, expect, test } from '@jest/globals'
import { setNumThreads } from 'node-libtorch'

import { call, calls } from './parity/functional'
import { runPython } from './parity/python'

interface Reference {
  calls: object[]
  names: string[]
}
setNumThreads(1)

describe('the same bits as in Python', () => {
  const reference = runPython<Reference>('functional.py')
  if ('skip' in reference) {
    console.warn(`skipped: ${reference.skip}`)
    test.skip(reference.skip, () => {})
    return
  }
  const { result } = reference
  test.each(calls.map((line, i) => [JSON.stringify(line), i] as const))('%s', (_, i) => {
    expect(call(calls[i]!)).toEqual(result.calls[i])
  })
})

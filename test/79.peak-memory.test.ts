import { describe, expect, test } from '@jest/globals'

import { runPython } from './parity/python'

const { peakOf } = require('../bench/peak') as { peakOf(side: string, steps?: number): number }

describe('peak resident memory of a 784-1024-1024-10 network, batch 256', () => {
  const reference = runPython<number>('peak.py')
  if ('skip' in reference) {
    test.skip(reference.skip, () => {})
    return
  }

  test('the whole process needs at most 1.3 times what Python needs', () => {
    expect(peakOf('ours', 40) / reference.result).toBeLessThan(1.3)
  })
})

import { describe, expect, test } from '@jest/globals'

import { runPython } from './parity/python'

interface Peak {
  process: number
  growth: number
  tensors: number | null
}

const { peakOf } = require('../bench/peak') as {
  peakOf(side: string, at: { env: object }, row: string, steps: number): Promise<Peak>
}

describe('peak memory in tensors of a compiled step', () => {
  const at = { env: process.env }
  const tensors = async (side: string, row: string) => {
    const peak = await peakOf(side, at, row, 20)
    expect(peak.tensors).toBeGreaterThan(0)
    return peak.tensors as number
  }

  test.each(['document', '8-32-1', '64-128-10', '784-256-128-10', 'cnn', '64-128-10:adam'])(
    'is that of an eager one at most: %s',
    async (row) => {
      const eager = await tensors('ours', row)
      expect(await tensors('compiled', row)).toBeLessThanOrEqual(eager)
      // The thread has caches of its own.
      expect(await tensors('run', row)).toBeLessThanOrEqual(1.01 * eager)
    }
  )
})

describe('peak resident memory of a 784-1024-1024-10 network, batch 256', () => {
  const reference = runPython<number>('peak.py')
  if ('skip' in reference) {
    test.skip(reference.skip, () => {})
    return
  }

  test('the whole process needs at most 1.3 times what Python needs', async () => {
    const peak = await peakOf('ours', { env: process.env }, '784-1024-1024-10', 40)
    expect(peak.process / reference.result).toBeLessThan(1.3)
    // Parameters, their gradients and the batch are more than this, and are counted.
    expect(peak.tensors).toBeGreaterThan(2 * 1_863_690 * 4)
  })
})

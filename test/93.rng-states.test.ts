import { describe, expect, test } from '@jest/globals'
import * as torch from 'node-libtorch'
import { ones, rand, restoreRng, rngState, tensor } from 'node-libtorch'

import { defaultGeneratorOf } from '../lib/generator'

describe('states of generators', () => {
  test('what is drawn after restoring is what was drawn then', () => {
    const state = rngState()
    expect(state.cuda.length).toBe(torch.cuda.deviceCount())
    const wanted = [rand(5).tolist(), torch.randn(17).tolist()]
    torch.manualSeed(1)
    const { restored, notRestored } = restoreRng(state)
    expect([restored[0], notRestored]).toEqual(['cpu', []])
    expect(restored.length).toBe(1 + torch.cuda.deviceCount())
    expect([rand(5).tolist(), torch.randn(17).tolist()]).toEqual(wanted)
  })

  test('devices that are not here are told', () => {
    const { cpu, cuda } = rngState()
    const more = { cpu, cuda: [...cuda, tensor([1]), tensor([2])] }
    const here = cuda.length
    expect(restoreRng(more).notRestored).toEqual([`cuda:${here}`, `cuda:${here + 1}`])
  })

  test('a wrong state changes nothing', () => {
    const state = rngState()
    const wanted = rand(3).tolist()
    restoreRng(state)
    expect(() => restoreRng({ cpu: ones(3), cuda: [] })).toThrow(/setState/)
    expect(rand(3).tolist()).toEqual(wanted)
  })

  const ifCuda = torch.cuda.isAvailable() ? test : test.skip
  ifCuda('CUDA (skipped without a GPU)', () => {
    const state = rngState()
    const wanted = rand(5, { device: 'cuda' }).tolist()
    torch.manualSeed(5)
    expect(restoreRng(state).restored).toContain('cuda:0')
    expect(rand(5, { device: 'cuda' }).tolist()).toEqual(wanted)
    expect(defaultGeneratorOf('cuda:0').device).toBe('cuda:0')
  })
})

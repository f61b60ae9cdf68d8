import { describe, expect, test } from '@jest/globals'
import { setNumThreads } from 'node-libtorch'
import { draws } from './parity/draws'
import { modules } from './parity/modules'
import { call, calls } from './parity/operators'
import { runPython } from './parity/python'
import { type Run, runs } from './parity/training'

interface Reference {
  training: Record<string, Run>
  draws: ReturnType<typeof draws>
  modules: object[]
  operators: object[]
}

// The order of a sum, and so its last bit, depends on the number of threads.
setNumThreads(1)

describe('the same bits as in Python', () => {
  const reference = runPython<Reference>('reference.py')
  if ('skip' in reference) {
    console.warn(`skipped: ${reference.skip}`)
    test.skip(reference.skip, () => {})
    return
  }
  const { result } = reference

  test('the script of Python ran what ours will run', () => {
    expect(Object.keys(result.training)).toEqual(Object.keys(runs))
    expect(result.operators).toHaveLength(calls.length)
  })

  test.each(Object.keys(runs))('training, 1,000 steps: %s', (name) => {
    const theirs = result.training[name]!
    const ours = runs[name]!()
    expect(ours.initial).toEqual(theirs.initial)
    expect(ours.losses).toHaveLength(1000)
    expect(ours.losses).toEqual(theirs.losses)
    expect(ours.final).toEqual(theirs.final)
    expect(ours.momentum).toEqual(theirs.momentum)
    expect(ours.final).not.toEqual(ours.initial)
  })

  test('no two settings train alike, so each option counts', () => {
    const finals = Object.values(result.training).map(({ final }) => JSON.stringify(final))
    expect(new Set(finals).size).toBe(finals.length)
  })

  test('random draws and first weights, by seed', () => {
    expect(draws()).toEqual(result.draws)
  })

  test('modules print alike and name their parts alike', () => {
    expect(modules()).toEqual(result.modules)
  })

  test.each(calls.map((line, i) => [JSON.stringify(line), i] as const))('%s', (_, i) => {
    expect(call(calls[i]!)).toEqual(result.operators[i])
  })
})

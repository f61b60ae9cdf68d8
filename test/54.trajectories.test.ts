import { describe, expect, test } from '@jest/globals'
import { setNumThreads } from 'node-libtorch'
import { runPython } from './parity/python'
import { type Run, trajectories } from './parity/trajectories'

// The order of a sum, and so its last bit, depends on the number of threads.
setNumThreads(1)

describe('1,001 steps of every optimizer, to the bit as in Python', () => {
  const reference = runPython<Record<string, Run>>('trajectories.py')
  if ('skip' in reference) {
    console.warn(`skipped: ${reference.skip}`)
    test.skip(reference.skip, () => {})
    return
  }
  const { result } = reference

  test('the script of Python ran what ours will run', () => {
    expect(Object.keys(result).sort()).toEqual(Object.keys(trajectories).sort())
  })

  test.each(Object.keys(trajectories))('%s', (name) => {
    const theirs = result[name]!
    const ours = trajectories[name]!.run()
    expect(ours.trajectory).toHaveLength(11)
    expect(ours.trajectory).toEqual(theirs.trajectory)
    expect(ours.last).toEqual(theirs.last)
    expect(ours.last).not.toEqual(ours.trajectory[0])
    expect(ours.saved).toEqual(theirs.saved)
  })

  test.each(Object.keys(trajectories))('%s, going on from what Python saved', (name) => {
    const theirs = result[name]!
    const ours = trajectories[name]!.resume(theirs)
    expect(ours.further).toEqual(theirs.further)
    expect(ours.resumed).toEqual(theirs.resumed)
    // A number without a fraction may be a float in Python, which then prints its '.0'.
    expect(ours.text).toEqual(theirs.text.replace(/(\d)\.0$/gm, '$1'))
  })

  test('no two settings go alike, so each option counts', () => {
    const lasts = Object.values(result).map(({ last }) => JSON.stringify(last))
    expect(new Set(lasts).size).toBe(lasts.length)
  })
})

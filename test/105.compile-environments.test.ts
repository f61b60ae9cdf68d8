// Compiled steps whose process, worker or owner goes away, and what they hold of memory and threads.
import { describe, expect, test } from '@jest/globals'

import { resultOf, runScript } from './fixtures/run_script'

const megabyte = 2 ** 20

interface Held {
  liveTensors: number
  bytes: number
  tasks?: number
}

interface Found {
  before: Held
  after: Held
  grown: number
}

/** Nothing more is held; what is dead waits for a full collection, 64 MB later at the latest. */
function expectSame(before: Held, after: Held): void {
  expect(after.liveTensors).toBeLessThanOrEqual(before.liveTensors)
  expect(after.bytes - before.bytes).toBeLessThan(64 * megabyte)
}

const script = 'compile_environments.js'
const found = (scenario: string, ...args: string[]) =>
  resultOf(script, [scenario, ...args], ['--expose-gc'])

describe('in mid-run', () => {
  test.each([
    ['exit', 3],
    ['exitInOnStep', 4]
  ])('process.exit: %s', (scenario, code) => {
    for (let i = 0; i < 5; i++) {
      const { status, signal, stderr } = runScript(script, [scenario])
      expect([status, signal, stderr]).toEqual([code, null, ''])
    }
  })

  test.each([
    ['uncaught', /from a timer/],
    ['rejected', /from onStep/]
  ])('an error that nobody catches: %s', (scenario, message) => {
    const { status, signal, stderr } = runScript(script, [scenario])
    expect([status, signal]).toEqual([1, null])
    expect(stderr).toMatch(message)
  })

  test('nobody waits', () => {
    expect(found('neverAwaited')).toEqual({ last: 5000 })
  })

  test('nobody holds the step', () => {
    const { steps, before, after } = found('dropped') as Found & { steps: number }
    expect(steps).toBe(20_000)
    expect(after.liveTensors - before.liveTensors).toBeLessThan(3)
  })

  test('100 workers are terminated', () => {
    const { steps, tasks } = found('workers', '100') as { steps: number; tasks: number }
    expect(steps).toBe(20_000)
    expect(tasks).toBeLessThan(30)
  })
})

describe('memory and threads', () => {
  test.each(['shortRuns', 'brokenRuns'])('of many runs: %s', (scenario) => {
    const { before, after, grown = 0 } = found(scenario) as Found
    expectSame(before, after)
    // OpenMP may still have the last run's threads, of 100 with two.
    expect(after.tasks).toBeLessThanOrEqual((before.tasks ?? 0) + 2)
    expect(grown).toBeLessThan(16 * megabyte)
  })

  test('of 100,000 replays', () => {
    const { before, after, grown } = found('replays') as Found
    expectSame(before, after)
    expect(grown).toBeLessThan(16 * megabyte)
  })

  test('of steps that are let go of', () => {
    const { before, after, grown } = found('forgotten') as Found
    expectSame(before, after)
    expect(grown).toBeLessThan(128 * megabyte)
  })
})

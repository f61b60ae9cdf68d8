import { describe, expect, test } from '@jest/globals'

import { resultOf, runScript } from './fixtures/run_script'

interface WorkerEnd {
  message: number[] | null
  code: number
  error: string | null
}
interface Found {
  main: number[]
  other: number[]
  workers: WorkerEnd[]
  worker: WorkerEnd
  codes: number[]
  foreign: boolean
}

/** The scenario's findings; its process must have ended with code 0. */
function found(scenario: string): Found {
  return resultOf('environments.js', [scenario]) as Found
}

/** Weight and bias of a line that training has found. */
function expectLine(values: number[] | null, slope: number, offset: number): void {
  expect(values?.[0]).toBeCloseTo(slope, 3)
  expect(values?.[1]).toBeCloseTo(offset, 3)
}

describe('workers', () => {
  test('two train at once, beside the main thread', () => {
    const { workers, main } = found('twoWorkers')
    expect(workers.map(({ code, error }) => ({ code, error }))).toEqual([
      { code: 0, error: null },
      { code: 0, error: null }
    ])
    expectLine(workers[0]!.message, 2, 1)
    expectLine(workers[1]!.message, -3, 0.5)
    expectLine(main, 4, -2)
  })

  test('the library is loaded by workers only, one after the other', () => {
    const { workers } = found('onlyWorkers')
    expect(workers.map(({ code }) => code)).toEqual([0, 0])
    expectLine(workers[0]!.message, 2, 1)
    expectLine(workers[1]!.message, -1, 3)
  })

  test('100 are terminated in mid-loop, and the process trains on', () => {
    const { codes, main } = found('terminated')
    expect(codes).toEqual([1])
    expectLine(main, 2, 1)
  })

  test('30 are terminated inside a hook, a backward or a forward function', () => {
    const { codes, main } = found('hookTerminated')
    expect(codes).toEqual([1])
    expectLine(main, 2, 1)
  })

  test('anomaly detection is on while any worker asks for it, and works in several at once', () => {
    const { during, error, code, after, checks, main } = found('anomalyWorkers') as unknown as {
      during: boolean
      error: string
      code: number
      after: boolean
      checks: WorkerEnd[]
      main: number[]
    }
    expect({ during, code, after }).toEqual({ during: true, code: 1, after: false })
    expect(error).toMatch(/'SqrtBackward0' returned nan/)
    for (const { message, code: end } of checks) {
      expect([end, String(message)]).toEqual([
        0,
        expect.stringMatching(/nan values.*made by the forward/)
      ])
    }
    expectLine(main, 2, 1)
  })

  test('backwards nested 60 deep, after detection took over', () => {
    const { error, main } = found('nestedAfterAnomaly') as unknown as Found & { error: string }
    expect(error).toMatch(/^NestBackward: expected to run on the thread of JavaScript/)
    expectLine(main, 2, 1)
  })

  test('process.exit in a worker ends that worker only', () => {
    const { worker, main } = found('workerExits')
    expect(worker).toEqual({ message: null, code: 3, error: null })
    expectLine(main, 2, 1)
  })

  test('an uncaught exception in a worker reaches its error event', () => {
    const { worker, main } = found('workerThrows')
    expect(worker).toEqual({ message: null, code: 1, error: 'in mid-loop' })
    expectLine(main, 2, 1)
  })
})

describe('the end of a process', () => {
  test.each(['exit', 'exitInScope', 'exitBesideWorkers'])('process.exit(7): %s', (scenario) => {
    const { status, signal, stderr } = runScript('environments.js', [scenario])
    expect({ status, signal, stderr }).toEqual({ status: 7, signal: null, stderr: '' })
  })

  test('an uncaught exception in mid-loop', () => {
    const { status, signal, stderr } = runScript('environments.js', ['throws'])
    expect({ status, signal }).toEqual({ status: 1, signal: null })
    expect(stderr).toContain('Error: in mid-loop')
  })

  test("training in an 'exit' handler", () => {
    expectLine(found('trainsAtExit').main, 2, 1)
  })
})

test('the library loaded twice in one thread: two environments', () => {
  const { main, other, foreign } = found('loadedTwice')
  expectLine(main, 2, 1)
  expectLine(other, -1, 3)
  expect(foreign).toBe(false)
})

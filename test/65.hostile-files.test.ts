import { describe, expect, test } from '@jest/globals'

import { resultOf } from './fixtures/run_script'

describe('files that are damaged or malicious', () => {
  const result = resultOf('hostile/run.js') as {
    files: number
    wrong: string[]
    grown: number
    largest: number
    pwned: boolean
  }

  test('there are at least 200', () => {
    expect(result.files).toBeGreaterThanOrEqual(200)
  })

  test('each is refused, with its reason, from bytes, read and mapped', () => {
    expect(result.wrong).toEqual([])
  })

  test('none ran anything', () => {
    expect(result.pwned).toBe(false)
  })

  test('memory grows by less than 150 MB, though files announce gigabytes', () => {
    expect(result.largest).toBeLessThan(66)
    expect(result.grown).toBeLessThan(150)
  })
})

test('100,000 mutated files: each loads or is refused, and memory stays flat', () => {
  const result = resultOf('hostile/fuzz.js', ['1', '100000'], ['--expose-gc']) as {
    loaded: number
    strange: string[]
    grown: number
    left: number
  }
  expect(result.strange).toEqual([])
  // Neither all of them may load nor none.
  expect(result.loaded).toBeGreaterThan(1000)
  expect(result.loaded).toBeLessThan(90_000)
  expect(result.left).toBe(0)
  expect(result.grown).toBeLessThan(200)
})

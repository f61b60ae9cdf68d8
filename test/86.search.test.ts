import { describe, expect, test } from '@jest/globals'
import { type SearchOptions, manualSeed, rand, search, space } from 'node-libtorch'

import { resultOf } from './fixtures/run_script'

const parabola = ({ x }: Record<string, unknown>) => ((x as number) - 2) ** 2
const found = <T>(scenario: string) => resultOf('search.js', [scenario]) as T

describe('spaces', () => {
  test('draw within their bounds, by the share of the way', () => {
    expect(space.uniform(2, 4).draw(0.25)).toBe(2.5)
    expect(space.logUniform(1e-4, 1).draw(0.5)).toBeCloseTo(1e-2, 12)
    expect([0, 0.34, 0.99].map((u) => space.integers(3, 5).draw(u))).toEqual([3, 4, 5])
    expect([0, 0.5, 0.999].map((u) => space.choice(['a', 'b']).draw(u))).toEqual(['a', 'b', 'b'])
  })

  test('have values for a grid', () => {
    expect(space.uniform(0, 1, { points: 3 }).values).toEqual([0, 0.5, 1])
    expect(space.logUniform(1, 100, { points: 3 }).values).toEqual([1, 10, 100])
    expect(space.uniform(0, 1).values).toBe(null)
  })

  test('refuse what is none', () => {
    expect(() => space.uniform(1, 1)).toThrow(/high: expected more than 1/)
    expect(() => space.logUniform(0, 1)).toThrow(/low: expected more than 0/)
    expect(() => space.choice([])).toThrow(/choice: expected at least one value/)
    expect(() => space.integers(3, 2)).toThrow(/high/)
    expect(() => space.uniform(0, 1, { points: 1 })).toThrow(/points/)
  })
})

describe('a function', () => {
  test('over a grid: every combination, the best first', async () => {
    const seen: unknown[] = []
    const result = await search(
      (configuration) => {
        seen.push(configuration)
        return parabola(configuration)
      },
      { space: { x: [0, 1, 2, 3], name: 'constant' }, strategy: 'grid' }
    )
    expect(seen).toEqual([0, 1, 2, 3].map((x) => ({ x, name: 'constant' })))
    expect(result.best.configuration).toEqual({ x: 2, name: 'constant' })
    expect(result.ranking.map(({ score }) => score)).toEqual([0, 1, 1, 4])
  })

  test('at random: as many as asked for, the same by the same seed', async () => {
    const options: SearchOptions = { space: { x: space.uniform(-5, 5) }, trials: 30, seed: 7 }
    const [first, again] = [await search(parabola, options), await search(parabola, options)]
    const other = await search(parabola, { ...options, seed: 8 })
    const numbers = ({ ranking }: typeof first) => ranking.map(({ trial, score }) => [trial, score])
    expect(first.ranking).toHaveLength(30)
    expect(numbers(again)).toEqual(numbers(first))
    expect(numbers(other)).not.toEqual(numbers(first))
    expect(first.best.score).toBeLessThan(0.5)
  })

  test('is seeded: each trial draws its own numbers', async () => {
    const draws = async (seed: number) => {
      const { ranking } = await search(() => rand([]).item(), {
        space: { x: [1] },
        trials: 3,
        seed
      })
      return ranking.toSorted((a, b) => a.trial - b.trial).map(({ score }) => score)
    }
    const expected = [5, 6, 7].map((seed) => {
      manualSeed(seed)
      return rand([]).item()
    })
    expect(await draws(5)).toEqual(expected)
  })

  test('maximizes, reports, and tells the ranking live', async () => {
    const told: (number | null)[][] = []
    const result = await search(
      ({ x }, { report }) => {
        report(-1)
        return x as number
      },
      {
        space: { x: [1, 3] },
        strategy: 'grid',
        direction: 'maximize',
        onProgress: (ranking) => told.push(ranking.map(({ score }) => score))
      }
    )
    expect(told).toEqual([[null], [-1], [1], [1, null], [1, -1], [3, 1]])
    expect(result.best.score).toBe(3)
  })

  test('halving: each round keeps a share, on more budget', async () => {
    const runs: [unknown, number][] = []
    const result = await search(
      (configuration, { budget }) => {
        runs.push([configuration.x, budget])
        return parabola(configuration) / budget
      },
      {
        space: { x: space.integers(0, 100) },
        strategy: 'halving',
        trials: 9,
        budget: { min: 1, max: 9 }
      }
    )
    expect(runs.map(([, budget]) => budget)).toEqual([...Array(9).fill(1), 3, 3, 3, 9])
    const closest = runs.slice(0, 9).sort(([a], [b]) => parabola({ x: a }) - parabola({ x: b }))
    expect(result.best.configuration.x).toBe(closest[0]![0])
    expect(new Set(runs.slice(9, 12).map(([x]) => x))).toEqual(
      new Set(closest.slice(0, 3).map(([x]) => x))
    )
  })

  test('table and JSON', async () => {
    const result = await search(parabola, { space: { x: [2, 12] }, strategy: 'grid' })
    const lines = result.table().split('\n')
    expect(lines[0]).toMatch(/^rank +trial +score +budget +seconds +x$/)
    expect(lines[1]).toMatch(/^ +1 +0 +0 +1 +0\.00 +2$/)
    expect(lines[2]).toMatch(/^ +2 +1 +100 +1 +0\.00 +12$/)
    const { best, ranking } = JSON.parse(JSON.stringify(result))
    expect([best.score, ranking.length, ranking[1].configuration]).toEqual([0, 2, { x: 12 }])
  })

  test('all trials failed', async () => {
    const throws = () => {
      throw new Error('mine')
    }
    await expect(search(throws, { space: { x: [1] }, trials: 2 })).rejects.toThrow(
      /every trial failed, the first with: mine/
    )
  })

  test('aborted', async () => {
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(search(parabola, { space: { x: [1] }, signal })).rejects.toThrow('enough')
  })

  test.each([
    [5, { space: { x: 1 } }, /trial: expected a function, or the path/],
    [parabola, {}, /space: expected an object/],
    [parabola, { space: {} }, /space: expected at least one name/],
    [parabola, { space: { x: 1 }, strategy: 'best' }, /strategy: expected 'random'/],
    [parabola, { space: { x: 1 }, workers: 2 }, /workers: expected none for a function/],
    [parabola, { space: { x: 1 }, budget: { min: 1, max: 2 } }, /budget: expected no budget/],
    [parabola, { space: { x: 1 }, strategy: 'halving' }, /budget/],
    [parabola, { space: { x: space.uniform(0, 1) }, strategy: 'grid' }, /space.x: .*points/],
    [parabola, { space: { x: 1 }, trials: 0 }, /trials/],
    [parabola, { space: { x: 1 }, retries: 1 }, /unknown option 'retries'/]
  ])('refuses wrong options %#', async (trial, options, message) => {
    await expect(search(trial as never, options as never)).rejects.toThrow(message)
  })
})

describe('a module, in processes of its own', () => {
  test('the same scores with one worker and with three', () => {
    const [one, three] = found<unknown[][]>('workers')
    expect(one).toHaveLength(6)
    expect(three).toEqual(one)
  })

  test('halving', () => {
    expect(found('halving')).toEqual([
      [4, 'done'],
      [4, 'done'],
      ...Array(2).fill([2, 'done']),
      ...Array(4).fill([1, 'done'])
    ])
  })

  test('a trial that fails is ranked last, and the search goes on', () => {
    const [first, ...failed] = found<unknown[][]>('failures')
    expect(first).toEqual(['context', 'done', null])
    expect(failed).toEqual([
      ['throws', 'failed', 'as asked'],
      ['exits', 'failed', 'its process ended with code 3'],
      ['NaN', 'failed', 'trial 2: expected a finite number as its score, got NaN']
    ])
  })

  test('aborted in the middle: the processes are gone', () => {
    expect(found('aborted')).toBe('enough')
  })

  test('a journal: a search that was killed goes on', () => {
    expect(found('journal')).toEqual({ same: true, lines: [0, 1, 2, 3, 4, 5], ran: 1 })
  })
})

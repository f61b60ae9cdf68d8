import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { optim, version } from 'node-libtorch'

import { python, runPython } from './parity/python'
import * as ours from './parity/schedulers'
import { type Reference, type Row, rows, savedAt } from './parity/schedulers'

type Rates = readonly (readonly number[])[]

/** The largest difference of two runs. */
function distance(a: Rates, b: Rates): number {
  expect(a.map((values) => values.length)).toEqual(b.map((values) => values.length))
  return Math.max(
    ...a.flatMap((values, i) => values.map((value, j) => Math.abs(value - b[i]![j]!)))
  )
}

/** To the bit where the formula has neither cosine nor power, which JavaScript and C round otherwise. */
function expectSame(row: Row, got: Rates, wanted: Rates): void {
  if (row.exact) expect(got).toEqual(wanted)
  else expect(distance(got, wanted)).toBeLessThanOrEqual(1e-12)
}

const infinities: Record<string, number> = {
  inf: Number.POSITIVE_INFINITY,
  '-inf': Number.NEGATIVE_INFINITY
}

/** What Python printed, with infinity, which JSON lacks. */
function decoded(state: object): optim.lrScheduler.SchedulerState {
  return JSON.parse(JSON.stringify(state), (_, value) => infinities[value] ?? value)
}

/** What says nothing in Python's state, and what 1.13 does not have in it. */
const idle = ['_get_lr_called_within_step', '_is_initial', '_scale_fn_ref', 'mode_worse', 'verbose']
const newer = ['default_min_lr', '_anneal_func_type', '_scale_fn_custom', 'use_beta1']

function expectSameState(got: unknown, wanted: unknown): void {
  if (typeof wanted === 'number') {
    expect(Math.abs((got as number) - wanted)).toBeLessThanOrEqual(1e-12)
  } else if (typeof wanted !== 'object' || wanted === null) {
    expect(got).toBe(wanted)
  } else {
    const [own, python] = [got, wanted] as [Record<string, unknown>, Record<string, unknown>]
    const unused = '_schedulers' in wanted ? [...idle, '_step_count'] : idle
    const keys = Object.keys(wanted).filter((key) => !unused.includes(key))
    const allowed = version.libtorch.startsWith('1.') ? newer : []
    expect(Object.keys(own).filter((key) => !keys.includes(key) && !allowed.includes(key))).toEqual(
      []
    )
    for (const key of keys) expectSameState(own[key], python[key])
  }
}

/** What Python's schedulers do from these states on. */
function inPython(states: [state: object, values: number[]][]): number[][][] {
  const script = join(__dirname, 'parity', 'schedulers.py')
  const options = { encoding: 'utf8', maxBuffer: 2 ** 28, input: JSON.stringify(states) } as const
  const { stdout, stderr } = spawnSync(python, ['-B', script, 'restore'], options)
  const json = stdout.slice(stdout.indexOf('\n') + 1)
  if (!json) throw new Error(`schedulers.py did not finish: ${stderr}`)
  return JSON.parse(json)
}

describe('the same lr as in Python', () => {
  const reference = runPython<{ names: string[]; rows: Reference[] }>('schedulers.py')
  if ('skip' in reference) {
    console.warn(`skipped: ${reference.skip}`)
    test.skip(reference.skip, () => {})
    return
  }
  const { result } = reference

  test('every scheduler that Python has is here, and in the table twice', () => {
    expect(result.names.filter((name) => !(name in optim.lrScheduler))).toEqual([])
    const counts = result.names.map(
      (name) => rows.filter(({ scheduler: [own] }) => own === name).length
    )
    const rare = result.names.filter((name, i) => counts[i]! < 2 && name !== 'LRScheduler')
    expect(rare).toEqual([])
    expect(result.rows).toHaveLength(rows.length)
  })

  describe.each(
    rows.map((row, i) => [JSON.stringify(row.scheduler), row, result.rows[i]!] as const)
  )('%s', (_, row, wanted) => {
    test('200 steps', () => {
      const { values, last } = ours.trace(row)
      expectSame(row, values, wanted.values)
      expectSame(row, [last], [wanted.last])
    })

    test("its state has Python's names and values", () => {
      expectSameState(ours.saved(row), decoded(wanted.saved))
    })

    test('goes on from its own state and from that of Python', () => {
      const { values } = ours.trace(row)
      const fromOurs = ours.restored(row, ours.saved(row), values[savedAt]!)
      expect(fromOurs).toEqual(values.slice(savedAt + 1))
      const fromPython = ours.restored(row, decoded(wanted.saved), wanted.values[savedAt]!)
      expectSame(row, fromPython, wanted.values.slice(savedAt + 1))
    })

    if (wanted.jumps === null || wanted.resumed === null) return
    test('jumps to epochs', () => {
      expect(distance(ours.jumps(row), wanted.jumps!)).toBeLessThanOrEqual(1e-12)
    })

    test('goes on after lastEpoch', () => {
      expectSame(row, ours.resumed(row), wanted.resumed!)
    })
  })

  test("Python's schedulers go on from our states", () => {
    const traces = rows.map((row) => ours.trace(row).values)
    const states = rows.map(
      (row, i) => [ours.saved(row), traces[i]![savedAt]!] as [object, number[]]
    )
    for (const [i, values] of inPython(states).entries())
      expectSame(rows[i]!, values, traces[i]!.slice(savedAt + 1))
  })
})

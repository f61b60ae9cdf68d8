import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'
import { version } from 'node-libtorch'

import { type Case, type Reference, difference, formDifference } from './coverage/compare'
import { type Known, otherInPython, otherResults } from './coverage/known'
import { reportOf, text } from './coverage/report'
import { python, whyNoPython } from './parity/python'

// Every operator of the loaded libtorch: a call that works is looked for, then Python makes the very
// same call. Both sides run in processes of their own, as some operators end the process.
const folder = mkdtempSync(join(tmpdir(), 'coverage-'))
afterAll(() => rmSync(folder, { recursive: true }))

const root = join(__dirname, '..')
const mostRestarts = 100

/** Runs `command` until it ends well: each time it goes on behind the call that ended it. */
function untilDone(command: string, args: string[]): void {
  for (let i = 0; i < mostRestarts; i++) {
    const env = { ...process.env, OMP_NUM_THREADS: '1' }
    const options = { encoding: 'utf8', timeout: 250_000, cwd: folder, env } as const
    const { status, signal, stderr } = spawnSync(command, args, options)
    if (status === 0) return
    if (!signal) throw new Error(`${args[0]} ended with ${status}: ${stderr}`)
  }
  throw new Error(`${args[0]} ended ${mostRestarts} times before it was done`)
}

function linesOf<T>(file: string): T[] {
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T)
}

/** What compiled.js writes of an operator. */
interface Replay {
  id: string
  same?: boolean
  differs?: string
  threw?: string
}

const excused = (table: Known, id: string) => table.some(([ids]) => ids.test(id))

/** A tensor for a number or a number for a boolean: torch.ops takes them, strict conversion does not. */
const isStrictness = (message: string) =>
  /expected (float|int|SymInt|bool|Scalar|Layout)\S*, got (Tensor|number|an object)/.test(message)

describe('operators beside those of Python', () => {
  const [ours, theirs] = [join(folder, 'ours'), join(folder, 'theirs')]
  untilDone(process.execPath, [join(__dirname, 'coverage', 'run.js'), ours])
  const cases = linesOf<Case>(ours)

  test('at least 500 operators have a call that works, without in-place twins', () => {
    const working = cases.filter(({ args }) => args)
    const { operators } = reportOf(version.libtorch, working, cases, { any: 0, method: 0 })
    expect(operators).toBeGreaterThanOrEqual(500)
  })

  const replays = join(folder, 'replays')
  untilDone(process.execPath, [join(__dirname, 'coverage', 'compiled.js'), ours, replays])

  test('in a compiled step every operator gives the same bits, or is refused', () => {
    const found = linesOf<Replay>(replays)
    expect(found.filter(({ differs, threw }) => differs || threw)).toEqual([])
    expect(found.filter(({ same }) => same).length).toBeGreaterThan(1000)
  })

  const missing = whyNoPython()
  if (missing) {
    console.warn(`skipped: ${missing}`)
    test.skip(missing, () => {})
    return
  }
  untilDone(python, ['-B', join(__dirname, 'parity', 'coverage.py'), ours, theirs])
  const references = new Map(linesOf<Reference>(theirs).map((line) => [line.id, line]))
  const forms = { any: 0, method: 0 }
  const covered: Case[] = []

  test('values and gradients', () => {
    const differences: Record<string, string> = {}
    for (const found of cases) {
      const reference = references.get(found.id)!
      if (!found.args || reference.crashed) continue
      const apart = difference(found.id, found.result!, reference.overload!)
      if (!apart) covered.push(found)
      else if (!excused(otherResults, found.id)) differences[found.id] = apart
    }
    expect(differences).toEqual({})
  })

  test('the overload that is chosen, by functions and by methods', () => {
    const differences: Record<string, string> = {}
    for (const { id, ...found } of covered) {
      for (const form of ['any', 'method'] as const) {
        const reference = references.get(id)![form]!
        // Python has no such function, or one that takes other arguments.
        if (reference.absent || reference.threw !== undefined) continue
        const apart = formDifference(id, found[form]!, reference)
        if (!apart) forms[form]++
        else if (!excused(otherInPython, id)) differences[`${form} ${id}`] = apart
      }
    }
    expect(differences).toEqual({})
  })

  test('what throws here throws there', () => {
    const returned: Record<string, string> = {}
    for (const { id, failures } of cases) {
      const reference = references.get(id)!
      if (reference.crashed) continue
      failures.forEach(({ message, refused }, i) => {
        if (reference.failures![i]!.threw !== undefined || (refused && isStrictness(message)))
          return
        if (!excused(otherResults, id)) returned[`${id} ${i}`] = message
      })
    }
    expect(returned).toEqual({})
  })

  test('the report', () => {
    const report = reportOf(version.libtorch, covered, cases, forms)
    writeFileSync(join(root, 'build', 'coverage.json'), JSON.stringify(report, null, 1))
    console.log(text(report))
    expect(report.operators).toBeGreaterThanOrEqual(500)
    expect(report.differentiable).toBeGreaterThanOrEqual(500)
    expect(forms.any).toBeGreaterThanOrEqual(500)
    expect(forms.method).toBeGreaterThanOrEqual(300)
  })
})

// Runs of train() that are killed. NODE_LIBTORCH_KILLS says how often (50 take one to two minutes).
import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { CheckpointFolder } from 'node-libtorch'

import { Child } from './fixtures/child'
import { kills, random, seed, settings } from './fixtures/kills'
import { resultOf, runScript } from './fixtures/run_script'

const root = mkdtempSync(join(tmpdir(), 'survival-train-'))
afterAll(() => rmSync(root, { recursive: true }))

beforeAll(() => console.log(`test/94: ${settings}`))

/** The lines of a run, to its end. */
function lines(path: string, epochs: number, mode = 'epochs'): string[] {
  const { stdout, stderr } = runScript('train_run.js', [path, String(epochs), mode])
  expect(stderr).toBe('')
  return stdout.trim().split('\n')
}

const numbers = (from: readonly string[], word: string) =>
  from.flatMap((line) => (line.startsWith(`${word} `) ? [Number(line.slice(word.length))] : []))

/** The names of the checkpoints in a folder, oldest first. */
const checkpoints = (path: string) =>
  readdirSync(path)
    .filter((name) => name.endsWith('.pt'))
    .sort()

const few = 12
/** How a run of a few epochs ends that nothing happens to, and its folder. */
const whole = join(root, 'whole')
let done: string | undefined
beforeAll(() => {
  done = lines(whole, few).at(-1)
  expect(done).toMatch(/^done [0-9a-f]{64}$/)
})

/** A copy of the whole run's folder. */
function copied(name: string): string {
  const path = mkdtempSync(join(root, `${name}-`))
  for (const file of checkpoints(whole)) copyFileSync(join(whole, file), join(path, file))
  return path
}

describe('SIGKILL', () => {
  test(`a run that is killed ${kills} times ends with the bits of one that never was`, async () => {
    const epochs = 20 * kills
    const wanted = lines(join(root, 'uncut'), epochs).at(-1)
    let left = kills
    for (let round = 0; left > 0; round++) {
      // A checkpoint after each epoch, or, in the middle of epochs, every 10 ms.
      const mode = round % 2 === 0 ? 'epochs' : 'seconds'
      const path = join(root, `killed-${round}`)
      // The second half of the kills is the other mode's.
      const most = round === 0 ? Math.ceil(kills / 2) : left
      let of = most
      let promised = 0
      for (;;) {
        const child = new Child('train_run.js', path, epochs, mode)
        await child.until('started')
        expect(child.numbers('started')[0]).toBeGreaterThanOrEqual(promised)
        if (of > 0) {
          await wait(random(60))
          child.kill('SIGKILL')
        }
        const { code, signal } = await child.ended
        promised = Math.max(promised, ...child.numbers('saved'))
        // It can have ended by itself just before.
        if (signal === 'SIGKILL') {
          left--
          of--
        } else expect(code).toBe(0)
        if (code !== 0) continue
        expect(child.lines.at(-1)).toBe(wanted)
        expect(readdirSync(path)).toHaveLength(2)
        break
      }
    }
  })
})

describe('process.exit', () => {
  test('in the middle of a run, by its own timer: what was promised is there', () => {
    const path = join(root, 'exit')
    let promised = 0
    for (const milliseconds of [1, 15, 40, Math.floor(random(80))]) {
      const args = [path, '100000', `exit:${milliseconds}`]
      const { status, signal, stdout, stderr } = runScript('train_run.js', args)
      expect([status, signal, stderr]).toEqual([7, null, ''])
      const found = stdout.trim().split('\n')
      for (const step of numbers(found, 'started')) expect(step).toBeGreaterThanOrEqual(promised)
      promised = Math.max(promised, ...numbers(found, 'saved'))
    }
    expect(promised).toBeGreaterThan(0)
  })
})

describe('workers', () => {
  test('100 are terminated while they train: no thread and no memory is left', () => {
    const found = resultOf('train_workers.js', ['100', String(seed)])
    const { onThread, grown, ...rest } = found as { onThread: number; grown: number }
    expect(rest).toEqual({ wrong: [], left: 0 })
    // Each has weights, moments, copies and data of 4 MB.
    expect(grown).toBeLessThan(100e6)
    // Else the test would be of no use.
    expect(onThread).toBeGreaterThan(5)
  })
})

describe('damaged checkpoints', () => {
  test('the last one is passed over and told; the run ends with the same bits', () => {
    const path = copied('last')
    const last = join(path, checkpoints(path).at(-1) as string)
    const bytes = readFileSync(last)
    const at = Math.floor(random(bytes.length))
    bytes[at] = (bytes[at] as number) ^ (1 << Math.floor(random(8)))
    writeFileSync(last, bytes)
    const found = lines(path, few)
    expect(found.slice(0, 2)).toEqual([`skipped ${last}`, `started ${(few - 1) * 41}`])
    expect(found.at(-1)).toBe(done)
    // What is damaged is no file that is kept in place of a whole one.
    expect(checkpoints(path).length).toBeGreaterThanOrEqual(2)
  })

  test('none that is whole: refused, and nothing is written', () => {
    const path = copied('all')
    const names = checkpoints(path)
    for (const name of names) writeFileSync(join(path, name), 'half')
    expect(lines(path, few)).toEqual([
      expect.stringMatching(/^failed ERR_TORCH_CHECKPOINT_DAMAGED .*none of 2 checkpoints is whole/)
    ])
    expect(checkpoints(path)).toEqual(names)
  })
})

describe('a disk that is full', () => {
  test('the run ends with the reason; what was saved before is there, and it goes on later', async () => {
    const path = copied('full')
    const names = checkpoints(path)
    const script = join(__dirname, 'fixtures', 'train_run.js')
    // Files of at most 1,024 bytes: dash counts blocks of 512.
    const command = 'ulimit -f 2 && exec "$0" "$@"'
    const args = ['-c', command, process.execPath, script, path, String(few + 5)]
    const { stdout, status } = spawnSync('sh', args, { encoding: 'utf8' })
    expect(status).toBe(1)
    const [started, failed] = stdout.trim().split('\n')
    expect(started).toBe(`started ${few * 41}`)
    expect(failed).toMatch(/^failed EFBIG .*cannot be saved/)
    expect(failed).toContain(basename(names.at(-1) as string))
    expect(readdirSync(path).sort()).toEqual(names)
    expect((await new CheckpointFolder(path).latest())?.step).toBe(few * 41)
    const uncut = lines(join(root, 'more'), few + 5).at(-1)
    expect(lines(path, few + 5).at(-1)).toBe(uncut)
  })
})

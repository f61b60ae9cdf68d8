// Runs that are killed. NODE_LIBTORCH_KILLS says how often the first one is (50 take about a minute).
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { CheckpointFolder, type Tensor, full } from 'node-libtorch'

import { Child } from './fixtures/child'
import { kills, random, seed, settings } from './fixtures/kills'
import { resultOf, runScript } from './fixtures/run_script'

const root = mkdtempSync(join(tmpdir(), 'survival-'))
afterAll(() => rmSync(root, { recursive: true }))

beforeAll(() => console.log(`test/94: ${settings}`))

describe('SIGKILL', () => {
  const every = 3
  const steps = 20 * kills

  test(`a run that is killed ${kills} times ends with the bits of one that never was`, async () => {
    const whole = runScript('checkpoint_run.js', [
      join(root, 'whole'),
      String(steps),
      String(every)
    ])
    const done = whole.stdout.split('\n').at(-2)
    expect(done).toMatch(/^done [0-9a-f]{64}$/)

    let left = kills
    for (let round = 0; left > 0; round++) {
      const path = join(root, `killed-${round}`)
      let promised = 0
      for (;;) {
        const child = new Child('checkpoint_run.js', path, steps, every)
        await child.until('started')
        expect(child.numbers('started')[0]).toBeGreaterThanOrEqual(promised)
        if (left > 0) {
          await wait(random(60))
          child.kill('SIGKILL')
        }
        const { code, signal } = await child.ended
        promised = Math.max(promised, ...child.numbers('saved'))
        // It can have ended by itself just before.
        if (signal === 'SIGKILL') left--
        else expect(code).toBe(0)
        if (code !== 0) continue
        expect(child.lines.at(-1)).toBe(done)
        break
      }
    }
  })
})

describe('process.exit', () => {
  test('in the middle of a save: what was promised is there, and the half file is not', async () => {
    const path = join(root, 'exit')
    const folder = new CheckpointFolder(path)
    let promised = 0
    for (const turns of [0, 2, 6, Math.floor(random(30))]) {
      const { status, stdout, stderr } = runScript('checkpoint_exit.js', [path, String(turns)])
      expect([status, stderr]).toEqual([7, ''])
      promised = Math.max(promised, Number(stdout.trim().split('\n').at(-1)!.split(' ')[1]))
      const { step, content, skipped } = (await folder.latest<{ weight: Tensor }>())!
      expect(step).toBeGreaterThanOrEqual(promised)
      expect(content.weight.equal(full([200_000], step))).toBe(true)
      expect(skipped).toEqual([])
    }
    await folder.save(1000, 1)
    expect(readdirSync(path).filter((name) => name.endsWith('.tmp'))).toEqual([])
  })
})

describe('workers', () => {
  test('100 are terminated in the middle of saves: nothing is lost, open or left', () => {
    const found = resultOf('checkpoint_workers.js', [join(root, 'workers'), '100', String(seed)])
    const { safe, inSave, left, ...rest } = found as {
      safe: number
      inSave: number
      left: string[]
    }
    expect(rest).toEqual({ wrong: [], open: [], step: 10 ** 6 })
    expect(left.filter((name) => name.endsWith('.tmp'))).toEqual([])
    expect(left.length).toBe(3)
    // Else the test would be of no use.
    expect([safe >= 10, inSave > 10]).toEqual([true, true])
  })
})

describe('onInterrupt', () => {
  /** Lines and end of a child that gets the signals, each after the line before it. */
  async function endAfter(
    scenario: string,
    ...steps: [line: string, signal: NodeJS.Signals][]
  ): Promise<{ lines: string[]; code: number | null; signal: string | null }> {
    const child = new Child('interrupt.js', scenario)
    for (const [line, signal] of steps) {
      await child.until(line)
      child.kill(signal)
    }
    return { lines: child.lines, ...(await child.ended) }
  }

  test.each(['SIGINT', 'SIGTERM'] as const)(
    '%s: the first calls, the second ends',
    async (signal) => {
      expect(await endAfter('one', ['ready', signal], ['first', signal])).toEqual({
        lines: ['ready', `first ${signal}`],
        code: null,
        signal
      })
    }
  )

  test('one of each: the second ends, too', async () => {
    const { lines, signal } = await endAfter('one', ['ready', 'SIGTERM'], ['first', 'SIGINT'])
    expect([lines, signal]).toEqual([['ready', 'first SIGTERM'], 'SIGINT'])
  })

  test('several at once are all called', async () => {
    const { lines, signal } = await endAfter('several', ['ready', 'SIGINT'], ['c', 'SIGINT'])
    expect(lines).toEqual(['listeners 2', 'ready', 'a SIGINT', 'c SIGINT'])
    expect(signal).toBe('SIGINT')
  })

  test('released: signals end the process as ever', async () => {
    const { lines, signal } = await endAfter('released', ['ready', 'SIGTERM'])
    expect([lines, signal]).toEqual([['listeners 2', 'listeners 0', 'ready'], 'SIGTERM'])
  })

  test('released in the callback: the next run gets its own first signal', async () => {
    const { lines, signal } = await endAfter(
      'nextRun',
      ['ready', 'SIGINT'],
      ['next is on', 'SIGINT'],
      ['next SIGINT', 'SIGINT']
    )
    expect(lines).toEqual(['ready', 'run SIGINT', 'next is on', 'next SIGINT'])
    expect(signal).toBe('SIGINT')
  })

  test('others that listen cannot hold the second one up', async () => {
    const { lines, code } = await endAfter('others', ['ready', 'SIGINT'], ['ours', 'SIGINT'])
    expect([lines.slice(0, 3), code]).toEqual([['ready', 'theirs', 'ours SIGINT'], 130])
    const other = await endAfter('exits', ['ready', 'SIGTERM'], ['ours', 'SIGTERM'])
    expect([other.lines.at(-1), other.code]).toEqual(['exit 143', 143])
  })

  test('a callback that throws: the others are called, and the error is an uncaught one', async () => {
    const { lines, signal } = await endAfter('throws', ['ready', 'SIGINT'], ['uncaught', 'SIGINT'])
    expect(lines).toEqual(['ready', 'b SIGINT', 'uncaught from a'])
    expect(signal).toBe('SIGINT')
  })

  test('a run that ends itself after the first', async () => {
    const found = await endAfter('ends', ['ready', 'SIGINT'])
    expect(found).toEqual({ lines: ['ready', 'stopping SIGINT'], code: 0, signal: null })
  })

  test('not in a worker', async () => {
    const child = new Child('interrupt.js', 'worker')
    await child.ended
    expect(child.lines.at(-1)).toMatch(/expected the main thread, got a worker.*post a message/)
  })
})

import { spawnSync } from 'node:child_process'
import { EventEmitter } from 'node:events'
import path from 'node:path'
import { PassThrough, Writable } from 'node:stream'
import { describe, expect, test } from '@jest/globals'
import { type LoggedEvent, type ProgressOptions, progressDisplay } from 'node-libtorch'

import { RunState } from '../lib/progress/state'
import { duration, oneLine, rate, short } from '../lib/number_text'
import { runScript } from './fixtures/run_script'

/** Keeps what is written; a terminal where it has columns. */
class Screen extends Writable {
  text = ''
  readonly isTTY: boolean
  constructor(readonly columns?: number) {
    super({ decodeStrings: false })
    this.isTTY = columns !== undefined
  }
  override _write(chunk: string, _encoding: string, done: () => void): void {
    this.text += chunk
    done()
  }
  get lines(): string[] {
    return this.text.split('\n').slice(0, -1)
  }
}

const event = (step: number, more: Partial<LoggedEvent> = {}): LoggedEvent => ({
  type: 'progress',
  step,
  steps: 100,
  epoch: Math.ceil(step / 10),
  epochs: 10,
  loss: 1 / step,
  lr: 0.1,
  samplesPerSecond: 12345.6,
  seconds: step / 10,
  dataWaitShare: 0.021,
  metrics: {},
  ...more
})

/** What a display writes of some events. */
function shown(options: ProgressOptions, events: readonly LoggedEvent[], columns?: number): Screen {
  const stream = new Screen(columns)
  const display = progressDisplay({ stream, ...options })
  for (const one of events) display.log(one)
  display.close()
  return stream
}

const stop = (step: number) => event(step, { type: 'stop', reason: 'converged' })

describe('numbers for people', () => {
  test.each([
    [short(0.123456789), '0.12346'],
    [short(1e-9), '1e-9'],
    [short(Number.NaN), 'NaN'],
    [rate(12345.6), '12,346'],
    [rate(0.256), '0.26'],
    [duration(5.4), '0:05'],
    [duration(723), '12:03'],
    [duration(3723), '1:02:03'],
    [oneLine('a\nb\u001b[2J'), 'a b [2J']
  ])('%s', (text, wanted) => {
    expect(text).toBe(wanted)
  })
})

describe('where a run stands', () => {
  const stateAfter = (...events: LoggedEvent[]) => {
    const state = new RunState()
    for (const one of events) state.update(one)
    return state
  }

  test('by steps, else by epochs that are complete, else unknown', () => {
    expect(stateAfter(event(30)).fraction).toBe(0.3)
    expect(stateAfter(event(30, { steps: null, epoch: 3 })).fraction).toBe(0.2)
    expect(stateAfter(event(30, { steps: null, type: 'epoch', epoch: 3 })).fraction).toBe(0.3)
    expect(stateAfter(event(30, { steps: null, epochs: null })).fraction).toBe(null)
    expect(stateAfter(event(200)).fraction).toBe(1)
  })

  test('the time left is that of the speed since the first event, also of a resumed run', () => {
    expect(stateAfter(event(10)).time).toBe('')
    expect(stateAfter(event(10), event(20)).time).toBe('ETA 0:08')
    // 50 steps were done before; 10 took 20 seconds, 40 are left.
    const resumed = [event(50, { seconds: 1 }), event(60, { seconds: 21 })]
    expect(stateAfter(...resumed).time).toBe('ETA 1:20')
    expect(stateAfter(event(10), stop(20)).time).toBe('in 0:02')
  })
})

describe('lines', () => {
  const line =
    'epoch 2/10, loss 0.05, 12,346 samples/s, lr 0.1, data wait 2%, step 20/100, ETA 0:08'

  test('everywhere but on a terminal, with what is known', () => {
    const { lines } = shown({ progress: 'auto', every: 0 }, [event(10), event(20)])
    expect(lines[1]).toBe(line)
    const few = shown({ progress: 'lines', every: 0 }, [{ type: 'progress', step: 3 }])
    expect(few.text).toBe('step 3\n')
  })

  test('totals, validation and metrics stay until there are newer ones', () => {
    const { lines } = shown({ progress: 'lines', every: 0, label: 'Adam' }, [
      { type: 'start', step: 0, epoch: 0, steps: null, epochs: 5 },
      { type: 'validation', step: 10, epoch: 1, loss: 2, metrics: { accuracy: 0.25 } },
      { type: 'epoch', step: 10, epoch: 1, loss: 1, validationLoss: 2, seconds: 3 },
      { type: 'checkpoint', step: 10, epoch: 1 }
    ])
    expect(lines).toHaveLength(3)
    expect(lines[2]).toBe(
      'Adam: epoch 1/5, loss 1, validation loss 2, accuracy 0.25, step 10, ETA 0:12'
    )
  })

  test('a run that was completed is done', () => {
    const end = event(100, { type: 'stop', reason: 'epochs' })
    expect(shown({ progress: 'lines' }, [end]).text).toMatch(/loss 0.01, done, .*, in 0:10\n$/)
  })

  test('one in an interval, and one at the end', () => {
    const events = [1, 2, 3, 4, 5].map((step) => event(step))
    const { lines } = shown({ progress: 'lines', every: 3600 }, [...events, stop(6)])
    expect(lines).toHaveLength(2)
    expect(lines[0]).toMatch(/step 1\/100/)
    expect(lines[1]).toMatch(/loss 0.16667, stopped: converged, .*step 6\/100, in 0:01$/)
  })
})

describe('NDJSON', () => {
  test('an event a line', () => {
    const { lines } = shown({ progress: 'ndjson', every: 0, label: 'Adam' }, [event(1), stop(2)])
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { label: 'Adam', ...event(1) },
      { label: 'Adam', ...stop(2) }
    ])
  })

  test('of each type one in an interval; before the end the newest', () => {
    const events = [1, 2, 3].flatMap((step) => [event(step), event(step, { type: 'epoch' })])
    const { lines } = shown({ progress: 'ndjson', every: 3600 }, [...events, stop(4)])
    expect(lines.map((line) => JSON.parse(line)).map(({ type, step }) => [type, step])).toEqual([
      ['progress', 1],
      ['epoch', 1],
      ['progress', 3],
      ['epoch', 3],
      ['stop', 4]
    ])
  })
})

describe('a bar', () => {
  test('on a terminal, drawn over itself, cut to its width', () => {
    const { text } = shown({ progress: 'auto' }, [event(10), event(50), stop(50)], 60)
    expect(text).toContain('█████░░░░░ 50%')
    const drawn = text.split('\u001b[1G').map((part) => part.split('\u001b')[0]!.trimEnd())
    expect(Math.max(...drawn.map((part) => part.length))).toBeLessThanOrEqual(60)
    expect(text.split('\n')).toHaveLength(2)
    expect(text).not.toContain('[?')
  })

  test('without a length: no bar, the rest', () => {
    const unknown = { steps: null, epochs: null }
    const { text } = shown({ progress: 'bar' }, [event(10, unknown), event(20, unknown)], 120)
    expect(text).toContain('epoch 2  loss 0.05  12,346 samples/s  lr 0.1  data wait 2%  step 20')
    expect(text).not.toMatch(/[█░%]{3}/)
  })

  test('lines on a dumb terminal', () => {
    const before = process.env.TERM
    process.env.TERM = 'dumb'
    try {
      expect(shown({ progress: 'auto' }, [event(1)], 80).text).toMatch(
        /^epoch 1\/10, loss 1, .*\n$/
      )
    } finally {
      process.env.TERM = before
    }
  })

  test('does not keep a process alive', () => {
    expect(runScript('progress.js', ['forgotten'])).toMatchObject({ status: 0, signal: null })
  })
})

describe('a display', () => {
  test('prints nothing unless asked', () => {
    expect(shown({}, [event(1), stop(2)]).text).toBe('')
    expect(shown({ progress: false }, [event(1), stop(2)], 80).text).toBe('')
    expect(runScript('progress.js', ['nothing'])).toEqual({
      status: 0,
      signal: null,
      stdout: '',
      stderr: ''
    })
  })

  test('shows nothing after its end', () => {
    expect(shown({ progress: 'lines', every: 0 }, [stop(1), event(2)]).lines).toHaveLength(1)
  })

  test('outlives its reader', () => {
    const script = path.join(__dirname, 'fixtures', 'progress.js')
    const command = `"$0" "$1" closed | head -n 1`
    const options = { encoding: 'utf8', cwd: path.join(__dirname, '..') } as const
    const ended = spawnSync('sh', ['-c', command, process.execPath, script], options)
    expect(JSON.parse(ended.stdout)).toMatchObject({ step: 1 })
    expect(ended.stderr).toBe('trained')
  })

  test.each<[string, (stream: PassThrough) => void]>([
    ['destroyed', (stream) => stream.destroy()],
    ['ended', (stream) => stream.end()],
    ['broken', (stream) => stream.destroy(new Error('broken'))]
  ])('is silent where its stream is %s, and leaves no listener', async (_what, end) => {
    const stream = new PassThrough()
    const display = progressDisplay({ progress: 'lines', stream, every: 0 })
    end(stream)
    display.log(event(1))
    display.log(event(2))
    display.close()
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
    expect(stream.listenerCount('error')).toBe(0)
  })

  test('survives a stream that throws', () => {
    const stream = Object.assign(new EventEmitter(), {
      write: (): boolean => {
        throw new Error('no')
      }
    })
    const display = progressDisplay({ progress: 'ndjson', stream, every: 0 })
    expect(() => [1, 2].map((step) => display.log(event(step)))).not.toThrow()
  })

  test('leaves out what a slow reader would only find late', () => {
    const stream = new PassThrough({ highWaterMark: 100 })
    const display = progressDisplay({ progress: 'lines', stream, every: 0 })
    for (let step = 1; step <= 1000; step++) display.log(event(step))
    expect(stream.readableLength + stream.writableLength).toBeLessThan(500)
    display.log(stop(1001))
    expect(String(stream.read())).toMatch(/step 1\/100/)
  })
})

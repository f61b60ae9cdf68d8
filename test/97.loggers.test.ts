import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import {
  CsvLogger,
  type LoggedEvent,
  LoggerError,
  NdjsonLogger,
  TensorBoardLogger
} from 'node-libtorch'

import { crc32c } from '../lib/loggers/crc32c'
import { readEvents } from './fixtures/event_file'

const { folder: tensorboard } = require('../scripts/test/tensorboard') as { folder: string }
const { python } = require('../scripts/setup/pip') as { python: () => string }

let folder: string
beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'loggers-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let files = 0
const fresh = (ending = '') => path.join(folder, `${files++}`, `log${ending}`)

const event = (step: number, more: Partial<LoggedEvent> = {}): LoggedEvent => ({
  type: 'progress',
  step,
  steps: 10,
  epoch: 1,
  epochs: 2,
  loss: 1 / step,
  lr: 0.1,
  samplesPerSecond: 1000,
  seconds: step / 10,
  dataWaitShare: 0.25,
  metrics: {},
  ...more
})

const thrownBy = (call: () => unknown): LoggerError => {
  try {
    call()
  } catch (error) {
    return error as LoggerError
  }
  throw new Error('nothing was thrown')
}

const text = (file: string) => readFileSync(file, 'utf8')

describe('CsvLogger', () => {
  const head = 'type,step,epoch,loss,validationLoss,lr,samplesPerSecond,seconds,dataWaitShare'

  test('a row an event, at once', () => {
    const file = fresh('.csv')
    const logger = new CsvLogger(file)
    logger.log(event(1))
    expect(text(file)).toBe(`${head}\nprogress,1,1,1,,0.1,1000,0.1,0.25\n`)
    logger.log({ type: 'stop', step: 2, loss: Number.NaN })
    expect(text(file).split('\n')[2]).toBe('stop,2,,NaN,,,,,')
    logger.close()
  })

  test('a metric that comes later has its column in every row', () => {
    const file = fresh('.csv')
    const logger = new CsvLogger(file)
    logger.log(event(1))
    logger.log({ type: 'validation', step: 1, metrics: { accuracy: 0.5, 'a, "b"\n': 2 } })
    logger.log({ type: 'validation', step: 2, metrics: { accuracy: 0.75 } })
    logger.close()
    expect(text(file)).toBe(
      [
        `${head},accuracy,"a, ""b"" "`,
        'progress,1,1,1,,0.1,1000,0.1,0.25,,',
        'validation,1,,,,,,,,0.5,2',
        'validation,2,,,,,,,,0.75,',
        ''
      ].join('\n')
    )
  })

  test('goes on: same columns, without the half row of a process that was killed', () => {
    const file = fresh('.csv')
    const first = new CsvLogger(file)
    first.log(event(1, { metrics: { accuracy: 0.5 } }))
    first.close()
    const before = text(file)
    writeFileSync(file, `${before}progress,2,1,0.4999`)
    const second = new CsvLogger(file)
    second.log(event(2, { metrics: { accuracy: 0.6 } }))
    second.close()
    expect(text(file)).toBe(`${before}progress,2,1,0.5,,0.1,1000,0.2,0.25,0.6\n`)
    const third = new CsvLogger(file, { append: false })
    third.log(event(3))
    third.close()
    expect(text(file).split('\n')).toHaveLength(3)
  })

  test('leaves a file alone that is not its own', () => {
    const file = fresh('.csv')
    new CsvLogger(file).close()
    writeFileSync(file, 'name,age\nAda,36\nno line break')
    const error = thrownBy(() => new CsvLogger(file))
    expect(error).toBeInstanceOf(LoggerError)
    expect(error.message).toMatch(
      /expected a table with the columns type,step.*got .*name,age; give/
    )
    expect(text(file)).toBe('name,age\nAda,36\nno line break')
    writeFileSync(file, 'a note')
    expect(() => new CsvLogger(file)).toThrow(/with a note; give another path, or append: false/)
    expect(() => new NdjsonLogger(file)).toThrow(/expected lines of JSON, got .* with a note; give/)
    expect(text(file)).toBe('a note')
  })

  test('begins anew where even its head was cut off', () => {
    const file = fresh('.csv')
    new CsvLogger(file).close()
    for (const half of ['type,st', `${head},accur`]) {
      writeFileSync(file, half)
      const logger = new CsvLogger(file)
      logger.log({ type: 'stop', step: 1 })
      logger.close()
      expect(text(file)).toBe(`${head}\nstop,1,,,,,,,\n`)
    }
  })
})

describe('NdjsonLogger', () => {
  test('a line an event, at once; what JSON cannot say is null', () => {
    const file = fresh('.ndjson')
    const logger = new NdjsonLogger(file)
    logger.log(event(1, { metrics: { accuracy: 0.5 }, loss: Number.POSITIVE_INFINITY }))
    const { loss, ...rest } = event(1, { metrics: { accuracy: 0.5 } })
    expect(JSON.parse(text(file))).toEqual({ ...rest, loss: null })
    logger.close()
  })

  test.each([
    ['half a line is taken away', '{"type":"progress","st', 2],
    ['a whole one without line break stays', '{"type":"progress","step":2}', 3]
  ])('goes on: %s', (_what, tail, count) => {
    const file = fresh('.ndjson')
    const first = new NdjsonLogger(file)
    first.log(event(1))
    first.close()
    writeFileSync(file, text(file) + tail)
    const second = new NdjsonLogger(file)
    second.log(event(3))
    second.close()
    const steps = text(file)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).step)
    expect(steps).toEqual(count === 3 ? [1, 2, 3] : [1, 3])
  })

  test('a long half line, too', () => {
    const file = fresh('.ndjson')
    new NdjsonLogger(file).close()
    writeFileSync(file, `{"step":1}\n{"${'x'.repeat(200_000)}`)
    new NdjsonLogger(file).close()
    expect(text(file)).toBe('{"step":1}\n')
  })
})

describe('TensorBoardLogger', () => {
  const written = (where: string) =>
    readdirSync(where)
      .sort()
      .map((name) => path.join(where, name))

  /** A run that was killed after step 4 and resumed at a checkpoint of step 2. */
  function twoRuns(where: string): void {
    const first = new TensorBoardLogger(where)
    for (const step of [1, 2, 3, 4]) first.log(event(step))
    first.log({ type: 'validation', step: 2, loss: 0.3, metrics: { accuracy: 0.9 } })
    first.log({ type: 'checkpoint', step: 2 })
    first.close()
    const second = new TensorBoardLogger(where)
    second.log({ type: 'start', step: 2 })
    for (const step of [3, 4, 2 ** 40]) second.log(event(step, { loss: step }))
    second.close()
  }

  test('checksums are as in RFC 3720', () => {
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa)
    expect(crc32c(new Uint8Array(32).fill(255))).toBe(0x62a8ab43)
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e)
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283)
  })

  test('records as an independent reader finds them', () => {
    const where = fresh()
    twoRuns(where)
    const [first, second] = written(where).map(readEvents)
    expect(path.basename(written(where)[0]!)).toMatch(/^events\.out\.tfevents\.\d{10}\./)
    expect(first![0]).toMatchObject({ version: 'brain.Event:2', step: 0 })
    expect(Math.abs(first![0]!.wallTime - Date.now() / 1000)).toBeLessThan(3600)
    expect(first!.slice(1).map(({ step }) => step)).toEqual([1, 2, 3, 4, 2])
    expect(first![2]!.scalars).toEqual({
      'train/loss': 0.5,
      'train/lr': Math.fround(0.1),
      'train/samplesPerSecond': 1000,
      'train/dataWaitShare': 0.25
    })
    expect(first![5]!.scalars).toEqual({
      'validation/loss': Math.fround(0.3),
      'validation/accuracy': Math.fround(0.9)
    })
    expect(second![1]).toMatchObject({ restart: true, step: 3, scalars: {} })
    expect(second!.at(-1)!.step).toBe(2 ** 40)
  })

  test('each is in the file at once', () => {
    const logger = new TensorBoardLogger(fresh())
    expect(readEvents(logger.path)).toHaveLength(1)
    logger.log(event(1, { loss: Number.NaN }))
    expect(readEvents(logger.path)[1]!.scalars['train/loss']).toBe(Number.NaN)
    logger.close()
  })

  const isThere = existsSync(path.join(tensorboard, 'tensorboard'))
  const named = isThere ? 'TensorBoard itself reads them' : `no tensorboard in ${tensorboard}`
  ;(isThere ? test : test.skip)(named, () => {
    const where = fresh()
    twoRuns(where)
    const script = path.join(__dirname, 'parity', 'tensorboard_scalars.py')
    const { stdout, stderr } = spawnSync(python(), ['-B', script, where], {
      encoding: 'utf8',
      env: { ...process.env, PYTHONPATH: tensorboard }
    })
    if (stdout === '') throw new Error(stderr)
    const scalars = JSON.parse(stdout)
    expect(Object.keys(scalars).sort()).toEqual([
      'train/dataWaitShare',
      'train/loss',
      'train/lr',
      'train/samplesPerSecond',
      'validation/accuracy',
      'validation/loss'
    ])
    expect(scalars['validation/accuracy']).toEqual([[2, Math.fround(0.9)]])
    // Steps 3 and 4 of the first run are void.
    expect(scalars['train/loss']).toEqual([
      [1, 1],
      [2, 0.5],
      [3, 3],
      [4, 4],
      [2 ** 40, 2 ** 40]
    ])
  })
})

describe('what goes wrong', () => {
  test.each([
    ['CsvLogger', CsvLogger],
    ['NdjsonLogger', NdjsonLogger]
  ])('%s on a full device: an error that says so, once', (name, Logger) => {
    const logger = new Logger('/dev/full')
    const error = thrownBy(() => logger.log(event(1)))
    expect(error).toBeInstanceOf(LoggerError)
    expect(error).toMatchObject({ name: 'LoggerError', code: 'ENOSPC', path: '/dev/full' })
    expect(error.message).toMatch(
      new RegExp(`^${name}: could not write /dev/full: ENOSPC.*; make room on the disk`)
    )
    logger.log(event(2))
    logger.log(event(3))
    expect(logger.lost).toBe(3)
    logger.close()
  })

  /** Logs in a process whose files may have 1,024 bytes (dash's blocks are of 512). */
  function limited(name: string, where: string, count: number) {
    const command = 'ulimit -f 2 && exec "$0" "$@"'
    const script = path.join(__dirname, 'fixtures', 'full_disk.js')
    const args = ['-c', command, process.execPath, script, name, where, String(count)]
    const { stdout, stderr } = spawnSync('sh', args, { encoding: 'utf8' })
    if (stdout === '') throw new Error(stderr)
    return JSON.parse(stdout) as { thrown: LoggerError[]; lost: number; lostInAll: number }
  }

  test('a limit reached: the file ends with a whole line, later room is used', () => {
    const file = fresh('.ndjson')
    const { thrown, lost, lostInAll } = limited('NdjsonLogger', file, 100)
    expect(thrown.map(({ name, code }) => [name, code])).toEqual([
      ['LoggerError', 'EFBIG'],
      ['LoggerError', 'EFBIG']
    ])
    const lines = text(file).trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line).step)).toEqual(lines.map((_, i) => i + 1))
    expect(text(file)).toMatch(/\n$/)
    expect(lost).toBe(100 - lines.length)
    expect(lostInAll).toBe(2 * lost)
  })

  test('a limit reached: an event file ends with a whole record', () => {
    const where = fresh()
    const { thrown, lost } = limited('TensorBoardLogger', where, 100)
    expect(thrown.map(({ code }) => code)).toEqual(['EFBIG'])
    const events = readEvents(path.join(where, readdirSync(where)[0]!))
    expect(events.length).toBeGreaterThan(2)
    expect(lost).toBe(100 - (events.length - 1))
  })

  test('a folder instead of a file, and a file instead of a folder', () => {
    expect(thrownBy(() => new CsvLogger(folder))).toMatchObject({ code: 'EISDIR', path: folder })
    const file = path.join(folder, 'file')
    writeFileSync(file, '')
    expect(thrownBy(() => new TensorBoardLogger(file))).toBeInstanceOf(LoggerError)
    expect(thrownBy(() => new NdjsonLogger(path.join(file, 'x')))).toBeInstanceOf(LoggerError)
  })

  test('after close() there is no log()', () => {
    const logger = new NdjsonLogger(fresh())
    logger.close()
    logger.close()
    expect(() => logger.log(event(1))).toThrow(/which close\(\) has closed; make another logger/)
  })
})

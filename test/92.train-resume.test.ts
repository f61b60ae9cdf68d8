import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import {
  Generator,
  manualSeed,
  type nn,
  optim,
  setNumThreads,
  type Tensor,
  type TrainOptions,
  type TrainResult,
  train
} from 'node-libtorch'

import { drawOrder } from '../lib/train/order'
import { bits, count, criterion, eventsOf, network, x, y } from './fixtures/train_network'

const root = mkdtempSync(path.join(tmpdir(), 'train-'))
let folders = 0
let folder = ''

beforeAll(() => setNumThreads(1))
beforeEach(() => {
  folder = path.join(root, String(folders++))
})
afterAll(() => rmSync(root, { recursive: true }))

/** What a run leaves behind, but for the time that it took. */
interface Left {
  model: [string, string][]
  optimizer: string
  result: Partial<TrainResult>
}

type Make = (model: nn.Module) => Partial<TrainOptions> & { optimizer: TrainOptions['optimizer'] }

function text(value: unknown): string {
  return JSON.stringify(value, (_, item) =>
    typeof item?.tolist === 'function' ? item.tolist() : item
  )
}

async function go(make: Make, more: Partial<TrainOptions>): Promise<Left> {
  const model = network()
  const options = make(model)
  const result = await train(model, {
    data: [x, y],
    loss: criterion,
    seed: 9,
    checkpoint: { path: folder },
    ...options,
    ...more
  } as TrainOptions)
  const { epochs, steps, losses, history, best, stoppedBy } = result
  const { seconds: _, ...columns } = history
  return {
    model: bits(model),
    optimizer: text(options.optimizer.stateDict()),
    result: { epochs, steps, losses, best, stoppedBy, history: columns as never }
  }
}

const adam: Make = (model) => {
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.02 })
  const scheduler = new optim.lrScheduler.StepLR(optimizer, 2, { gamma: 0.5 })
  return { optimizer, scheduler, batchSize: 5, shuffle: true }
}
const perStep: Make = (model) => {
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.05, momentum: 0.9 })
  const scheduler = {
    scheduler: new optim.lrScheduler.OneCycleLR(optimizer, 0.1, { totalSteps: 30 }),
    interval: 'step' as const
  }
  return { optimizer, scheduler, batchSize: 4, accumulate: 2, shuffle: true }
}
const joined: Make = (model) => ({
  optimizer: new optim.Adam(model.parameters(), { lr: 0.02 }),
  batchSize: 8,
  checkpoint: { path: folder, everyEpochs: 3 }
})
const ownGenerator: Make = (model) => ({
  optimizer: new optim.RMSprop(model.parameters(), { lr: 0.01 }),
  batchSize: 5,
  accumulate: 2,
  shuffle: new Generator().manualSeed(8),
  validation: [x, y],
  restoreBest: true
})

/** Batches in an order that is drawn when a pass begins. */
const drawn = async function* () {
  const order = drawOrder(count, null)
  for (let from = 0; from < count; from += 5) {
    const index = order.narrow(0, from, Math.min(5, count - from))
    yield [x.indexSelect(0, index), y.indexSelect(0, index)] as const
  }
}
const stream: Make = (model) => ({
  optimizer: new optim.SGD(model.parameters(), { lr: 0.05, momentum: 0.9 }),
  data: drawn
})

/** A loader that keeps account of itself, and whose state says where it is. */
class OwnState {
  readonly isPlain: boolean
  order: Tensor | null = null
  used = 0
  constructor(isPlain: boolean) {
    this.isPlain = isPlain
  }
  #begin() {
    if (!this.order) this.used = 0
    this.order ??= drawOrder(count, null)
    const from = Math.min(count, this.used * 5)
    return this.order.narrow(0, from, count - from)
  }
  plain() {
    if (!this.isPlain) return null
    return {
      tensors: [x, y],
      order: this.#begin(),
      batchSize: 5,
      dropLast: false,
      advance: (batches: number) => {
        this.used += batches
      },
      finish: () => {
        this.order = null
      }
    }
  }
  *[Symbol.iterator]() {
    const rest = this.#begin()
    const length = rest.shape[0] as number
    for (let from = 0; from < length; from += 5) {
      this.used++
      const index = rest.narrow(0, from, Math.min(5, length - from))
      yield [x.indexSelect(0, index), y.indexSelect(0, index)] as const
    }
    this.order = null
  }
  stateDict() {
    return { order: this.order, used: this.used }
  }
  loadStateDict({ order, used }: { order: Tensor | null; used: number }) {
    Object.assign(this, { order, used })
  }
}
const withLoader =
  (isPlain: boolean): Make =>
  (model) => ({
    optimizer: new optim.SGD(model.parameters(), { lr: 0.05, momentum: 0.9 }),
    data: new OwnState(isPlain)
  })

describe('a run that was cut at any step and resumed ends with the same bits', () => {
  test.each<[string, Make, boolean]>([
    ['Adam, shuffled, a schedule by epochs', adam, false],
    ['the same, compiled', adam, true],
    ['a schedule by steps, accumulation', perStep, false],
    ['an order from a generator of its own, the best weights', ownGenerator, false],
    ['epochs that are run through at once', joined, false],
    ['the same, compiled', joined, true],
    ['a stream', stream, false],
    ['a stream, compiled', stream, true],
    ['a plain loader with a state of its own', withLoader(true), false],
    ['a loader with a state of its own', withLoader(false), false]
  ])('%s', async (_, make, compile) => {
    const whole = await go(make, { epochs: 4, compile })
    const total = whole.result.steps as number
    for (let step = 1; step < total; step += 2) {
      folder = path.join(root, String(folders++))
      await go(make, { epochs: 4, steps: step, compile })
      // What another run draws meanwhile does not matter.
      manualSeed(77)
      expect(await go(make, { epochs: 4, resume: true, seed: 5, compile })).toEqual(whole)
    }
  })

  test('by stop(), several times', async () => {
    const whole = await go(adam, { epochs: 6 })
    folder = path.join(root, String(folders++))
    let left: Left | null = null
    for (let i = 0; i < 50 && left?.result.stoppedBy !== 'epochs'; i++) {
      const controller = new AbortController()
      const logger = {
        log: ({ type, step }: { type: string; step: number }) => {
          if (type === 'epoch' && step % 10 === 0) controller.abort()
        }
      }
      left = await go(adam, {
        epochs: 6,
        resume: true,
        signal: controller.signal,
        loggers: [logger]
      })
    }
    expect(left).toEqual(whole)
  })
})

describe('checkpoints', () => {
  const model = () => network()
  const start = (more: Partial<TrainOptions>, made = model()) =>
    train(made, {
      data: [x, y],
      loss: criterion,
      optimizer: new optim.SGD(made.parameters(), { lr: 0.05 }),
      seed: 1,
      batchSize: 8,
      ...more
    } as TrainOptions)
  const written = async (run: ReturnType<typeof start>) =>
    (await eventsOf(run)).flatMap((event) => (event.type === 'checkpoint' ? [event.step] : []))

  test('every so many epochs, and at the end', async () => {
    expect(
      await written(start({ epochs: 5, checkpoint: { path: folder, everyEpochs: 2 } }))
    ).toEqual([6, 12, 15])
    folder = path.join(root, String(folders++))
    const run = start({ epochs: 2, checkpoint: { path: folder } })
    expect(await written(run)).toEqual([3, 6])
    expect((await run).checkpoint).toMatch(/\b6\b.*$/)
  })

  test('every so many seconds, in the middle of an epoch', async () => {
    const data = [x.repeat(500, 1), y.repeat(500, 1)] as const
    const run = start({
      epochs: 1e9,
      data,
      batchSize: 1,
      checkpoint: { path: folder, everySeconds: 0.03 },
      stopWhen: { seconds: 0.3 }
    })
    const steps = await written(run)
    expect(steps.length).toBeGreaterThan(1)
    expect(steps.some((step) => step % 11000 !== 0)).toBe(true)
    expect(steps.at(-1)).toBe((await run).steps)
  })

  test('a resumed run says what it goes on from; more epochs may be asked for', async () => {
    await start({ epochs: 2, checkpoint: { path: folder } })
    const run = start({ epochs: 3, checkpoint: { path: folder }, resume: true })
    const [first] = await eventsOf(run)
    expect(first).toMatchObject({
      type: 'start',
      epoch: 2,
      step: 6,
      resumedFrom: expect.stringMatching(/-6\.pt$/)
    })
    expect(await run).toMatchObject({ epochs: 3, steps: 9 })
    const nothing = start({ epochs: 3, checkpoint: { path: folder }, resume: true })
    expect(await written(nothing)).toEqual([])
    expect(await nothing).toMatchObject({ epochs: 3, checkpoint: (await run).checkpoint })
    const other = path.join(root, String(folders++))
    const away = await start({ epochs: 4, checkpoint: { path: other }, resume: folder })
    expect(away).toMatchObject({ epochs: 4, checkpoint: expect.stringContaining(other) })
  })

  test('nothing there: true begins, a path is refused; other options are refused', async () => {
    const run = await start({ epochs: 1, checkpoint: { path: folder }, resume: true })
    expect(run.epochs).toBe(1)
    await expect(start({ epochs: 1, resume: `${folder}-none` })).rejects.toThrow(
      /resume: expected a checkpoint in .*-none, got none/
    )
    await expect(
      start({ epochs: 1, batchSize: 4, checkpoint: { path: folder }, resume: true })
    ).rejects.toThrow(/other options/)
    expect(() => start({ epochs: 1, resume: true })).toThrow(
      /resume: expected the path of a folder/
    )
  })

  test('one that cannot be written rejects the run', async () => {
    writeFileSync(folder, 'a file')
    const made = model()
    await expect(start({ epochs: 3, checkpoint: { path: folder } }, made)).rejects.toMatchObject({
      code: 'ENOTDIR',
      kept: null
    })
    expect(readFileSync(folder, 'utf8')).toBe('a file')
    // What it has learnt is in the model.
    expect(bits(made)).not.toEqual(bits(model()))
  })

  test('none after a NaN', async () => {
    const poisoned = y.clone().indexPut_([19], Number.NaN)
    const run = start({ data: [x, poisoned], epochs: 3, checkpoint: { path: folder } })
    expect(await written(run)).toEqual([])
    expect(await run).toMatchObject({ stoppedBy: 'nan', checkpoint: null, steps: 2 })
  })
})

describe('signals of the system', () => {
  /** Ends with what the child has printed. */
  async function child(scenario: string, signals: NodeJS.Signals[]) {
    const script = path.join(__dirname, 'fixtures', 'train_signals.js')
    const made = spawn(process.execPath, [script, scenario], {
      stdio: ['ignore', 'pipe', 'inherit']
    })
    let out = ''
    made.stdout.on('data', (chunk) => {
      out += chunk
      // A line for each signal that may come.
      if (String(chunk).includes('ready')) made.kill(signals.shift())
    })
    const [status, signal] = await new Promise<[number | null, string | null]>((resolve) => {
      made.on('close', (...ended) => resolve(ended))
    })
    return { status, signal, last: out.trim().split('\n').at(-1) }
  }

  test.each<[NodeJS.Signals]>([['SIGINT'], ['SIGTERM']])('%s stops the run', async (name) => {
    expect(await child('once', [name])).toEqual({
      status: 0,
      signal: null,
      last: 'signal, listeners 0 0'
    })
  })

  test('the second one ends the process', async () => {
    expect(await child('twice', ['SIGINT', 'SIGINT'])).toMatchObject({
      status: null,
      signal: 'SIGINT'
    })
  })

  test('refused in a worker, which gets none', async () => {
    expect((await child('worker', [])).last).toMatch(
      /handleSignals: expected false in a worker.*post it a message/
    )
  })

  test('nobody listens unless asked to', async () => {
    expect(await child('unasked', ['SIGTERM'])).toMatchObject({ status: null, signal: 'SIGTERM' })
  })
})

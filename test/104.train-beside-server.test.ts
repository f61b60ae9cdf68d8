// A server that trains. NODE_LIBTORCH_DEBUG=1 prints how late a timer of 1 ms was.
import { Agent, createServer, get, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import {
  Generator,
  manualSeed,
  nn,
  optim,
  randint,
  randn,
  setNumThreads,
  type TrainOptions,
  type TrainRun,
  train
} from 'node-libtorch'

import { bits } from './fixtures/train_network'

const requests = 1000
const ticks = 200

manualSeed(1)
const data = [randn(1024, 64), randint(0, 10, [1024])] as const

function network(): nn.Module {
  manualSeed(2)
  return new nn.Sequential(new nn.Linear(64, 128), new nn.ReLU(), new nn.Linear(128, 10))
}

/** In batches of 32; the last one has 24. */
function start(model: nn.Module, options: Partial<TrainOptions> = {}): TrainRun {
  return train(model, {
    data: [data[0].narrow(0, 0, 1016), data[1].narrow(0, 0, 1016)],
    loss: new nn.CrossEntropyLoss(),
    optimizer: new optim.Adam(model.parameters(), { lr: 1e-3 }),
    batchSize: 32,
    shuffle: new Generator().manualSeed(3),
    ...options
  })
}

/** A timer of 1 ms: how often it fired, and when. */
class Metronome {
  readonly times = [performance.now()]
  readonly #timer = setInterval(() => this.times.push(performance.now()), 1)

  get count(): number {
    return this.times.length - 1
  }

  stop(): void {
    clearInterval(this.#timer)
    if (!process.env['NODE_LIBTORCH_DEBUG']) return
    const late = this.times.slice(1).map((time, i) => time - (this.times[i] as number) - 1)
    late.sort((a, b) => a - b)
    const at = (share: number) => late[Math.floor(share * (late.length - 1))]?.toFixed(2)
    const [median, tail, most] = [0.5, 0.99, 1].map(at)
    console.log(`1 ms timer, ms late: median ${median}, 99% ${tail}, longest ${most}`)
  }
}

let server: Server
let agent: Agent
/** The epoch that an answer tells. */
let epoch = 0

beforeAll(() => setNumThreads(1))
beforeEach(async () => {
  epoch = 0
  agent = new Agent({ keepAlive: true, maxSockets: 8 })
  server = createServer((_, response) => response.end(String(epoch)))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterEach(() => {
  agent.destroy()
  server.close()
})
afterAll(() => setNumThreads(1))

function ask(): Promise<number> {
  const { port } = server.address() as AddressInfo
  return new Promise((resolve, reject) => {
    const request = get({ port, host: '127.0.0.1', agent }, (response) => {
      let text = ''
      response.on('data', (chunk) => {
        text += chunk
      })
      response.on('end', () => resolve(Number(text)))
    })
    request.on('error', reject)
  })
}

/** The answers to so many requests, eight at a time. */
async function askAll(count: number): Promise<number[]> {
  const answers: number[] = []
  let left = count
  const client = async () => {
    while (left-- > 0) answers.push(await ask())
  }
  await Promise.all(Array.from({ length: 8 }, client))
  return answers
}

async function follow(run: TrainRun): Promise<void> {
  for await (const event of run) if (event.type === 'epoch') epoch = event.epoch
}

describe.each([
  ['recorded', true],
  ['operator by operator', false]
])('steps %s', (_, compile) => {
  test('a server answers and a timer goes on while the model is trained', async () => {
    // If it held the loop up it would end all the same, and before the first answer.
    const run = start(network(), { epochs: compile ? 10_000 : 2000, compile })
    let isOver = false
    const following = follow(run).finally(() => {
      isOver = true
    })
    const metronome = new Metronome()
    const answers = await askAll(requests)
    while (metronome.count < ticks && !isOver) await new Promise(setImmediate)
    const [fired, wasOver] = [metronome.count, isOver]
    metronome.stop()
    const result = await run.stop()
    await following

    expect(answers).toHaveLength(requests)
    expect([wasOver, result.stoppedBy, result.compiled]).toEqual([false, 'stop', compile])
    expect(fired).toBeGreaterThanOrEqual(ticks)
    // They came in between: epochs ended from one to the next.
    expect(new Set(answers).size).toBeGreaterThan(5)
    expect(Math.max(...answers)).toBeLessThanOrEqual(result.epochs)
  })
})

test('two runs that are awaited at once end with the bits of each alone', async () => {
  const [first, second] = [network(), network()]
  const seeds = [5, 6].map((seed) => ({ shuffle: new Generator().manualSeed(seed) }))
  const runs = [
    start(first, { ...seeds[0], epochs: 30 }),
    start(second, { ...seeds[1], epochs: 40, clipGradNorm: 0.5 })
  ] as const
  const order: string[] = []
  const watching = runs.map(async (run, i) => {
    for await (const { type } of run) if (type !== 'progress') order.push(`${i} ${type}`)
  })
  const [answers, ...results] = await Promise.all([askAll(100), ...runs])
  await Promise.all(watching)
  expect(answers).toHaveLength(100)
  expect(results.map(({ epochs, compiled }) => [epochs, compiled])).toEqual([
    [30, true],
    [40, true]
  ])
  // Neither waited for the other one's end.
  expect(order.indexOf('1 epoch')).toBeLessThan(order.lastIndexOf('0 epoch'))
  expect(order.indexOf('0 epoch')).toBeLessThan(order.lastIndexOf('1 epoch'))

  const [alone, other] = [network(), network()]
  await start(alone, { epochs: 30, shuffle: new Generator().manualSeed(5) })
  await start(other, { epochs: 40, clipGradNorm: 0.5, shuffle: new Generator().manualSeed(6) })
  expect([bits(first), bits(second)]).toEqual([bits(alone), bits(other)])
})

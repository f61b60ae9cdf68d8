// train(): right and wrong calls, as a user's compiler sees them.
import {
  CsvLogger,
  type Logger,
  nn,
  ones,
  optim,
  progressDisplay,
  train,
  type TrainEvent,
  type TrainResult
} from 'node-libtorch'

const model = new nn.Linear(2, 1)
const [x, y] = [ones(4, 2), ones(4, 1)]
const loss = new nn.MSELoss()
const optimizer = new optim.AdamW(model.parameters(), { lr: 0.1 })

export async function right(): Promise<number> {
  const run = train(model, { data: [x, y], loss, optimizer, epochs: 1, batchSize: 'full' })
  for await (const event of run) {
    const known: TrainEvent = event
    if (known.type === 'epoch') known.loss.toFixed()
    if (known.type === 'checkpoint') known.path.trim()
  }
  const result: TrainResult = await run
  async function* batches() {
    yield [x, y] as const
  }
  train(model, { data: batches, loss: nn.functional.mseLoss, optimizer, steps: 3 })
  train(model, { data: [{ a: x }, y], loss, optimizer, epochs: 1, metrics: ['mae', () => 1] })
  train(model, { data: [[[1, 2], 3]], loss, optimizer, epochs: 1, shuffle: true })
  const logger: Logger = { log: (event) => console.log(event.metrics?.mse) }
  const display = progressDisplay({ progress: 'lines' })
  const loggers = [logger, new CsvLogger('losses.csv')]
  train(model, { data: [x, y], loss, optimizer, epochs: 1, loggers, progress: display })
  train(model, {
    data: [x, y],
    loss,
    optimizer,
    epochs: 1,
    progress: true,
    // An inline logger gets the events of train() themselves.
    loggers: [{ log: (event) => console.log(event.type === 'epoch' ? event.isBest : event.step) }]
  })
  return result.best?.value ?? result.losses.length
}

export function wrong(): void {
  // @ts-expect-error
  train(model, { data: [x, y], loss, epochs: 1 })
  // @ts-expect-error
  train(model, { data: [x, y], loss, optimizer, epochs: 1, batchSize: 'all' })
  // @ts-expect-error
  train(model, { data: [x, y], loss, optimizer, epochs: 1, onNaN: 'ignore' })
  // @ts-expect-error
  train(model, { data: [x, y], loss, optimizer, epochs: 1, batch_size: 3 })
  // @ts-expect-error
  train((z: number) => z, { data: [x, y], loss, optimizer, epochs: 1 })
  // @ts-expect-error
  train(model, { data: [x, y], loss, optimizer, epochs: 1, progress: 'colours' })
  // @ts-expect-error
  train(model, { data: 5, loss, optimizer, epochs: 1 })
}

// compare(), displays and loggers as users write them.
import {
  type Comparison,
  compare,
  CsvLogger,
  type LoggedEvent,
  type Logger,
  nn,
  optim,
  progressDisplay,
  type Tensor,
  TensorBoardLogger
} from 'node-libtorch'

declare const x: Tensor

export const found: Promise<Comparison> = compare(
  [
    { name: 'a', optimizer: (p) => new optim.SGD(p, { lr: 0.1 }), batchSize: 1, shuffle: true },
    {
      name: 'b',
      optimizer: (p) => new optim.Adam(p),
      model: () => new nn.Sequential(new nn.Linear(1, 1)),
      scheduler: (optimizer) => new optim.lrScheduler.StepLR(optimizer, 1)
    }
  ],
  { model: () => new nn.Linear(1, 1), data: [x, x], loss: new nn.MSELoss(), progress: 'auto' }
)

export const loggers: Logger[] = [
  new CsvLogger('a.csv', { append: false }),
  new TensorBoardLogger('runs'),
  progressDisplay({ progress: 'lines', stream: process.stdout }),
  { log: (event: LoggedEvent) => console.log(event.step, event.metrics?.accuracy) },
  { log: async () => {}, close: async () => {} }
]

// @ts-expect-error: a method has an optimizer
compare([{ name: 'a' }], {})
// @ts-expect-error: no such display
progressDisplay({ progress: 'dots' })

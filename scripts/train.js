// node-libtorch train FILE: runs train() on what the file exports.
'use strict'

const path = require('node:path')
const { noteSignal, print } = require('./training/end')
const { given } = require('./training/options')
const { userFile } = require('./training/user_file')

const expected = '{ model, data, loss, optimizer, ... }'
const overrides = ['epochs', 'batchSize', 'lr', 'seed', 'threads']

const make = (value, isMade, argument) =>
  typeof value === 'function' && !isMade(value) ? value(argument) : value

/** Gives `lr` to the optimizer, unless a scheduler has taken another one from it already. */
function setLearningRate(optimizer, scheduler, lr) {
  for (const group of optimizer?.paramGroups ?? []) {
    const first = group.initialLr ?? group.lr
    if (scheduler !== undefined && first !== lr) {
      const remedy =
        'export a function ({ lr }) => ..., or give scheduler as (optimizer) => ... in FILE'
      throw new RangeError(
        `--lr: expected an optimizer that no scheduler follows yet, got one of lr ${first}; ${remedy}`
      )
    }
    group.lr = lr
  }
}

/** Model and options of train(): the file's, with the command line's on top. */
function prepare(config, options, { nn }) {
  const { model: anyModel, optimizer: anyOptimizer, scheduler: anyScheduler, ...rest } = config
  const model = make(anyModel, (value) => value instanceof nn.Module)
  const optimizer = make(anyOptimizer, () => false, model?.parameters?.())
  const isLate = typeof anyScheduler === 'function'
  if (options.lr !== undefined)
    setLearningRate(optimizer, isLate ? undefined : anyScheduler, options.lr)
  const scheduler = isLate ? anyScheduler(optimizer) : anyScheduler
  const training = {
    handleSignals: true,
    ...rest,
    optimizer,
    ...(scheduler === undefined ? {} : { scheduler }),
    ...given(options, ['epochs', 'batchSize', 'seed', 'threads'])
  }
  // Shown here, from the run's events.
  delete training.progress
  if (options.checkpoint !== undefined)
    training.checkpoint = { ...rest.checkpoint, path: path.resolve(options.checkpoint) }
  if (options.resume) {
    if (training.checkpoint === undefined)
      throw new RangeError('--resume: expected checkpoints, got none; give --checkpoint DIR too')
    training.resume = true
  }
  return { model, training }
}

const isPlain = (value) =>
  value === null || ['string', 'number', 'boolean'].includes(typeof value) || isRecord(value)
const isRecord = (value) =>
  typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype
const lastKnown = (values) => values?.filter((value) => !Number.isNaN(value)).at(-1) ?? null

/** What a program wants to know of the result: its figures, not its columns. */
function summary({ history, ...result }) {
  const plain = Object.entries(result).filter(([, value]) => isPlain(value))
  const loss = history?.loss?.at(-1) ?? null
  return { loss, validationLoss: lastKnown(history?.validationLoss), ...Object.fromEntries(plain) }
}

function tellStop({ signal }, checkpoint) {
  const kept = checkpoint
    ? `its state is in ${checkpoint}; --resume goes on from there`
    : 'nothing was kept; --checkpoint DIR keeps its state'
  process.stderr.write(`train: stopped by ${signal}: ${kept}\n`)
}

/** Trains; returns the exit code. */
async function train(name, options) {
  const { library, load } = userFile(name, 'train', expected)
  if (options.seed !== undefined) library.manualSeed(options.seed)
  const config = await load(given(options, overrides))
  const { model, training } = prepare(config, options, library)
  const display = library.progressDisplay({
    progress: options.progress ?? config.progress ?? 'auto'
  })
  const noted = training.handleSignals ? noteSignal() : { code: 0, forget: () => {} }
  try {
    const run = library.train(model, training)
    for await (const event of run) display.log(event)
    const result = await run
    if (options.json) print(JSON.stringify(summary(result)))
    if (noted.code !== 0) tellStop(noted, result.checkpoint)
    if (result.stoppedBy !== 'nan') return noted.code
    throw new Error('train: expected a finite loss, got one that is not; take a smaller lr')
  } finally {
    display.close()
    noted.forget()
  }
}

module.exports = { train }

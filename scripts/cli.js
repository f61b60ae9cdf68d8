#!/usr/bin/env node
// The command line: node-libtorch setup | doctor | train | compare.
'use strict'

const { Command } = require('commander')
const { description, version } = require('../package.json')
const { addShared, finite, wholeOr } = require('./training/options')

const trainHelp = `
FILE, for example:
  const { nn, optim } = require('node-libtorch')
  const model = new nn.Linear(8, 1)
  module.exports = {
    model,
    data: [x, y],
    loss: new nn.MSELoss(),
    optimizer: new optim.SGD(model.parameters(), { lr: 0.1 }),
    epochs: 10
  }
or a function that gives this, called with what the command line says. The command line's options
override the file's. Ctrl-C ends the run after a step, with a checkpoint where there is a folder for
them; a second one ends the process.`

const compareHelp = `
FILE, for example:
  module.exports = {
    model: () => new nn.Linear(8, 1),
    data: [x, y],
    loss: new nn.MSELoss(),
    epochs: 10,
    methods: [
      { name: 'gradient descent', optimizer: (p) => new optim.SGD(p, { lr: 0.1 }), batchSize: 'full' },
      { name: 'Adam', optimizer: (p) => new optim.Adam(p, { lr: 0.1 }), batchSize: 32 }
    ]
  }
Ctrl-C ends the method that runs and prints the table of what there is.`

const program = new Command('node-libtorch').description(description).version(version)

program
  .command('setup')
  .description('find or install libtorch, compile the addon, and prove that it loads')
  .option('--from <apt|pip|PATH>', "Debian's packages, the torch wheel, or a folder with libtorch")
  .option('--torch <version>', 'the libtorch to take, such as 2.15 or 2.15.0')
  .option('--with <builder>', 'cmake-js or node-gyp', 'cmake-js')
  .action((options) => require('./setup').setup(options))

program
  .command('doctor')
  .description('show what is there, what is wrong, and the remedy; exits with 1 if training cannot')
  .option('--json', 'print JSON')
  .action(async (options) => {
    process.exitCode = await require('./doctor').doctor(options)
  })

/** Runs a command on the user's file; the exit code is its own, or 1 with what went wrong. */
const onFile = (command) => async (file, options) => {
  try {
    process.exitCode = await command(file, options)
  } catch (error) {
    throw new Error(require('./training/user_file').explain(error, file))
  }
}

addShared(
  program
    .command('train')
    .description(
      'train the model that FILE exports; exits with 130 or 143 where a signal stopped it'
    )
    .argument('<file>', "a module whose default export is train()'s options and the model")
)
  .option('--batch-size <n|full>', 'samples a step', wholeOr('full'))
  .option('--lr <x>', 'learning rate of every parameter group', finite)
  .option('--checkpoint <dir>', 'keep the state of the run in this folder')
  .option('--resume', 'go on from the newest checkpoint')
  .addHelpText('after', trainHelp)
  .action(onFile((file, options) => require('./train').train(file, options)))

addShared(
  program
    .command('compare')
    .description('train with several methods from the same start, and print a table')
    .argument('<file>', "a module whose default export is { methods } and compare()'s options")
)
  .option('--batch-size <n|full>', 'samples a step, of every method', wholeOr('full'))
  .option('--target <loss>', 'tell when each method reached this loss', finite)
  .option('--csv <path>', 'write the curves to a file')
  .addHelpText('after', compareHelp)
  .action(onFile((file, options) => require('./compare').compare(file, options)))

program.parseAsync().catch((error) => {
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
})

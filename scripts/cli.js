#!/usr/bin/env node
// The command line: node-libtorch setup | doctor.
'use strict'

const { Command } = require('commander')
const { description, version } = require('../package.json')

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

program.parseAsync().catch((error) => {
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
})

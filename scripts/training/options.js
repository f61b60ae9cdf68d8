// What `train` and `compare` take from the command line.
'use strict'

const { InvalidArgumentError } = require('commander')

const modes = ['auto', 'bar', 'lines', 'ndjson', 'none']

function whole(least) {
  return (text) => {
    const value = Number(text)
    if (text.trim() === '' || !Number.isSafeInteger(value) || value < least)
      throw new InvalidArgumentError(`Give a whole number of at least ${least}.`)
    return value
  }
}

const wholeOr = (word) => (text) => (text === word ? word : whole(1)(text))

function finite(text) {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value))
    throw new InvalidArgumentError('Give a number.')
  return value
}

function mode(text) {
  if (!modes.includes(text)) throw new InvalidArgumentError(`Give one of ${modes.join(', ')}.`)
  return text === 'none' ? false : text
}

/** The options that both commands have. */
function addShared(command) {
  return command
    .option('--epochs <n>', 'passes over the data', whole(1))
    .option('--seed <n>', 'seeds first weights and order of samples', whole(0))
    .option(
      '--threads <n|auto>',
      'threads of an operator, or measure what is best',
      wholeOr('auto')
    )
    .option('--progress <mode>', `${modes.join(', ')} (default: auto)`, mode)
    .option('--json', 'print the result as a line of JSON')
}

/** Those of `names` that were given. */
const given = (options, names) =>
  Object.fromEntries(names.flatMap((name) => (name in options ? [[name, options[name]]] : [])))

module.exports = { addShared, finite, given, wholeOr }

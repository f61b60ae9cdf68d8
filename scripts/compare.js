// node-libtorch compare FILE: runs compare() on what the file exports.
'use strict'

const { noteSignal, print } = require('./training/end')
const { given } = require('./training/options')
const { userFile } = require('./training/user_file')

const expected = '{ methods, model, data, loss, ... }'

/** Compares; returns the exit code. */
async function compare(name, options) {
  const { library, load } = userFile(name, 'compare', expected)
  const overrides = given(options, ['epochs', 'batchSize', 'seed', 'threads', 'target'])
  const { methods, ...shared } = await load(overrides)
  const { seed = shared.seed, target = shared.target, ...ofMethods } = overrides
  // What the command line says holds for methods with options of their own, too.
  const all = Array.isArray(methods) ? methods.map((one) => ({ ...one, ...ofMethods })) : methods
  const controller = new AbortController()
  const noted = noteSignal(() => controller.abort())
  try {
    const found = await library.compare(all, {
      ...shared,
      ...(seed === undefined ? {} : { seed }),
      ...(target === undefined ? {} : { target }),
      progress: options.progress ?? shared.progress ?? 'auto',
      signal: controller.signal
    })
    print(options.json ? JSON.stringify(found) : found.table())
    if (options.csv !== undefined) found.toCsv(options.csv)
    if (noted.code !== 0) process.stderr.write(`compare: stopped by ${noted.signal}\n`)
    return noted.code
  } finally {
    noted.forget()
  }
}

module.exports = { compare }

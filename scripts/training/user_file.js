// The user's file of `train` and `compare`: which library it uses, and what it exports.
'use strict'

const fs = require('node:fs')
const { createRequire } = require('node:module')
const path = require('node:path')
const { pathToFileURL } = require('node:url')

const own = path.join(__dirname, '..', '..')

/** The file's own node-libtorch, whose tensors it makes; this one where it has none. */
function libraryOf(file, command) {
  let where = own
  try {
    where = createRequire(file).resolve('node-libtorch')
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND') throw error
  }
  const library = require(where)
  if (typeof library[command] === 'function') return library
  const { nodeLibtorch } = library.version
  throw new Error(
    `FILE: expected a node-libtorch with ${command}(), got ${nodeLibtorch} in ${where}; update it there`
  )
}

function importError(file, error) {
  if (error.code !== 'ERR_UNKNOWN_FILE_EXTENSION') return error
  const remedy = 'compile it first, or use Node 22.18 or newer for .ts files'
  return new TypeError(`FILE: expected JavaScript, got ${file}; ${remedy}`, { cause: error })
}

async function defaultExport(file) {
  const made = await import(pathToFileURL(file).href).catch((error) => {
    throw importError(file, error)
  })
  // Of a compiled ES module, `exports` is the default export and holds the real one.
  return made.default?.__esModule ? made.default.default : made.default
}

/**
 * The path of the user's file, its library and `load(given)`, what it exports; a function is called with
 * `given`, what the command line says.
 */
function userFile(name, command, expected) {
  const file = path.resolve(name)
  if (!fs.statSync(file, { throwIfNoEntry: false })?.isFile())
    throw new RangeError(`FILE: expected a file, got ${name}; give the path of a module`)
  async function load(given) {
    const exported = await defaultExport(file)
    const made = typeof exported === 'function' ? await exported(given) : exported
    if (typeof made === 'object' && made !== null) return { ...made }
    const got = typeof exported === 'function' ? `a function that gives ${made}` : String(made)
    throw new TypeError(
      `FILE: expected a default export ${expected}, or a function that gives it, got ${got}`
    )
  }
  return { file, library: libraryOf(file, command), load }
}

/** What went wrong, with the place in the user's file where there is one. */
function explain(error, name) {
  if (!(error instanceof Error)) return String(error)
  const file = path.resolve(name)
  const at = error.stack?.split('\n').find((line) => /^\s+at /.test(line) && line.includes(file))
  return at ? `${error.message}\n${at}` : error.message
}

module.exports = { explain, userFile }

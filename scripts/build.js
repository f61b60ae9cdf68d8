#!/usr/bin/env node
// Builds the addon and the library, and only what has changed since the last time.
//   node scripts/build.js [--with cmake-js|node-gyp] [--only addon|lib] [--out DIR] [--force]
// --out is a folder of its own for the addon of another libtorch (LIBTORCH=... says which).
'use strict'

const { parseArgs } = require('node:util')
const { buildAddon } = require('./build/addon')
const { buildLibrary } = require('./build/library')

async function main() {
  const { values } = parseArgs({
    options: {
      with: { type: 'string', default: 'cmake-js' },
      only: { type: 'string' },
      out: { type: 'string' },
      force: { type: 'boolean', default: false }
    }
  })
  if (values.only && !['addon', 'lib'].includes(values.only)) {
    throw new RangeError(`--only: expected addon or lib, got ${values.only}; leave it out for both`)
  }
  const log = (line) => process.stdout.write(`${line}\n`)
  if (values.only !== 'lib') await buildAddon({ ...values, log })
  if (values.only !== 'addon') await buildLibrary({ ...values, log })
}

main().catch((error) => {
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
})

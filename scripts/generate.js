// npm run generate: writes lib/operators/generated.ts, the signatures of all operators, from the
// schemas of both ends of the supported range of libtorch and the names that their Pythons have.
'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { installPackages, main, root } = require('./steps')

const file = path.join(root, 'lib', 'operators', 'generated.ts')

main(async () => {
  installPackages()
  const { buildAddon } = require('./build/addon')
  const { askBoth, minor } = require('./generate/ask')
  const { generate } = require('./generate/write')
  const { oldest } = require('./libtorch/versions')
  const { installPrerequisites } = require('./test/prerequisites')
  const { newest, prepareWheel } = require('./test/wheel')
  await installPrerequisites()
  const { file: addon, found } = await buildAddon({ quiet: true, log: console.log })
  if (minor(found.version) !== oldest) {
    throw new Error(
      `generate: expected the system's libtorch ${oldest}, got ${found.version} in ${found.root}; ` +
        'run npx node-libtorch setup --from apt'
    )
  }
  const { addon: newerAddon, python, reason } = await prepareWheel()
  if (!python) throw new Error(`generate: expected Python's torch ${newest}, got none: ${reason}`)
  const text = generate(
    askBoth({ addon, python: '/usr/bin/python3' }),
    askBoth({ addon: newerAddon, python })
  )
  fs.writeFileSync(file, text)
  console.log(`generate: ${path.relative(root, file)}, ${text.split('\n').length} lines`)
})

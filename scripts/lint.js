// npm run lint: TypeScript and JavaScript (Biome, tsc) and C++ (clang-format). --fix mends.
'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { installPackages, main, root, run } = require('./steps')

const bin = (name) => path.join(root, 'node_modules', '.bin', name)

main(() => {
  installPackages()
  const fix = process.argv.includes('--fix')
  const sources = ['native', 'bench/cpp']
    .flatMap((folder) =>
      fs
        .readdirSync(path.join(root, folder), { recursive: true })
        .map((name) => path.join(folder, name))
    )
    .filter((name) => /\.(cc|cpp|h)$/.test(name))
  run(bin('biome'), ['check', ...(fix ? ['--write'] : []), '.'])
  run(bin('clang-format'), [...(fix ? ['-i'] : ['--dry-run', '--Werror']), ...sources])
  run(bin('tsc'), ['-p', '.', '--noEmit'])
  console.log('lint: nothing to complain about')
})

// npm run names: writes docs/pytorch-names.md, PyTorch's public names beside ours. Python's are kept
// in scripts/names/python.json, so that the page can be made where only one PyTorch is at hand.
//   npm run names -- --ask    asks both ends of the supported range anew
'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { parseArgs } = require('node:util')
const { installPackages, main, root } = require('./steps')

const kept = path.join(__dirname, 'names', 'python.json')
const file = path.join(root, 'docs', 'pytorch-names.md')

async function askPythons() {
  const { ask } = require('./setup/command')
  const { sections } = require('./names/sections')
  const { installPrerequisites } = require('./test/prerequisites')
  const { newest, prepareWheel } = require('./test/wheel')
  await installPrerequisites()
  const { python, reason } = await prepareWheel()
  if (!python) throw new Error(`names: expected Python's torch ${newest}, got none: ${reason}`)
  const script = path.join(__dirname, 'names', 'list.py')
  const places = sections.map((section) => section.python)
  const answers = ['/usr/bin/python3', python].map((command) => {
    const { ok, out, err } = ask(command, [script, ...places], { maxBuffer: 2 ** 26 })
    if (!ok) throw new Error(`${command}: expected JSON, got an error:\n${err.trim()}`)
    const { version, names } = JSON.parse(out)
    return [version.split('.').slice(0, 2).join('.'), names]
  })
  fs.writeFileSync(kept, `${JSON.stringify(Object.fromEntries(answers))}\n`)
}

main(async () => {
  const { values } = parseArgs({ options: { ask: { type: 'boolean' } } })
  installPackages()
  if (values.ask) await askPythons()
  const { buildAddon } = require('./build/addon')
  const { buildLibrary } = require('./build/library')
  await buildAddon({ quiet: true, log: console.log })
  await buildLibrary({ log: console.log })
  const { page } = require('./names/page')
  const text = page(JSON.parse(fs.readFileSync(kept, 'utf8')), require(path.join(root, 'dist')))
  fs.writeFileSync(file, text)
  console.log(`names: ${path.relative(root, file)}, ${text.split('\n').length} lines`)
})

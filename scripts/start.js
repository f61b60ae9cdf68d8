// npm start: set-up, then the document's loop and the three methods on a real data set.
'use strict'

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { main, root, run, setUp } = require('./steps')

function newest(folder, ending) {
  const times = fs
    .readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith(ending))
    .map((name) => fs.statSync(path.join(folder, name)).mtimeMs)
  return Math.max(0, ...times)
}

function compileExamples() {
  const made = path.join(root, 'build', 'examples')
  const isCurrent =
    fs.existsSync(path.join(made, 'main.js')) &&
    newest(made, '.js') >
      Math.max(newest(path.join(root, 'examples'), '.ts'), newest(path.join(root, 'dist'), '.d.ts'))
  if (isCurrent) return
  run(process.execPath, [
    path.join(root, 'node_modules', 'typescript', 'bin', 'tsc'),
    '-p',
    'examples'
  ])
}

// Ctrl-C is for the training: it stops after its step, writes its report and exits with 130.
function train() {
  process.on('SIGINT', () => {})
  const script = path.join(root, 'build', 'examples', 'main.js')
  const done = spawnSync(process.execPath, [script, ...process.argv.slice(2)], {
    cwd: root,
    stdio: 'inherit'
  })
  process.exitCode = done.status ?? 1
}

main(() => {
  setUp()
  compileExamples()
  train()
})

// npm test: set-up, then all tests, on every build of the addon, Node line and libtorch that CI
// promises. Closes with "N passed, N failed, N skipped".
//   npm test -- --quick        the first row only
//   npm test -- --row NAME     the rows whose name contains NAME
//   npm test -- --cuda         the CUDA tests, which then fail where there is no GPU
//   npm test -- PATTERN...     only the test files whose path matches
'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { parseArgs } = require('node:util')
const { spawnSync } = require('node:child_process')
const { main, root, setUp } = require('./steps')

const jest = path.join(root, 'node_modules', 'jest', 'bin', 'jest.js')

function runJest(row, { node = process.execPath, env }, patterns) {
  const report = path.join(root, 'build', 'jest.json')
  fs.rmSync(report, { force: true })
  const skip = row.skip?.map((part) => part.replaceAll('.', '\\.')) ?? []
  const args = ['--json', '--outputFile', report, ...patterns]
  if (skip.length > 0) args.push('--testPathIgnorePatterns', '/node_modules/', ...skip)
  // stdout is the same JSON as the file: what a person reads comes on stderr.
  const stdio = ['ignore', 'ignore', 'inherit']
  const end = spawnSync(node, [jest, ...args], {
    cwd: root,
    stdio,
    env: { ...process.env, ...env }
  })
  if (!fs.existsSync(report)) {
    console.error(`Jest ended with ${end.signal ?? end.status} before it could report`)
    return { passed: 0, failed: 1, skipped: 0 }
  }
  const result = JSON.parse(fs.readFileSync(report, 'utf8'))
  // A file that does not even load counts as one failure.
  const broken = result.testResults.filter(
    (file) => file.assertionResults.length === 0 && file.status === 'failed'
  )
  return {
    passed: result.numPassedTests,
    failed: result.numFailedTests + broken.length,
    skipped: result.numPendingTests
  }
}

async function runRow(row, patterns, notes) {
  let prepared
  try {
    prepared = await row.prepare()
  } catch (error) {
    if (!row.optional) throw error
    notes.push(`row '${row.name}' could not be had: ${error.message.trim().split('\n').at(-1)}`)
    return { passed: 0, failed: 0, skipped: 0 }
  }
  const start = Date.now()
  console.log(`\n=== ${row.name} ===`)
  const counts = runJest(row, prepared, patterns)
  const seconds = ((Date.now() - start) / 1000).toFixed(0)
  notes.push(
    `row '${row.name}': ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped in ${seconds} s`
  )
  return counts
}

main(async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { quick: { type: 'boolean' }, row: { type: 'string' }, cuda: { type: 'boolean' } }
  })
  setUp()
  const { installPrerequisites } = require('./test/prerequisites')
  const { rows } = require('./test/rows')
  await installPrerequisites()
  let chosen = values.quick || values.cuda ? rows.slice(0, 1) : rows
  if (values.row) chosen = rows.filter(({ name }) => name.includes(values.row))
  const patterns = values.cuda ? ['test/76.cuda'] : positionals
  if (values.cuda) process.env.NODE_LIBTORCH_REQUIRE_CUDA = '1'
  const notes = []
  const total = { passed: 0, failed: 0, skipped: 0 }
  for (const row of chosen) {
    const counts = await runRow(row, patterns, notes)
    for (const key of Object.keys(total)) total[key] += counts[key]
  }
  console.log(`\n${notes.join('\n')}`)
  console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)
  if (total.failed > 0 || total.passed === 0) process.exitCode = 1
})

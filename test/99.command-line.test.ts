import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import * as torch from 'node-libtorch'

const root = path.join(__dirname, '..')
const cli = path.join(root, 'scripts', 'cli.js')
const fixtures = path.join(__dirname, 'fixtures', 'command_line')
const stub = path.join(fixtures, 'stub.js')

let folder: string
beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'command-line-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Runs the command line from the fixtures' folder, with `flags` of Node's own. */
function run(args: string[], flags: string[] = []) {
  const options = { cwd: fixtures, encoding: 'utf8', timeout: 120_000 } as const
  const { status, stdout, stderr } = spawnSync(process.execPath, [...flags, cli, ...args], options)
  return { status, stdout, stderr }
}

/** `train` with a train() that gives back what it was called with. */
const train = (...args: string[]) => run(['train', ...args], ['-r', stub])

/** The JSON that a command printed last. */
function printed({ status, stdout, stderr }: ReturnType<typeof run>) {
  if (stdout === '') throw new Error(`ended with ${status}: ${stderr}`)
  return JSON.parse(stdout.trimEnd().split('\n').at(-1)!)
}

describe('help', () => {
  test.each([
    [
      'train',
      ['--epochs', '--batch-size', '--lr', '--seed', '--checkpoint', '--resume', '--threads']
    ],
    ['compare', ['--epochs', '--seed', '--target', '--csv', '--threads']]
  ])('%s names its options and shows a file', (command, options) => {
    const { status, stdout } = run([command, '--help'])
    expect(status).toBe(0)
    for (const option of [...options, '--progress', '--json']) expect(stdout).toContain(option)
    expect(stdout).toMatch(/FILE, for example:[\s\S]*module.exports = \{/)
  })

  test('the list of commands has both', () => {
    expect(run(['--help']).stdout).toMatch(
      /train \[options\] <file>[\s\S]*compare \[options\] <file>/
    )
  })
})

describe('train', () => {
  test('what FILE exports is what train() is called with, and signals are handled', () => {
    const { status, stdout, stderr } = train('object.js', '--json', '--progress', 'none')
    expect(stderr).toBe('')
    expect(status).toBe(0)
    const { seen, ...result } = JSON.parse(stdout)
    expect(result).toEqual({
      loss: 0.25,
      validationLoss: 0.75,
      steps: 3,
      epochs: 3,
      stoppedBy: 'epochs',
      checkpoint: null
    })
    expect(seen).toEqual({
      epochs: 3,
      batchSize: 2,
      handleSignals: true,
      lr: 0.05,
      scheduled: false,
      first: expect.any(Number)
    })
  })

  test('the line overrides the file', () => {
    const line = ['--epochs', '2', '--batch-size', 'full', '--lr', '1e-3', '--seed', '7']
    const more = ['--threads', 'auto', '--checkpoint', 'kept', '--resume', '--json']
    const { seen } = printed(train('object.js', ...line, ...more))
    expect(seen).toMatchObject({
      epochs: 2,
      batchSize: 'full',
      lr: 0.001,
      seed: 7,
      threads: 'auto',
      checkpoint: { path: path.join(fixtures, 'kept') },
      resume: true
    })
  })

  test('a seed is there before FILE makes its model', () => {
    torch.manualSeed(7)
    const { weight } = new torch.nn.Linear(1, 1)
    for (const file of ['object.js', 'function.mjs']) {
      expect(printed(train(file, '--seed', '7', '--json')).seen.first).toBe(weight.item())
    }
  })

  test('a function is called with what the line says; factories are called, too', () => {
    const { seen } = printed(train('function.mjs', '--lr', '0.5', '--epochs', '1', '--json'))
    expect(seen).toMatchObject({
      given: { lr: 0.5, epochs: 1 },
      lr: 0.5,
      scheduled: true,
      handleSignals: false,
      checkpoint: { path: '/nowhere', keep: 7 }
    })
    const other = printed(train('function.mjs', '--checkpoint', folder, '--json')).seen
    expect(other.checkpoint).toEqual({ path: folder, keep: 7 })
  })

  test('what a TypeScript compiler made', () => {
    expect(printed(train('compiled.js', '--json')).seen.epochs).toBe(3)
  })

  test('shows progress: lines where there is no terminal, as FILE says, as the line says', () => {
    const lines = /^epoch 1\/3, loss 1, [\s\S]*done, .*, in 0:03\n$/
    expect(train('object.js')).toMatchObject({ stdout: '', stderr: expect.stringMatching(lines) })
    expect(train('function.mjs').stderr).toMatch(/^epoch 1\/1/)
    expect(train('function.mjs', '--progress', 'none').stderr).toBe('')
    const { stdout, stderr } = train('object.js', '--progress', 'ndjson', '--json')
    expect(stderr).toBe('')
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(events[0].type).toBe('start')
    expect(events.at(-2).type).toBe('stop')
    expect(events.at(-1).stoppedBy).toBe('epochs')
  })

  test.each([
    [
      'no such file',
      ['none.js'],
      /^FILE: expected a file, got none.js; give the path of a module\n$/
    ],
    [
      'a file that exports nothing of use',
      ['empty.js'],
      /FILE: expected a default export \{ model, data, loss, optimizer, ... \}.*got 3/
    ],
    [
      'a file that throws, with the place',
      ['throws.js'],
      /inFeatures: expected an integer.*\n +at .*throws.js:5:/
    ],
    [
      '--epochs of half',
      ['object.js', '--epochs', '0.5'],
      /--epochs <n>.*'0.5' is invalid. Give a whole number of at least 1/
    ],
    [
      '--batch-size of a word',
      ['object.js', '--batch-size', 'all'],
      /'all' is invalid. Give a whole number/
    ],
    ['--lr of a word', ['object.js', '--lr', 'x'], /'x' is invalid. Give a number/],
    [
      'another --progress',
      ['object.js', '--progress', 'x'],
      /Give one of auto, bar, lines, ndjson, none/
    ],
    [
      'a bar in a file',
      ['object.js', '--progress', 'bar'],
      /progress: expected a terminal for 'bar'/
    ],
    [
      '--resume without a folder',
      ['object.js', '--resume'],
      /--resume: expected checkpoints, got none; give --checkpoint DIR too/
    ],
    [
      '--lr behind a scheduler',
      ['scheduled.js', '--lr', '1'],
      /--lr: expected an optimizer that no scheduler follows yet, got one of lr 0.05/
    ],
    [
      'a loss that diverged',
      ['diverges.js', '--progress', 'none'],
      /train: expected a finite loss, got one that is not/
    ],
    ['an unknown option', ['object.js', '--x'], /unknown option '--x'/],
    ['no file', [], /missing required argument 'file'/]
  ])('ends with 1 for %s', (_name, args, message) => {
    const { status, stdout, stderr } = train(...args)
    expect(stderr).toMatch(message)
    expect(status).toBe(1)
    expect(stdout).toBe('')
  })

  test('ends with 1 for a library without train(), and names it', () => {
    const project = path.join(folder, 'project')
    const file = path.join(project, 'file.js')
    const library = path.join(project, 'node_modules', 'node-libtorch')
    spawnSync('mkdir', ['-p', library])
    writeFileSync(path.join(library, 'index.js'), `exports.version = { nodeLibtorch: '0.0.1' }`)
    writeFileSync(file, 'module.exports = {}')
    const { status, stderr } = run(['train', file])
    expect(stderr).toMatch(/expected a node-libtorch with train\(\), got 0.0.1 in .*project/)
    expect(status).toBe(1)
  })
})

/** Starts a command and sends it a signal whenever a line of its output matches the next pattern. */
async function signalled(
  args: string[],
  signals: [pattern: RegExp, signal: NodeJS.Signals][],
  flags: string[] = []
) {
  const child = spawn(process.execPath, [...flags, cli, ...args], { cwd: fixtures })
  let [stdout, stderr] = ['', '']
  const left = [...signals]
  child.stdout.on('data', (chunk) => {
    stdout += chunk
    if (left.length > 0 && left[0]![0].test(String(chunk))) child.kill(left.shift()![1])
  })
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  const [status, signal] = await new Promise<[number | null, string | null]>((resolve) =>
    child.on('close', (...ended) => resolve(ended))
  )
  return { status, signal, stdout, stderr }
}

describe('a signal', () => {
  const forever = ['--epochs', '1000', '--progress', 'ndjson']

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143]
  ] as const)('%s ends train with %i, after it has said where its state is', async (name, code) => {
    const args = ['train', 'object.js', ...forever, '--json']
    const once: [RegExp, NodeJS.Signals][] = [[/"epoch"/, name]]
    const kept = await signalled([...args, '--checkpoint', folder], once, ['-r', stub])
    expect(kept).toMatchObject({ status: code, signal: null })
    expect(kept.stderr).toBe(
      `train: stopped by ${name}: its state is in ${folder}/step; --resume goes on from there\n`
    )
    expect(printed(kept).stoppedBy).toBe('signal')
    const lost = await signalled(args, once, ['-r', stub])
    expect(lost.stderr).toMatch(/nothing was kept; --checkpoint DIR keeps its state/)
    expect(lost.status).toBe(code)
  })

  test('a second one ends the process', async () => {
    const twice: [RegExp, NodeJS.Signals][] = [
      [/"epoch"/, 'SIGINT'],
      [/"pause"/, 'SIGINT']
    ]
    const ended = await signalled(['train', 'slow.js', ...forever], twice, ['-r', stub])
    expect(ended).toMatchObject({ status: null, signal: 'SIGINT' })
  })

  test('ends compare with the table of what there is', async () => {
    const line = ['--epochs', '10000000', '--progress', 'ndjson']
    const ended = await signalled(['compare', 'methods.js', ...line], [[/"epoch"/, 'SIGINT']])
    expect(ended).toMatchObject({ status: 130, signal: null })
    expect(ended.stdout).toMatch(/\ngradient descent +stopped .*\nstochastic +not run +- .*\n$/)
    expect(ended.stderr).toBe('compare: stopped by SIGINT\n')
  })
})

describe('compare', () => {
  test('prints a table', () => {
    const { status, stdout, stderr } = run(['compare', 'methods.js', '--progress', 'none'])
    expect(stderr).toBe('')
    expect(status).toBe(0)
    expect(stdout).toMatch(
      /^method +final loss .*\ngradient descent +.* 5 .*\nstochastic +.* 2 .*\n$/
    )
  })

  test('or JSON, and writes the curves; the line holds for every method', () => {
    const csv = path.join(folder, 'curves.csv')
    const line = ['--epochs', '3', '--seed', '4', '--target', '1e9', '--csv', csv, '--json']
    const found = printed(run(['compare', 'methods.js', ...line]))
    expect(found).toMatchObject({ seed: 4, target: 1e9, aborted: false })
    const { methods } = found as { methods: { epochs: number; epochsToTarget: number }[] }
    expect(methods.map(({ epochs, epochsToTarget }) => [epochs, epochsToTarget])).toEqual([
      [3, 1],
      [3, 1]
    ])
    expect(readFileSync(csv, 'utf8').trimEnd().split('\n')).toHaveLength(7)
  })

  test('shows which method runs', () => {
    const { stderr } = run(['compare', 'methods.js'])
    expect(stderr).toMatch(/^gradient descent: epoch 1\/5, .*\n[\s\S]*\nstochastic: .*done/)
  })

  test.each([
    ['no methods', ['object.js'], /methods: expected an array of at least one/],
    ['a wrong target', ['methods.js', '--target', 'x'], /Give a number/],
    ['a path that cannot be', ['methods.js', '--csv', '/nowhere/x.csv'], /ENOENT/]
  ])('ends with 1 for %s', (_name, args, message) => {
    const { status, stderr } = run(['compare', ...args, '--progress', 'none'])
    expect(stderr).toMatch(message)
    expect(status).toBe(1)
  })
})

describe('train() itself, without the stub', () => {
  test('trains, and gives its result', () => {
    const result = printed(run(['train', 'object.js', '--epochs', '200', '--seed', '1', '--json']))
    expect(result).toMatchObject({ epochs: 200, steps: 200, stoppedBy: 'epochs' })
    expect(result.loss).toBeLessThan(0.1)
  })

  test('stopped by SIGTERM, it goes on from its checkpoint', async () => {
    const kept = path.join(folder, 'checkpoints')
    const line = ['train', 'object.js', '--seed', '1', '--checkpoint', kept, '--json']
    const forever = [...line, '--epochs', '100000000', '--progress', 'ndjson']
    const stopped = await signalled(forever, [[/"epoch"/, 'SIGTERM']])
    expect(stopped).toMatchObject({ status: 143, signal: null })
    const { steps } = printed(stopped)
    const more = ['--resume', '--epochs', String(steps + 5), '--progress', 'none']
    expect(printed(run([...line, ...more]))).toMatchObject({
      steps: steps + 5,
      stoppedBy: 'epochs'
    })
  })
})

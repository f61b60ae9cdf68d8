// What a stranger gets: the packed tarball, installed into an empty folder, set up, and trained. The
// matrix gives NODE_LIBTORCH_PACKAGE, a folder where it has installed and set up; else it is done here.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { spawnSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'

const repository = join(__dirname, '..')
const { installPackage, shell } = require('../scripts/test/package')
const home = realpathSync(mkdtempSync(join(tmpdir(), 'node-libtorch-package-')))
let project = join(home, 'project')
let installed = join(project, 'node_modules', 'node-libtorch')

function run(command: string, args: string[]) {
  const options = { cwd: project, env: shell, encoding: 'utf8' as const }
  const { status, stdout, stderr } = spawnSync(command, args, options)
  return { status, stdout, stderr, all: `${stdout}${stderr}` }
}

const node = (script: string, ...flags: string[]) => run(process.execPath, [...flags, '-e', script])

function filesOf(folder: string, ending: string): string[] {
  const names = readdirSync(folder, { recursive: true }) as string[]
  return names.filter((name) => name.endsWith(ending))
}

// A folder with node, npm and a shell, and no compiler.
function pathWithoutCompiler(): string {
  const bin = join(home, 'bin')
  mkdirSync(bin)
  symlinkSync(process.execPath, join(bin, 'node'))
  for (const program of ['npm', 'sh']) {
    const folders = (process.env.PATH ?? '').split(delimiter)
    const found = folders.map((folder) => join(folder, program)).find((file) => existsSync(file))
    symlinkSync(realpathSync(found ?? program), join(bin, program))
  }
  return bin
}

const documentLoop = `
const { manualSeed, nn, optim, tensor } = torch
class Model extends nn.Module {
  linear = new nn.Linear(1, 1)
  forward(x) { return this.linear(x) }
}
manualSeed(1)
const model = new Model()
const criterion = new nn.MSELoss()
const optimizer = new optim.SGD(model.parameters(), { lr: 0.01 })
let loss
const losses = []
for (let epoch = 0; epoch < 1000; epoch++) {
  optimizer.zeroGrad()
  const output = model(tensor([1.0]))
  loss = criterion(output, tensor([0.0]))
  losses.push(loss.item())
  loss.backward()
  optimizer.step()
}
console.log(JSON.stringify({ first: losses[0], last: losses.at(-1) }))`

beforeAll(() => installPackage(project, { path: pathWithoutCompiler() }))
afterAll(() => rmSync(home, { recursive: true, force: true }))

describe('the installed package', () => {
  test('has no install script, no compiled file and nothing of the repository', () => {
    const { scripts } = require(join(installed, 'package.json'))
    for (const hook of ['preinstall', 'install', 'postinstall']) {
      expect(scripts).not.toHaveProperty(hook)
    }
    expect(filesOf(installed, '.node')).toEqual([])
    expect(readdirSync(installed)).toEqual(expect.arrayContaining(['dist', 'native', 'scripts']))
    for (const name of ['test', 'bench', 'build'])
      expect(readdirSync(installed)).not.toContain(name)
  })

  test('before setup: require and import throw one error that names the command', () => {
    for (const script of [`require('node-libtorch')`, `import('node-libtorch')`]) {
      const { status, stderr } = node(script)
      expect(status).toBe(1)
      expect(stderr.match(/npx node-libtorch setup/g)).toHaveLength(1)
    }
  })

  test('before setup: doctor says so and exits with 1', () => {
    const { status, stdout } = run('npx', ['--no', 'node-libtorch', 'doctor'])
    expect(status).toBe(1)
    expect(stdout).toMatch(/! the addon is not compiled; run: npx node-libtorch setup/)
  })
})

describe('after npx node-libtorch setup', () => {
  beforeAll(() => {
    const given = process.env['NODE_LIBTORCH_PACKAGE']
    if (given) {
      project = given
      installed = join(project, 'node_modules', 'node-libtorch')
      return
    }
    const { status, all } = run('npx', ['--no', 'node-libtorch', 'setup'])
    if (status !== 0) throw new Error(`setup failed:\n${all}`)
  }, 900000)

  test('a second setup compiles nothing', () => {
    const { status, stdout } = run('npx', ['--no', 'node-libtorch', 'setup'])
    expect(status).toBe(0)
    expect(stdout).toMatch(/up to date/)
  })

  test.each([
    ['require', `const torch = require('node-libtorch')`, 'commonjs'],
    ['import', `import * as torch from 'node-libtorch'`, 'module']
  ])("the document's loop runs, by %s", (_how, first, type) => {
    const { status, stdout, stderr } = node(`${first}\n${documentLoop}`, `--input-type=${type}`)
    expect(stderr).toBe('')
    expect(status).toBe(0)
    const losses = JSON.parse(stdout)
    expect(losses.first).toBeGreaterThan(1e-3)
    expect(losses.last).toBeLessThan(1e-3)
  })

  test('import has the names that require has', () => {
    const script = `
      import { createRequire } from 'node:module'
      import * as imported from 'node-libtorch'
      const required = createRequire(process.cwd() + '/')('node-libtorch')
      const missing = Object.keys(required).filter((name) => imported[name] !== required[name])
      console.log(JSON.stringify({ count: Object.keys(required).length, missing }))`
    const { count, missing } = JSON.parse(node(script, '--input-type=module').stdout)
    expect(missing).toEqual([])
    expect(count).toBeGreaterThan(20)
  })

  test('types are found by both kinds of module', () => {
    const use = `import { nn, tensor, type Tensor } from 'node-libtorch'
      const y: Tensor = new nn.Linear(1, 1)(tensor([1.0]))
      // @ts-expect-error: a tensor is no string
      const wrong: string = y
      console.log(wrong)\n`
    writeFileSync(join(project, 'use.mts'), use)
    writeFileSync(join(project, 'use.cts'), use)
    const typescript = join(repository, 'node_modules', 'typescript', 'bin', 'tsc')
    const types = join(repository, 'node_modules', '@types')
    const target = ['--module', 'node16', '--target', 'es2022', '--strict', '--noEmit']
    const flags = [...target, '--typeRoots', types, '--types', 'node']
    const { status, all } = run(process.execPath, [typescript, ...flags, 'use.mts', 'use.cts'])
    expect(all).toBe('')
    expect(status).toBe(0)
  })

  test('doctor finds nothing that keeps it from training', () => {
    const { status, stdout } = run('npx', ['--no', 'node-libtorch', 'doctor', '--json'])
    const report = JSON.parse(stdout)
    expect(status).toBe(0)
    expect(report.training.works).toBe(true)
    expect(report.addon.file.startsWith(installed)).toBe(true)
    expect(report.libtorch.version).toMatch(/^\d+\.\d+\.\d+$/)
    expect(report.threads).toBeGreaterThan(0)
    expect(Object.keys(report.cuda)).toEqual(
      expect.arrayContaining(['built', 'library', 'devices'])
    )
  })
})

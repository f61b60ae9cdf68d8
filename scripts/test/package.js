// The package as users get it: packed, and installed into an empty folder by npm.
'use strict'

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { runQuietly } = require('../setup/command')
const { root } = require('../steps')

// As from a shell: without what `npm test` sets, and without another addon to load.
const notOurs =
  /^(npm_(package|lifecycle|command|config_local_prefix)|INIT_CWD|NODE_LIBTORCH_|NODE_PATH)/
const shell = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !notOurs.test(name))
)

/** Packs the repository and installs it into `project`, a new folder. PATH may be another `path`. */
async function installPackage(project, { path: searched = shell.PATH } = {}) {
  fs.mkdirSync(project, { recursive: true })
  fs.writeFileSync(path.join(project, 'package.json'), '{ "private": true }\n')
  await runQuietly('npm', ['pack', '--pack-destination', project], { cwd: root, env: shell })
  const tarball = fs.readdirSync(project).find((name) => name.endsWith('.tgz'))
  const flags = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund']
  const env = { ...shell, PATH: searched }
  await runQuietly('npm', ['install', ...flags, `./${tarball}`], { cwd: project, env })
}

/**
 * Installs the package and sets it up for a torch version from pip, as a user does: { project, addon }.
 * Outside the repository, whose node_modules would stand in for what is missing; gone when we end.
 */
async function setUpPackage(version) {
  const project = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), 'node-libtorch-project-'))
  process.once('exit', () => fs.rmSync(project, { recursive: true, force: true }))
  await installPackage(project)
  const setup = ['--no', 'node-libtorch', 'setup', '--from', 'pip', '--torch', version]
  await runQuietly('npx', setup, { cwd: project, env: shell })
  const installed = path.join(project, 'node_modules', 'node-libtorch')
  return {
    project,
    addon: path.join(installed, 'build', 'cmake', 'Release', 'node_libtorch.node')
  }
}

module.exports = { installPackage, setUpPackage, shell }

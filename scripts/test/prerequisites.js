// What the tests need besides the project: Python's torch as the reference, TensorBoard's reader,
// a browser.
'use strict'

const fs = require('node:fs')
const apt = require('../setup/apt')
const { ask } = require('../setup/command')
const { prepareTensorBoard } = require('./tensorboard')

const browsers = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome'].filter(
  Boolean
)

const hasTorch = (python) => ask(python, ['-c', 'import torch, sys; sys.exit(0)']).ok

/** Installs what is missing where apt can; the tests say the remedy where it cannot. */
async function installPrerequisites() {
  await prepareTensorBoard()
  const packages = []
  if (!hasTorch('/usr/bin/python3')) packages.push('python3-torch')
  if (!browsers.some((file) => fs.existsSync(file))) packages.push('chromium')
  if (packages.length === 0) return
  const obstacle = apt.obstacle()
  if (obstacle) {
    console.log(`test: ${packages.join(' and ')} missing: ${obstacle}`)
    return
  }
  await apt.install(packages)
}

module.exports = { hasTorch, installPrerequisites }

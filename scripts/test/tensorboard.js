// TensorBoard's own reader of event files, for test/97: the packages that it needs, not the 178 MB of
// the whole.
'use strict'

const fs = require('node:fs')
const path = require('node:path')
const pip = require('../setup/pip')

const packages = ['tensorboard', 'protobuf', 'numpy', 'absl-py', 'packaging']
const folder = path.join(pip.cacheFolder(), 'tensorboard')

/** Puts it into the cache folder; where that cannot be, the test says so. */
async function prepareTensorBoard() {
  if (fs.existsSync(path.join(folder, 'tensorboard'))) return
  const unfinished = `${folder}.unfinished`
  fs.rmSync(unfinished, { recursive: true, force: true })
  try {
    await pip.pipInstall(pip.python(), unfinished, packages, ['--no-deps'])
    fs.renameSync(unfinished, folder)
  } catch (error) {
    console.log(`test: tensorboard could not be had: ${error.message.trim().split('\n').at(-1)}`)
  }
}

module.exports = { folder, prepareTensorBoard }

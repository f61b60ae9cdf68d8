// node-libtorch setup: from whatever is there to an addon that loads.
'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { addonPath, buildAddon } = require('./build/addon')
const { choiceFile, find, findAt } = require('./libtorch')
const apt = require('./setup/apt')
const { ask } = require('./setup/command')
const pip = require('./setup/pip')
const { phase } = require('./setup/progress')
const toolchain = require('./setup/toolchain')

const say = (line) => process.stdout.write(`setup: ${line}\n`)

async function fromApt() {
  const offered = await apt.offersLibtorch()
  if (!offered) {
    const reason = apt.obstacle() ?? 'apt knows no package libtorch-dev'
    const remedy = 'run: npx node-libtorch setup --from pip'
    throw new Error(
      `--from apt: expected the package libtorch-dev, got none (${reason}); ${remedy}`
    )
  }
  if (!ask('dpkg', ['-s', 'libtorch-dev', 'libopenblas0']).ok) {
    await apt.install(['libtorch-dev', 'libopenblas0'])
  }
  return findAt('libtorch-dev', '/usr')
}

const hasVersion = (found, wanted) => !wanted || `${found.version}.`.startsWith(`${wanted}.`)

// What is there: a refused one is an error where the user named it, else a reason to go on.
function whatIsThere(wanted) {
  try {
    const found = find()
    if (hasVersion(found, wanted)) return found
    say(`libtorch ${found.version} in ${found.root} is there, but ${wanted} was asked for`)
  } catch (error) {
    const isStated = error.tried?.at(-1)?.source === 'env' && error.code === 'NODE_LIBTORCH_REFUSED'
    if (!error.tried || isStated) throw error
    for (const { what, reason } of error.tried) say(`looked at ${what}: ${reason}`)
  }
  return null
}

async function choose({ from, torch }) {
  if (from === 'apt') return fromApt()
  if (from === 'pip') return pip.install(torch)
  if (from) return findAt('--from', from)
  const there = whatIsThere(torch)
  if (there) return there
  return !torch && (await apt.offersLibtorch()) ? fromApt() : pip.install(torch)
}

function checkOptions({ from, torch, with: builder }) {
  if (torch !== undefined && !/^\d+\.\d+(\.\d+)?$/.test(torch)) {
    throw new RangeError(
      `--torch: expected a version such as 2.15 or 2.15.0, got ${torch}; give one`
    )
  }
  if (!['cmake-js', 'node-gyp'].includes(builder)) {
    throw new RangeError(`--with: expected cmake-js or node-gyp, got ${builder}; name one of them`)
  }
  if (from && !['apt', 'pip'].includes(from) && !fs.existsSync(from)) {
    throw new RangeError(`--from: expected apt, pip or a folder, got ${from}; name one of them`)
  }
}

// In a process of its own: a libtorch that crashes must not take setup with it.
function proveThatItLoads(file) {
  const script = 'console.log(JSON.stringify(require(process.argv[1]).buildInfo()))'
  const asked = ask(process.execPath, ['-e', script, file])
  if (asked.ok) return JSON.parse(asked.out)
  const reason =
    asked.err
      .trim()
      .split('\n')
      .find((line) => /Error|cannot/.test(line)) ?? asked.err
  throw new Error(
    `the addon ${file} was built but does not load: ${reason.trim()}; ` +
      'run: npx node-libtorch doctor'
  )
}

function remember(found) {
  const isSplit =
    found.source === 'env' && (process.env.LIBTORCH_INCLUDE || process.env.LIBTORCH_LIB)
  const folders = isSplit ? { include: found.headers, lib: found.libDirs[0] } : {}
  fs.mkdirSync(path.dirname(choiceFile), { recursive: true })
  const text = JSON.stringify({ root: found.root, ...folders, version: found.version }, null, 2)
  fs.writeFileSync(`${choiceFile}.new`, `${text}\n`)
  fs.renameSync(`${choiceFile}.new`, choiceFile)
}

const fractionIn = (text) => {
  const last = [...text.matchAll(/\[\s*(\d+)\/(\d+)\]|\[\s*(\d+)%\]/g)].at(-1)
  if (!last) return null
  return last[3] ? Number(last[3]) / 100 : Number(last[1]) / Number(last[2])
}

/** Options: from ('apt', 'pip' or a folder), torch (a version), with ('cmake-js', 'node-gyp'). */
async function setup(options = {}) {
  const builder = options.with ?? 'cmake-js'
  checkOptions({ ...options, with: builder })
  await toolchain.requireTools(builder)
  const found = await choose(options)
  if (!hasVersion(found, options.torch)) {
    const remedy = 'name another --from, or run: npx node-libtorch setup --from pip'
    throw new Error(
      `--torch: expected ${options.torch}, got ${found.version} in ${found.root}; ${remedy}`
    )
  }
  say(`libtorch ${found.version} in ${found.root} (C++${found.cxxStandard}, BLAS: ${found.blas})`)
  if (found.blas === 'reference') {
    say('its BLAS is the slow reference one; sudo apt-get install libopenblas0 makes it fast')
  }
  toolchain.requireStandard(found)
  const isChosen = found.source !== 'env' || options.from
  const env = isChosen ? { ...process.env, LIBTORCH: found.root } : process.env
  if (isChosen) for (const name of ['LIBTORCH_INCLUDE', 'LIBTORCH_LIB']) delete env[name]
  const built = await phase(`building the addon with ${builder}`, (update) => {
    const onText = (text) => {
      const fraction = fractionIn(text)
      if (fraction !== null) update(fraction)
    }
    return buildAddon({ with: builder, env, quiet: true, onText })
  })
  if (!built.built) say('the addon was up to date: nothing to compile')
  const info = proveThatItLoads(built.file)
  remember(found)
  // The loader takes cmake-js's addon first: one of another choice would hide this one.
  if (builder === 'node-gyp') fs.rmSync(addonPath('cmake-js'), { force: true })
  say(`${path.relative(process.cwd(), built.file)} loads, with libtorch ${info.libtorch}: ready`)
}

module.exports = { fractionIn, setup }

// The programs that compile the addon.
'use strict'

const apt = require('./apt')
const { ask, isThere } = require('./command')

const compilers = () => [process.env.CXX, 'c++', 'g++', 'clang++'].filter(Boolean)

/** Names of Debian's packages for what is missing; empty where all is there. */
function missingTools(builder) {
  const missing = []
  if (!compilers().some(isThere)) missing.push('g++')
  if (builder === 'cmake-js' && !isThere('cmake')) missing.push('cmake')
  if (!isThere('make') && !(builder === 'cmake-js' && isThere('ninja'))) missing.push('make')
  if (builder === 'node-gyp' && !isThere('python3')) missing.push('python3')
  return missing
}

/** Installs what is missing by apt, or throws one error that names it all. */
async function requireTools(builder) {
  const missing = missingTools(builder)
  if (missing.length === 0) return
  const reason = apt.obstacle()
  if (reason) {
    throw new Error(
      `toolchain: expected a C++ compiler and a build tool, got no ${missing.join(', no ')}; ` +
        `install them with your package manager and run setup again ` +
        `(Debian, Ubuntu: sudo apt-get install ${missing.join(' ')}; ${reason})`
    )
  }
  await apt.install(missing)
}

/** The compiler must know the C++ standard that this libtorch's headers are written in. */
function requireStandard(found) {
  const compiler = compilers().find(isThere)
  const args = [`-std=gnu++${found.cxxStandard}`, '-fsyntax-only', '-x', 'c++', '-']
  if (!compiler || ask(compiler, args, { input: '#include <vector>\n' }).ok) return
  throw new Error(
    `${compiler}: expected a compiler for C++${found.cxxStandard}, which libtorch ` +
      `${found.version} needs, got an older one; install g++ 11 or newer, or name one by CXX`
  )
}

module.exports = { requireStandard, requireTools }

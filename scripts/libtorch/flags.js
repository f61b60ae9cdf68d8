// What both builds pass to the compiler and the linker. CMakeLists.txt and binding.gyp ask here,
// through `node scripts/libtorch.js --get`, so that they cannot differ.
'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { createRequire } = require('node:module')

const packageRoot = path.join(__dirname, '..', '..')
// The compiler has these by itself, and its headers' include_next breaks when they are named.
const compilerOwn = ['/usr/include', '/usr/local/include']

/** native/*.cc, sorted, relative to the package. */
function sources() {
  const native = path.join(packageRoot, 'native')
  return fs
    .readdirSync(native, { recursive: true })
    .filter((file) => file.endsWith('.cc'))
    .map((file) => path.posix.join('native', file))
    .sort()
}

/** Node's own headers, else the ones of the package that cmake-js brings (both hold Node-API). */
function nodeInclude() {
  const own = path.join(path.dirname(path.dirname(process.execPath)), 'include', 'node')
  if (fs.existsSync(path.join(own, 'node_api.h'))) return own
  try {
    const load = createRequire(require.resolve('cmake-js/package.json'))
    return load('node-api-headers').include_dir
  } catch {
    throw new Error(
      `node_api.h: expected in ${own} or in the package node-api-headers, got neither; ` +
        'run npm install, then npx node-libtorch setup again'
    )
  }
}

function addonApiInclude() {
  return path.dirname(require.resolve('node-addon-api/package.json'))
}

const defines = (found) => [
  'NAPI_VERSION=8',
  'NODE_ADDON_API_CPP_EXCEPTIONS',
  // In a worker that is being terminated no exception can be thrown, and none has to abort.
  'NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS',
  'NODE_GYP_MODULE_NAME=node_libtorch',
  'BUILDING_NODE_EXTENSION',
  'NDEBUG',
  `NODE_LIBTORCH_TORCH_VERSION="${found.version}"`
]

// The ABI is a flag, not a define: node-gyp has a define of its own for it, and the last one wins.
const compileFlags = (found) => [
  `-std=gnu++${found.cxxStandard}`,
  '-fPIC',
  '-O2',
  '-fvisibility=hidden',
  '-fexceptions',
  '-frtti',
  '-Wall',
  '-Wno-sign-compare',
  '-Wno-unknown-pragmas',
  '-Wno-deprecated-declarations',
  `-U_GLIBCXX_USE_CXX11_ABI`,
  `-D_GLIBCXX_USE_CXX11_ABI=${found.cxx11Abi}`,
  ...found.includeDirs.filter((dir) => !compilerOwn.includes(dir)).map((dir) => `-isystem${dir}`)
]

// RPATH, not RUNPATH: it also serves the NVIDIA libraries that libtorch's own libraries need.
// nodelete: libtorch's static state does not survive being unloaded with a worker.
const linkFlags = (found) => [
  ...found.libDirs.map((dir) => `-L${dir}`),
  '-Wl,--no-as-needed',
  ...found.libs.map((lib) => `-l${lib}`),
  '-Wl,--as-needed',
  ...(found.rpath.length ? ['-Wl,--disable-new-dtags'] : []),
  ...found.rpath.map((dir) => `-Wl,-rpath,${dir}`),
  '-Wl,-z,nodelete'
]

module.exports = { addonApiInclude, compileFlags, defines, linkFlags, nodeInclude, sources }

// The version of a libtorch, as its headers say it and as its libraries say it.
'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { spawnSync } = require('node:child_process')

const oldest = '1.13'

function textOf(...parts) {
  try {
    return fs.readFileSync(path.join(...parts), 'utf8')
  } catch {
    return ''
  }
}

/** '2.15.0' from the headers in `include`, or null. torch/headeronly came with 2.9. */
function headersVersion(include) {
  for (const place of ['torch/headeronly', 'torch/csrc/api/include/torch']) {
    const text = textOf(include, place, 'version.h')
    const part = (name) => text.match(new RegExp(`define\\s+TORCH_VERSION_${name}\\s+(\\d+)`))?.[1]
    if (part('MAJOR')) return [part('MAJOR'), part('MINOR'), part('PATCH') ?? '0'].join('.')
  }
  return null
}

/**
 * The version of the libraries and who says so: an archive's build-version file, a wheel's
 * version.py, the number in libtorch_cpu's soname (Debian). `build` keeps what follows the '+'.
 */
function librariesVersion(root, soname) {
  const archive = textOf(root, 'build-version').trim()
  if (/^\d+\.\d+/.test(archive)) return { build: archive, by: 'build-version' }
  const wheel = textOf(root, 'version.py').match(/__version__\s*=\s*['"]([^'"]+)['"]/)?.[1]
  if (wheel) return { build: wheel, by: 'version.py' }
  const number = soname?.match(/\.so\.(\d+\.\d+(\.\d+)?)$/)?.[1]
  return number ? { build: number, by: `the soname ${soname}` } : null
}

/** Debian's headers say 1.13.0 in its package of 1.13.1: its package manager knows better. */
function packagedVersion() {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own placeholder
  const asked = spawnSync('dpkg-query', ['-W', '-f', '${Version}', 'libtorch-dev'])
  return asked.status === 0 ? String(asked.stdout).match(/^(?:\d+:)?(\d+(\.\d+)+)/)?.[1] : undefined
}

/** '13.2' where version.py or the local part of the version (+cu132) says it, else null. */
function cudaVersion(root, build) {
  const said = textOf(root, 'version.py').match(/^cuda\b[^=]*=\s*['"]([\d.]+)['"]/m)?.[1]
  const local = build?.match(/\+cu(\d+)(\d)$/)
  return said ?? (local ? `${local[1]}.${local[2]}` : null)
}

const majorMinor = (version) => version.split('.').slice(0, 2).join('.')
const number = (version) => {
  const [major, minor] = version.split('.').map(Number)
  return major * 1000 + minor
}
const isTooOld = (version) => number(version) < number(oldest)

/** 17, or 20 where the version or the header every program includes asks for it. */
function cxxStandard(version, include) {
  const text = textOf(include, 'torch/csrc/api/include/torch/all.h')
  return number(version) >= number('2.15') || /__cplusplus\s*<\s*202002L/.test(text) ? 20 : 17
}

module.exports = {
  cudaVersion,
  cxxStandard,
  headersVersion,
  isTooOld,
  librariesVersion,
  majorMinor,
  oldest,
  packagedVersion
}

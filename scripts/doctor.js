// node-libtorch doctor: what is there, what is wrong, and what helps.
'use strict'

const { examine } = require('./doctor/examine')
const { problemsOf } = require('./doctor/problems')

const cudaStates = {
  'cpu-only': 'this libtorch is built for the CPU only',
  'no-driver': 'no NVIDIA driver (libcuda.so.1)',
  'load-failed': "libtorch's CUDA half does not load",
  ready: 'ready'
}

function cudaLines({ cuda }) {
  const built = cuda.built?.built
    ? `yes${cuda.built.version ? `, ${cuda.built.version}` : ''}`
    : 'no'
  return [
    ['CUDA', cuda.status ? cudaStates[cuda.status.state] : 'not asked: the addon does not load'],
    ['  in libtorch', cuda.built ? built : 'unknown'],
    ['  driver', cuda.library ? `${cuda.version ?? ''} ${cuda.library}`.trim() : 'none'],
    [
      '  devices',
      cuda.devices.map(({ name, memory }) => `${name} (${memory})`).join(', ') || 'none'
    ]
  ]
}

function lines(report) {
  const { node, libtorch, addon, training } = report
  return [
    ['Node', `${node.version} (${node.arch}) ${node.path}`],
    ['node-libtorch', `${report.package.version} ${report.package.path}`],
    [
      'libtorch',
      libtorch.error
        ? 'none that can be used'
        : `${libtorch.version} ${libtorch.root} (${libtorch.source})`
    ],
    ...libtorch.tried.map(({ what, reason }) => [`  ${what}`, reason.split('\n')[0]]),
    ['addon', addon.file ?? `none; looked for ${addon.looked.join(' and ')}`],
    ...(addon.loads
      ? [['  libtorch', `compiled for ${addon.compiledFor}, runs on ${addon.runsOn}`]]
      : []),
    ['BLAS', report.blas ?? 'unknown'],
    ['threads', report.threads ?? 'unknown'],
    ...cudaLines(report),
    [
      'training',
      training.works
        ? `works (loss ${training.before} to ${training.after} in 20 steps)`
        : 'does not work'
    ]
  ]
}

function text(report) {
  const rows = lines(report)
  const width = Math.max(...rows.map(([name]) => name.length))
  const body = rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`)
  const problems = report.problems.map(({ what, remedy }) => `! ${what}; ${remedy}`)
  return [...body, '', ...(problems.length ? problems : ['No problems found.'])].join('\n')
}

/** Prints the report; returns the exit code: 1 where training cannot work. */
async function doctor({ json = false } = {}) {
  const report = examine()
  report.problems = problemsOf(report)
  process.stdout.write(`${json ? JSON.stringify(report, null, 2) : text(report)}\n`)
  return report.training.works ? 0 : 1
}

module.exports = { doctor }

// What doctor makes of what it finds: one line and one remedy a problem.
import { join } from 'node:path'
import { spawnSync } from 'node:child_process'
import { describe, expect, test } from '@jest/globals'
import { newFolder } from './fakeLibtorch'

const root = join(__dirname, '..', '..')
const scripts = join(root, 'scripts')
const { problemsOf } = require(join(scripts, 'doctor', 'problems.js'))

interface Problem {
  what: string
  remedy: string
}

const healthy = {
  package: { path: root },
  libtorch: { version: '2.15.0', error: null, tried: [] },
  addon: { file: 'x.node', loads: true, error: null, compiledFor: '2.15.0' },
  blas: 'bundled',
  cuda: {
    library: null as string | null,
    devices: [] as { name: string }[],
    built: { built: true, version: '13.2', missing: ['libcublas.so.13'] },
    status: { state: 'no-driver', detail: '', deviceCount: 0 }
  },
  training: { works: true, error: null as string | null }
}
const gpu = { library: '/usr/lib/libcuda.so.1', devices: [{ name: 'NVIDIA H200' }] }

describe('problems', () => {
  const cases: [string, object, RegExp][] = [
    [
      'no libtorch',
      { libtorch: { error: 'libtorch: expected one, found none. Looked at:\n  x', tried: [] } },
      /found none.*setup/
    ],
    [
      'a libtorch that cannot be used',
      { libtorch: { error: 'LIBTORCH: expected a, got b; do c', tried: [] } },
      /expected a, got b; do c/
    ],
    ['no addon', { addon: { file: null, loads: false, looked: [] } }, /not compiled; run: npx/],
    [
      'an addon that does not load',
      { addon: { ...healthy.addon, loads: false, error: 'libtorch_cpu.so: cannot open' } },
      /does not load: libtorch_cpu\.so: cannot open; run: npx node-libtorch setup/
    ],
    [
      'an addon for another libtorch',
      { addon: { ...healthy.addon, compiledFor: '1.13.0' } },
      /compiled for libtorch 1\.13\.0, found is 2\.15\.0/
    ],
    [
      'a step that fails',
      { training: { works: false, error: 'Illegal instruction' } },
      /a training step fails: Illegal instruction/
    ],
    ['the slow BLAS', { blas: 'reference' }, /apt-get install libopenblas0/],
    ['no BLAS', { blas: 'missing' }, /apt-get install libopenblas0/],
    [
      'a GPU and a libtorch for the CPU only',
      { cuda: { ...gpu, built: { built: false, missing: [] }, status: { state: 'cpu-only' } } },
      /this machine has NVIDIA H200.*setup --from pip/
    ],
    [
      'a GPU and no CUDA libraries',
      { cuda: { ...healthy.cuda, ...gpu } },
      /CUDA libraries are missing: libcublas\.so\.13; run: .* --from pip/
    ],
    [
      'a driver and no device',
      {
        cuda: {
          ...gpu,
          built: { built: true, missing: [] },
          status: { state: 'ready', deviceCount: 0 }
        }
      },
      /no device to this process; .*CUDA_VISIBLE_DEVICES/
    ]
  ]

  test.each(cases)('%s', (_what, changes, line) => {
    const problems: Problem[] = problemsOf({ ...healthy, ...changes })
    const lines = problems
      .filter(({ what }) => !what.startsWith('the library is not compiled'))
      .map(({ what, remedy }) => `${what}; ${remedy}`)
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(line)
    expect(lines[0]).not.toContain('\n')
  })
})

test('an addon that is not there: exit code 1, and JSON all the same', () => {
  const env = { ...process.env, NODE_LIBTORCH_ADDON: join(newFolder(), 'node_libtorch.node') }
  const args = [join(scripts, 'cli.js'), 'doctor', '--json']
  const { status, stdout } = spawnSync(process.execPath, args, { env, encoding: 'utf8' })
  expect(status).toBe(1)
  const report = JSON.parse(stdout)
  expect(report.node.version).toBe(process.version)
  expect(report.training.works).toBe(false)
  expect(report.problems[0]).toEqual({
    what: 'the addon is not compiled',
    remedy: 'run: npx node-libtorch setup'
  })
})

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'

import { cgroupProcessors, defaultThreads } from '../lib/threads'
import { resultOf } from './fixtures/run_script'

const folders: string[] = []
afterAll(() => folders.map((folder) => rmSync(folder, { recursive: true })))

/** The processors of a system with these files. */
function processorsWith(files: Record<string, string>): number {
  const root = mkdtempSync(join(tmpdir(), 'cgroup-'))
  folders.push(root)
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), `${text}\n`)
  }
  return cgroupProcessors(root)
}

describe('cgroupProcessors', () => {
  const own = (text: string) => ({ 'proc/self/cgroup': text })
  const at = (path: string) => `sys/fs/cgroup/${path}`

  // biome-ignore format: a table
  test.each<[string, Record<string, string>, number]>([
    ['no control groups', {}, Infinity],
    ['version 2 without a limit', { ...own('0::/'), [at('cpu.max')]: 'max 100000' }, Infinity],
    ['version 2 in a container', { ...own('0::/'), [at('cpu.max')]: '150000 100000' }, 1.5],
    ['version 2, a limit of its own', {
      ...own('0::/a/b'),
      [at('a/cpu.max')]: 'max 100000', [at('a/b/cpu.max')]: '300000 100000'
    }, 3],
    ['version 2, a lower one above', {
      ...own('0::/a/b'),
      [at('a/cpu.max')]: '100000 50000', [at('a/b/cpu.max')]: '300000 100000'
    }, 2],
    ['version 2, outer folders that are not there', {
      ...own('0::/../x:y/z'), [at('cpu.max')]: '250000 100000'
    }, 2.5],
    ['version 1', {
      ...own('5:memory:/a\n4:cpu,cpuacct:/a/b'),
      [at('cpu,cpuacct/a/b/cpu.cfs_quota_us')]: '400000',
      [at('cpu,cpuacct/a/b/cpu.cfs_period_us')]: '100000',
      [at('cpu,cpuacct/a/cpu.cfs_quota_us')]: '-1',
      [at('cpu,cpuacct/a/cpu.cfs_period_us')]: '100000'
    }, 4],
    ['version 1, mounted as cpu, seen from the container', {
      ...own('4:cpuacct,cpu:/docker/0123'),
      [at('cpu/cpu.cfs_quota_us')]: '50000', [at('cpu/cpu.cfs_period_us')]: '100000'
    }, 0.5],
    ['both versions', {
      ...own('4:cpu:/\n0::/'),
      [at('cpu/cpu.cfs_quota_us')]: '600000', [at('cpu/cpu.cfs_period_us')]: '100000',
      [at('unified/cpu.max')]: '500000 100000'
    }, 5],
    ['limits of other controllers', {
      ...own('5:cpuset:/a'), [at('cpuset/a/cpu.cfs_quota_us')]: '1000',
      [at('cpuset/a/cpu.cfs_period_us')]: '1000'
    }, Infinity],
    ['files of nonsense', { ...own('no\n0::/'), [at('cpu.max')]: 'lots' }, Infinity]
  ])('%s', (_, files, processors) => {
    expect(processorsWith(files)).toBe(processors)
  })
})

describe('defaultThreads', () => {
  const many = { libtorch: 16, affinity: 16, cgroup: Infinity, env: {} }

  // biome-ignore format: a table
  test.each<[string, Partial<Parameters<typeof defaultThreads>[0]>, number | null]>([
    ['leaves it to libtorch where nothing limits', {}, null],
    ['takes the affinity', { affinity: 3 }, 3],
    ['rounds a share up', { cgroup: 2.5 }, 3],
    ['is at least 1', { cgroup: 0.1 }, 1],
    ['takes the lower of both', { affinity: 4, cgroup: 2 }, 2],
    ['is never more than libtorch would take', { libtorch: 2, affinity: 8, cgroup: 4 }, null],
    ['leaves it to OMP_NUM_THREADS', { affinity: 1, env: { OMP_NUM_THREADS: '4' } }, null],
    ['leaves it to MKL_NUM_THREADS', { affinity: 1, env: { MKL_NUM_THREADS: '4' } }, null]
  ])('%s', (_, limits, threads) => {
    expect(defaultThreads({ ...many, ...limits })).toBe(threads)
  })
})

describe('when the library is loaded', () => {
  const preload = require.resolve('./fixtures/one_processor.js')

  /** libtorch reads the variable, and takes 2 threads where the machine has them. */
  const env = { OMP_NUM_THREADS: '2' }
  const threadsWith = (args: string[], flags: string[]) =>
    resultOf('sharing.js', ['defaultThreads', ...args], flags, env)

  test('libtorch gets as many threads as there are processors for this process', () => {
    expect(threadsWith(['hidden'], ['--require', preload])).toBe(1)
  })

  test('but what the user has said stands', () => {
    expect(threadsWith([], ['--require', preload])).toBe(threadsWith([], []))
  })
})

test('a worker keeps the number that was set; interop threads are set once', () => {
  expect(resultOf('sharing.js', ['threads'])).toEqual({
    byDefault: expect.any(Number),
    ofWorker: 1,
    interop: 0,
    again: {
      name: 'Error',
      code: 'ERR_TORCH_THREADS',
      message: expect.stringMatching(
        /^setNumInteropThreads: expected.*once a process.*; call it first/
      )
    }
  })
})

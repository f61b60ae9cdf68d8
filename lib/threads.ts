/**
 * How many processors this process may really use: a container's share, not the machine's cores.
 * Sources: https://docs.kernel.org/admin-guide/cgroup-v2.html#cpu-interface-files
 * and https://docs.kernel.org/scheduler/sched-bwc.html
 */
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { posix } from 'node:path'

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

/** Processors by a quota and its period in microseconds; Infinity where there is no limit. */
function share(quota: string | undefined, period: string | undefined): number {
  const [used, of] = [Number(quota), Number(period)]
  return used > 0 && of > 0 ? used / of : Number.POSITIVE_INFINITY
}

/** The limit of one cgroup folder: version 2's file `cpu.max`, or version 1's pair of files. */
function shareOf(folder: string): number {
  const [quota, period] = read(`${folder}/cpu.max`)?.trim().split(' ') ?? []
  return Math.min(
    share(quota, period),
    share(read(`${folder}/cpu.cfs_quota_us`), read(`${folder}/cpu.cfs_period_us`))
  )
}

/** `group` and all above it, the mount itself last. A container may not see its outer folders. */
function upward(mount: string, group: string): string[] {
  const folders: string[] = []
  for (let path = posix.normalize(`/${group}`); path !== '/'; path = posix.dirname(path)) {
    folders.push(mount + path)
  }
  return [...folders, mount]
}

/**
 * Processors that the control groups of this process grant, perhaps a fraction: the least along the
 * hierarchy. Infinity where nothing limits them.
 * @param root where `proc` and `sys` are
 */
export function cgroupProcessors(root = ''): number {
  const groups = read(`${root}/proc/self/cgroup`)?.trim().split('\n') ?? []
  const folders = groups.flatMap((line) => {
    const [, controllers = '', ...path] = line.split(':')
    const names = controllers.split(',')
    const mounts = controllers === '' ? ['', '/unified'] : [`/${controllers}`, '/cpu']
    if (controllers !== '' && !names.includes('cpu')) return []
    return mounts.flatMap((mount) => upward(`${root}/sys/fs/cgroup${mount}`, path.join(':')))
  })
  return Math.min(...folders.map(shareOf))
}

/** What `defaultThreads` looks at. */
export interface Grants {
  /** libtorch's own default. */
  libtorch: number
  /** Processors that the process may run on: its CPU affinity. */
  affinity: number
  /** Processors that the control groups grant. */
  cgroup: number
  env: Record<string, string | undefined>
}

/** How many threads an operator should use; null where the user or libtorch has said it already. */
export function defaultThreads({ libtorch, affinity, cgroup, env }: Grants): number | null {
  if (env.OMP_NUM_THREADS || env.MKL_NUM_THREADS) return null
  const granted = Math.max(1, Math.min(affinity, Math.ceil(cgroup)))
  return granted < libtorch ? granted : null
}

/** `defaultThreads` of this very process. */
export function ownDefaultThreads(libtorch: number): number | null {
  const [affinity, cgroup] = [availableParallelism(), cgroupProcessors()]
  return defaultThreads({ libtorch, affinity, cgroup, env: process.env })
}

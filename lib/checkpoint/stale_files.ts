/**
 * Temporary files that killed processes and terminated workers left behind.
 */
import { join } from 'node:path'

import { placeOfProcesses, temporariesAmong } from './file_names'
import { readdir, remove, stat } from './file_system'

/** After this time, in ms, a file of a process that cannot be seen from here counts as left behind. */
const longestWrite = 24 * 60 * 60 * 1000

/** Removes those among `names` that nobody is writing. Who writes one has it open until it is renamed. */
export async function removeStale(folder: string, names: readonly string[]): Promise<void> {
  for (const { name, place, pid } of temporariesAmong(names)) {
    const path = join(folder, name)
    const isVisible = place === placeOfProcesses()
    const isUsed = isVisible ? await isOpen(path, pid) : await isRecent(path)
    // Who cannot remove it cannot save here either, and is told so then.
    if (!isUsed) await remove(path).catch(() => {})
  }
}

/** Whether process `pid` has the file open; true where that cannot be known. */
async function isOpen(path: string, pid: number): Promise<boolean> {
  const wanted = await stat(path).catch(() => null)
  if (wanted === null) return false
  const descriptors = `/proc/${pid}/fd`
  try {
    for (const descriptor of await readdir(descriptors)) {
      const opened = await stat(join(descriptors, descriptor)).catch(() => null)
      if (opened?.ino === wanted.ino && opened.dev === wanted.dev) return true
    }
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT' || isAlive(pid)
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

async function isRecent(path: string): Promise<boolean> {
  const status = await stat(path).catch(() => null)
  return status !== null && Date.now() - status.mtimeMs < longestWrite
}

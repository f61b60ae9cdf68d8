/**
 * Running the reference scripts in the Python of the same libtorch.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { version } from 'node-libtorch'

const minor = (text: string) => text.split('.').slice(0, 2).join('.')

/** PARITY_PYTHON, by default the system's. */
export const python = process.env.PARITY_PYTHON || '/usr/bin/python3'

/** Why there is no Python of our libtorch's version; null where there is one. */
export function whyNoPython(): string | null {
  if (python === 'none') return 'PARITY_PYTHON is none: there is no Python of this libtorch'
  const { status, stdout } = spawnSync(python, ['-c', 'import torch; print(torch.__version__)'], {
    encoding: 'utf8'
  })
  if (status !== 0) return `${python} cannot import torch; set PARITY_PYTHON to one that can`
  if (minor(stdout) === minor(version.libtorch)) return null
  return `${python} has torch ${stdout.trim()}, this addon libtorch ${version.libtorch}`
}

/**
 * What `script` prints: a line with its torch.__version__, then JSON. Instead a reason to skip where
 * there is no Python (PARITY_PYTHON, default /usr/bin/python3) of our libtorch's version.
 */
export function runPython<T>(
  script: string,
  args: string[] = []
): { result: T } | { skip: string } {
  const skip = whyNoPython()
  if (skip) return { skip }
  const options = { encoding: 'utf8', maxBuffer: 2 ** 28 } as const
  const { stdout, stderr } = spawnSync(python, ['-B', join(__dirname, script), ...args], options)
  const json = stdout.slice(stdout.indexOf('\n') + 1)
  if (!json) throw new Error(`${script} did not finish: ${stderr}`)
  return { result: JSON.parse(json) as T }
}

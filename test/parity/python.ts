/**
 * Running the reference scripts in the Python of the same libtorch.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { version } from 'node-libtorch'

const minor = (text: string) => text.split('.').slice(0, 2).join('.')

/**
 * What `script` prints: a line with its torch.__version__, then JSON. Instead a reason to skip where
 * there is no Python (PARITY_PYTHON, default /usr/bin/python3) of our libtorch's version.
 */
export function runPython<T>(script: string): { result: T } | { skip: string } {
  const python = process.env.PARITY_PYTHON || '/usr/bin/python3'
  if (python === 'none')
    return { skip: 'PARITY_PYTHON is none: there is no Python of this libtorch' }
  const { status } = spawnSync(python, ['-c', 'import torch'])
  if (status !== 0)
    return { skip: `${python} cannot import torch; set PARITY_PYTHON to one that can` }
  const options = { encoding: 'utf8', maxBuffer: 2 ** 28 } as const
  const { stdout, stderr } = spawnSync(python, ['-B', join(__dirname, script)], options)
  const end = stdout.indexOf('\n')
  const theirs = stdout.slice(0, end)
  if (theirs && minor(theirs) !== minor(version.libtorch)) {
    return { skip: `${python} has torch ${theirs}, this addon libtorch ${version.libtorch}` }
  }
  const json = stdout.slice(end + 1)
  if (!json) throw new Error(`${script} did not finish: ${stderr}`)
  return { result: JSON.parse(json) as T }
}

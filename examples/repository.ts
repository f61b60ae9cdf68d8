/**
 * Where the repository is, from the sources and from the compiled files alike.
 */
import { existsSync } from 'node:fs'
import path from 'node:path'

function findRoot(): string {
  for (let folder = __dirname; ; folder = path.dirname(folder)) {
    if (existsSync(path.join(folder, 'examples', 'data'))) return folder
    if (folder === path.dirname(folder)) {
      throw new Error(
        `examples/data: expected in a folder above ${__dirname}, got none; run from the repository`
      )
    }
  }
}

/** The folder that holds `examples/`. */
export const root = findRoot()

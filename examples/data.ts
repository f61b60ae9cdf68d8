/**
 * The data set of the examples: concrete.csv, compressive strength from mixture and age.
 */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parse } from 'csv-parse/sync'
import { tensor, type Tensor } from 'node-libtorch'

import { permutation, seededRandom } from './random'
import { root } from './repository'

export interface Samples {
  /** Standardised features, [size, features]. */
  x: Tensor
  /** Standardised targets, [size, 1]. */
  y: Tensor
  size: number
}

export interface Dataset {
  name: string
  /** Names of the features. */
  features: string[]
  /** Name, unit, mean and standard deviation (in that unit) of the target. */
  target: { name: string; unit: string; mean: number; std: number }
  train: Samples
  heldOut: Samples
}

interface Table {
  header: string[]
  rows: number[][]
}

/**
 * A CSV file of numbers with one header line.
 * @throws TypeError that names line and column of a cell that is no number
 */
export function readTable(file: string): Table {
  const [header, ...lines] = parse(readFileSync(file, 'utf8'), {
    skip_empty_lines: true
  }) as string[][]
  if (header === undefined || lines.length === 0) {
    throw new TypeError(`${file}: expected a header and rows, got an empty file`)
  }
  const rows = lines.map((cells, i) =>
    cells.map((cell, column) => {
      const value = cell.trim() === '' ? Number.NaN : Number(cell)
      if (!Number.isFinite(value)) {
        throw new TypeError(
          `${file}: expected a number, got '${cell}' in row ${i + 1}, ${header[column]}`
        )
      }
      return value
    })
  )
  return { header, rows }
}

/** Mean and (population) standard deviation of a column. */
function statistics(rows: readonly number[][], column: number): { mean: number; std: number } {
  const values = rows.map((row) => row[column] as number)
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length
  return { mean, std: Math.sqrt(variance) || 1 }
}

/**
 * concrete.csv, split 80/20 at random. Every column is standardised, (value - mean) / std, with the
 * statistics of the training part alone: the held-out part stays unseen.
 * @param options.seed of the split, default 0
 */
export function loadConcrete({ seed = 0 }: { seed?: number } = {}): Dataset {
  const { header, rows } = readTable(path.join(root, 'examples', 'data', 'concrete.csv'))
  const shuffled = permutation(rows.length, seededRandom(seed)).map((i) => rows[i] as number[])
  const cut = Math.round(shuffled.length * 0.8)
  const [trainRows, heldOutRows] = [shuffled.slice(0, cut), shuffled.slice(cut)]

  const columns = header.map((_, column) => statistics(trainRows, column))
  const last = header.length - 1
  const samples = (part: readonly number[][]): Samples => {
    const scaled = part.map((row) =>
      columns.map(({ mean, std }, column) => ((row[column] as number) - mean) / std)
    )
    return {
      x: tensor(scaled.map((row) => row.slice(0, last))),
      y: tensor(scaled.map((row) => row.slice(last))),
      size: part.length
    }
  }
  return {
    name: 'Concrete Compressive Strength',
    features: header.slice(0, last),
    target: {
      name: 'compressive strength',
      unit: 'MPa',
      ...(columns[last] as { mean: number; std: number })
    },
    train: samples(trainRows),
    heldOut: samples(heldOutRows)
  }
}

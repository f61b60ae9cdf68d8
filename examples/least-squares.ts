/**
 * The optimum of a linear model under mean squared error in closed form, in plain JavaScript: what
 * the three methods should come to.
 */

export interface LeastSquares {
  /** One weight a feature, then the bias. */
  theta: number[]
  /** Mean squared error at theta, on the samples it was computed from. */
  loss: number
}

const dot = (a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, value, i) => sum + value * (b[i] as number), 0)

/** f(x) = w x + b for a row of features. */
export function predict(theta: readonly number[], features: readonly number[]): number {
  return dot([...features, 1], theta)
}

export function meanSquaredError(
  theta: readonly number[],
  x: readonly number[][],
  y: readonly number[]
): number {
  return (
    x.reduce((sum, row, i) => sum + (predict(theta, row) - (y[i] as number)) ** 2, 0) / x.length
  )
}

/**
 * Solves the normal equations X^T X theta = X^T y by Gaussian elimination with pivoting.
 * @param x rows of features, [n, d]
 * @param y targets, [n]
 * @throws RangeError where the features depend on each other
 */
export function leastSquares(x: readonly number[][], y: readonly number[]): LeastSquares {
  const rows = x.map((row) => [...row, 1])
  const size = rows[0]?.length ?? 0
  const column = (j: number) => rows.map((row) => row[j] as number)
  const system = Array.from({ length: size }, (_, i) => [
    ...Array.from({ length: size }, (_, j) => dot(column(i), column(j))),
    dot(column(i), y)
  ])
  for (let i = 0; i < size; i++) {
    const below = system.slice(i).map((row) => Math.abs(row[i] as number))
    const largest = i + below.indexOf(Math.max(...below))
    ;[system[i], system[largest]] = [system[largest] as number[], system[i] as number[]]
    const pivotRow = system[i] as number[]
    const pivot = pivotRow[i] as number
    if (Math.abs(pivot) < 1e-9) {
      throw new RangeError(
        `x: expected independent features, got feature ${i} made of others; drop it`
      )
    }
    for (const row of system) {
      if (row === pivotRow) continue
      const factor = (row[i] as number) / pivot
      for (let j = i; j <= size; j++) row[j] = (row[j] as number) - factor * (pivotRow[j] as number)
    }
  }
  const theta = system.map((row, i) => (row[size] as number) / (row[i] as number))
  return { theta, loss: meanSquaredError(theta, x, y) }
}

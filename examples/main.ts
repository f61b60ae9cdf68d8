/**
 * What `npm start` runs: the document's loop, the three methods on concrete.csv, the report.
 * Ctrl-C ends the training after the current step; the report then shows what there is.
 *
 * By itself: node build/examples/main.js [FOLDER]; reports go to FOLDER, default runs/.
 */
import path from 'node:path'
import { version } from 'node-libtorch'

import { run as batchGradientDescent } from './batch-gradient-descent'
import { type Dataset, loadConcrete } from './data'
import { run as gradientDescent } from './gradient-descent'
import { leastSquares, meanSquaredError } from './least-squares'
import { progressLine } from './progress'
import { type Report, tableHeader, tableRows, writeReport } from './report'
import { root } from './repository'
import { run as stochasticGradientDescent } from './stochastic-gradient-descent'
import type { Method, Result } from './training'

const methods: [string, Method][] = [
  ['gradient descent', gradientDescent],
  ['stochastic gradient descent', stochasticGradientDescent],
  ['batch gradient descent', batchGradientDescent]
]

async function trainAll(data: Dataset, signal: AbortSignal): Promise<Result[]> {
  const results: Result[] = []
  for (const [name, method] of methods) {
    if (signal.aborted) break
    const line = progressLine(name)
    let result: Result | undefined
    try {
      result = await method(data, { signal, onProgress: (progress) => line.update(progress) })
      results.push(result)
    } finally {
      line.done(result)
    }
  }
  return results
}

function optimumOf({ train, heldOut }: Dataset): Report['optimum'] {
  const plain = ({ x, y }: Dataset['train']) =>
    [x.tolist() as number[][], y.flatten().tolist() as number[]] as const
  const { theta, loss } = leastSquares(...plain(train))
  return { trainLoss: loss, heldOutLoss: meanSquaredError(theta, ...plain(heldOut)) }
}

/** Columns aligned: names to the left, numbers to the right. */
function formatTable(header: string[], rows: string[][]): string {
  const widths = header.map((_, i) =>
    Math.max(...[header, ...rows].map((row) => (row[i] as string).length))
  )
  const isText = (i: number) => i === 0 || i === header.length - 1
  const pad = (cell: string, i: number) =>
    isText(i) ? cell.padEnd(widths[i] as number) : cell.padStart(widths[i] as number)
  const line = (row: string[]) => `  ${row.map(pad).join('  ')}`.trimEnd()
  return [
    line(header),
    `  ${widths.map((width) => '-'.repeat(width)).join('  ')}`,
    ...rows.map(line)
  ].join('\n')
}

async function main(): Promise<void> {
  const interrupted = new AbortController()
  // Once: a second Ctrl-C ends the process at once.
  process.once('SIGINT', () => interrupted.abort())
  const date = new Date().toISOString()

  console.log("The document's loop: a linear model learns f(1) = 0")
  await import('./document.js')

  const data = loadConcrete()
  console.log(
    `\nThe three methods on ${data.name}: ` +
      `${data.train.size} training samples, ${data.heldOut.size} held out`
  )
  const results = await trainAll(data, interrupted.signal)
  const { target, train, heldOut } = data
  const report: Report = {
    date,
    environment:
      `libtorch ${version.libtorch}, Node ${process.versions.node}, ` +
      `node-libtorch ${version.nodeLibtorch}`,
    data: {
      name: data.name,
      features: data.features.length,
      train: train.size,
      heldOut: heldOut.size,
      target: target.name,
      unit: target.unit,
      std: target.std
    },
    optimum: optimumOf(data),
    stopped: interrupted.signal.aborted,
    results
  }
  console.log(`\n${formatTable(tableHeader, tableRows(report))}\n`)
  const folder = path.relative(
    process.cwd(),
    writeReport(report, process.argv[2] ?? path.join(root, 'runs'))
  )
  console.log(`Report: ${path.join(folder, 'report.html')}`)
  if (interrupted.signal.aborted) process.exitCode = 130
}

main().catch((error) => {
  console.error(error)
  process.exitCode = 1
})

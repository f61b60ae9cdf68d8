/**
 * The report of a run: one HTML page that needs no network, and the same numbers as JSON.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

import { describeEnding } from './progress'
import { root } from './repository'
import type { Result } from './training'

export interface Report {
  /** Start of the run, ISO 8601. */
  date: string
  /** What it ran on, such as 'libtorch 1.13.1, Node 20.20.0'. */
  environment: string
  data: {
    name: string
    features: number
    train: number
    heldOut: number
    target: string
    unit: string
    std: number
  }
  /** Losses at the closed-form optimum. */
  optimum: { trainLoss: number; heldOutLoss: number }
  /** Whether Ctrl-C ended the run early. */
  stopped: boolean
  results: Result[]
}

/** The columns of the results, in the order of `tableRows`. */
export const tableHeader = [
  'Method',
  'Epochs',
  'Samples seen',
  'Time',
  'Training loss',
  'Held-out loss',
  'Held-out RMSE',
  'Ended by'
]

const count = (value: number) => value.toLocaleString('en-US')
const rmse = (loss: number, { data }: Report) =>
  `${(Math.sqrt(loss) * data.std).toFixed(2)} ${data.unit}`

/** The table as text: a row a method, then the closed-form optimum. */
export function tableRows(report: Report): string[][] {
  const methods = report.results.map((result) => [
    result.method,
    count(result.epochs),
    count(result.samplesSeen),
    `${result.seconds.toFixed(2)} s`,
    result.trainLoss.toFixed(5),
    result.heldOutLoss.toFixed(5),
    rmse(result.heldOutLoss, report),
    describeEnding(result)
  ])
  const { trainLoss, heldOutLoss } = report.optimum
  const dash = '–'
  return [
    ...methods,
    [
      'least squares, closed form',
      dash,
      dash,
      dash,
      trainLoss.toFixed(5),
      heldOutLoss.toFixed(5),
      rmse(heldOutLoss, report),
      dash
    ]
  ]
}

function escapeHtml(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
  return text.replace(/[&<>"]/g, (character) => entities[character] as string)
}

/** JSON that cannot end the script element around it. */
const embed = (value: unknown) => JSON.stringify(value).replaceAll('<', '\\u003c')

const asset = (name: string) => readFileSync(path.join(root, 'examples', 'report', name), 'utf8')
const uplotFile = (name: string) => readFileSync(require.resolve(`uplot/dist/${name}`), 'utf8')

function tableHtml(report: Report): string {
  const head = tableHeader.map((title) => `<th scope="col">${escapeHtml(title)}</th>`)
  const rows = tableRows(report).map(([method, ...numbers], i) => {
    const key = report.results[i] ? ` data-series="${i}"` : ' class="optimum"'
    const cells = numbers.map((cell) => `<td>${escapeHtml(cell)}</td>`)
    return `<tr${key}><th scope="row">${escapeHtml(method as string)}</th>${cells.join('')}</tr>`
  })
  return `<table>
<thead><tr>${head.join('')}</tr></thead>
<tbody>${rows.join('\n')}</tbody>
</table>`
}

function startingLoss({ results }: Report): string {
  const first = results[0]?.curve.loss[0]
  return first === undefined ? '' : `; before it the loss was ${first.toFixed(3)}`
}

const stoppedNotice =
  '<p class="notice" role="status">Stopped by hand: the report shows what was done by then.</p>'

/** The whole page. */
export function renderReport(report: Report): string {
  const { data } = report
  const facts = [
    report.date.slice(0, 16).replace('T', ' '),
    report.environment,
    `${data.name}: ${count(data.train)} training and ${count(data.heldOut)} held-out samples, ` +
      `${data.features} features`
  ]
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Three ways down: gradient descent on libtorch</title>
<link rel="icon" href="data:,">
<style>${uplotFile('uPlot.min.css')}
${asset('page.css')}</style>
</head>
<body>
<main>
<header>
<p class="eyebrow">node-libtorch</p>
<h1>Three ways down</h1>
<p class="lead">The same linear model, from the same first weights, by gradient descent,
stochastic gradient descent and batch gradient descent, each until it converged.</p>
<ul class="facts">${facts.map((fact) => `<li>${escapeHtml(fact)}</li>`).join('')}</ul>
${report.stopped ? stoppedNotice : ''}
</header>
<section aria-labelledby="results">
<h2 id="results">Results</h2>
<div class="scroll" tabindex="0">${tableHtml(report)}</div>
<p class="note">Loss: mean squared error of the standardised ${escapeHtml(data.target)};
1 is the error of always guessing the mean. RMSE: its root, in ${escapeHtml(data.unit)}.</p>
</section>
<section aria-labelledby="by-step">
<h2 id="by-step">Loss by step</h2>
<p>One step is one update of the parameters. A stochastic step costs one sample, the others all of
them.</p>
<div class="chart" id="chart-step" role="figure" aria-labelledby="by-step"></div>
</section>
<section aria-labelledby="by-samples">
<h2 id="by-samples">Loss by samples seen</h2>
<p>The same curves, by the number of samples whose gradients were used: what a method gets out of
the data.</p>
<div class="chart" id="chart-samples" role="figure" aria-labelledby="by-samples"></div>
</section>
<footer>Both axes are logarithmic, so the curves begin at the first step${startingLoss(report)}.
The dotted line is the closed-form optimum. Gradient descent and batch gradient descent take the
same steps up to rounding: their curves coincide, one drawn wide, one dashed on top of it. Click a
name in a legend to hide its curve.</footer>
</main>
<script>${uplotFile('uPlot.iife.min.js')}</script>
<script type="application/json" id="report">${embed(report)}</script>
<script>${asset('charts.js')}</script>
</body>
</html>
`
}

/**
 * Writes report.html and result.json into a new folder of `runs`, named after the date.
 * @returns the folder
 */
export function writeReport(report: Report, runs = path.join(root, 'runs')): string {
  const folder = path.join(runs, report.date.replace(/[:.]/g, '-'))
  mkdirSync(folder, { recursive: true })
  writeFileSync(path.join(folder, 'result.json'), `${JSON.stringify(report, null, 2)}\n`)
  writeFileSync(path.join(folder, 'report.html'), renderReport(report))
  return folder
}

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Browser, type Page, chromium } from 'playwright-core'

import { type Report, renderReport, tableHeader, tableRows, writeReport } from '../examples/report'
import type { Result } from '../examples/training'

/** A made-up run: loss 1.3 falling to 0.4 at a pace of its own. */
function made(method: string, samplesPerStep: number, pace: number, end: Partial<Result>): Result {
  const step = Array.from({ length: 80 }, (_, i) => i * 4)
  const loss = step.map((value) => 0.4 + 0.9 * Math.exp(-value * pace))
  const steps = step.at(-1) as number
  return {
    method,
    epochs: 316,
    steps,
    samplesSeen: steps * samplesPerStep,
    seconds: 1.5,
    trainLoss: 0.41234,
    heldOutLoss: 0.4567,
    gradNorm: 0.001,
    curve: { step, samples: step.map((value) => value * samplesPerStep), loss },
    converged: 'loss',
    ...end
  }
}

const report: Report = {
  date: '2026-01-02T03:04:05.678Z',
  environment: 'libtorch 1.13.1, Node 20.20.0',
  data: {
    name: 'Made <up>',
    features: 8,
    train: 824,
    heldOut: 206,
    target: 'strength',
    unit: 'MPa',
    std: 16.5
  },
  optimum: { trainLoss: 0.4, heldOutLoss: 0.45 },
  stopped: false,
  results: [
    made('gradient descent', 824, 0.02, {
      epochs: 1234,
      trainLoss: 0.40001,
      converged: 'gradNorm'
    }),
    made('stochastic gradient descent', 1, 0.005, { seconds: 12.345 }),
    made('batch gradient descent', 824, 0.05, { converged: 'limit' })
  ]
}

// Colours of the three curves by colour scheme: examples/report/page.css.
const colors = {
  light: ['#3d97db', '#c4520a', '#4a1d78'],
  dark: ['#2f82c4', '#ff9d5c', '#ead9ff']
} as const

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'
const folder = mkdtempSync(path.join(os.tmpdir(), 'node-libtorch-report-'))
let browser: Browser

beforeAll(async () => {
  if (!existsSync(executablePath)) {
    throw new Error(
      `chromium: expected a browser at ${executablePath}, got nothing; ` +
        'run apt-get install -y chromium, or set CHROMIUM to the path of one'
    )
  }
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
})

afterAll(async () => {
  await browser?.close()
  rmSync(folder, { recursive: true })
})

interface Opened {
  page: Page
  /** Requests for anything but files. */
  requests: string[]
  /** Errors of the console and exceptions of the page. */
  errors: string[]
}

async function open(shown: Report, colorScheme: 'light' | 'dark'): Promise<Opened> {
  const written = writeReport(shown, folder)
  const context = await browser.newContext({ colorScheme, viewport: { width: 1200, height: 1000 } })
  const page = await context.newPage()
  const [requests, errors]: [string[], string[]] = [[], []]
  await page.route('**/*', (route) => {
    if (/^(file|data):/.test(route.request().url())) return route.continue()
    requests.push(route.request().url())
    return route.abort()
  })
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text())
  })
  page.on('pageerror', (error) => errors.push(String(error)))
  await page.goto(pathToFileURL(path.join(written, 'report.html')).href)
  // uPlot paints in a microtask after the script.
  await page.evaluate(() => new Promise(requestAnimationFrame))
  return { page, requests, errors }
}

/** For each colour the columns of the chart's canvas in which it stands, as shares of the width. */
function columnsOf(page: Page, chart: string, wanted: readonly string[]): Promise<number[][]> {
  return page.evaluate(
    ([id, list]) => {
      const canvas = document.querySelector<HTMLCanvasElement>(`#${id} canvas`)
      const context = canvas?.getContext('2d')
      if (!canvas || !context) return []
      const { width, height } = canvas
      const pixels = context.getImageData(0, 0, width, height).data
      return list.map((hex) => {
        const color = [1, 3, 5].map((i) => Number.parseInt(hex.slice(i, i + 2), 16))
        const found = new Set<number>()
        for (let i = 0; i < pixels.length; i += 4) {
          const near = color.every((value, k) => Math.abs((pixels[i + k] as number) - value) < 6)
          if (near && (pixels[i + 3] as number) > 250) found.add((i / 4) % width)
        }
        return [...found].map((column) => column / width)
      })
    },
    [chart, wanted] as const
  )
}

describe('the report in a browser', () => {
  test.each(['light', 'dark'] as const)(
    'draws the three curves in both charts (%s)',
    async (scheme) => {
      const { page, requests, errors } = await open(report, scheme)
      for (const chart of ['chart-step', 'chart-samples']) {
        const curves = await columnsOf(page, chart, colors[scheme])
        expect(curves).toHaveLength(3)
        for (const columns of curves) expect(columns.length).toBeGreaterThan(100)
      }
      // By samples seen, one sample a step lies to the left of 824 a step.
      const [whole, single] = await columnsOf(page, 'chart-samples', colors[scheme])
      expect(Math.max(...(single as number[]))).toBeLessThan(Math.max(...(whole as number[])) - 0.1)
      expect(requests).toEqual([])
      expect(errors).toEqual([])
      await page.context().close()
    }
  )

  test('a hidden curve goes from the canvas', async () => {
    const { page } = await open(report, 'light')
    await page
      .locator('#chart-step .u-legend th', { hasText: 'stochastic gradient descent' })
      .click()
    await page.evaluate(() => new Promise(requestAnimationFrame))
    const counts = (await columnsOf(page, 'chart-step', colors.light)).map(
      (columns) => columns.length
    )
    expect(counts[0]).toBeGreaterThan(100)
    expect(counts[1]).toBe(0)
    await page.context().close()
  })

  test('names every curve in the legends and every number in the table', async () => {
    const { page } = await open(report, 'light')
    for (const chart of ['chart-step', 'chart-samples']) {
      const labels = await page.locator(`#${chart} .u-legend .u-label`).allTextContents()
      expect(labels.slice(1)).toEqual([
        'gradient descent',
        'stochastic gradient descent',
        'batch gradient descent',
        'least squares, closed form'
      ])
    }
    const cells = await page
      .locator('main table')
      .first()
      .locator('tr')
      .evaluateAll((lines) =>
        lines.map((line) => [...line.querySelectorAll('th, td')].map((cell) => cell.textContent))
      )
    expect(cells[0]).toEqual(tableHeader)
    expect(cells.slice(1)).toEqual(tableRows(report))
    expect(cells[1]).toEqual([
      'gradient descent',
      '1,234',
      '260,384',
      '1.50 s',
      '0.40001',
      '0.45670',
      '11.15 MPa',
      'gradient vanished'
    ])
    expect(cells[2]?.slice(2, 4)).toEqual(['316', '12.35 s'])
    expect(await page.locator('.facts').textContent()).toContain(
      'Made <up>: 824 training and 206 held-out'
    )
    await page.context().close()
  })

  test('fits a narrow screen without scrolling the page sideways', async () => {
    const { page } = await open(report, 'light')
    await page.setViewportSize({ width: 390, height: 800 })
    await page.evaluate(() => new Promise(requestAnimationFrame))
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390)
    await page.context().close()
  })

  test.each([0, 1])('a run stopped after %d methods still makes a page', async (done) => {
    const { page, errors } = await open(
      { ...report, stopped: true, results: report.results.slice(0, done) },
      'light'
    )
    expect(await page.locator('[role=status]').textContent()).toContain('Stopped by hand')
    expect(await page.locator('main table').first().locator('tbody tr').count()).toBe(done + 1)
    const [first] = await columnsOf(page, 'chart-step', colors.light)
    expect((first as number[]).length > 100).toBe(done === 1)
    expect(errors).toEqual([])
    await page.context().close()
  })
})

describe('the written files', () => {
  test('the page names no address to load from', () => {
    const html = renderReport(report)
    expect(html).not.toMatch(/(src|href)="(?!data:,)/)
    expect(html).not.toMatch(/@import|url\(/)
  })

  test('result.json holds the whole report', () => {
    const written = writeReport(report, folder)
    expect(path.basename(written)).toBe('2026-01-02T03-04-05-678Z')
    expect(JSON.parse(readFileSync(path.join(written, 'result.json'), 'utf8'))).toEqual(report)
  })
})

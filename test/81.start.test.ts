import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'

import type { Report } from '../examples/report'

const methods = ['gradient descent', 'stochastic gradient descent', 'batch gradient descent']

describe('the program of npm start', () => {
  const root = path.join(__dirname, '..')
  const folder = mkdtempSync(path.join(os.tmpdir(), 'node-libtorch-'))

  beforeAll(() => {
    const tsc = path.join(path.dirname(require.resolve('typescript/package.json')), 'bin', 'tsc')
    for (const command of [
      ['scripts/build.js', '--only', 'lib'],
      [tsc, '-p', 'examples']
    ]) {
      const { status, stdout, stderr } = spawnSync(process.execPath, command, {
        cwd: root,
        encoding: 'utf8'
      })
      if (status !== 0) throw new Error(`${command.join(' ')}: ${stdout}${stderr}`)
    }
  })

  afterAll(() => {
    rmSync(folder, { recursive: true })
  })

  /** Runs it; `onOutput` sees everything printed so far. */
  async function start(name: string, onOutput?: (output: string, interrupt: () => void) => void) {
    const runs = path.join(folder, name)
    const child = spawn(process.execPath, ['build/examples/main.js', runs], { cwd: root })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text
        onOutput?.(output, () => child.kill('SIGINT'))
      })
    }
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
    const [made] = readdirSync(runs)
    const written = path.join(runs, made as string)
    const report = JSON.parse(readFileSync(path.join(written, 'result.json'), 'utf8')) as Report
    return { code, output, report, html: readFileSync(path.join(written, 'report.html'), 'utf8') }
  }

  test('trains the document and the three methods, prints a table, writes the report', async () => {
    const { code, output, report, html } = await start('whole')
    expect(code).toBe(0)
    expect(output).toMatch(/loss before: \S+\nloss after 1000 epochs: \S+e-\d\d\n/)
    for (const name of methods) {
      expect(output).toMatch(new RegExp(`^  ${name}: \\d+ epochs, loss 0\\.39`, 'm'))
      expect(output).toMatch(new RegExp(`^  ${name} .* 10\\.0\\d MPa`, 'm'))
    }
    expect(report.results.map(({ method }) => method)).toEqual(methods)
    expect(report.optimum.trainLoss).toBeCloseTo(0.39098, 4)
    expect(report.stopped).toBe(false)
    expect(html).toContain('</html>')
  })

  test('Ctrl-C stops the training and still writes what there is', async () => {
    let sent = false
    const { code, output, report, html } = await start('stopped', (text, interrupt) => {
      if (sent || !text.includes('\n  gradient descent: ')) return
      sent = true
      interrupt()
    })
    expect(code).toBe(130)
    expect(output).toContain('stopped by hand')
    expect(report.stopped).toBe(true)
    expect(report.results.map(({ converged }) => converged)).toEqual(['gradNorm', 'stopped'])
    expect(html).toContain('Stopped by hand')
  })
})

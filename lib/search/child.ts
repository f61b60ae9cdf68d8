/**
 * The process of lib/search/process.ts: runs the trials that it is sent, one at a time.
 */
import { pathToFileURL } from 'node:url'

import { setNumThreads } from '../runtime'
import type { FromChild } from './process'
import { type Trial, type TrialRequest, runTrial } from './trial'

const [, , file, threads] = process.argv as [string, string, string, string]
setNumThreads(Number(threads))

const send = (message: FromChild) => process.send?.(message)
const signal = new AbortController().signal

async function load(): Promise<Trial> {
  const made: { default?: unknown } = await import(pathToFileURL(file).href)
  const inner = made.default as { default?: unknown } | undefined
  const trial = typeof inner === 'function' ? inner : inner?.default
  if (typeof trial !== 'function')
    throw new TypeError(`${file}: expected a function as the default export, got ${typeof trial}`)
  return trial as Trial
}

let loaded: Promise<Trial> | null = null

process.on('message', async (request: TrialRequest) => {
  try {
    loaded ??= load()
    send({ score: await runTrial(await loaded, request, signal, (report) => send({ report })) })
  } catch (error) {
    send({ error: error instanceof Error ? error.message : String(error) })
  }
})
// The parent is gone: nobody wants the score.
process.on('disconnect', () => process.exit())

/**
 * Trials in processes of their own. Not in worker threads: these share libtorch's default generator,
 * so that two trials at once would take each other's draws, and none could be repeated.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'

import type { TrialRequest } from './trial'

export type FromChild = { report: number } | { score: number } | { error: string }

/** A child that runs the trials of a module, one at a time. */
export class TrialProcess {
  readonly #module: string
  readonly #threads: number
  #child: ChildProcess | null = null

  constructor(module: string, threads: number) {
    this.#module = module
    this.#threads = threads
  }

  #start(): ChildProcess {
    const child = fork(join(__dirname, 'child.js'), [this.#module, String(this.#threads)], {
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc']
    })
    this.#child = child
    return child
  }

  /** The score. @throws Error with what the trial threw, or with how its process ended */
  run(request: TrialRequest, report: (score: number) => void): Promise<number> {
    const child = this.#child ?? this.#start()
    return new Promise((resolve, reject) => {
      const finish = (then: () => void) => {
        child.removeAllListeners()
        then()
      }
      child.on('message', (message: FromChild) => {
        if ('report' in message) report(message.report)
        else if ('score' in message) finish(() => resolve(message.score))
        else finish(() => reject(new Error(message.error)))
      })
      child.on('error', (error) => finish(() => reject(error)))
      child.on('exit', (code, signal) => {
        this.#child = null
        finish(() => reject(new Error(`its process ended with ${signal ?? `code ${code}`}`)))
      })
      child.send(request)
    })
  }

  close(): void {
    this.#child?.kill('SIGKILL')
    this.#child = null
  }
}

/**
 * The part of cli-progress that is used here; the package ships no types. It is loaded with the first
 * bar: what never shows one needs no package.
 */
export interface BarOptions {
  format: (options: BarFormat, params: { progress: number }, payload: unknown) => string
  barsize: number
  fps: number
  linewrap: boolean
  stream: object
}

export interface BarFormat {
  barsize: number
  barCompleteString: string
  barIncompleteString: string
}

export interface SingleBar {
  timer: NodeJS.Timeout | null
  start(total: number, value: number): void
  update(value: number): void
  render(): void
  stop(): void
}

export interface CliProgress {
  SingleBar: new (options: BarOptions, preset: object) => SingleBar
  Presets: { shades_classic: object }
}

export const cliProgress = (): CliProgress => require('cli-progress') as CliProgress

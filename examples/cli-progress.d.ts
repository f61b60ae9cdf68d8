/** The part of cli-progress that the examples use; the package ships no types. */
declare module 'cli-progress' {
  export interface Options {
    format?: string
    hideCursor?: boolean
    barsize?: number
    stream?: NodeJS.WritableStream
  }
  export class SingleBar {
    constructor(options: Options, preset?: object)
    start(total: number, value: number, payload?: object): void
    update(value: number, payload?: object): void
    setTotal(total: number): void
    stop(): void
  }
  export const Presets: { shades_classic: object }
}

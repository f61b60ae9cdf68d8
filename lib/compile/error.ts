/**
 * Why a step cannot be recorded.
 */
import { dirname } from 'node:path'

const own = dirname(__dirname)

/** The first place outside of this library, as `FILE:LINE:COLUMN`. */
export function placeIn(stack: string | undefined): string | null {
  for (const line of stack?.split('\n').slice(1) ?? []) {
    const found = /\(?((?:file:\/\/)?\/[^()]+:\d+:\d+)\)?$/.exec(line)
    const place = found?.[1]
    if (place && !place.includes(own) && !place.startsWith('node:')) return place
  }
  return null
}

/** As the addon says it of tensors (native/tensor_table.cc). */
export class BusyError extends Error {
  readonly code = 'ERR_TORCH_BUSY'

  constructor() {
    super(
      'step.run: expected a step that is not running, got one whose step.run() has not ended; await ' +
        'that, or end it by its signal, first'
    )
  }
}

export class CompileError extends Error {
  readonly code = 'ERR_TORCH_COMPILE'

  /**
   * @param what what cannot be replayed
   * @param remedy what to do instead
   * @param place where in the user's code
   */
  constructor(
    readonly what: string,
    readonly remedy: string,
    readonly place: string | null
  ) {
    super(`compile: ${what}${place ? ` at ${place}` : ''}; ${remedy}`)
    this.name = 'CompileError'
  }
}

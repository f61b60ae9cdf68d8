/**
 * A way to have V8 collect its young objects, for the addon's sweeps (native/tensor_table.h).
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

let known: (() => void) | null | undefined

/**
 * A function that collects the young generation, in some 70 us; null where the engine has none
 * (the addon then collects everything, less often). V8 puts its `gc` into contexts made while the
 * flag is on, so the flag goes off again and the user's globals stay as they were.
 */
export function youngCollector(): (() => void) | null {
  if (known === undefined) known = makeCollector()
  return known
}

function makeCollector(): (() => void) | null {
  try {
    setFlagsFromString('--expose-gc')
    const gc = runInNewContext('gc') as (options: { type: 'minor' }) => void
    const minor = { type: 'minor' } as const
    return () => gc(minor)
  } catch {
    return null
  } finally {
    setFlagsFromString('--no-expose-gc')
  }
}

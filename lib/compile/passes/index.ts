/**
 * What is made of a recording, in this order. Each pass is one small change of the list; a compiled
 * step's option `passes: { NAME: false }` leaves one out.
 */
import { exposedStorages, type Step } from '../step'
import { fuseZeroAdd } from './accumulation'
import { hoistConstants } from './constants'
import { removeDead } from './dead'
import { constantFills } from './fills'
import { expandForeach } from './foreach'
import { splitMeans } from './means'
import { planMemory } from './memory'
import { numbersAsTensors } from './numbers'
import { dropViews, planOutputs } from './outputs'

export const passes = {
  expandForeach,
  removeDead,
  constantFills,
  hoistConstants,
  numbersAsTensors,
  splitMeans,
  fuseZeroAdd,
  planOutputs,
  dropViews,
  planMemory
} satisfies Record<string, (step: Step) => void>

export type PassName = keyof typeof passes

export const passNames = Object.keys(passes) as PassName[]

/** Runs the passes that are not switched off. */
export function optimize(step: Step, switches: Partial<Record<PassName, boolean>>): void {
  for (const name of passNames) {
    // A filled storage exists only where it is planned.
    if (switches[name] !== false) passes[name](step)
  }
}

export { exposedStorages }

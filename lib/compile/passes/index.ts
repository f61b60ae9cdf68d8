/**
 * What is made of a recording, in this order. Each pass is one small change of the list; a compiled
 * step's option `passes: { NAME: false }` leaves one out.
 */
import { boolean, options as checkOptions } from '../../check'
import type { Step } from '../step'
import { fuseZeroAdd } from './accumulation'
import { hoistConstants } from './constants'
import { removeDead } from './dead'
import { constantFills } from './fills'
import { expandForeach } from './foreach'
import { splitMeans } from './means'
import { planMemory } from './memory'
import { numbersAsTensors } from './numbers'
import { offerMemory } from './offers'
import { reuseOperands } from './operands'
import { dropViews, planOutputs } from './outputs'
import { offerScratch } from './scratch'

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
  offerMemory,
  offerScratch,
  reuseOperands,
  planMemory
} satisfies Record<string, (step: Step) => void>

export type PassName = keyof typeof passes

export const passNames = Object.keys(passes) as PassName[]

export type PassSwitches = Partial<Record<PassName, boolean>>

/** @throws TypeError for a name that is no pass's, or a value that is not true or false */
export function passSwitches(value: unknown): PassSwitches {
  const switches = checkOptions<PassSwitches>('passes', value ?? {}, passNames)
  for (const [name, isOn] of Object.entries(switches)) boolean(`passes.${name}`, isOn)
  return switches
}

/** Runs the passes that are not switched off. */
export function optimize(step: Step, switches: PassSwitches): void {
  for (const name of passNames) {
    if (switches[name] !== false) passes[name](step)
  }
}

/**
 * The modules of whole_layers.json in eval mode, with nothing to be learnt: what whole_layers.py does.
 */
import * as torch from 'node-libtorch'
import { noGrad } from 'node-libtorch'
import { bits } from './bits'
import { type Case, flat, isForLoaded, make, valueFrom, valuesFrom } from './layers'
import table from './whole_layers.json'

interface WholeCase extends Case {
  self?: boolean
}

/** The cases for the loaded libtorch. */
export const cases = (table as WholeCase[]).filter(isForLoaded)

export function result(given: WholeCase): object {
  torch.manualSeed(7)
  const module = make(given).eval()
  let inputs = given.inputs.map(valueFrom)
  if (given.self) inputs = [inputs[0], inputs[0], inputs[0]]
  const keywords = valuesFrom(given.keywords ?? {})
  const run = () => flat((module as (...args: unknown[]) => unknown)(...inputs, keywords)).map(bits)
  const unrecorded = noGrad(run)
  // Of a frozen model autograd follows nothing either.
  module.requiresGrad_(false)
  return { unrecorded, frozen: run() }
}

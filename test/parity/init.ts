/**
 * The calls of init.json by seed: what init.py does.
 */
import * as torch from 'node-libtorch'
import { nn, type Tensor } from 'node-libtorch'
import { bits } from './bits'
import { camelCase } from './functional'
import table from './init.json'

type Call = [string, number[], ...unknown[]]
type Options = { dtype?: torch.DType; transposed?: boolean }

export const calls = table.calls as Call[]

export const gains = (): number[] =>
  table.gains.map((line) => nn.init.calculateGain(...(line as ['leaky_relu', number])))

export function call([name, shape, ...args]: Call): string[] {
  const last = args[args.length - 1]
  const hasOptions = typeof last === 'object' && last !== null
  const { dtype = 'float32', transposed, ...keywords } = (hasOptions ? last : {}) as Options
  torch.manualSeed(11)
  const made = torch.zeros(shape, { dtype, requiresGrad: true })
  const tensor = transposed ? made.detach().t() : made
  const functions = nn.init as unknown as Record<string, (...args: unknown[]) => Tensor>
  const positional = hasOptions ? args.slice(0, -1) : args
  const filled = functions[camelCase(name)]!(tensor, ...positional, keywords)
  if (filled !== tensor) throw new Error(`${name} did not return its tensor`)
  // The draw after it shows that as many were made.
  return [bits(filled), bits(torch.rand(1))]
}

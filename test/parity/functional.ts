/**
 * The calls of functional.json: results, gradients and inputs afterwards; what functional.py does.
 */
import * as torch from 'node-libtorch'
import { isTensor, nn, ops, type Tensor } from 'node-libtorch'
import { bits } from './bits'
import table from './functional.json'

type Callable = (...args: unknown[]) => unknown
type Call = [string, ...unknown[]]

const functions = nn.functional as unknown as Record<string, Callable>
const [major, minor] = torch.version.libtorch.split('.').map(Number) as [number, number]

/** Whether the loaded libtorch is of `since` or newer. */
function has(since: string): boolean {
  const [wantedMajor, wantedMinor] = since.split('.').map(Number) as [number, number]
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)
}

/** Calls as the table has them: Python's name, then the arguments; '@' marks an input. */
export const calls = table.groups.flatMap((group) =>
  has(group.since) ? (group.calls as Call[]) : []
)

/** Calls that need a newer libtorch, and which one. */
export const tooNew = table.groups.flatMap((group) =>
  has(group.since) ? [] : (group.calls as Call[]).map((line) => ({ line, since: group.since }))
)

/** 'l1_loss' -> 'l1Loss'; underscores at the ends stay. */
export function camelCase(name: string): string {
  return name.replace(/(?<=.)_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}

function inputs(): Record<string, Tensor> {
  torch.manualSeed(7)
  const made: Record<string, Tensor> = {}
  for (const [name, line] of Object.entries({ ...table.inputs, ...table.fixed })) {
    const [factory, ...args] = line
    const tensor = (torch as unknown as Record<string, Callable>)[factory as string]!(...args)
    made[name] = name in table.inputs ? (tensor as Tensor).requiresGrad_() : (tensor as Tensor)
  }
  for (const [name, shape] of Object.entries(table.signs)) {
    made[name] = ops.aten.sign!(torch.randn(shape)) as Tensor
  }
  return made
}

export function call([name, ...given]: Call): object {
  const tensors = inputs()
  const used = new Set<string>()
  const resolved = (arg: unknown): unknown => {
    if (arg === 'inf' || arg === '-inf') return (arg === 'inf' ? 1 : -1) / 0
    if (typeof arg === 'object' && arg !== null && !Array.isArray(arg)) {
      const entries = Object.entries(arg)
      return Object.fromEntries(entries.map(([key, value]) => [camelCase(key), resolved(value)]))
    }
    if (typeof arg !== 'string' || !arg.startsWith('@')) return arg
    used.add(arg.slice(1))
    return tensors[arg.slice(1)]
  }
  const args = given.map(resolved)
  // Some of the calls write to it.
  args[0] = (args[0] as Tensor).clone()
  const result = functions[camelCase(name)]!(...args)
  const outputs = (Array.isArray(result) ? result : [result]) as Tensor[]
  const first = outputs[0] as Tensor
  if (isTensor(first) && first.requiresGrad) {
    first.backward({ gradient: torch.randn(first.shape, { dtype: first.dtype }) })
  }
  const grads = [...used].map((input) => tensors[input]!.grad)
  return {
    outputs: outputs.map(bits),
    grads: grads.map((grad) => grad && bits(grad)),
    inputs: [...used].map((input) => bits(tensors[input]!))
  }
}

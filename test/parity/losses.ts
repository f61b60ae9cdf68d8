/**
 * The loss modules of losses.json: what losses.py does.
 */
import * as torch from 'node-libtorch'
import { type DType, nn, ops, type Tensor } from 'node-libtorch'
import { bits, namedBits } from './bits'
import { camelCase } from './functional'
import table from './losses.json'

type Line = [name: string, options: Record<string, unknown>, given: string[]]
// biome-ignore lint/suspicious/noExplicitAny: any of the classes
type Constructor = new (options: any) => nn.Module
type Factory = (...args: unknown[]) => Tensor

export interface Result {
  repr: string
  state: Record<string, string>
  value: string
  grads: (string | null)[]
}

export const lines = table.losses as unknown as Line[]

const city = (a: Tensor, b: Tensor) => a.sub(b).abs().sum(1)

function inputs(dtype: DType): Record<string, Tensor | typeof city> {
  torch.manualSeed(9)
  const made: Record<string, Tensor | typeof city> = { city }
  const factories = torch as unknown as Record<string, Factory>
  for (const [name, [factory, ...size]] of Object.entries({ ...table.inputs, ...table.fixed })) {
    const tensor = factories[factory as string]!(...size, { dtype })
    made[name] = name in table.inputs ? tensor.requiresGrad_() : tensor
  }
  for (const [name, [data]] of Object.entries(table.integers))
    made[name] = torch.tensor(data as number[], { dtype: 'int64' })
  for (const [name, size] of Object.entries(table.signs))
    made[name] = ops.aten.sign!(torch.randn(size, { dtype })) as Tensor
  return made
}

/** In each dtype, with each reduction. */
export function calls(line: Line): Result[] {
  const reductions = ['mean', 'sum', 'none', ...(line[0] === 'KLDivLoss' ? ['batchmean'] : [])]
  const dtypes = ['float32', 'float64'] as const
  return dtypes.flatMap((dtype) => reductions.map((reduction) => call(dtype, reduction, line)))
}

function call(dtype: DType, reduction: string, [name, given, args]: Line): Result {
  const tensors = inputs(dtype)
  const resolved = (arg: unknown) => (typeof arg === 'string' ? tensors[arg.slice(1)] : arg)
  const options = Object.entries(given).map(([key, arg]) => [camelCase(key), resolved(arg)])
  const Made = nn[name as keyof typeof nn] as unknown as Constructor
  const loss = new Made({ ...Object.fromEntries(options), reduction })
  const value = loss(...args.map(resolved)) as Tensor
  value.backward({ gradient: torch.randn(value.shape, { dtype: value.dtype }) })
  const leaves = args.filter((arg) => arg.slice(1) in table.inputs).map(resolved) as Tensor[]
  return {
    repr: String(loss),
    state: namedBits(Object.entries(loss.stateDict())),
    value: bits(value),
    grads: leaves.map(({ grad }) => grad && bits(grad))
  }
}

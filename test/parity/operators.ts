/**
 * The calls of operators.json: values and gradients; what operators.py does.
 */
import * as torch from 'node-libtorch'
import { isTensor, ops, Tensor } from 'node-libtorch'
import { bits } from './bits'
import table from './operators.json'

type Callable = (...args: unknown[]) => unknown

/** Calls as the table has them: the operator's name, then its arguments. */
export const calls = table.calls as [string, ...unknown[]][]

function inputs(): Record<string, Tensor> {
  torch.manualSeed(7)
  const made: Record<string, Tensor> = {}
  for (const [name, [factory, ...args]] of Object.entries(table.inputs)) {
    const tensor = (torch as unknown as Record<string, Callable>)[factory as string]!(...args)
    const drawn = tensor as Tensor
    made[name] = drawn.dtype.includes('float') ? drawn.requiresGrad_() : drawn
  }
  return made
}

/** The method of Tensor where there is one, else the operator by its own name. */
function operatorOf(name: string): Callable {
  const camelCase = name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
  const method = (Tensor.prototype as unknown as Record<string, Callable>)[camelCase]
  return method ? (self, ...rest) => method.apply(self, rest) : ops['aten']![name]!
}

export function call([name, ...given]: [string, ...unknown[]]): object {
  const tensors = inputs()
  const used = new Set<string>()
  const tensorOf = (arg: unknown): unknown => {
    if (Array.isArray(arg)) return arg.map(tensorOf)
    if (typeof arg !== 'string') return arg
    used.add(arg)
    return tensors[arg]
  }
  const args = given.map(tensorOf)
  if (name.endsWith('_')) args[0] = (args[0] as Tensor).clone()
  const result = operatorOf(name)(...args)
  const outputs = Array.isArray(result) ? result : [result]
  const [first] = outputs
  if (isTensor(first) && first.requiresGrad) {
    first.backward({ gradient: torch.randn(first.shape, { dtype: first.dtype }) })
  }
  const grads = [...used].map((input) => tensors[input]!.grad)
  return {
    outputs: outputs.map((out) => (isTensor(out) ? bits(out) : out)),
    grads: grads.map((grad) => grad && bits(grad))
  }
}

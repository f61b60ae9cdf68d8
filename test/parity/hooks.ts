/**
 * What hooks of modules are called with, and what they change: what hooks.py does.
 */
import { autograd, isTensor, manualSeed, nn, noGrad, type Tensor, tensor } from 'node-libtorch'

import { bits, namedBits } from './bits'

type Gradients = nn.Gradients
// biome-ignore lint/suspicious/noConfusingVoidType: a hook may return nothing
type Change<T> = (given: T) => T | void

function seen(value: unknown): unknown {
  if (value === undefined || value === null) return null
  if (isTensor(value)) return bits(value)
  return Array.isArray(value) ? value.map(seen) : value
}

function gradients(module: nn.Module, ...tensors: Tensor[]): object {
  const grads = module
    .namedParameters()
    .flatMap(([name, { grad }]): [string, Tensor][] => (grad ? [[name, grad]] : []))
  return { parameters: namedBits(grads), tensors: seen(tensors.map(({ grad }) => grad)) }
}

class Two extends nn.Module {
  first = new nn.Linear(2, 2)
  second = new nn.Linear(2, 2)

  override forward(a: Tensor, b: Tensor, scale: number): [Tensor, Tensor, string] {
    return [this.first(a).mul(scale), this.second(b).add(a), 'text']
  }
}

function x(requiresGrad = true): Tensor {
  const rows = [
    [1, -2],
    [0.5, 3]
  ]
  return tensor(rows, { requiresGrad })
}

const row = (inner: number) =>
  new nn.Sequential(new nn.Linear(2, inner), new nn.ReLU(), new nn.Linear(inner, 1))

function forwardHooks(): object {
  const log: unknown[] = []
  const net = row(2)
  const plain = net(x())
  const pre =
    (name: string, change: (inputs: Tensor[]) => unknown): nn.ForwardPreHook =>
    (module, inputs) => {
      log.push([name, module.constructor.name, seen(inputs)])
      return change(inputs)
    }
  const post =
    (name: string, change: (output: Tensor) => unknown): nn.ForwardHook =>
    (module, inputs, output) => {
      log.push([name, module.constructor.name, seen(inputs), seen(output)])
      return change(output)
    }
  const [first, relu] = [net[0]!, net[1]!]
  const handles = [
    first.registerForwardPreHook(pre('doubled', ([input]) => input!.mul(2))),
    first.registerForwardPreHook(pre('shifted', ([input]) => [input!.add(1)])),
    first.registerForwardPreHook(pre('same', () => undefined)),
    relu.registerForwardHook(post('negated', (output) => output.neg())),
    relu.registerForwardHook(post('same', () => null)),
    net.registerForwardHook(post('outer', (output) => output.mul(3)))
  ]
  const outputs: Tensor[] = [net(x()), net.forward(x()), first.forward(x())]
  handles[1]!.remove()
  handles[3]!.remove()
  handles[3]!.remove()
  outputs.push(net(x()))
  for (const handle of handles) handle.remove()
  outputs.push(net(x()))
  return { log, outputs: seen(outputs), plain: bits(plain) }
}

function backwardHooks(): object {
  const log: unknown[] = []
  const record =
    (name: string, change: Change<Gradients> = () => undefined): nn.FullBackwardHook =>
    (module, gradInputs, gradOutputs) => {
      log.push([name, module.constructor.name, seen(gradInputs), seen(gradOutputs)])
      return change(gradInputs)
    }
  const results: object[] = []
  const net = row(3)
  const [first, relu] = [net[0]!, net[1]!]
  // Where no input requires a gradient, there is none to change.
  const handles = [
    first.registerFullBackwardHook(record('first', ([grad]) => [grad!.mul(2)])),
    first.registerFullBackwardHook(record('again')),
    relu.registerFullBackwardHook(record('relu', ([grad]) => [grad!.add(1)])),
    net.registerFullBackwardHook(record('net'))
  ]
  let inputs = x()
  const output: Tensor = net(inputs)
  output.sum().backward({ retainGraph: true })
  results.push(gradients(net, inputs))
  output.mean().backward()
  results.push(gradients(net, inputs))
  handles[0]!.remove()
  handles[2]!.remove()
  net.zeroGrad()
  net(inputs).sum().backward()
  results.push(gradients(net, inputs))

  net.zeroGrad()
  net(x(false)).sum().backward()
  results.push(gradients(net))

  for (const which of [0, 1] as const) {
    for (const flags of [
      [true, true],
      [false, true],
      [true, false]
    ] as const) {
      const two = new Two()
      two.registerFullBackwardHook(record(`two ${which} ${flags.join(' ')}`))
      const [a, b] = [x(flags[0]), x(flags[1])]
      two(a, b, 3)[which].sum().backward()
      results.push(gradients(two, a, b))
    }
  }

  noGrad(() => net(x()))

  const cubic = new nn.Linear(2, 1)
  cubic.registerFullBackwardHook(record('double', ([grad]) => [grad!.mul(grad!)]))
  inputs = x()
  const [grad] = autograd.grad(cubic(inputs).pow(3).sum(), inputs, { createGraph: true })
  log.push('second')
  grad!.sum().backward()
  results.push(gradients(cubic, inputs))
  return { log, results }
}

function backwardPreHooks(): object {
  const log: unknown[] = []
  const record =
    (name: string, change: Change<Gradients> = () => undefined): nn.FullBackwardPreHook =>
    (module, gradOutputs) => {
      log.push([name, module.constructor.name, seen(gradOutputs)])
      return change(gradOutputs)
    }
  const net = row(3)
  const [first, relu, last] = [net[0]!, net[1]!, net[2]!]
  last.registerFullBackwardPreHook(record('last', ([grad]) => [grad!.mul(2)]))
  relu.registerFullBackwardPreHook(record('relu', ([grad]) => [grad!.add(1)]))
  relu.registerFullBackwardPreHook(record('relu again'))
  relu.registerFullBackwardHook((_, gradInputs, gradOutputs) => {
    log.push([seen(gradInputs), seen(gradOutputs)])
  })
  first.registerFullBackwardPreHook(record('first'), { prepend: true })
  first.registerFullBackwardPreHook(record('before'), { prepend: true })
  const results: object[] = []
  for (const flag of [true, false]) {
    const inputs = x(flag)
    net.zeroGrad()
    net(inputs).sum().backward()
    results.push(gradients(net, inputs))
  }
  const two = new Two()
  two.registerFullBackwardPreHook(
    record('two', ([one, other, text]) => [one!.mul(2), other!, text!])
  )
  const [a, b] = [x(), x()]
  two(a, b, 3)[0].sum().backward()
  results.push(gradients(two, a, b))
  return { log, results }
}

export function hooks(): { forward: object; backward: object; backwardPre: object } {
  manualSeed(3)
  return {
    forward: forwardHooks(),
    backward: backwardHooks(),
    backwardPre: backwardPreHooks()
  }
}

/**
 * Training runs, step by step: what training.py does.
 */
import { type DType, manualSeed, nn, optim, randn, type Tensor, tensor } from 'node-libtorch'
import { bits, namedBits } from './bits'
import settings from './training.json'

type Options = optim.SGDOptions & { groups?: Partial<optim.SGDOptions>[] }

export interface Run {
  initial: Record<string, string>
  losses: string[]
  final: Record<string, string>
  momentum: Record<string, string>
}

class Model extends nn.Module {
  linear = new nn.Linear(1, 1)
  override forward(x: Tensor): Tensor {
    return this.linear(x)
  }
}

function record(
  model: nn.Module,
  optimizer: optim.SGD,
  inputs: () => Tensor,
  targets: () => Tensor
): Run {
  const criterion = new nn.MSELoss()
  const initial = namedBits(model.namedParameters())
  const losses: string[] = []
  for (let step = 0; step < 1000; step++) {
    optimizer.zeroGrad()
    const loss = criterion(model(inputs()), targets())
    loss.backward()
    optimizer.step()
    losses.push(bits(loss))
  }
  const kept = Object.entries(optimizer.stateDict().state)
  const buffers = kept.map(([number, state]) => [number, state['momentum_buffer']])
  return {
    initial,
    losses,
    final: namedBits(model.namedParameters()),
    momentum: namedBits(buffers.filter(([, buffer]) => buffer) as [string, Tensor][])
  }
}

function document(): Run {
  manualSeed(0)
  const model = new Model()
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.01 })
  return record(
    model,
    optimizer,
    () => tensor([1.0]),
    () => tensor([0.0])
  )
}

function mlp({ groups, ...options }: Options, dtype: DType): Run {
  manualSeed(42)
  const x = randn(64, 13, { dtype })
  const y = x
    .matmul(randn(13, 1, { dtype }))
    .tanh()
    .add(randn(64, 1, { dtype }).mul(0.1))
  const layers = [new nn.Linear(13, 64, { dtype }), new nn.ReLU(), new nn.Linear(64, 1, { dtype })]
  const model = new nn.Sequential(...layers)
  const params = groups?.map((group, i) => ({ params: model[2 * i]!.parameters(), ...group }))
  const optimizer = new optim.SGD(params ?? model.parameters(), options)
  return record(
    model,
    optimizer,
    () => x,
    () => y
  )
}

/** Runs by name; each trains when it is called. */
export const runs: Record<string, () => Run> = {
  document,
  ...Object.fromEntries(
    Object.entries(settings as Record<string, Options>).map(([name, options]) => [
      name,
      () => mlp(options, 'float32')
    ])
  ),
  float64: () => mlp(settings.momentum, 'float64')
}

/**
 * How modules print and what they call their parts: what modules.py does.
 */
import { nn, ones, type Tensor, tensor } from 'node-libtorch'

class Block extends nn.Module {
  layers = new nn.Sequential(
    new nn.Linear(2, 3),
    new nn.ReLU({ inplace: true }),
    new nn.Linear(3, 2, { bias: false })
  )
  scale = nn.Parameter(ones(2))
  declare count: Tensor

  constructor() {
    super()
    this.registerBuffer('count', tensor(0n))
  }
}

class Net extends nn.Module {
  first = new Block()
  empty = new nn.Sequential()
  second = new Block()
  shared = this.first.layers
  loss = new nn.MSELoss({ reduction: 'sum' })
  tied = new nn.Linear(2, 3)

  constructor() {
    super()
    this.tied.weight = (this.first.layers[0] as nn.Linear).weight
  }
}

export function modules(): object[] {
  const made = [
    new Net(),
    new Block(),
    new nn.Linear(1, 1),
    new nn.ReLU(),
    new nn.Sequential(new nn.Sequential(new nn.ReLU()))
  ]
  return made.map((module) => ({
    repr: String(module),
    parameters: module.namedParameters().map(([name]) => name),
    buffers: module.namedBuffers().map(([name]) => name),
    modules: module.namedModules().map(([name]) => name),
    children: module.namedChildren().map(([name]) => name),
    state: Object.keys(module.stateDict())
  }))
}

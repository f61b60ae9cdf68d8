/**
 * Containers: names, order, printing, results: what containers.py does.
 */
import { manualSeed, nn, ones, type Tensor, tensor, zeros } from 'node-libtorch'

import { bits, namedBits } from './bits'

const linear = (inputs: number, outputs: number) => new nn.Linear(inputs, outputs)

class Blocks extends nn.Module {
  declare layers: nn.ModuleList
  declare heads: nn.ModuleDict
  declare empty: nn.ModuleList
  declare weights: nn.ParameterList<unknown>
  declare named: nn.ParameterDict<unknown>

  constructor() {
    super()
    this.layers = new nn.ModuleList<nn.Module>([linear(2, 2), linear(2, 2), linear(2, 2)])
    this.layers.append(new nn.ReLU())
    this.layers.insert(1, linear(2, 2))
    this.layers.extend([new nn.ReLU(), new nn.Sequential(linear(2, 2), new nn.ReLU())])
    this.layers.append(new nn.Sequential(linear(2, 2), new nn.ReLU()))
    this.layers.pop(0)
    this.heads = new nn.ModuleDict([
      ['10', linear(2, 1)],
      ['2', linear(2, 3)],
      ['size', new nn.ReLU()]
    ] as [string, nn.Module][])
    this.heads.set('b', linear(2, 2))
    this.heads.update(
      new Map([
        ['a', linear(2, 1)],
        ['2', linear(2, 4)]
      ])
    )
    this.heads.delete('size')
    this.empty = new nn.ModuleList()
    this.weights = new nn.ParameterList<unknown>([ones(2, 3), zeros(1), 5, 'x', null])
    this.weights.append(nn.Parameter(ones([]), false))
    this.named = new nn.ParameterDict<unknown>({ right: zeros(3), left: ones(2, 2) })
    this.named.set('9', zeros(1))
    this.named.update(
      new Map<string, unknown>([
        ['zed', ones(1)],
        ['beta', 0.5]
      ])
    )
  }

  override forward(x: Tensor): Tensor {
    let output = x
    for (const layer of this.layers) output = layer(output)
    const left = this.named.get('left') as Tensor
    return this.heads
      .get('b')(output)
      .mul(left.sum())
      .add(this.weights[1] as Tensor)
  }
}

class State extends nn.Module {
  declare later: Tensor | null

  constructor() {
    super()
    this.registerParameter('absent', null)
    this.registerBuffer('later', null)
    this.registerBuffer('cache', ones(2), { persistent: false })
    this.registerBuffer('kept', zeros(1))
    this.registerParameter('scale', nn.Parameter(ones(1)))
    this.registerModule('child', linear(1, 1))
    this.addModule('nothing', null)
    this.later = tensor([1n, 2n])
  }
}

function named(): nn.Sequential {
  return new nn.Sequential({ hidden: linear(2, 3), act: new nn.ReLU(), out: linear(3, 1) })
}

function shared(): nn.Sequential {
  const [relu, layer] = [new nn.ReLU(), linear(2, 2)]
  return new nn.Sequential(layer, relu, layer, relu)
}

function described(module: nn.Module): object {
  return {
    repr: String(module),
    parameters: namedBits(module.namedParameters()),
    own: module.namedParameters('', false).map(([name]) => name),
    prefixed: module.namedParameters('net').map(([name]) => name),
    buffers: module.namedBuffers().map(([name]) => name),
    modules: module.namedModules().map(([name]) => name),
    children: module.namedChildren().map(([name]) => name),
    state: Object.keys(module.stateDict())
  }
}

const pair = () => new nn.ModuleList([new nn.ReLU(), new nn.ReLU()])

export function containers(): object {
  manualSeed(7)
  const modules: Record<string, nn.Module> = {
    blocks: new Blocks(),
    state: new State(),
    named: named(),
    shared: shared(),
    list: new nn.ModuleList([new nn.ReLU()]),
    nested: new nn.ModuleList([pair(), pair()]),
    parameters: new nn.ParameterList([ones(1)]),
    types: new nn.ParameterDict(
      (['float32', 'float64', 'float16', 'bfloat16'] as const).map(
        (dtype) => [`of_${dtype}`, ones(1, { dtype })] as const
      )
    )
  }
  const x = tensor([
    [1, -2],
    [0.5, 3]
  ])
  const outputs: Record<string, object> = {}
  for (const name of ['blocks', 'named', 'shared']) {
    const module = modules[name] as nn.Module
    const output = module(x)
    output.sum().backward()
    const grads = module
      .namedParameters()
      .flatMap(([key, { grad }]): [string, Tensor][] => (grad ? [[key, grad]] : []))
    outputs[name] = { output: bits(output), grads: namedBits(grads) }
  }
  return {
    modules: Object.fromEntries(
      Object.entries(modules).map(([name, module]) => [name, described(module)])
    ),
    outputs,
    double: namedBits(new State().double().namedBuffers()),
    half: namedBits(Object.entries(new State().half().stateDict())),
    type: namedBits(Object.entries(new State().requiresGrad_(false).type('float64').stateDict()))
  }
}

// Containers, hooks and nn.utils: right calls must compile, those after @ts-expect-error must not.
import { nn, type Tensor, zeros } from 'node-libtorch'

const { utils } = nn
const x = zeros(2, 2)
const layer = new nn.Linear(2, 2)

class Net extends nn.Module {
  layers = new nn.ModuleList([new nn.Linear(2, 2), new nn.Linear(2, 2)])
  heads = new nn.ModuleDict({ a: new nn.Linear(2, 1), b: new nn.Linear(2, 3) })
  scales = new nn.ParameterList([zeros(1)])
  named = new nn.ParameterDict({ scale: zeros(1) })

  override forward(input: Tensor): Tensor {
    let output = input
    for (const each of this.layers) output = each(output)
    const weights: Tensor[] = [this.layers.at(-1).weight, this.heads.get('a').weight]
    return this.heads
      .get('a')(output)
      .mul(this.scales.at(0))
      .mul(this.named.get('scale'))
      .add(weights.length)
  }
}

const net = new Net()
const output: Tensor = net(x)
const handle = net.registerForwardHook((_module, [input], result: Tensor) => result.add(input))
handle.remove()
net.registerForwardPreHook((_module, inputs) => inputs, { prepend: true }).remove()
net.registerFullBackwardHook((_module, [gradient]) => [gradient ?? null])
net.registerBuffer('later', null, { persistent: false })
const part: nn.Module = net.half().getSubmodule('layers.0')
const sequential = new nn.Sequential({ hidden: layer, act: new nn.ReLU() })
const alsoSequential = new nn.Sequential(new Map([['hidden', layer]]))
const normed: nn.Linear = utils.weightNorm(
  utils.spectralNorm(layer, 'weight', { eps: 1e-6 }),
  'bias'
)
const norm: Tensor = utils.clipGradNorm(net.parameters(), 1, { normType: Infinity })
utils.prune.globalUnstructured([[layer, 'weight']], utils.prune.L1Unstructured, { amount: 0.2 })
const pruned: nn.Linear = utils.prune.lnStructured(layer, 'weight', 0.5, 2, 0)

// @ts-expect-error a tensor is no module
new nn.ModuleList([x])
// @ts-expect-error not an array
new nn.ModuleList(layer)
// @ts-expect-error a list of Linear takes Linear only
net.layers.append(new nn.ReLU())
// @ts-expect-error keys are strings
net.heads.get(1)
// @ts-expect-error a hook is a function
net.registerForwardHook('hook')
// @ts-expect-error an unknown option
net.registerBuffer('b', x, { persist: true })
// @ts-expect-error a norm is a number
utils.clipGradNorm(net.parameters(), 1, { normType: 'inf' })
// @ts-expect-error n and dim are wanted
utils.prune.lnStructured(layer, 'weight', 0.5)
// @ts-expect-error takes more than an amount
utils.prune.globalUnstructured([[layer, 'weight']], utils.prune.LnStructured, { amount: 1 })

export { alsoSequential, norm, normed, output, part, pruned, sequential }

/**
 * Clipping, vectors and norms of weights: what nn_utils.py does.
 */
import {
  arange,
  type DType,
  linspace,
  manualSeed,
  nn,
  noGrad,
  ones,
  randn,
  type Tensor,
  zeros
} from 'node-libtorch'

import { bits, namedBits } from './bits'

const { utils } = nn

export function described(module: nn.Linear): object {
  return {
    parameters: namedBits(module.namedParameters()),
    names: module.namedParameters().map(([name]) => name),
    buffers: namedBits(module.namedBuffers()),
    state: Object.keys(module.stateDict()),
    weight: bits(module.weight)
  }
}

function gradients(scale: number, dtype: DType = 'float32'): Tensor[] {
  const parameters = [[3, 4], [5], []].map((shape) => nn.Parameter(zeros(shape, { dtype })))
  for (const parameter of parameters) parameter.grad = randn(parameter.shape).to(dtype).mul(scale)
  return [...parameters, nn.Parameter(zeros(2))]
}

const gradBits = (parameters: Tensor[]) =>
  parameters.flatMap(({ grad }) => (grad ? [bits(grad)] : []))

function clipping(): unknown[] {
  const rows: unknown[] = []
  for (const normType of [2, 1, 0.5, 3, Infinity]) {
    for (const scale of [0.1, 10]) {
      for (const count of [1, 4]) {
        const parameters = gradients(scale).slice(0, count)
        const norm = utils.clipGradNorm(parameters, 1.5, { normType })
        rows.push([bits(norm), gradBits(parameters)])
      }
    }
  }
  for (const dtype of ['float64', 'bfloat16'] as const) {
    const parameters = gradients(3, dtype)
    rows.push([bits(utils.clipGradNorm(parameters, 1)), gradBits(parameters)])
  }
  rows.push([bits(utils.clipGradNorm([], 1)), []])
  const infinite = gradients(1)
  infinite[0]!.grad!.indexPut_([0, 0], Infinity)
  rows.push([bits(utils.clipGradNorm(infinite, 1)), gradBits(infinite)])
  for (const bound of [0.5, 0]) {
    const parameters = gradients(1)
    utils.clipGradValue(parameters, bound)
    rows.push(gradBits(parameters))
  }
  return rows
}

function vectors(): object {
  const net = new nn.Sequential(new nn.Linear(2, 3), new nn.Linear(3, 1))
  const vector = utils.parametersToVector(net.parameters())
  vector.pow(2).sum().backward()
  const grads = gradBits(net.parameters())
  utils.vectorToParameters(arange(13), net.parameters())
  return { vector: bits(vector), grads, parameters: namedBits(net.namedParameters()) }
}

export function trained(module: nn.Linear, steps = 3): object {
  const log: unknown[] = []
  for (let step = 0; step < steps; step++) {
    if (step === steps - 1) module.eval()
    const output = module(linspace(-1, 1, 6).reshape([2, 3]))
    module.zeroGrad()
    output.square().sum().backward()
    noGrad(() => {
      for (const parameter of module.parameters()) {
        if (parameter.grad) parameter.sub_(parameter.grad, { alpha: 0.01 })
      }
    })
    log.push([bits(output), gradBits(module.parameters())])
  }
  return { log, ...described(module) }
}

function weightNorms(): object[] {
  const rows: object[] = []
  for (const dim of [0, 1, null, -1]) {
    const layer = utils.weightNorm(new nn.Linear(3, 4), 'weight', { dim })
    rows.push(described(layer), trained(layer), described(utils.removeWeightNorm(layer)))
  }
  const layer = utils.weightNorm(utils.weightNorm(new nn.Linear(3, 4)), 'bias', { dim: 0 })
  rows.push(trained(layer))
  return rows
}

function spectralNorms(): object[] {
  const rows: object[] = []
  for (const options of [{}, { nPowerIterations: 3, eps: 1e-6 }, { dim: 1 }]) {
    const layer = utils.spectralNorm(new nn.Linear(3, 4), 'weight', options)
    rows.push(described(layer), trained(layer), described(utils.removeSpectralNorm(layer)))
  }
  const layer = utils.spectralNorm(new nn.Linear(3, 4, { bias: false }))
  rows.push([
    bits(
      layer(ones(3))
        .sub(layer(zeros(3).add(2)))
        .sum()
    )
  ])
  return rows
}

export function nnUtils() {
  manualSeed(11)
  return {
    clipping: clipping(),
    vectors: vectors(),
    weightNorms: weightNorms(),
    spectralNorms: spectralNorms()
  }
}

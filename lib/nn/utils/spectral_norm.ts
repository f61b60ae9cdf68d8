/**
 * Weights whose largest singular value is 1.
 */
import { finite, integer, options as checkOptions } from '../../check'
import { noGrad } from '../../modes'
import type { Tensor } from '../../tensor'
import { operator } from '../define'
import { normalize } from '../functional/normalization'
import type { Module } from '../module'
import { deleteMember, setComputed, settleParameter } from '../module/members'
import { Parameter } from '../parameter'
import {
  type Recipe,
  checkModule,
  forget,
  keepComputed,
  ownParameter,
  refuseComputed,
  tensorOf
} from './computed_weight'
import { notComputed } from './weight_norm'

const dot = operator('dot')
const mv = operator('mv')
const newEmpty = operator('new_empty')

export interface SpectralNormOptions {
  /** Steps towards the singular value before each forward in training. Default 1. */
  nPowerIterations?: number
  /** Added where a norm would be 0. Default 1e-12. */
  eps?: number
  /** The dimension of the outputs. Default 0, for transposed convolutions 1. */
  dim?: number | null
}

class SpectralNorm implements Recipe {
  readonly kind = 'spectralNorm'

  constructor(
    readonly name: string,
    readonly iterations: number,
    readonly dim: number,
    readonly eps: number
  ) {}

  /** The weight as a matrix, `dim` first. */
  matrix(weight: Tensor): Tensor {
    const { ndim, shape } = weight
    const others = [...Array(ndim).keys()].filter((other) => other !== this.dim)
    const front = this.dim === 0 ? weight : weight.permute([this.dim, ...others])
    return front.reshape([shape[this.dim] as number, -1])
  }

  unit(vector: Tensor): Tensor {
    return normalize(vector, { dim: 0, eps: this.eps })
  }

  compute(module: Module, isTraining = module.training): Tensor {
    const weight = tensorOf(module, `${this.name}_orig`)
    const matrix = this.matrix(weight)
    let [u, v] = [tensorOf(module, `${this.name}_u`), tensorOf(module, `${this.name}_v`)]
    if (isTraining) {
      noGrad(() => {
        for (let i = 0; i < this.iterations; i++) {
          v.copy_(this.unit(mv(matrix.t(), u)))
          u.copy_(this.unit(mv(matrix, v)))
        }
      })
      // The next forward changes the buffers, while the graph of this one still needs them.
      ;[u, v] = [u.clone(), v.clone()]
    }
    return weight.div(dot(u, mv(matrix, v)))
  }
}

/** Whether `module` is a transposed convolution: their weights have the inputs first. */
function isTransposed(module: Module): boolean {
  let prototype: object | null = Object.getPrototypeOf(module)
  while (prototype !== null) {
    if (/^ConvTranspose[123]d$/.test(prototype.constructor.name)) return true
    prototype = Object.getPrototypeOf(prototype)
  }
  return false
}

/**
 * Divides a weight by its largest singular value before every forward. The weight itself is the
 * parameter `NAME_orig`; the singular vectors `NAME_u` and `NAME_v` are buffers, which each forward in
 * training brings nearer by power iterations.
 * @param name default `'weight'`
 * @returns the module
 * @throws TypeError where the module has no such parameter
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.utils.spectral_norm.html
 */
export function spectralNorm<M extends Module>(
  module: M,
  name = 'weight',
  options?: SpectralNormOptions
): M {
  checkModule('spectralNorm', module)
  const { nPowerIterations, eps, dim } = checkOptions<SpectralNormOptions>(
    'spectralNorm',
    options,
    ['nPowerIterations', 'eps', 'dim']
  )
  const iterations = integer('nPowerIterations', nPowerIterations ?? 1, 1)
  const least = finite('eps', eps ?? 1e-12, 0)
  refuseComputed('spectralNorm', module, name)
  const weight = ownParameter('spectralNorm', module, name)
  const wanted = integer('dim', dim ?? (isTransposed(module) ? 1 : 0), 0, weight.ndim - 1)
  const recipe = new SpectralNorm(name, iterations, wanted, least)
  const [u, v] = noGrad(() =>
    recipe.matrix(weight).shape.map((size) => recipe.unit(newEmpty(weight, [size]).normal_(0, 1)))
  ) as [Tensor, Tensor]
  module.registerParameter(`${name}_orig`, weight)
  // Not yet divided, as in Python: the first forward does it.
  setComputed(module, name, weight.detach())
  module.registerBuffer(`${name}_u`, u)
  module.registerBuffer(`${name}_v`, v)
  keepComputed(module, name, recipe)
  return module
}

/**
 * Makes the weight that `spectralNorm` divides a parameter, as it is now.
 * @returns the module
 * @throws TypeError where spectralNorm does not compute it
 */
export function removeSpectralNorm<M extends Module>(module: M, name = 'weight'): M {
  checkModule('removeSpectralNorm', module)
  const recipe = forget(module, name, SpectralNorm)
  if (!recipe) throw notComputed('removeSpectralNorm', 'spectralNorm', module, name)
  const weight = noGrad(() => recipe.compute(module, false))
  for (const part of ['u', 'v', 'orig']) deleteMember(module, `${name}_${part}`)
  settleParameter(module, name, Parameter(weight))
  return module
}

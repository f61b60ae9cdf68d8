/**
 * torch.nn.init: first values of parameters. Every function fills its tensor in place, outside the
 * graph, and returns that very tensor; the same seed gives the same bits as Python's.
 * Source: https://pytorch.org/docs/stable/nn.init.html
 */
import { oneOf, rangeError, typeError } from '../check'
import { zeros } from '../creation'
import { randperm } from '../random'
import { scope } from '../memory'
import { noGrad } from '../modes'
import type { Tensor } from '../tensor'
import { defineFunction, operator } from './define'
import { inverseNormal, rejectedNormal } from './trunc_normal'
import { isBefore } from './version'

/** Runs `fill` outside the graph; what it makes on the way is freed at once. */
function filled(tensor: Tensor, fill: () => void): Tensor {
  noGrad(() => scope(fill))
  return tensor
}

/** Nonlinearities by the names of PyTorch's functions. */
export type Nonlinearity =
  | 'linear'
  | 'conv1d'
  | 'conv2d'
  | 'conv3d'
  | 'conv_transpose1d'
  | 'conv_transpose2d'
  | 'conv_transpose3d'
  | 'sigmoid'
  | 'tanh'
  | 'relu'
  | 'leaky_relu'
  | 'selu'

const gains: Record<Nonlinearity, (param: number) => number> = {
  linear: () => 1,
  conv1d: () => 1,
  conv2d: () => 1,
  conv3d: () => 1,
  conv_transpose1d: () => 1,
  conv_transpose2d: () => 1,
  conv_transpose3d: () => 1,
  sigmoid: () => 1,
  tanh: () => 5 / 3,
  relu: () => Math.sqrt(2),
  leaky_relu: (slope) => Math.sqrt(2 / (1 + slope ** 2)),
  selu: () => 3 / 4
}

/**
 * By what to scale weights before `nonlinearity`; `param` is leaky_relu's slope, default 0.01.
 * @throws TypeError for another nonlinearity, or a slope that is no number
 */
export function calculateGain(nonlinearity: Nonlinearity, param: number | null = null): number {
  const names = Object.keys(gains) as Nonlinearity[]
  const gain = gains[oneOf('nonlinearity', nonlinearity, names)]
  if (nonlinearity === 'leaky_relu' && param !== null && typeof param !== 'number') {
    throw typeError('param', 'a number, the negative slope', param)
  }
  return gain(param ?? 0.01)
}

/** Draws from U(a, b), default U(0, 1). */
export const uniform_ = defineFunction(
  'uniform_',
  ['tensor', 'a', 'b'],
  (tensor: Tensor, a = 0, b = 1) => noGrad(() => tensor.uniform_(a, b))
)

/** Draws from N(mean, std^2), default N(0, 1). */
export const normal_ = defineFunction(
  'normal_',
  ['tensor', 'mean', 'std'],
  (tensor: Tensor, mean = 0, std = 1) => noGrad(() => tensor.normal_(mean, std))
)

/**
 * Draws from N(mean, std^2) within [a, b], default N(0, 1) within [-2, 2]. By the method of the loaded
 * libtorch's own PyTorch: before 2.12 the inverse of the distribution function, from then on drawing
 * again what lies outside.
 * @throws RangeError unless std is above 0
 */
export const truncNormal_ = defineFunction(
  'truncNormal_',
  ['tensor', 'mean', 'std', 'a', 'b'],
  (tensor: Tensor, mean = 0, std = 1, a = -2, b = 2) => {
    if (!(std > 0)) throw rangeError('std', 'a number above 0', std)
    const fill = isBefore(2, 12) ? inverseNormal : rejectedNormal
    return filled(tensor, () => fill(tensor, mean, std, a, b))
  }
)

/** `val` everywhere. */
export const constant_ = defineFunction(
  'constant_',
  ['tensor', 'val'],
  (tensor: Tensor, val: number) => noGrad(() => tensor.fill_(val))
)

/** 1 everywhere. */
export const ones_ = defineFunction('ones_', ['tensor'], (tensor: Tensor) =>
  noGrad(() => tensor.fill_(1))
)

/** 0 everywhere. */
export const zeros_ = defineFunction('zeros_', ['tensor'], (tensor: Tensor) =>
  noGrad(() => tensor.zero_())
)

function twoDimensions(name: string, tensor: Tensor): [number, number] {
  const { shape } = tensor
  if (shape.length !== 2) throw rangeError(name, 'a tensor of 2 dimensions', shape.length)
  return shape as [number, number]
}

const eye = operator('eye.m_out')
/**
 * The identity matrix `[n, m]`.
 * @throws RangeError for another number of dimensions
 */
export const eye_ = defineFunction('eye_', ['tensor'], (tensor: Tensor) => {
  const [n, m] = twoDimensions('eye_', tensor)
  return noGrad(() => eye(n, m, { out: tensor }))
})

/**
 * The convolution `[out, in, k, ...]` that passes on its channels, in each of `groups` groups.
 * @throws RangeError for other than 3 to 5 dimensions, or groups that do not divide the first
 */
export const dirac_ = defineFunction(
  'dirac_',
  ['tensor', 'groups'],
  (tensor: Tensor, groups = 1) => {
    const { shape } = tensor
    if (shape.length < 3 || shape.length > 5) {
      throw rangeError('dirac_', 'a tensor of 3 to 5 dimensions', shape.length)
    }
    const [outputs, inputs, ...kernel] = shape as [number, number, ...number[]]
    if (outputs % groups !== 0) {
      throw rangeError('groups', `a divisor of dimension 0 (${outputs})`, groups)
    }
    const perGroup = outputs / groups
    return filled(tensor, () => {
      tensor.zero_()
      // The centres of all kernels: [out, in].
      const centres = kernel.reduce((view, size) => view.select(2, Math.floor(size / 2)), tensor)
      for (let group = 0; group < groups; group++) {
        for (let i = 0; i < Math.min(perGroup, inputs); i++) {
          centres
            .select(0, group * perGroup + i)
            .select(0, i)
            .fill_(1)
        }
      }
    })
  }
)

export type FanMode = 'fan_in' | 'fan_out'

/** How many values make an output element, and how many an input element goes into. */
function fans(tensor: Tensor): { fan_in: number; fan_out: number } {
  const { shape } = tensor
  if (shape.length < 2) {
    throw rangeError('tensor', 'at least 2 dimensions, to count inputs and outputs', shape.length)
  }
  const [outputs, inputs, ...kernel] = shape as [number, number, ...number[]]
  const field = kernel.reduce((product, size) => product * size, 1)
  return { fan_in: inputs * field, fan_out: outputs * field }
}

function xavierStd(tensor: Tensor, gain: number): number {
  const { fan_in, fan_out } = fans(tensor)
  return gain * Math.sqrt(2 / (fan_in + fan_out))
}

/**
 * Draws from U(-a, a) with a = gain * sqrt(6 / (fan_in + fan_out)): Glorot's.
 * @throws RangeError for fewer than two dimensions
 */
export const xavierUniform_ = defineFunction(
  'xavierUniform_',
  ['tensor', 'gain'],
  (tensor: Tensor, gain = 1) => {
    const bound = Math.sqrt(3) * xavierStd(tensor, gain)
    return noGrad(() => tensor.uniform_(-bound, bound))
  }
)

/**
 * Draws from N(0, std^2) with std = gain * sqrt(2 / (fan_in + fan_out)): Glorot's.
 * @throws RangeError for fewer than two dimensions
 */
export const xavierNormal_ = defineFunction(
  'xavierNormal_',
  ['tensor', 'gain'],
  (tensor: Tensor, gain = 1) => {
    const std = xavierStd(tensor, gain)
    return noGrad(() => tensor.normal_(0, std))
  }
)

function kaimingStd(tensor: Tensor, a: number, mode: FanMode, nonlinearity: Nonlinearity): number {
  const fan = fans(tensor)[oneOf('mode', mode, ['fan_in', 'fan_out'])]
  return calculateGain(nonlinearity, a) / Math.sqrt(fan)
}

const kaimingParameters = ['tensor', 'a', 'mode', 'nonlinearity'] as const
/**
 * Draws from U(-b, b) with b = gain * sqrt(3 / fan): He's. `a` is leaky_relu's slope.
 * @throws RangeError for fewer than two dimensions
 */
export const kaimingUniform_ = defineFunction(
  'kaimingUniform_',
  kaimingParameters,
  (tensor: Tensor, a = 0, mode: FanMode = 'fan_in', nonlinearity: Nonlinearity = 'leaky_relu') => {
    if (tensor.numel() === 0) return tensor
    const bound = Math.sqrt(3) * kaimingStd(tensor, a, mode, nonlinearity)
    return noGrad(() => tensor.uniform_(-bound, bound))
  }
)

/**
 * Draws from N(0, std^2) with std = gain / sqrt(fan): He's. `a` is leaky_relu's slope.
 * @throws RangeError for fewer than two dimensions
 */
export const kaimingNormal_ = defineFunction(
  'kaimingNormal_',
  kaimingParameters,
  (tensor: Tensor, a = 0, mode: FanMode = 'fan_in', nonlinearity: Nonlinearity = 'leaky_relu') => {
    if (tensor.numel() === 0) return tensor
    const std = kaimingStd(tensor, a, mode, nonlinearity)
    return noGrad(() => tensor.normal_(0, std))
  }
)

const qr = operator<(matrix: Tensor) => [Tensor, Tensor]>('linalg_qr')
const diag = operator('diag')
const sign_ = operator('sign_')
/**
 * A matrix of orthogonal rows or columns, whichever are fewer, times `gain`; dimensions after the
 * first count as one.
 * @throws RangeError for fewer than two dimensions
 */
export const orthogonal_ = defineFunction(
  'orthogonal_',
  ['tensor', 'gain'],
  (tensor: Tensor, gain = 1) => {
    const { shape, dtype, device } = tensor
    if (shape.length < 2) throw rangeError('orthogonal_', 'at least 2 dimensions', shape.length)
    if (tensor.numel() === 0) return tensor
    const rows = shape[0] as number
    const columns = tensor.numel() / rows
    return filled(tensor, () => {
      const drawn = zeros([rows, columns], { dtype, device }).normal_(0, 1)
      const [q, r] = qr(rows < columns ? drawn.t() : drawn)
      // Without these signs some matrices would be more likely than others.
      q.mul_(sign_(diag(r)))
      tensor.view(rows, columns).copy_(rows < columns ? q.t() : q)
      tensor.mul_(gain)
    })
  }
)

const indexFill_ = operator('index_fill_')
/**
 * Draws from N(0, std^2), and in each column the part `sparsity` of zeros, at places drawn too.
 * @throws RangeError for another number of dimensions
 */
export const sparse_ = defineFunction(
  'sparse_',
  ['tensor', 'sparsity', 'std'],
  (tensor: Tensor, sparsity: number, std = 0.01) => {
    const [rows, columns] = twoDimensions('sparse_', tensor)
    const zeroed = Math.min(rows, Math.ceil(sparsity * rows))
    const { device } = tensor
    return filled(tensor, () => {
      tensor.normal_(0, std)
      for (let column = 0; column < columns; column++) {
        const places = randperm(rows).narrow(0, 0, zeroed).to({ device })
        indexFill_(tensor.select(1, column), 0, places, 0)
      }
    })
  }
)

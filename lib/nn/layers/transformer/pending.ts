/**
 * What transformers are made of.
 */
import { boolean, finite, integer, options as checkOptions, rangeError } from '../../../check'
import { ones, zeros } from '../../../creation'
import type { DType } from '../../../dtype'
import type { Tensor } from '../../../tensor'
import { gelu } from '../../functional/plain_activation'
import { dropout } from '../../functional/dropout'
import { layerNorm } from '../../functional/normalization'
import { Module } from '../../module'
import { Parameter } from '../../parameter'
import { isBefore } from '../../version'

export { ReLU } from '../../activation'
export { Linear } from '../../linear'

/** Zeroes each element with probability p when training, and divides the rest by 1 - p. */
export class Dropout extends Module {
  readonly p: number
  readonly inplace: boolean

  constructor(p = 0.5, options?: { inplace?: boolean }) {
    const { inplace = false } = checkOptions<{ inplace?: boolean }>('Dropout', options, ['inplace'])
    if (finite('p', p) < 0 || p > 1) throw rangeError('p', 'a probability from 0 to 1', p)
    super()
    this.p = p
    this.inplace = boolean('inplace', inplace)
  }

  override forward(input: Tensor): Tensor {
    return dropout(input, this.p, this.training, this.inplace)
  }

  override extraRepr(): string {
    return `p=${this.p}, inplace=${this.inplace ? 'True' : 'False'}`
  }
}

interface LayerNormOptions {
  eps?: number
  elementwiseAffine?: boolean
  bias?: boolean
  device?: string
  dtype?: DType
}

/** (x - mean) / sqrt(var + eps) * weight + bias over the last dimensions. */
export class LayerNorm extends Module {
  readonly normalizedShape: readonly number[]
  readonly eps: number
  readonly elementwiseAffine: boolean
  weight: Tensor | null
  bias: Tensor | null

  constructor(normalizedShape: number | readonly number[], options?: LayerNormOptions) {
    const given = checkOptions<LayerNormOptions>('LayerNorm', options, [
      'eps',
      'elementwiseAffine',
      'bias',
      'device',
      'dtype'
    ])
    const { eps = 1e-5, elementwiseAffine = true, bias = true, device, dtype = 'float32' } = given
    super()
    const shape = typeof normalizedShape === 'number' ? [normalizedShape] : normalizedShape
    this.normalizedShape = shape.map((size) => integer('normalizedShape', size))
    this.eps = finite('eps', eps)
    this.elementwiseAffine = boolean('elementwiseAffine', elementwiseAffine)
    this.weight = elementwiseAffine ? Parameter(ones(shape, { device, dtype })) : null
    this.bias = elementwiseAffine && bias ? Parameter(zeros(shape, { device, dtype })) : null
  }

  override forward(input: Tensor): Tensor {
    return layerNorm(input, this.normalizedShape, this.weight, this.bias, this.eps)
  }

  override extraRepr(): string {
    const { normalizedShape: shape, eps, elementwiseAffine } = this
    const flag = (value: boolean) => (value ? 'True' : 'False')
    const sizes = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`
    const text = eps !== 0 && eps < 1e-4 ? eps.toExponential() : String(eps)
    const number = text.replace(/e-(\d)$/, 'e-0$1')
    const bias = isBefore(2, 10) ? '' : `, bias=${flag(this.bias !== null)}`
    return `${sizes}, eps=${number}, elementwise_affine=${flag(elementwiseAffine)}${bias}`
  }
}

/** x times the probability that a standard normal number is below x. */
export class GELU extends Module {
  readonly approximate: 'none' | 'tanh'

  constructor(options?: { approximate?: 'none' | 'tanh' }) {
    super()
    this.approximate = options?.approximate ?? 'none'
  }

  override forward(input: Tensor): Tensor {
    return gelu(input, { approximate: this.approximate })
  }

  override extraRepr(): string {
    return `approximate='${this.approximate}'`
  }
}

/** Modules in a list: their names are `'0'`, `'1'`, and so on. */
export class ModuleList extends Module {
  [index: number]: Module

  constructor(modules: readonly Module[] = []) {
    super()
    for (const [i, module] of modules.entries()) this[i] = module
  }

  [Symbol.iterator](): Iterator<Module> {
    return this.children()[Symbol.iterator]()
  }

  /** As Python prints it, from 2.0 on neighbours of the same text once. */
  override toString(): string {
    if (isBefore(2, 0)) return super.toString()
    const blocks: { text: string; from: number; to: number }[] = []
    for (const [i, child] of this.children().entries()) {
      const text = String(child).replaceAll('\n', '\n  ')
      const last = blocks.at(-1)
      if (last?.text === text) last.to = i
      else blocks.push({ text, from: i, to: i })
    }
    const lines = blocks.map(({ text, from, to }) =>
      from === to ? `(${from}): ${text}` : `(${from}-${to}): ${to - from + 1} x ${text}`
    )
    return lines.length === 0 ? 'ModuleList()' : `ModuleList(\n  ${lines.join('\n  ')}\n)`
  }
}

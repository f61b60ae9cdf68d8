/**
 * Layers that multiply by a matrix.
 */
import { boolean, integer, options as checkOptions } from '../../check'
import type { Tensor } from '../../tensor'
import { bilinear } from '../functional/linear'
import { uniform_ } from '../init'
import { Module } from '../module'
import { markPlain, NativeModule } from '../native_module'
import { emptyParameter, type FactoryOptions } from './factory'
import { python } from '../../python_text'

export interface LinearOptions extends FactoryOptions {
  /** Whether `b` is learnt and added. Default true. */
  bias?: boolean
}

const known = ['bias', 'device', 'dtype'] as const

/**
 * The input itself: a place holder for another layer. What the constructor is given is not looked at,
 * as in Python.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Identity.html
 */
export class Identity extends Module {
  /** Takes whatever the layer in its place took. */
  constructor(..._ignored: unknown[]) {
    super()
  }

  override forward(input: Tensor): Tensor {
    return input
  }
}

/**
 * y = x W^T + b. Input `[..., inFeatures]`, output `[..., outFeatures]`.
 *
 * `weight` `[outFeatures, inFeatures]` and `bias` `[outFeatures]` (null without) are first drawn
 * from U(-k, k) with k = 1 / sqrt(inFeatures).
 * @throws RangeError for sizes that are negative or not whole
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Linear.html
 */
export class Linear extends NativeModule {
  declare weight: Tensor
  declare bias: Tensor | null
  readonly inFeatures: number
  readonly outFeatures: number

  constructor(inFeatures: number, outFeatures: number, options?: LinearOptions) {
    integer('inFeatures', inFeatures)
    integer('outFeatures', outFeatures)
    const { bias = true, device, dtype } = checkOptions<LinearOptions>('Linear', options, known)
    boolean('bias', bias)
    super('Linear', [inFeatures, outFeatures], { bias, device, dtype })
    this.inFeatures = inFeatures
    this.outFeatures = outFeatures
  }

  /** Draws weight and bias again. */
  resetParameters(): void {
    this.redraw()
  }

  override forward(input: Tensor): Tensor {
    return this.run(input)
  }

  override extraRepr(): string {
    const { inFeatures, outFeatures } = this
    return `in_features=${inFeatures}, out_features=${outFeatures}, bias=${python(!!this.bias)}`
  }
}

markPlain(Linear)

/**
 * y = x1^T W x2 + b. Inputs `[..., in1Features]` and `[..., in2Features]`, output
 * `[..., outFeatures]`.
 *
 * `weight` `[outFeatures, in1Features, in2Features]` and `bias` `[outFeatures]` (null without) are
 * first drawn from U(-k, k) with k = 1 / sqrt(in1Features).
 * @throws RangeError for sizes below 1
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Bilinear.html
 */
export class Bilinear extends Module {
  weight: Tensor
  bias: Tensor | null
  readonly in1Features: number
  readonly in2Features: number
  readonly outFeatures: number

  constructor(
    in1Features: number,
    in2Features: number,
    outFeatures: number,
    options?: LinearOptions
  ) {
    integer('in1Features', in1Features, 1)
    integer('in2Features', in2Features, 1)
    integer('outFeatures', outFeatures, 1)
    const { bias = true, device, dtype } = checkOptions<LinearOptions>('Bilinear', options, known)
    boolean('bias', bias)
    super()
    this.in1Features = in1Features
    this.in2Features = in2Features
    this.outFeatures = outFeatures
    this.weight = emptyParameter([outFeatures, in1Features, in2Features], { device, dtype })
    this.bias = bias ? emptyParameter([outFeatures], { device, dtype }) : null
    this.resetParameters()
  }

  /** Draws weight and bias again. */
  resetParameters(): void {
    const bound = 1 / Math.sqrt(this.weight.shape[1]!)
    uniform_(this.weight, -bound, bound)
    if (this.bias) uniform_(this.bias, -bound, bound)
  }

  override forward(input1: Tensor, input2: Tensor): Tensor {
    return bilinear(input1, input2, this.weight, this.bias)
  }

  override extraRepr(): string {
    const { in1Features, in2Features, outFeatures } = this
    return (
      `in1_features=${in1Features}, in2_features=${in2Features}, ` +
      `out_features=${outFeatures}, bias=${python(!!this.bias)}`
    )
  }
}

/**
 * libtorch's operators for whole layers, which PyTorch takes where nothing is to be learnt: they give
 * other last bits than the layers' single operators.
 */
import { isAutocastEnabled } from '../../../amp/autocast'
import { isGradEnabled } from '../../../modes'
import type { Tensor } from '../../../tensor'
import { operator } from '../../define'
import type { MultiheadAttention } from './multihead_attention'
import type { LayerNorm } from '../layer_norm'
import type { Linear } from '../linear'

type Pair = [output: Tensor, weights: Tensor | null]
const runAttention = operator<(...args: unknown[]) => Pair>('_native_multi_head_attention')

/** A mask, and how the operators are told what it is: 0 of pairs, 1 of keys, 2 of both by head. */
export interface MergedMask {
  mask: Tensor | null
  type: number | null
}

/** Whether autograd follows none of these, and nothing is cast on a GPU; PyTorch asks for no more. */
export function unrecorded(...tensors: (Tensor | null)[]): boolean {
  if (isAutocastEnabled('cuda')) return false
  return !isGradEnabled() || !tensors.some((tensor) => tensor?.requiresGrad)
}

/** Both masks as one, that for pairs by head. */
export function mergedMask(
  mask: Tensor | null,
  padding: Tensor | null,
  query: Tensor,
  heads: number
): MergedMask {
  if (!mask) return { mask: padding, type: padding ? 1 : null }
  const [batch, length] = query.shape as [number, number]
  const pairs =
    mask.ndim === 3
      ? mask.view(batch, -1, length, length)
      : mask.view(1, 1, length, length).expand(batch, heads, -1, -1)
  if (!padding) return { mask: pairs, type: 2 }
  const keys = padding.view(batch, 1, 1, length).expand(-1, heads, -1, -1)
  return { mask: pairs.add(keys), type: 2 }
}

/** Attention of the input to itself. */
export function nativeAttention(
  layer: MultiheadAttention,
  input: Tensor,
  { mask, type }: MergedMask,
  needWeights: boolean,
  averageAttnWeights: boolean
): [output: Tensor, weights: Tensor | null] {
  const { embedDim, numHeads, in_proj_weight, in_proj_bias, out_proj } = layer
  const inputs = [input, input, input, embedDim, numHeads, in_proj_weight, in_proj_bias]
  const [output, weights] = runAttention(
    ...inputs,
    out_proj.weight,
    out_proj.bias,
    mask,
    needWeights,
    averageAttnWeights,
    type
  )
  return [output, needWeights ? weights : null]
}

/** What the operator for a whole layer takes of it. */
export interface FastLayer {
  self_attn: MultiheadAttention
  norm1: LayerNorm
  norm2: LayerNorm
  linear1: Linear
  linear2: Linear
  normFirst: boolean
}

const runLayer = operator('_transformer_encoder_layer_fwd')

/** The layer's tensors in the operator's order; null where one is missing. */
function layerWeights({ norm1, norm2, linear1, linear2 }: FastLayer): Tensor[] | null {
  const weights = [norm1, norm2, linear1, linear2].flatMap(({ weight, bias }) => [weight, bias])
  return weights.includes(null) ? null : (weights as Tensor[])
}

/** Whether `runFastLayer` can take the layer and autograd follows nothing in it. */
export function isFastLayer(layer: FastLayer, input: Tensor): boolean {
  const { self_attn: attention, norm1, norm2 } = layer
  const { in_proj_weight, in_proj_bias, out_proj, batchFirst, numHeads } = attention
  if (!batchFirst || numHeads % 2 === 1 || norm1.eps !== norm2.eps) return false
  const weights = layerWeights(layer)
  if (!in_proj_weight || !in_proj_bias || !out_proj.bias || !weights) return false
  return unrecorded(input, in_proj_weight, in_proj_bias, out_proj.weight, out_proj.bias, ...weights)
}

/** The whole layer by one operator. */
export function runFastLayer(
  layer: FastLayer,
  isGelu: boolean,
  input: Tensor,
  { mask, type }: MergedMask
): Tensor {
  const { self_attn: attention, normFirst, norm1 } = layer
  return runLayer(
    input,
    attention.embedDim,
    attention.numHeads,
    attention.in_proj_weight,
    attention.in_proj_bias,
    attention.out_proj.weight,
    attention.out_proj.bias,
    isGelu,
    normFirst,
    norm1.eps,
    ...(layerWeights(layer) as Tensor[]),
    mask,
    type
  )
}

/**
 * Products with weights, and attention.
 * Source: https://pytorch.org/docs/stable/nn.functional.html#linear-functions
 */
import type { Tensor } from '../../tensor'
import { defineFunction, operator } from '../define'

/** x W^T + b: input `[..., in]`, weight `[out, in]`, bias `[out]`. */
export const linear = defineFunction(
  'linear',
  ['input', 'weight', 'bias'],
  operator<(input: Tensor, weight: Tensor, bias?: Tensor | null) => Tensor>('linear')
)

/** x1^T W x2 + b: inputs `[..., in1]` and `[..., in2]`, weight `[out, in1, in2]`, bias `[out]`. */
export const bilinear = defineFunction(
  'bilinear',
  ['input1', 'input2', 'weight', 'bias'],
  operator<(input1: Tensor, input2: Tensor, weight: Tensor, bias?: Tensor | null) => Tensor>(
    'bilinear'
  )
)

const attention = operator('scaled_dot_product_attention', '2.0 or newer')
/**
 * softmax(query key^T * scale + mask) value: query `[..., L, E]`, key `[..., S, E]`, value
 * `[..., S, Ev]`, result `[..., L, Ev]`. Where a boolean `attnMask` is false, a key is not seen;
 * another is added. `isCausal` lets a query see the keys up to its own place. `scale` defaults to
 * 1 / sqrt(E).
 * @throws Error where the loaded libtorch is older than 2.0
 */
export const scaledDotProductAttention = defineFunction(
  'scaledDotProductAttention',
  ['query', 'key', 'value', 'attnMask', 'dropoutP', 'isCausal', '*', 'scale', 'enableGqa'],
  (
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attnMask: Tensor | null = null,
    dropoutP = 0,
    isCausal = false,
    scale?: number,
    enableGqa?: boolean
  ) => attention(query, key, value, attnMask, dropoutP, isCausal, { scale, enableGqa })
)

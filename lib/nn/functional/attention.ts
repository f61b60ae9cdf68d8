/**
 * Attention of several heads at once, weights and all.
 */
import { rangeError, typeError } from '../../check'
import { zeros, zerosLike } from '../../creation'
import { type Tensor, tensorArgument } from '../../tensor'
import { defineFunction, operator } from '../define'
import { isBefore } from '../version'
import { addedMask, isFloat, keyMask, maskArgument, pairMask, withOneMore } from './attention_masks'
import { checkWeights, packedProjection, separateProjection } from './attention_projection'
import { dropout } from './dropout'
import { linear, scaledDotProductAttention } from './linear'

const cat = operator('cat')
const bmm = operator('bmm')
const baddbmm = operator('baddbmm')
/** Before 2.0 PyTorch's layer keeps masks of bool as they are until the scores are made. */
const isOld = isBefore(2, 0)

function dimensions(name: string, tensor: Tensor | null, ...allowed: number[]): void {
  if (tensor && !allowed.includes(tensor.ndim)) {
    throw rangeError(name, `${allowed.join(' or ')} dimensions`, tensor.ndim)
  }
}

/** `[S, N, E]` apart by head: `[N * heads, S, headDim]`. */
function perHead(tensor: Tensor, rows: number, headDim: number): Tensor {
  return tensor.contiguous().view(tensor.shape[0]!, rows, headDim).transpose(0, 1)
}

/** Keys or values that a user gave by head. */
function fixed(name: string, tensor: Tensor, rows: number, headDim: number): Tensor {
  const { shape } = tensorArgument(name, tensor)
  if (shape[0] === rows && shape[2] === headDim) return tensor
  throw rangeError(name, `shape [${rows}, S, ${headDim}]`, `[${shape.join(', ')}]`)
}

/** Both masks as one that is added to scores of `dtype`. */
function merged(mask: Tensor | null, padding: Tensor | null, like: Tensor): Tensor | null {
  if (!isOld) return mask && padding ? mask.add(padding) : (mask ?? padding)
  let both = mask ?? padding
  if (mask && padding) {
    both = isFloat(mask)
      ? mask.maskedFill(padding, Number.NEGATIVE_INFINITY)
      : mask.logicalOr(padding)
  }
  if (!both || isFloat(both)) return both
  return zerosLike(both, { dtype: like.dtype }).maskedFill_(both, Number.NEGATIVE_INFINITY)
}

/** softmax(q k^T / sqrt(E) + mask), and what it makes of v. */
function attend(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  mask: Tensor | null,
  p: number
): [output: Tensor, weights: Tensor] {
  const width = q.shape[2] as number
  const scaled = isOld ? q.div(Math.sqrt(width)) : q.mul(Math.sqrt(1 / width))
  const scores = mask
    ? baddbmm(mask, scaled, k.transpose(-2, -1))
    : bmm(scaled, k.transpose(-2, -1))
  const all = scores.softmax(-1)
  const weights = p > 0 ? dropout(all, p) : all
  return [bmm(weights, v), weights]
}

/**
 * Attention of `numHeads` heads, each over its part of E = `embedDimToCheck`, and the product with
 * `outProjWeight` `[E, E]`. Query `[L, N, E]`, key and value `[S, N, E]`, or without N; the result is
 * `[output, weights]`, output `[L, N, E]`, weights `[N, L, S]`, `[N, numHeads, L, S]` where they are
 * not averaged, null where they are not needed.
 *
 * `inProjWeight` `[3 E, E]` maps query, key and value; with `useSeparateProjWeight` it is
 * `qProjWeight`, `kProjWeight` and `vProjWeight`. `keyPaddingMask` `[N, S]` and `attnMask` `[L, S]` or
 * `[N * numHeads, L, S]` hide where they are true or minus infinity; `isCausal` says of `attnMask`
 * that it hides what comes later, so that a faster kernel may be taken.
 * @throws RangeError for shapes that do not fit, TypeError for masks of another dtype
 */
export const multiHeadAttentionForward = defineFunction(
  'multiHeadAttentionForward',
  [
    'query',
    'key',
    'value',
    'embedDimToCheck',
    'numHeads',
    'inProjWeight',
    'inProjBias',
    'biasK',
    'biasV',
    'addZeroAttn',
    'dropoutP',
    'outProjWeight',
    'outProjBias',
    'training',
    'keyPaddingMask',
    'needWeights',
    'attnMask',
    'useSeparateProjWeight',
    'qProjWeight',
    'kProjWeight',
    'vProjWeight',
    'staticK',
    'staticV',
    'averageAttnWeights',
    'isCausal'
  ],
  (
    query: Tensor,
    key: Tensor,
    value: Tensor,
    embedDimToCheck: number,
    numHeads: number,
    inProjWeight: Tensor | null,
    inProjBias: Tensor | null,
    biasK: Tensor | null,
    biasV: Tensor | null,
    addZeroAttn: boolean,
    dropoutP: number,
    outProjWeight: Tensor,
    outProjBias: Tensor | null,
    training = true,
    keyPaddingMask: Tensor | null = null,
    needWeights = true,
    attnMask: Tensor | null = null,
    useSeparateProjWeight = false,
    qProjWeight: Tensor | null = null,
    kProjWeight: Tensor | null = null,
    vProjWeight: Tensor | null = null,
    staticK: Tensor | null = null,
    staticV: Tensor | null = null,
    averageAttnWeights = true,
    isCausal = false
  ): [output: Tensor, weights: Tensor | null] => {
    dimensions('query', query, 2, 3)
    const isBatched = query.ndim === 3
    dimensions('key', tensorArgument('key', key), query.ndim)
    dimensions('value', tensorArgument('value', value), query.ndim)
    if (isCausal && !attnMask) {
      throw typeError('attnMask', 'a Tensor, since isCausal is true', attnMask, 'pass the mask too')
    }
    let padding = isOld
      ? maskArgument('keyPaddingMask', keyPaddingMask)
      : addedMask('keyPaddingMask', keyPaddingMask, query.dtype)
    dimensions('keyPaddingMask', padding, query.ndim - 1)
    // The kernel knows that mask by itself.
    const leaveMask = !isOld && isCausal && !padding && !needWeights
    let mask = isOld
      ? maskArgument('attnMask', attnMask)
      : addedMask('attnMask', leaveMask ? null : attnMask, query.dtype)
    dimensions('attnMask', mask, 2, 3)
    if (!isBatched) {
      ;[query, key, value] = [query.unsqueeze(1), key.unsqueeze(1), value.unsqueeze(1)]
      if (padding) padding = padding.unsqueeze(0)
    }
    const [targets, batch, width] = query.shape as [number, number, number]
    if (width !== embedDimToCheck) throw rangeError('query', `a width of ${embedDimToCheck}`, width)
    const headDim = width / numHeads
    if (!Number.isInteger(headDim)) {
      throw rangeError('numHeads', `a divisor of the width ${width}`, numHeads)
    }
    const count = useSeparateProjWeight ? 2 : 3
    const [ofKey, ofValue] = [key, value].map(({ shape }) => shape.slice(0, count).join(', '))
    if (ofKey !== ofValue) throw rangeError('value', `the key's sizes [${ofKey}]`, `[${ofValue}]`)

    let [q, k, v]: [Tensor, Tensor, Tensor] = [query, key, value]
    if (useSeparateProjWeight) {
      const weights = [
        tensorArgument('qProjWeight', qProjWeight),
        tensorArgument('kProjWeight', kProjWeight),
        tensorArgument('vProjWeight', vProjWeight)
      ] as [Tensor, Tensor, Tensor]
      checkWeights([q, k, v], weights)
      ;[q, k, v] = separateProjection([q, k, v], weights, inProjBias)
    } else {
      const weight = tensorArgument('inProjWeight', inProjWeight)
      ;[q, k, v] = packedProjection(query, key, value, weight, inProjBias)
    }

    const rows = batch * numHeads
    mask = mask && pairMask(mask, rows, targets, key.shape[0] as number)
    if (biasK && biasV) {
      if (staticK || staticV) throw typeError('staticK', 'null beside biasK and biasV', staticK)
      k = cat([k, biasK.repeat(1, batch, 1)])
      v = cat([v, biasV.repeat(1, batch, 1)])
      ;[mask, padding] = [withOneMore(mask), withOneMore(padding)]
    } else if (biasK || biasV) {
      throw typeError(biasK ? 'biasV' : 'biasK', 'a Tensor beside the other bias', null)
    }
    q = perHead(q, rows, headDim)
    k = staticK ? fixed('staticK', staticK, rows, headDim) : perHead(k, rows, headDim)
    v = staticV ? fixed('staticV', staticV, rows, headDim) : perHead(v, rows, headDim)
    if (addZeroAttn) {
      const zero = zeros([rows, 1, headDim], { dtype: k.dtype, device: k.device })
      ;[k, v] = [cat([k, zero], 1), cat([v, zero], 1)]
      ;[mask, padding] = [withOneMore(mask), withOneMore(padding)]
    }
    const sources = k.shape[1] as number
    mask = merged(mask, padding && keyMask(padding, batch, numHeads, sources), q)
    const p = training ? dropoutP : 0

    const finished = (output: Tensor): Tensor => {
      const flat = output.reshape(targets * batch, width)
      const mapped = linear(flat, outProjWeight, outProjBias).view(targets, batch, -1)
      return isBatched ? mapped : mapped.squeeze(1)
    }
    if (!needWeights && !isOld) {
      const heads = (one: Tensor, length: number) => one.view(batch, numHeads, length, headDim)
      const shaped =
        mask && (mask.shape[0] === 1 ? mask.unsqueeze(0) : mask.view(batch, numHeads, -1, sources))
      const output = scaledDotProductAttention(
        heads(q, targets),
        heads(k, sources),
        heads(v, sources),
        shaped,
        p,
        isCausal && !keyPaddingMask
      )
      return [finished(output.permute([2, 0, 1, 3])), null]
    }
    const [made, all] = attend(q, k, v, mask, p)
    const output = finished(made.transpose(0, 1))
    if (!needWeights) return [output, null]
    let weights = all.view(batch, numHeads, targets, sources)
    if (averageAttnWeights) weights = isOld ? weights.sum(1).div(numHeads) : weights.mean(1)
    return [output, isBatched ? weights : weights.squeeze(0)]
  }
)

// Calls of operators that users write: every line must compile. Nothing here is run.
import {
  abs_,
  add,
  bitwiseAnd,
  broadcastTensors,
  cat,
  conv2d,
  einsum,
  fft,
  linalg,
  logspace,
  max,
  ops,
  special,
  stack,
  sum,
  type Tensor,
  Tensor as TensorClass,
  var as variance,
  where,
  zeros
} from 'node-libtorch'

/** Compiles only where `Actual` is exactly `Expected`. */
type Same<Actual, Expected> =
  (<T>() => T extends Actual ? 1 : 2) extends <T>() => T extends Expected ? 1 : 2 ? true : never
const isSame = <Actual, Expected>(_proof: Same<Actual, Expected>) => undefined

const x = zeros(2, 3)
const either = x as Tensor | number

/** In place is `this`: a class of one's own stays one. */
class Named extends TensorClass {
  name = ''
}
declare const own: Named
const same: Named = own.add_(1).mul_(own).zero_().clamp_(0, 1)

const tensors: Tensor[] = [
  // Defaults, positional arguments, keywords.
  x.sum(),
  x.sum(0),
  x.sum(0, true),
  x.sum([0, 1], true, { dtype: 'float64' }),
  x.sum(0, { keepdim: true }),
  x.sum({ dim: 0, keepdim: true, dtype: 'float64' }),
  x.sum({ dtype: 'float64' }),
  x.softmax(1),
  x.softmax(1, 'float64'),
  x.softmax({ dim: 1 }),
  x.add(1),
  x.add(x, { alpha: 2 }),
  x.add(either),
  x.pow(either),
  x.eq(either),
  x.div(2, { roundingMode: 'floor' }),
  x.clamp(0),
  x.clamp(null, 1),
  x.clamp({ max: 1 }),
  x.clamp(x, x),
  x.std(),
  x.std(0, { unbiased: false }),
  x.std(0, { correction: 0 }),
  x.flatten(1),
  x.flatten({ endDim: 1 }),
  x.select(0, -1),
  x.indexSelect({ dim: 0, index: x }),
  x.maskedFill(x, 5),
  x.transpose(0, 1),
  x.slice(0, null, 4, 2),
  x.argmax(),
  x.argmax(null, true),
  x.to('float64').contiguous({ memoryFormat: 'channels_last' }),
  x.repeatInterleave(2n),
  x.newZeros(2, 3),
  x.newZeros([2, 3], { dtype: 'int64', device: 'cpu' }),
  x.where(x, 0),
  x.polygamma(2),
  // Sizes, as one array or one by one.
  x.reshape(3, 2),
  x.reshape([3, 2]),
  x.reshape(...x.shape),
  x.permute(1, 0),
  x.expand([2, -1]),
  x.flip(0, 1),
  // Properties.
  x.T,
  x.mT,
  x.H,
  x.mH,
  x.real,
  x.imag,
  // Functions.
  add(x, x, { alpha: 2, out: x }),
  abs_(x),
  bitwiseAnd(x, 3),
  cat([x, x] as const, 1),
  cat([x, x], { dim: 1, out: x }),
  conv2d(x, x),
  conv2d(x, x, null, 2, [1, 1]),
  conv2d(x, x, { stride: 2, groups: 3n }),
  conv2d(x, x, null, 1, 'same'),
  einsum('ij,jk->ik', [x, x]),
  logspace(0, 2, 5, { dtype: 'float64', base: 2 }),
  stack([x, x], -1),
  sum(x, 1),
  sum(x, { dim: 1 }),
  variance(x, 0, false),
  where(x, x, 0),
  // Namespaces.
  linalg.inv(x),
  linalg.matrixNorm(x),
  linalg.norm(x, 'fro', [0, 1]),
  fft.fft(x, { norm: 'ortho' }),
  fft.fftshift(x, 0),
  special.expit(x, { out: x }),
  special.xlogy(2, x),
  // By their own names.
  ops.aten.add(x, 1),
  ops.aten.index_select(x, 0, x),
  ops.aten._softmax(x, 1, false),
  ops.aten.linalg_inv(x),
  ops.aten.add_(x, 2, { alpha: 1 })
]

isSame<typeof own extends { add_(other: number): infer Result } ? Result : never, Named>(true)
const [values, indices]: [Tensor, Tensor] = x.max(0)
const pair: [Tensor, Tensor] = max(x, 0, { keepdim: true, out: [values, indices] })
const expanded: Tensor[] = [...broadcastTensors(x, x), ...broadcastTensors([x])]
const parts: Tensor[] = x.split([1, 1], 1)
const [q, r]: [Tensor, Tensor] = linalg.qr(x)
const [sign, logdet]: [Tensor, Tensor] = linalg.slogdet(x)
const rows: Tensor[] = where(x)
const isEqual: boolean = x.equal(x)
const size: number = x.size(0)
const untyped: unknown = ops.aten.add.Tensor?.(x, 1)
const loss: Tensor = ops.aten.mse_loss(x, x, 'mean')
const other: unknown = ops.quantized?.add?.(x, x, 1, 0)

export {
  expanded,
  isEqual,
  loss,
  other,
  pair,
  parts,
  q,
  r,
  rows,
  same,
  sign,
  logdet,
  size,
  tensors,
  untyped
}

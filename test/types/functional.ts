// Calls of nn.functional and nn.init: right ones must compile, those after @ts-expect-error must not.
import { nn, type Tensor, zeros } from 'node-libtorch'

const F = nn.functional
const x = zeros(2, 3)

const right: Tensor[] = [
  F.relu(x),
  F.relu(x, true),
  F.relu(x, { inplace: true }),
  F.hardtanh(x, -1, { maxVal: 2, inplace: false }),
  F.crossEntropy(x, x, null, { reduction: 'sum', labelSmoothing: 0.1 }),
  F.crossEntropy(x, x, { weight: x, ignoreIndex: 3 }),
  F.conv2d(x, x, { padding: 'same', stride: [1, 2] }),
  F.conv2d(x, x, null, 2, 'valid', 1, 4),
  F.maxPool2d(x, 2),
  F.maxPool2d(x, 2, { stride: 1, returnIndices: false }),
  F.batchNorm(x, null, null, { training: true }),
  F.gelu(x, { approximate: 'tanh' }),
  F.softmax(x, { dim: 1, dtype: 'float64' }),
  F.interpolate(x, { scaleFactor: [2, 3], mode: 'bilinear', antialias: true }),
  F.scaledDotProductAttention(x, x, x, { isCausal: true, scale: 0.5 }),
  nn.init.kaimingUniform_(x, { mode: 'fan_out', nonlinearity: 'relu' }),
  nn.init.uniform_(x, -1, 1)
]
const pair: [Tensor, Tensor] = F.maxPool2d(x, 2, { returnIndices: true })
const pairAfterStride: [Tensor, Tensor] = F.maxPool2d(x, 2, 1, { returnIndices: true })
const other: [Tensor, Tensor] = F.adaptiveMaxPool2d(x, [null, 2], true)
const gain: number = nn.init.calculateGain('leaky_relu', 0.2)

// @ts-expect-error no input
F.relu()
// @ts-expect-error an unknown option
F.relu(x, { inPlace: true })
// @ts-expect-error an option of another type
F.dropout(x, { p: '0.5' })
// @ts-expect-error too many arguments
F.elu(x, 1, false, 3)
// @ts-expect-error by keyword only
F.l1Loss(x, x, 'sum')
// @ts-expect-error an unknown reduction
F.l1Loss(x, x, { reduction: 'avg' })
// @ts-expect-error a number for a tensor
F.linear(x, 3)
// @ts-expect-error one tensor, not two
const wrong: [Tensor, Tensor] = F.maxPool2d(x, 2)
// @ts-expect-error an unknown nonlinearity
nn.init.calculateGain('swish')
// @ts-expect-error an unknown fan
nn.init.kaimingNormal_(x, { mode: 'fan' })

export { gain, other, pair, pairAfterStride, right, wrong }

// Layers as users write them: each of these must compile.
import { nn, type Tensor, zeros } from 'node-libtorch'

const x = zeros(2, 3)

const results: Tensor[] = [
  new nn.Tanh()(x),
  new nn.LeakyReLU(0.2)(x),
  new nn.LeakyReLU(0.2, true)(x),
  new nn.LeakyReLU(0.2, { inplace: true })(x),
  new nn.LeakyReLU({ negativeSlope: 0.2, inplace: true })(x),
  new nn.Threshold(0, 1)(x),
  new nn.Threshold(0, 1, { inplace: true })(x),
  new nn.GELU({ approximate: 'tanh' })(x),
  new nn.Softmax(1)(x),
  new nn.Softmax({ dim: -1 })(x),
  new nn.Softmax(null)(x),
  new nn.Dropout(0.5, { inplace: true })(x),
  new nn.LocalResponseNorm(2, { alpha: 0.1 })(x),
  new nn.BatchNorm1d(3, { momentum: null })(x),
  new nn.LayerNorm([2, 3], { eps: 1e-6, bias: false })(x),
  new nn.EmbeddingBag(3, 2, { mode: 'sum' })(x, null, x)
]
const slope: number = new nn.LeakyReLU().negativeSlope
const dim: number | null = new nn.LogSoftmax(1).dim
const layers: nn.Module[] = [new nn.SELU(), new nn.Dropout2d(), new nn.Embedding(3, 2)]
const [output, loss]: [Tensor, Tensor] = new nn.AdaptiveLogSoftmaxWithLoss(4, 6, [2])(x, x)

new nn.Dropout().p = 0.1
new nn.BatchNorm2d(3).momentum = null

export { dim, layers, loss, output, results, slope }

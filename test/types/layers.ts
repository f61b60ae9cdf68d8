// Layers: right calls must compile, those after @ts-expect-error must not.
import { nn, type Tensor, zeros } from 'node-libtorch'

const x = zeros(1, 3, 8, 8)

const right: Tensor[] = [
  new nn.Conv2d(3, 4, [3, 2], { padding: 'same', paddingMode: 'circular' })(x),
  new nn.Conv1d(3, 4, 3, { stride: 2, groups: 1, bias: false, dtype: 'float64' })(x),
  new nn.ConvTranspose2d(3, 4, 3, { stride: 2, outputPadding: 1 })(x),
  new nn.ConvTranspose2d(3, 4, 3)(x, [10, 10]),
  new nn.MaxPool2d(2)(x),
  new nn.MaxPool2d(2, { stride: 1 })(x),
  new nn.MaxPool2d(2, { returnIndices: false })(x),
  new nn.AdaptiveAvgPool2d([null, 1])(x),
  new nn.AdaptiveMaxPool2d(1)(x),
  new nn.Upsample({ scaleFactor: [2, 3], mode: 'bilinear' })(x),
  new nn.Flatten()(x),
  new nn.Bilinear(2, 3, 4)(x, x),
  new nn.Identity(1, 'anything')(x)
]
const pair: [Tensor, Tensor] = new nn.MaxPool2d(2, { returnIndices: true })(x)
const other: [Tensor, Tensor] = new nn.AdaptiveMaxPool3d(2, { returnIndices: true })(x)
const bias: Tensor | null = new nn.Conv2d(3, 4, 3).bias
const chained: nn.Module = new nn.Sequential(new nn.Conv2d(3, 4, 3), new nn.MaxPool2d(2))

// @ts-expect-error no kernel
new nn.Conv2d(3, 4)
// @ts-expect-error a text for a stride
new nn.MaxPool2d(2, 'same')
// @ts-expect-error an unknown padding
new nn.Conv2d(3, 4, 3, { padding: 'full' })
// @ts-expect-error mirrors around a transposed convolution
new nn.ConvTranspose2d(3, 4, 3, { paddingMode: 'reflect' })
// @ts-expect-error null for a line
new nn.AdaptiveAvgPool1d([null])
// @ts-expect-error a divisor for lines
new nn.AvgPool1d(2, { divisorOverride: 2 })
// @ts-expect-error one tensor, not two
const wrong: [Tensor, Tensor] = new nn.MaxPool2d(2)(x)
// @ts-expect-error one input of two
new nn.Bilinear(2, 3, 4)(x)
// @ts-expect-error no value
new nn.ConstantPad2d(1)

export { bias, chained, other, pair, right, wrong }

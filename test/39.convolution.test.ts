// What comparing layers with Python one by one (test/68) does not show.
import { describe, expect, test } from '@jest/globals'
import {
  manualSeed,
  nn,
  noGrad,
  optim,
  rand,
  randint,
  randn,
  setNumThreads,
  type Tensor,
  zeros
} from 'node-libtorch'

setNumThreads(1)

const F = nn.functional
const error = (name: string) => expect.objectContaining({ name })
const held = (net: nn.Module) => net.parameters().map(({ grad }) => grad!.clone())

/** LeNet's kinds of layers, for images of 12 x 12. */
const lenet = (...between: nn.Module[]) =>
  new nn.Sequential(
    new nn.Conv2d(1, 4, 3, { padding: 1 }),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    ...between,
    new nn.Conv2d(4, 8, 3, { stride: [1, 2], groups: 2 }),
    new nn.ReLU(),
    new nn.AvgPool2d(2, { stride: 1 }),
    new nn.AdaptiveAvgPool2d([2, null]),
    new nn.Flatten(),
    new nn.Linear(8 * 2 * 1, 2)
  )

describe('in a Sequential', () => {
  test('convolutions and pools chained natively give the bits of one by one', () => {
    manualSeed(0)
    const net = lenet()
    const x = randn(3, 1, 12, 12).requiresGrad_()
    const alone = net.children().reduce((output, layer) => layer(output) as Tensor, x)
    alone.square().sum().backward()
    const [grads, inputGrad] = [held(net), x.grad!.clone()]
    net.zeroGrad()
    x.grad = null
    const chained = net(x) as Tensor
    chained.square().sum().backward()
    expect(chained.shape).toEqual([3, 2])
    expect(chained.equal(alone)).toBe(true)
    expect(x.grad!.equal(inputGrad)).toBe(true)
    expect(held(net).every((grad, i) => grad.equal(grads[i]!))).toBe(true)
  })

  test.each([
    new nn.Conv1d(2, 3, 2),
    new nn.MaxPool1d(2, { stride: 1 }),
    new nn.AvgPool1d(2),
    new nn.AdaptiveAvgPool1d(3)
  ])('%s', (layer) => {
    const x = randn(1, 2, 9)
    const net = new nn.Sequential(layer, new nn.ReLU())
    expect(net(x).equal((layer(x) as Tensor).relu())).toBe(true)
  })

  test.each([
    new nn.Conv3d(2, 3, 2),
    new nn.MaxPool3d(2, { stride: 1 }),
    new nn.AvgPool3d(2),
    new nn.AdaptiveAvgPool3d([2, null, 1])
  ])('%s', (layer) => {
    const x = randn(1, 2, 4, 4, 4)
    const net = new nn.Sequential(layer, new nn.ReLU())
    expect(net(x).equal((layer(x) as Tensor).relu())).toBe(true)
  })

  test('padding modes that JavaScript adds are not left out', () => {
    const layer = new nn.Conv2d(1, 1, 3, { padding: 1, paddingMode: 'circular' })
    const x = randn(1, 1, 4, 4)
    expect(new nn.Sequential(new nn.Identity(), layer)(x).equal(layer(x))).toBe(true)
    expect(new nn.Sequential(layer, new nn.ReLU())(x).equal(layer(x).relu())).toBe(true)
    const { weight, bias } = layer
    expect(layer(x).equal(F.conv2d(F.pad(x, [1, 1, 1, 1], 'circular'), weight, bias))).toBe(true)
  })

  test('the indices of a last pool are not left out', () => {
    const x = randn(1, 1, 4, 4)
    const net = new nn.Sequential(new nn.ReLU(), new nn.MaxPool2d(2, { returnIndices: true }))
    const [maxima, indices] = net(x) as [Tensor, Tensor]
    expect(maxima.equal(F.maxPool2d(x.relu(), 2))).toBe(true)
    expect(indices.dtype).toBe('int64')
  })

  test('an error names the layer in the middle and what it got', () => {
    const net = lenet(new nn.Conv2d(4, 1, 1))
    expect(() => net(zeros(2, 1, 12, 12))).toThrow(/^Conv2d\(float32\[2, 1, 6, 6\]\): /)
  })
})

test('a small network learns to tell upright bars from lying ones', () => {
  manualSeed(3)
  const sample = (count: number): [Tensor, Tensor] => {
    const images = rand(count, 1, 12, 12).mul(0.5)
    const classes = randint(0, 2, [count])
    const places = randint(0, 12, [count]).tolist() as number[]
    for (const [i, kind] of (classes.tolist() as number[]).entries()) {
      images
        .select(0, i)
        .select(1 + kind, places[i]!)
        .add_(0.7)
    }
    return [images, classes]
  }
  const net = lenet()
  const optimizer = new optim.SGD(net.parameters(), { lr: 0.2, momentum: 0.9 })
  const losses: number[] = []
  for (let step = 0; step < 150; step++) {
    const [images, classes] = sample(32)
    optimizer.zeroGrad()
    const loss = F.crossEntropy(net(images) as Tensor, classes)
    loss.backward()
    optimizer.step()
    losses.push(loss.item())
  }
  const [images, classes] = sample(200)
  const right = noGrad(() => (net.eval()(images) as Tensor).argmax(1).eq(classes).sum().item())
  expect(losses[0]).toBeGreaterThan(0.5)
  expect(right).toBeGreaterThan(190)
})

describe('weights', () => {
  test.each([
    () => new nn.Linear(3, 2),
    () => new nn.Bilinear(3, 2, 4),
    () => new nn.Conv1d(2, 4, 3, { groups: 2 }),
    () => new nn.Conv2d(2, 4, 3, { dtype: 'float64' }),
    () => new nn.Conv3d(2, 4, 3, { bias: false }),
    () => new nn.ConvTranspose2d(2, 4, 3)
  ])('%s: resetParameters draws as the constructor', (make) => {
    manualSeed(5)
    const layer = make()
    const first = layer.parameters().map((one) => one.detach().clone())
    const same = () => layer.parameters().every((one, i) => one.equal(first[i]!))
    manualSeed(6)
    layer.resetParameters()
    expect(same()).toBe(false)
    manualSeed(5)
    layer.resetParameters()
    expect(same()).toBe(true)
    expect(layer.parameters().every(({ requiresGrad }) => requiresGrad)).toBe(true)
  })

  test('what is assigned to a convolution is what it computes with and draws again', () => {
    const layer = new nn.Conv2d(1, 1, 1)
    layer.weight = nn.Parameter(zeros(1, 1, 1, 1).add(3))
    layer.bias = null
    expect(layer(zeros(1, 1, 1).add(2)).tolist()).toEqual([[[6]]])
    const { weight } = layer
    layer.resetParameters()
    expect(layer.weight).toBe(weight)
    expect(Math.abs(weight.item())).toBeLessThanOrEqual(1)
  })

  test('a state goes from one layer to another', () => {
    const [one, other] = [new nn.ConvTranspose1d(2, 3, 3), new nn.ConvTranspose1d(2, 3, 3)]
    other.loadStateDict(one.stateDict())
    const x = randn(1, 2, 5)
    expect(other(x).equal(one(x))).toBe(true)
    expect(one.to('float64').weight.dtype).toBe('float64')
    expect(one(x.to('float64')).dtype).toBe('float64')
  })

  test('the draws of a fractional pool are part of the state only where they are given', () => {
    const _randomSamples = rand(1, 1, 2)
    const pool = new nn.FractionalMaxPool2d(2, { outputSize: 2, _randomSamples })
    expect(Object.keys(pool.stateDict())).toEqual(['_random_samples'])
    expect(new nn.FractionalMaxPool2d(2, { outputSize: 2 }).stateDict()).toEqual({})
  })
})

test('a pool and its unpool are as one another', () => {
  const x = rand(1, 2, 5, 5)
  const [maxima, indices] = new nn.MaxPool2d(2, { stride: 2, returnIndices: true })(x)
  const back = new nn.MaxUnpool2d(2, { stride: 2 })(maxima, indices, x.shape)
  expect(back.shape).toEqual(x.shape)
  expect(new nn.MaxPool2d(2)(back).equal(maxima)).toBe(true)
  expect(() => new nn.MaxUnpool2d(2)(maxima, indices, [9, 9])).toThrow(error('RangeError'))
})

// Not in the Python of every libtorch.
test('layers that are newer than libtorch 1.13 are functions of it', () => {
  const x = randn(1, 2, 3, 4, 5)
  expect(new nn.ZeroPad3d(1)(x).equal(F.pad(x, [1, 1, 1, 1, 1, 1]))).toBe(true)
  expect(new nn.ZeroPad1d([1, 0])(x).equal(F.pad(x, [1, 0]))).toBe(true)
  expect(new nn.CircularPad3d(1)(x).equal(F.pad(x, [1, 1, 1, 1, 1, 1], 'circular'))).toBe(true)
  expect(new nn.LPPool3d(2, 2)(x).equal(F.lpPool3d(x, 2, 2))).toBe(true)
})

test('what is given is copied: later changes of it change no layer', () => {
  const kernelSize = [2, 2]
  const pool = new nn.AvgPool2d(kernelSize)
  kernelSize[0] = 3
  expect(String(pool)).toBe('AvgPool2d(kernel_size=(2, 2), stride=(2, 2), padding=0)')
  expect(pool(zeros(1, 4, 4)).shape).toEqual([1, 2, 2])
})

test('Identity takes what another layer took, and gives its input', () => {
  const x = zeros(2)
  expect(new nn.Identity(54, { unused: 1 })(x)).toBe(x)
})

describe('by position, as texts on PyTorch write them', () => {
  test('what has a default: stride, padding, and so on', () => {
    const conv = new nn.Conv2d(1, 2, 5, 2, 'valid', 1, 1, { bias: false })
    expect([conv.stride, conv.padding, conv.bias]).toEqual([[2, 2], 'valid', null])
    expect(String(new nn.Conv2d(1, 2, 3, 1, 1))).toBe(
      String(new nn.Conv2d(1, 2, 3, { padding: 1 }))
    )
    expect(new nn.Conv1d(1, 2, 3, [2]).stride).toEqual([2])
    expect(new nn.MaxPool2d(3, 2, 1).padding).toBe(1)
    expect(new nn.MaxPool2d(2, 2, { ceilMode: true }).ceilMode).toBe(true)
    expect(new nn.AvgPool1d(4, 2).stride).toEqual(new nn.AvgPool1d(4, { stride: 2 }).stride)
    expect(new nn.ConvTranspose2d(1, 1, 3, 2, 1, 1).outputPadding).toEqual([1, 1])
  })

  test('twice, or too many, are refused', () => {
    expect(() => new nn.Conv2d(1, 1, 3, 1, { stride: 2 })).toThrow(
      "Conv2d: 'stride' came by position and by keyword; give it once"
    )
    expect(() => new nn.MaxPool2d(2, 2, 0, 1, 1 as never)).toThrow(
      /MaxPool2d: expected by position at most stride, padding, dilation, got 4 values/
    )
  })
})

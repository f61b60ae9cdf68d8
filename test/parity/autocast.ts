/**
 * A small network under autocast, and GradScaler over 50 steps: what autocast.py does.
 */
import * as torch from 'node-libtorch'
import { type amp, autocast, GradScaler, nn, optim, type Tensor, tensor } from 'node-libtorch'
import { bits } from './bits'

const F = nn.functional
const shapes = [[3, 1, 3, 3], [3], [8, 48], [8], [8, 5]]

export interface Network {
  seen: string[]
  grads: string[]
}
export interface Scaled {
  steps: [scale: number, weight: string, bias: string, gradient: string][]
  state: amp.GradScalerState
}

export function network(): Network {
  torch.manualSeed(7)
  const params = shapes.map((shape) => torch.randn(shape).mul_(0.5).requiresGrad_())
  const [conv, convBias, linear, linearBias, last] = params as [
    Tensor,
    Tensor,
    Tensor,
    Tensor,
    Tensor
  ]
  const image = torch.randn(4, 1, 6, 6).requiresGrad_()
  const [target, classes] = [torch.randn(4, 5), tensor([0n, 4n, 2n, 2n])]
  const seen: string[] = []
  const note = (made: Tensor) => {
    seen.push(bits(made))
    return made
  }
  const loss = autocast({ device: 'cpu', dtype: 'bfloat16' }, () => {
    let hidden = note(F.conv2d(image, conv, convBias).relu())
    hidden = note(F.linear(hidden.flatten(1), linear, linearBias))
    hidden = autocast({ device: 'cpu', enabled: false }, () => note(hidden.to('float32').tanh()))
    const logits = note(hidden.matmul(last))
    note(logits.softmax(-1))
    note(F.layerNorm(hidden, [8]))
    note(torch.cat([logits, target]))
    const losses = [
      note(F.crossEntropy(logits, classes)),
      note(F.mseLoss(logits, target)),
      note(F.smoothL1Loss(logits, target))
    ]
    return note(losses.reduce((sum, one) => sum.add(one)))
  })
  loss.backward()
  return { seen, grads: [...params, image].map(({ grad }) => bits(grad!)) }
}

export function scaler(): Scaled {
  torch.manualSeed(9)
  const weight = torch.randn(3, 4).requiresGrad_()
  const bias = torch.zeros(3).requiresGrad_()
  const [x, target] = [torch.randn(6, 4), torch.randn(6, 3)]
  const optimizer = new optim.SGD([{ params: [weight] }, { params: [bias] }], {
    lr: 0.05,
    momentum: 0.9
  })
  const scaler = new GradScaler({ device: 'cpu', initScale: 1024, growthInterval: 6 })
  const steps: Scaled['steps'] = []
  for (let step = 0; step < 50; step++) {
    optimizer.zeroGrad()
    const loss = autocast({ device: 'cpu', dtype: 'bfloat16' }, () =>
      F.mseLoss(F.linear(x, weight, bias), target)
    )
    scaler.scale(loss).backward()
    if ([3, 17, 18].includes(step)) bias.grad!.select(0, 0).fill_(Number.POSITIVE_INFINITY)
    if (step === 31) weight.grad!.select(0, 1).select(0, 1).fill_(Number.NaN)
    if (step % 7 === 0) scaler.unscale_(optimizer)
    if (step === 40) {
      scaler.setGrowthFactor(4)
      scaler.setBackoffFactor(0.25)
    }
    scaler.step(optimizer)
    scaler.update()
    steps.push([scaler.getScale(), bits(weight), bits(bias), bits(weight.grad!)])
  }
  return { steps, state: scaler.stateDict() }
}

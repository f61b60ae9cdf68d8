/**
 * Elements of channels in other places.
 */
import { integer } from '../../check'
import type { Tensor } from '../../tensor'
import { channelShuffle, pixelShuffle, pixelUnshuffle } from '../functional/vision'
import { Module } from '../module'

/** libtorch squares factors. */
const most = 2 ** 31 - 1

/**
 * `[..., C * r^2, H, W]` to `[..., C, H * r, W * r]`, r = `upscaleFactor`.
 * @throws RangeError for a factor below 1
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.PixelShuffle.html
 */
export class PixelShuffle extends Module {
  readonly upscaleFactor: number

  constructor(upscaleFactor: number) {
    super()
    this.upscaleFactor = integer('upscaleFactor', upscaleFactor, 1, most)
  }

  override forward(input: Tensor): Tensor {
    return pixelShuffle(input, this.upscaleFactor)
  }

  override extraRepr(): string {
    return `upscale_factor=${this.upscaleFactor}`
  }
}

/**
 * `[..., C, H * r, W * r]` to `[..., C * r^2, H, W]`, r = `downscaleFactor`.
 * @throws RangeError for a factor below 1
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.PixelUnshuffle.html
 */
export class PixelUnshuffle extends Module {
  readonly downscaleFactor: number

  constructor(downscaleFactor: number) {
    super()
    this.downscaleFactor = integer('downscaleFactor', downscaleFactor, 1, most)
  }

  override forward(input: Tensor): Tensor {
    return pixelUnshuffle(input, this.downscaleFactor)
  }

  override extraRepr(): string {
    return `downscale_factor=${this.downscaleFactor}`
  }
}

/**
 * The channels of `[N, C, ...]`, one of each of `groups` groups in turn.
 * @throws RangeError for groups below 1
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.ChannelShuffle.html
 */
export class ChannelShuffle extends Module {
  readonly groups: number

  constructor(groups: number) {
    super()
    this.groups = integer('groups', groups, 1, most)
  }

  override forward(input: Tensor): Tensor {
    return channelShuffle(input, this.groups)
  }

  override extraRepr(): string {
    return `groups=${this.groups}`
  }
}

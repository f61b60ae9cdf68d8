/**
 * Elements added around the input. `padding` is one number for all sides, or one each from the last
 * dimension on: `[left, right]`, `[left, right, top, bottom]` or
 * `[left, right, top, bottom, front, back]`; negative ones take elements away.
 */
import { rangeError, typeError } from '../../check'
import type { Tensor } from '../../tensor'
import type { Size } from '../define'
import { pad } from '../functional/vision'
import { Module } from '../module'
import { python } from '../../python_text'
import { sizes } from './sizes'

type Mode = 'constant' | 'reflect' | 'replicate' | 'circular'

abstract class Pad extends Module {
  readonly padding: readonly number[]
  #mode: Mode
  #value: number | null

  constructor(dims: number, mode: Mode, padding: Size, value: number | null = null) {
    super()
    this.padding = sizes('padding', padding, 2 * dims, 1 - 2 ** 31)
    this.#mode = mode
    this.#value = value
  }

  override forward(input: Tensor): Tensor {
    return pad(input, this.padding, this.#mode, this.#value)
  }

  override extraRepr(): string {
    return python(this.padding)
  }
}

abstract class ConstantPad extends Pad {
  readonly value: number

  constructor(dims: number, padding: Size, value: number) {
    if (typeof value !== 'number') throw typeError('value', 'a number', value)
    super(dims, 'constant', padding, value)
    this.value = value
  }

  override extraRepr(): string {
    return `padding=${python(this.padding)}, value=${this.value}`
  }
}

/** Python looks at the dimensions in this one only. */
abstract class CircularPad extends Pad {
  constructor(dims: number, padding: Size) {
    super(dims, 'circular', padding)
  }

  override forward(input: Tensor): Tensor {
    const dims = this.padding.length / 2
    const given = input?.shape?.length
    if (given !== undefined && given !== dims + 1 && given !== dims + 2) {
      throw rangeError('input', `${dims + 1} or ${dims + 2} dimensions`, given)
    }
    return super.forward(input)
  }
}

/**
 * `value` around the input, `[N, C, W]` or `[C, W]`.
 * @throws RangeError for another number of sides
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.ConstantPad1d.html
 */
export class ConstantPad1d extends ConstantPad {
  constructor(padding: Size, value: number) {
    super(1, padding, value)
  }
}

/**
 * `value` around the input, `[N, C, H, W]` or `[C, H, W]`.
 * @throws RangeError for another number of sides
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.ConstantPad2d.html
 */
export class ConstantPad2d extends ConstantPad {
  constructor(padding: Size, value: number) {
    super(2, padding, value)
  }
}

/**
 * `value` around the input, `[N, C, D, H, W]` or `[C, D, H, W]`.
 * @throws RangeError for another number of sides
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.ConstantPad3d.html
 */
export class ConstantPad3d extends ConstantPad {
  constructor(padding: Size, value: number) {
    super(3, padding, value)
  }
}

/**
 * The input mirrored at its edges, without these, around it, `[N, C, W]` or `[C, W]`.
 * @throws RangeError for another number of sides
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.ReflectionPad1d.html
 */
export class ReflectionPad1d extends Pad {
  constructor(padding: Size) {
    super(1, 'reflect', padding)
  }
}

/**
 * The input mirrored at its edges, without these, around it, `[N, C, H, W]` or `[C, H, W]`.
 * @throws RangeError for another number of sides
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.ReflectionPad2d.html
 */
export class ReflectionPad2d extends Pad {
  constructor(padding: Size) {
    super(2, 'reflect', padding)
  }
}

/**
 * The input mirrored at its edges, without these, around it, `[N, C, D, H, W]` or `[C, D, H, W]`.
 * @throws RangeError for another number of sides
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.ReflectionPad3d.html
 */
export class ReflectionPad3d extends Pad {
  constructor(padding: Size) {
    super(3, 'reflect', padding)
  }
}

/**
 * The edges of the input repeated around it, `[N, C, W]` or `[C, W]`.
 * @throws RangeError for another number of sides
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.ReplicationPad1d.html
 */
export class ReplicationPad1d extends Pad {
  constructor(padding: Size) {
    super(1, 'replicate', padding)
  }
}

/**
 * The edges of the input repeated around it, `[N, C, H, W]` or `[C, H, W]`.
 * @throws RangeError for another number of sides
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.ReplicationPad2d.html
 */
export class ReplicationPad2d extends Pad {
  constructor(padding: Size) {
    super(2, 'replicate', padding)
  }
}

/**
 * The edges of the input repeated around it, `[N, C, D, H, W]` or `[C, D, H, W]`.
 * @throws RangeError for another number of sides
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.ReplicationPad3d.html
 */
export class ReplicationPad3d extends Pad {
  constructor(padding: Size) {
    super(3, 'replicate', padding)
  }
}

/**
 * Zeros around the input, `[N, C, W]` or `[C, W]`.
 * @throws RangeError for another number of sides
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.ZeroPad1d.html
 */
export class ZeroPad1d extends Pad {
  constructor(padding: Size) {
    super(1, 'constant', padding, 0)
  }
}

/**
 * Zeros around the input, `[N, C, H, W]` or `[C, H, W]`.
 * @throws RangeError for another number of sides
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.ZeroPad2d.html
 */
export class ZeroPad2d extends Pad {
  constructor(padding: Size) {
    super(2, 'constant', padding, 0)
  }
}

/**
 * Zeros around the input, `[N, C, D, H, W]` or `[C, D, H, W]`.
 * @throws RangeError for another number of sides
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.ZeroPad3d.html
 */
export class ZeroPad3d extends Pad {
  constructor(padding: Size) {
    super(3, 'constant', padding, 0)
  }
}

/**
 * The opposite side of the input around it, `[N, C, W]` or `[C, W]`.
 * @throws RangeError for another number of sides
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.CircularPad1d.html
 */
export class CircularPad1d extends CircularPad {
  constructor(padding: Size) {
    super(1, padding)
  }
}

/**
 * The opposite side of the input around it, `[N, C, H, W]` or `[C, H, W]`.
 * @throws RangeError for another number of sides
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.CircularPad2d.html
 */
export class CircularPad2d extends CircularPad {
  constructor(padding: Size) {
    super(2, padding)
  }
}

/**
 * The opposite side of the input around it, `[N, C, D, H, W]` or `[C, D, H, W]`.
 * @throws RangeError for another number of sides
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.CircularPad3d.html
 */
export class CircularPad3d extends CircularPad {
  constructor(padding: Size) {
    super(3, padding)
  }
}

/**
 * Numbers as tensors of one element would keep them.
 */
import type { DType } from '../dtype'

/** Bits of the significand behind its first one, and the exponent of the smallest normal number. */
const formats: Partial<Record<DType, readonly [digits: number, least: number, most: number]>> = {
  float16: [10, -14, 65504],
  bfloat16: [7, -126, 3.3895313892515355e38]
}

/** Half of the way between two doubles of this size is a whole number: adding it rounds to one. */
const rounder = 1.5 * 2 ** 52

/** The number of `dtype` that is nearest to `value`, of two the even one. */
export function rounded(value: number, dtype: DType): number {
  if (dtype === 'float64') return value
  const single = Math.fround(value)
  const format = formats[dtype]
  if (!format || !Number.isFinite(single) || single === 0) return single
  const [digits, least, most] = format
  const unit = 2 ** (Math.max(exponentOf(single), least) - digits)
  const near = (single / unit + rounder - rounder) * unit
  return Math.abs(near) > most ? Math.sign(near) * Infinity : near
}

const bits = new DataView(new ArrayBuffer(8))

function exponentOf(value: number): number {
  bits.setFloat64(0, value)
  return ((bits.getUint16(0) >> 4) & 0x7ff) - 1023
}

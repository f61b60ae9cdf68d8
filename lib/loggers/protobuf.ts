/**
 * As much of Protocol Buffers as an event file needs: fields, written one after the other.
 * Source: https://protobuf.dev/programming-guides/encoding/
 */

const wire = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 }

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  // Beyond 32 bits JavaScript's shifts are of no use.
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128)
  return Buffer.from([...bytes, rest])
}

const key = (field: number, type: number) => varint(field * 8 + type)

/** A whole number from 0 to 2^53. */
export function integerField(field: number, value: number): Buffer {
  return Buffer.concat([key(field, wire.varint), varint(value)])
}

export function doubleField(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleLE(value)
  return Buffer.concat([key(field, wire.fixed64), bytes])
}

export function floatField(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeFloatLE(value)
  return Buffer.concat([key(field, wire.fixed32), bytes])
}

/** Bytes, a text, or a message of its own. */
export function bytesField(field: number, value: Uint8Array | string): Buffer {
  const bytes = Buffer.from(value as string)
  return Buffer.concat([key(field, wire.bytes), varint(bytes.length), bytes])
}

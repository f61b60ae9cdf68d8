/**
 * TensorBoard's event files: records of Event messages.
 * Sources: https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/util/event.proto,
 * .../core/framework/summary.proto, https://www.tensorflow.org/tutorials/load_data/tfrecord
 */
import { crc32c } from './crc32c'
import { bytesField, doubleField, floatField, integerField } from './protobuf'

/** A checksum as records hold it. */
function masked(bytes: Uint8Array): Buffer {
  const crc = crc32c(bytes)
  const result = Buffer.alloc(4)
  result.writeUInt32LE((((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0)
  return result
}

/** Length, its checksum, the data, theirs. */
function record(data: Uint8Array): Buffer {
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(data.length))
  return Buffer.concat([length, masked(length), data, masked(data)])
}

const wallTime = (seconds: number) => doubleField(1, seconds)
const stepField = (step: number) => integerField(2, step)

/** The first record of a file. */
export function versionRecord(seconds: number): Buffer {
  return record(Buffer.concat([wallTime(seconds), bytesField(3, 'brain.Event:2')]))
}

/** Tells that earlier files' values from `step` on are void: a run that goes on makes them anew. */
export function restartRecord(seconds: number, step: number): Buffer {
  const start = integerField(1, 1)
  return record(Buffer.concat([wallTime(seconds), stepField(step), bytesField(7, start)]))
}

/** Values of one step by their tags. */
export function scalarRecord(
  seconds: number,
  step: number,
  scalars: readonly (readonly [tag: string, value: number])[]
): Buffer {
  const values = scalars.map(([tag, value]) =>
    bytesField(1, Buffer.concat([bytesField(1, tag), floatField(2, value)]))
  )
  const summary = bytesField(5, Buffer.concat(values))
  return record(Buffer.concat([wallTime(seconds), stepField(step), summary]))
}

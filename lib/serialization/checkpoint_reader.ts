/**
 * Reading PyTorch's .pt files: a zip archive of a pickle and of the storages that it names.
 * Source: https://pytorch.org/docs/stable/notes/serialization.html#saved-storage
 */
import { itemSize } from '../dtype'
import { native } from '../native'
import { Parameter } from '../nn/parameter'
import { operator } from '../operators/call'
import type { Tensor } from '../tensor'
import { badFile } from './bad_file'
import { readPickle } from './pickle_reader'
import type { StorageRef, TensorRef } from './pickle_values'
import { plainValue } from './plain_values'
import type { Source } from './source'
import { tensorOn } from './storage'
import { methods } from './zip_format'
import { type ZipEntry, readZip } from './zip_reader'

/** Of the format; PyTorch reads up to this one. */
const newestVersion = 10
const longestNote = 100

const conj = operator<(tensor: Tensor) => Tensor>('_conj')
const neg = operator<(tensor: Tensor) => Tensor>('_neg_view')

/** The value in the file, with tensors on `device`, or where they were saved from for null. */
export function readCheckpoint(source: Source, device: string | null, isMapped: boolean): unknown {
  const archive = openArchive(source)
  const pickle = archive.get('data.pkl') as ZipEntry
  const described = readPickle(source.name, source.read(pickle.start, pickle.length))
  const storages = new Storages(source, archive, device, isMapped)
  try {
    return plainValue(described, {
      tensor: (ref) => storages.tensor(ref),
      storage: (ref) => storages.whole(ref),
      refuse: (reason) => badFile(source.name, reason)
    })
  } finally {
    storages.letGo()
  }
}

/** Entries by their names in the archive's only folder. */
function openArchive(source: Source): Map<string, ZipEntry> {
  const entries = readZip(source)
  const [first = ''] = entries.keys()
  const folder = first.slice(0, first.indexOf('/') + 1)
  const inside = new Map<string, ZipEntry>()
  for (const [name, entry] of entries) {
    if (folder === '' || !name.startsWith(folder))
      throw badFile(
        source.name,
        `entry ${name} is not in the folder of the others: no PyTorch file`
      )
    inside.set(name.slice(folder.length), entry)
  }
  if (inside.has('constants.pkl'))
    throw badFile(source.name, 'it is a TorchScript archive; use torch.jit.load')
  for (const [name, { method }] of inside) {
    if (method !== methods.stored)
      throw badFile(
        source.name,
        `entry ${name} is compressed; PyTorch stores its entries as they are`
      )
  }
  if (!inside.has('data.pkl'))
    throw badFile(source.name, 'the archive has no data.pkl: it is no PyTorch file')
  const version = note(source, inside, 'version')
  if (!/^[1-9][0-9]*\s*$/.test(version) || Number(version) > newestVersion)
    throw badFile(source.name, `version ${JSON.stringify(version)} of the format is not known`)
  const order = inside.has('byteorder') ? note(source, inside, 'byteorder') : 'little'
  if (order !== 'little')
    throw badFile(source.name, `byteorder ${JSON.stringify(order)}: only 'little' is read`)
  return inside
}

/** The text of a short entry. */
function note(source: Source, archive: Map<string, ZipEntry>, name: string): string {
  const entry = archive.get(name)
  if (entry === undefined) throw badFile(source.name, `the archive has no entry ${name}`)
  if (entry.length > longestNote) throw badFile(source.name, `entry ${name} is too long`)
  return Buffer.from(source.read(entry.start, entry.length)).toString('latin1')
}

/** The storages of an archive, each read once. */
class Storages {
  readonly #source: Source
  readonly #archive: Map<string, ZipEntry>
  readonly #device: string | null
  readonly #isMapped: boolean
  readonly #made = new Map<string, { ref: StorageRef; bytes: Tensor }>()

  constructor(
    source: Source,
    archive: Map<string, ZipEntry>,
    device: string | null,
    isMapped: boolean
  ) {
    this.#isMapped = isMapped
    this.#source = source
    this.#archive = archive
    this.#device = device
  }

  tensor({ storage, placing, lazy, requiresGrad, isParameter }: TensorRef): Tensor {
    const made = tensorOn(this.#bytes(storage), placing)
    const conjugated = lazy.conj ? conj(made) : made
    const tensor = lazy.neg ? neg(conjugated) : conjugated
    if (isParameter) return Parameter(tensor, requiresGrad)
    return requiresGrad ? tensor.requiresGrad_() : tensor
  }

  /** A storage that is a value itself, as a tensor of one dimension. */
  whole(ref: StorageRef): Tensor {
    const { dtype, length } = ref
    return tensorOn(this.#bytes(ref), { dtype, offset: 0, shape: [length], strides: [1] })
  }

  letGo(): void {
    for (const { bytes } of this.#made.values()) bytes.dispose()
  }

  #bytes(ref: StorageRef): Tensor {
    const before = this.#made.get(ref.key)
    if (before !== undefined) {
      if (before.ref.dtype !== ref.dtype || before.ref.length !== ref.length)
        throw this.#refuse(ref, 'it is described in two ways')
      return before.bytes
    }
    const bytes = this.#moved(ref, this.#read(ref))
    this.#made.set(ref.key, { ref, bytes })
    return bytes
  }

  #read(ref: StorageRef): Tensor {
    const entry = this.#archive.get(`data/${ref.key}`)
    if (entry === undefined) throw this.#refuse(ref, 'the archive has no such entry')
    const size = itemSize(ref.dtype)
    // Python writes all bytes of a storage, but counts whole elements.
    if (Math.floor(entry.length / size) !== ref.length)
      throw this.#refuse(
        ref,
        `${ref.length} elements of ${ref.dtype} are announced, the entry has ${entry.length} bytes`
      )
    const there = this.#source.storage(entry.start, entry.length, this.#isMapped)
    if (entry.start % size === 0) return there
    using odd = there
    return odd.clone()
  }

  #moved(ref: StorageRef, bytes: Tensor): Tensor {
    const device = this.#device ?? this.#savedDevice(ref)
    if (device === 'cpu') return bytes
    using here = bytes
    return here.to(device)
  }

  #savedDevice(ref: StorageRef): string {
    try {
      return native.resolveDevice(ref.location)
    } catch (error) {
      throw this.#refuse(
        ref,
        `it was on ${JSON.stringify(ref.location)}, which is not here; use { mapLocation: 'cpu' } (${(error as Error).message})`
      )
    }
  }

  #refuse(ref: StorageRef, reason: string): Error {
    return badFile(this.#source.name, `storage ${JSON.stringify(ref.key)}: ${reason}`)
  }
}

/**
 * State that travels: saving to files and loading from them, in PyTorch's own format (.pt, .pth) and
 * in .safetensors.
 */
import { types } from 'node:util'
import { extname } from 'node:path'

import { bytesOf } from '../buffers'
import { boolean, options as checkOptions, typeError } from '../check'
import { refuse } from '../compile/tape'
import { noGrad } from '../modes'
import { native } from '../native'
import { writeAtomically } from '../atomic_file'
import { badFile } from './bad_file'
import { readCheckpoint } from './checkpoint_reader'
import { prepareCheckpoint } from './checkpoint_writer'
import { looksLikeSafetensors, readMetadata, readSafetensors } from './safetensors_reader'
import { prepareSafetensors } from './safetensors_writer'
import { type Source, openBytes, openFile } from './source'
import { looksLikeZip } from './zip_reader'

export interface SaveOptions {
  /** Texts for the file's `__metadata__`. `.safetensors` only. */
  metadata?: Record<string, string>
}

export interface LoadOptions {
  /** `'cpu'`, `'cuda'`, `'cuda:N'` or `'auto'`. Default: where the tensors were saved from. */
  mapLocation?: string
  /**
   * Whether tensors lie on the file's pages, which are read when they are used, instead of on a copy.
   * What is written to them never reaches the file. The file must not be cut short meanwhile.
   * Default: true for `.safetensors`, false for `.pt`.
   */
  mmap?: boolean
}

const formats = ['.safetensors', '.pt', '.pth']

/**
 * Saves `value` to the file `path`, in the format of its extension: all of it or, where anything
 * fails, none, and the old file stays.
 *
 * `.safetensors` holds tensors by name. `.pt` and `.pth` hold tensors, parameters, numbers (integers
 * become int, others float), BigInts, strings, booleans and null, in arrays (list), plain objects and
 * Maps (dict); Python reads them with `torch.load(path, weights_only=True)`. Tensors that share memory
 * share it there, too, and a view brings all the memory that it is a view of; `clone()` it to save
 * the part alone.
 * @throws TypeError for a value that the format does not hold, with its place; an Error of the system
 * where the file cannot be written
 * Source: https://pytorch.org/docs/stable/generated/torch.save.html
 */
export function save(value: unknown, path: string, options?: SaveOptions): void {
  refuse('save()', 'call it between two steps')
  const { metadata } = checkOptions<SaveOptions>('save', options, ['metadata'])
  if (typeof path !== 'string') throw typeError('path', 'a path', path)
  const extension = extname(path).toLowerCase()
  if (!formats.includes(extension))
    throw typeError('path', `a name that ends in ${formats.join(', ')}`, path)
  const isSafetensors = extension === '.safetensors'
  if (metadata !== undefined && !isSafetensors)
    throw typeError('metadata', 'a .safetensors file for it', path, 'save it as part of the value')
  noGrad(() => {
    writeAtomically(
      path,
      isSafetensors ? prepareSafetensors(value, metadata) : prepareCheckpoint(value)
    )
  })
}

/**
 * What is in the file at `source`, or in its bytes: a `.safetensors` file, or one that `torch.save` of
 * Python or of this library wrote. The content decides which it is.
 *
 * A dict is an object, or a Map where not all of its keys are strings; lists and tuples are arrays,
 * sets Sets, bytes Uint8Arrays, integers beyond 2^53 BigInts, complex numbers `{ re, im }`. Tensors
 * keep their strides, and share memory where they shared it. Nothing in a file is ever run.
 * @throws Error with `code` 'ERR_TORCH_BAD_FILE' and the reason for a file that is damaged, malicious
 * or of another format, before anything of its announced sizes is allocated
 * Source: https://pytorch.org/docs/stable/generated/torch.load.html
 */
export function load<T = unknown>(source: string | Uint8Array, options?: LoadOptions): T {
  refuse('load()', 'call it before the step')
  const { mapLocation, mmap } = checkOptions<LoadOptions>('load', options, ['mapLocation', 'mmap'])
  if (mmap !== undefined && boolean('mmap', mmap) && typeof source !== 'string')
    throw typeError('mmap', 'the path of a file for it', source)
  const device = mapLocation === undefined ? null : native.resolveDevice(mapLocation)
  const read = (opened: Source): unknown =>
    isSafetensors(opened)
      ? readSafetensors(opened, device ?? 'cpu', mmap ?? typeof source === 'string')
      : readCheckpoint(opened, device, mmap ?? false)
  return noGrad(() => withSource(source, read)) as T
}

/**
 * The `__metadata__` of a `.safetensors` file; no tensor is read.
 * @throws Error as `load` does
 */
export function loadMetadata(source: string | Uint8Array): Record<string, string> {
  return withSource(source, (opened) => {
    if (isSafetensors(opened)) return readMetadata(opened)
    throw badFile(opened.name, 'expected a .safetensors file: no other has metadata')
  })
}

function withSource<T>(given: string | Uint8Array, read: (source: Source) => T): T {
  const source = typeof given === 'string' ? openFile(given) : openBytes(checkedBytes(given))
  try {
    return read(source)
  } finally {
    source.close()
  }
}

function checkedBytes(given: unknown): Uint8Array {
  if (!types.isUint8Array(given))
    throw typeError('source', 'a path, or the bytes of a file as a Uint8Array', given)
  const bytes = bytesOf(given)
  // Another thread could change them after they were checked.
  return types.isSharedArrayBuffer(bytes.buffer) ? bytes.slice() : bytes
}

/** How a pickle begins that is a file of PyTorch before 1.6. */
const legacyStart = Buffer.from('80028a0a6cfc9c46f9206aa85019', 'hex')

/** Whether it is one, else a zip archive; refuses all else. */
function isSafetensors(source: Source): boolean {
  const first = source.read(0, Math.min(source.length, legacyStart.length))
  if (looksLikeSafetensors(first)) return true
  if (looksLikeZip(first)) return false
  if (extname(source.name).toLowerCase() === '.safetensors') return true
  if (Buffer.compare(first, legacyStart) === 0) {
    const remedy = 'load it in Python and torch.save it again'
    throw badFile(source.name, `it has the format that PyTorch had before 1.6; ${remedy}`)
  }
  throw badFile(
    source.name,
    'expected a .safetensors file or a PyTorch file (a zip archive), got something else'
  )
}

/**
 * Everything that a pickle may name: the storages' classes, dtypes and a few functions, each of which
 * is done here. No other name is looked up anywhere.
 */
import { type DType, isDifferentiable, itemSize } from '../dtype'
import { storageClasses } from './pickle_format'
import { StorageRef, TensorRef, Tuple } from './pickle_values'
import { bytesNeeded } from './storage'

/** A class or function that a pickle names. */
export interface Global {
  readonly name: string
  /** Of a storage's class. */
  readonly storageOf?: DType
  readonly call?: (args: readonly unknown[], machine: Machine) => unknown
}

/** What these functions need of the reader. */
export interface Machine {
  refuse(reason: string): Error
  /** Counts what is copied: a short pickle can ask for the same long copy again and again. */
  spend(count: number): void
}

/** libtorch's own limit. */
const mostDims = 64
/** A storage's key is its number. */
const longestKey = 100

const calls: Record<string, NonNullable<Global['call']>> = {
  'collections.OrderedDict': ([pairs], machine) => orderedDict(pairs, machine),
  // What schedulers keep their milestones in.
  'collections.Counter': ([counts = new Map()], machine) => {
    if (!(counts instanceof Map)) throw machine.refuse('Counter(...) is called with no dict')
    machine.spend(counts.size)
    return new Map(counts)
  },
  'torch.Size': ([sizes], machine) => new Tuple([...listed('torch.Size', sizes, machine)]),
  'torch.device': (args, machine) => device(args, machine),
  'torch._utils._rebuild_tensor_v2': rebuildTensor,
  'torch._utils._rebuild_parameter': rebuildParameter,
  '_codecs.encode': ([text, encoding], machine) => encoded(text, encoding, machine),
  'builtins.bytes': (args, machine) => {
    if (args.length > 0) throw machine.refuse('bytes(...) is called with arguments')
    return new Uint8Array()
  },
  'builtins.bytearray': ([data, encoding], machine) => {
    if (data === undefined) return new Uint8Array()
    if (typeof data === 'string') return encoded(data, encoding, machine)
    if (!(data instanceof Uint8Array))
      throw machine.refuse('bytearray(...) is called with no bytes')
    machine.spend(data.length)
    return data.slice()
  },
  'builtins.set': ([items], machine) => new Set(listed('set', items ?? [], machine)),
  'builtins.frozenset': ([items], machine) => new Set(listed('frozenset', items ?? [], machine)),
  'builtins.complex': ([re, im = 0], machine) => {
    if (typeof re !== 'number' || typeof im !== 'number')
      throw machine.refuse('complex(...) is called with no numbers')
    return new Map([
      ['re', re],
      ['im', im]
    ])
  }
}

const globals = new Map<string, Global | string>()
for (const [name, call] of Object.entries(calls)) globals.set(name, { name, call })
for (const [dtype, name] of Object.entries(storageClasses)) {
  globals.set(`torch.${name}`, { name: `torch.${name}`, storageOf: dtype as DType })
  globals.set(`torch.${dtype}`, dtype)
}
for (const name of ['torch.storage.UntypedStorage', 'torch.UntypedStorage']) {
  globals.set(name, { name, storageOf: 'uint8' })
}

/** What `module.name` stands for; undefined where a pickle may not name it. A dtype is its name. */
export function lookUpGlobal(module: string, name: string): Global | string | undefined {
  // Python 2's name, which pickles of protocol 2 use.
  return globals.get(`${module === '__builtin__' ? 'builtins' : module}.${name}`)
}

export function isGlobal(value: unknown): value is Global {
  return (
    typeof value === 'object' && value !== null && globals.get((value as Global).name) === value
  )
}

/** A storage from what a pickle says about it: ('storage', class, key, location, length). */
export function persistentStorage(id: unknown, machine: Machine): StorageRef {
  const [kind, type, key, location, length] = id instanceof Tuple ? id.items : []
  const storageOf = isGlobal(type) ? type.storageOf : undefined
  const isComplete =
    kind === 'storage' &&
    storageOf !== undefined &&
    typeof key === 'string' &&
    key.length <= longestKey &&
    typeof location === 'string' &&
    isCount(length)
  if (!isComplete) throw machine.refuse('a persistent id is no storage')
  return new StorageRef(key, storageOf, length, location)
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function listed(name: string, value: unknown, machine: Machine): readonly unknown[] {
  const items = value instanceof Tuple ? value.items : value
  if (!Array.isArray(items)) throw machine.refuse(`${name}(...) is called with no list`)
  machine.spend(items.length)
  return items
}

function orderedDict(pairs: unknown, machine: Machine): Map<unknown, unknown> {
  if (pairs === undefined) return new Map()
  const items = listed('OrderedDict', pairs, machine).map((pair) => {
    const both = listed('OrderedDict', pair, machine)
    if (both.length !== 2 || typeof both[0] !== 'string')
      throw machine.refuse('OrderedDict(...) is called with no pairs of names and values')
    return both as [string, unknown]
  })
  return new Map(items)
}

function device([kind, index]: readonly unknown[], machine: Machine): string {
  if (typeof kind !== 'string' || !(index === undefined || isCount(index)))
    throw machine.refuse('torch.device(...) is called with no name')
  return index === undefined ? kind : `${kind}:${index}`
}

/** How protocol 2 writes bytes. */
function encoded(text: unknown, encoding: unknown, machine: Machine): Uint8Array {
  const isLatin = typeof encoding === 'string' && /^latin-?1$/.test(encoding)
  if (typeof text !== 'string' || !isLatin)
    throw machine.refuse('_codecs.encode(...) is called for something else than bytes')
  machine.spend(text.length)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all of latin1
  if (!/^[\u0000-\u00ff]*$/.test(text)) throw machine.refuse('bytes beyond 255')
  return Uint8Array.from(Buffer.from(text, 'latin1'))
}

function sizesOf(value: unknown): readonly number[] | null {
  if (!(value instanceof Tuple) || value.items.length > mostDims) return null
  return value.items.every(isCount) ? (value.items as number[]) : null
}

/** (storage, offset, size, stride, requires_grad, backward_hooks, metadata) */
function rebuildTensor(args: readonly unknown[], machine: Machine): TensorRef {
  const [storage, offset, size, stride, requiresGrad, , metadata] = args
  const [shape, strides] = [sizesOf(size), sizesOf(stride)]
  if (
    !(storage instanceof StorageRef) ||
    !isCount(offset) ||
    shape === null ||
    strides?.length !== shape.length ||
    typeof requiresGrad !== 'boolean'
  ) {
    throw machine.refuse('a tensor without a storage, an offset, sizes and as many strides >= 0')
  }
  const { dtype, key, length } = storage
  const placing = { dtype, offset, shape, strides }
  if (bytesNeeded(placing) > length * itemSize(dtype))
    throw machine.refuse(
      `a tensor of shape [${shape}], strides [${strides}] and offset ${offset} reaches beyond the ${length} elements of storage ${key}`
    )
  if (requiresGrad && !isDifferentiable(dtype))
    throw machine.refuse(`a tensor of ${dtype} that requires a gradient`)
  return new TensorRef(storage, placing, requiresGrad, lazyParts(metadata, machine))
}

function lazyParts(metadata: unknown, machine: Machine): TensorRef['lazy'] {
  if (metadata === undefined) return { conj: false, neg: false }
  if (!(metadata instanceof Map)) throw machine.refuse('a tensor with strange metadata')
  for (const [key, value] of metadata) {
    if ((key !== 'conj' && key !== 'neg') || typeof value !== 'boolean')
      throw machine.refuse('a tensor with metadata other than conj and neg')
  }
  return { conj: metadata.get('conj') === true, neg: metadata.get('neg') === true }
}

/** (data, requires_grad, backward_hooks) */
function rebuildParameter([data, requiresGrad]: readonly unknown[], machine: Machine): TensorRef {
  if (!(data instanceof TensorRef) || typeof requiresGrad !== 'boolean')
    throw machine.refuse('a parameter without a tensor')
  const { storage, placing, lazy } = data
  if (requiresGrad && !isDifferentiable(placing.dtype))
    throw machine.refuse(`a parameter of ${placing.dtype} that requires a gradient`)
  return new TensorRef(storage, placing, requiresGrad, lazy, true)
}

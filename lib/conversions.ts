/**
 * Methods of Python's Tensor that are no operators: conversions by the dtype's or the device's name,
 * and unique values.
 * Source: https://pytorch.org/docs/stable/tensors.html
 */
import { boolean, options as checkOptions, integer } from './check'
import { type DType, itemSize } from './dtype'
import { lookUp } from './operators/call'
import { type Tensor, tensorArgument } from './tensor'

const converters = {
  double: 'float64',
  float: 'float32',
  half: 'float16',
  bfloat16: 'bfloat16',
  long: 'int64',
  int: 'int32',
  short: 'int16',
  char: 'int8',
  byte: 'uint8',
  bool: 'bool',
  cdouble: 'complex128',
  cfloat: 'complex64'
} as const satisfies Record<string, DType>

export interface UniqueOptions {
  /** Ascending order. Default true. */
  sorted?: boolean
  /** Also where each element of the input went. Default false. */
  returnInverse?: boolean
  /** Also how often each value occurs. Default false. */
  returnCounts?: boolean
  /** Slices along this dimension instead of elements. Default null. */
  dim?: number | null
}

/** `x.float()` and its like: the same tensor where it has that dtype already. */
type DTypeConversions = { [name in keyof typeof converters]: () => Tensor }

export interface TensorConversions extends DTypeConversions {
  /** On the CPU: the same tensor where it is there already. */
  cpu(): Tensor
  /** On a GPU, by default the first. @throws Error where there is none */
  cuda(index?: number): Tensor
  /** Bytes of one element. */
  elementSize(): number
  /** The same as `numel()`. */
  nelement(): number
  /** The same as `ndim`. */
  ndimension(): number
  /** The values that occur; see `unique()` of the package. */
  unique(options?: UniqueOptions): Tensor | Tensor[]
}

const uniqueElements = lookUp('_unique2', false)
const uniqueSlices = lookUp('unique_dim', false)

/**
 * The values of `input` that occur, each once, in one dimension; with `dim` the slices along it.
 * With `returnInverse` or `returnCounts` an array `[values, inverse, counts]` of those asked for:
 * `inverse` has the input's shape (with `dim` that dimension's size) and indexes into the values.
 * @throws RangeError where `dim` is out of range
 * Source: https://pytorch.org/docs/stable/generated/torch.unique.html
 */
export function unique(input: Tensor, options?: UniqueOptions): Tensor | Tensor[] {
  tensorArgument('input', input)
  const {
    sorted = true,
    returnInverse = false,
    returnCounts = false,
    dim = null
  } = checkOptions<UniqueOptions>('unique', options, [
    'sorted',
    'returnInverse',
    'returnCounts',
    'dim'
  ])
  for (const [name, flag] of Object.entries({ sorted, returnInverse, returnCounts }))
    boolean(name, flag)
  const [values, inverse, counts] = (
    dim === null
      ? uniqueElements(input, sorted, returnInverse, returnCounts)
      : uniqueSlices(input, integer('dim', dim, -Infinity), sorted, returnInverse, returnCounts)
  ) as [Tensor, Tensor, Tensor]
  if (!returnInverse && !returnCounts) return values
  return [values, ...(returnInverse ? [inverse] : []), ...(returnCounts ? [counts] : [])]
}

/** Puts them on Tensor's prototype. */
export function installConversions(prototype: Tensor): void {
  const methods: Record<string, (this: Tensor, ...args: never[]) => unknown> = {
    cpu() {
      return this.to('cpu')
    },
    cuda(index = 0) {
      return this.to(`cuda:${integer('index', index)}`)
    },
    elementSize() {
      return itemSize(this.dtype)
    },
    nelement() {
      return this.numel()
    },
    ndimension() {
      return this.ndim
    },
    unique(options?: UniqueOptions) {
      return unique(this, options)
    }
  }
  for (const [name, dtype] of Object.entries(converters)) {
    methods[name] = function () {
      return this.to(dtype)
    }
  }
  for (const [name, value] of Object.entries(methods)) {
    Object.defineProperty(prototype, name, { value, writable: true, configurable: true })
  }
}

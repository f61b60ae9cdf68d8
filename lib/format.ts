/**
 * Tensors as text, character for character as Python's `repr(tensor)` prints them.
 * The rules and their constants are PyTorch's (torch/_tensor_str.py, the same from 1.13 to 2.x).
 */
import { rangeError } from './check'
import type { DType } from './dtype'
import type { Complex } from './values'

/** Tensors of more elements than this are summarised. */
const threshold = 1000
/** Elements kept at either end of each long dimension of a summary. */
const edgeItems = 3
/** Columns a line may take. */
const lineWidth = 80

/** An element as JavaScript holds it; float16 and bfloat16 come as numbers. */
export type Scalar = number | bigint | boolean | Complex

/** What there is to know about a tensor to print it. */
export interface TensorView {
  /** The full shape, also of a tensor that is summarised. */
  shape: readonly number[]
  dtype: DType
  /** `'cpu'`, `'cuda:0'`, ... */
  device: string
  /** Row-major: every element, or just those that `edgeSelection(shape)` keeps. */
  values: readonly Scalar[]
  requiresGrad: boolean
  /** Name of the node that made the tensor, such as `'AddmmBackward0'`; null for a leaf. */
  gradFn: string | null
}

/**
 * The indices to keep in each dimension of a tensor that is too large to print in full, or null
 * where every element is printed (1,000 or fewer). Apply it (indexSelect per dimension) before
 * the values are copied to the CPU: 6 or fewer indices a dimension are left.
 */
export function edgeSelection(shape: readonly number[]): number[][] | null {
  if (product(shape) <= threshold) return null
  return shape.map((size) => {
    const indices = Array.from({ length: keptOf(size) }, (_, i) => i)
    return indices.map((i) => (i < edgeItems ? i : size - indices.length + i))
  })
}

/**
 * The text of a tensor, e.g. `tensor([[1., 2.],\n        [3., 4.]], requires_grad=True)`.
 * Throws a RangeError where `values` does not hold the elements to print.
 */
export function formatTensor(view: TensorView): string {
  const { shape, dtype, device, values, requiresGrad, gradFn } = view
  const summarise = product(shape) > threshold
  const sizes = summarise ? shape.map(keptOf) : shape
  if (values.length !== product(sizes)) {
    const remedy = 'pass the elements that edgeSelection(shape) keeps'
    throw rangeError('values', `${product(sizes)} elements`, values.length, remedy)
  }

  const prefix = 'tensor('
  const suffixes: string[] = []
  if (device !== 'cpu') suffixes.push(`device='${device}'`)
  if (values.length === 0 && shape.length !== 1) suffixes.push(`size=(${shape.join(', ')})`)
  if (!isDefault(dtype, values.length === 0)) suffixes.push(`dtype=torch.${dtype}`)
  if (gradFn !== null) suffixes.push(`grad_fn=<${gradFn}>`)
  else if (requiresGrad) suffixes.push('requires_grad=True')

  const cells = formatElements(values, dtype)
  const body = values.length === 0 ? '[]' : layOut(cells, shape, sizes, prefix.length)
  return addSuffixes(prefix + body, suffixes, prefix.length)
}

/** Whether the element type goes without saying. An empty tensor shows no elements to tell by. */
function isDefault(dtype: DType, empty: boolean): boolean {
  if (dtype === 'float32') return true
  return !empty && (dtype === 'int64' || dtype === 'bool' || dtype === 'complex64')
}

/** Brackets and line breaks around the elements. */
function layOut(
  cells: Cells,
  shape: readonly number[],
  sizes: readonly number[],
  indent: number
): string {
  const part = (dim: number, offset: number): string => {
    const size = sizes[dim]
    if (size === undefined) return cells.texts[offset] ?? ''
    const last = dim === shape.length - 1
    const stride = product(sizes.slice(dim + 1))
    const parts = Array.from({ length: size }, (_, i) => part(dim + 1, offset + i * stride))
    if (size !== shape[dim]) parts.splice(edgeItems, 0, last ? ' ...' : '...')

    const margin = ' '.repeat(indent + dim + 1)
    if (!last) return `[${parts.join(`,${'\n'.repeat(shape.length - dim - 1)}${margin}`)}]`
    const perLine = Math.max(1, Math.floor((lineWidth - indent - dim) / (cells.width + 2)))
    const lines: string[] = []
    for (let i = 0; i < parts.length; i += perLine) {
      lines.push(parts.slice(i, i + perLine).join(', '))
    }
    return `[${lines.join(`,\n${margin}`)}]`
  }
  return part(0, 0)
}

/** Puts each suffix on the last line, or on a new one where the line would grow too long. */
function addSuffixes(text: string, suffixes: readonly string[], indent: number): string {
  let result = text
  // The 2 over the true length are PyTorch's, and decide where lines break.
  let lineLength = text.length - text.lastIndexOf('\n') + 1
  for (const suffix of suffixes) {
    if (lineLength + suffix.length + 2 > lineWidth) {
      result += `,\n${' '.repeat(indent)}${suffix}`
      lineLength = indent + suffix.length
    } else {
      result += `, ${suffix}`
      lineLength += suffix.length + 2
    }
  }
  return `${result})`
}

/** The elements' texts, and the width that each is given. */
interface Cells {
  texts: string[]
  width: number
}

function formatElements(values: readonly Scalar[], dtype: DType): Cells {
  if (dtype.includes('complex')) return formatComplex(values as readonly Complex[])
  if (dtype.includes('float')) return formatFloats(values.map(Number))
  const name = (value: Scalar) => (value ? 'True' : 'False')
  return padded(values.map(dtype === 'bool' ? name : String))
}

/** Padded to the width of the widest one that counts. */
function padded(texts: readonly string[], counts = (_: number): boolean => true): Cells {
  const counted = texts.filter((_, i) => counts(i))
  const width = counted.reduce((most, text) => Math.max(most, text.length), 1)
  return { texts: texts.map((text) => text.padStart(width)), width }
}

/** Zeros, infinities and NaNs take no part in the choice of style or width. */
function formatFloats(numbers: readonly number[]): Cells {
  const counts = (value: number | undefined) => Number.isFinite(value) && value !== 0
  return padded(numbers.map(floatStyle(numbers.filter(counts))), (i) => counts(numbers[i]))
}

/** Each part has a style of its own; only the real one is padded. */
function formatComplex(values: readonly Complex[]): Cells {
  const re = formatFloats(values.map((value) => value.re))
  const im = formatFloats(values.map((value) => value.im))
  const texts = re.texts.map((text, i) => {
    const part = (im.texts[i] as string).trimStart()
    return `${text}${part.startsWith('-') ? '' : '+'}${part}j`
  })
  return { texts, width: re.width + im.width + 1 }
}

/** The one style for all elements of a float tensor: `1.`, `1.0000` or `1.0000e+00`. */
function floatStyle(numbers: readonly number[]): (value: number) => string {
  let min = Infinity
  let max = 0
  for (const value of numbers) {
    min = Math.min(min, Math.abs(value))
    max = Math.max(max, Math.abs(value))
  }
  let style = fixed
  if (max / min > 1000 || max > 1e8 || min < 1e-4) style = scientific
  else if (numbers.every(Number.isInteger)) style = whole
  return (value) => {
    if (Number.isNaN(value)) return 'nan'
    // JavaScript's own formatting loses the sign of -0.
    const sign = value < 0 || Object.is(value, -0) ? '-' : ''
    return sign + (Number.isFinite(value) ? style(Math.abs(value)) : 'inf')
  }
}

function whole(value: number): string {
  return `${value.toFixed(0)}.`
}

function fixed(value: number): string {
  return tieToEven(value.toFixed(60), value.toFixed(4))
}

function scientific(value: number): string {
  const text = tieToEven(value.toExponential(60), value.toExponential(4))
  return text.replace(/(e[+-])(\d)$/, '$10$2')
}

/**
 * `rounded`, but exactly halfway between two texts of 4 decimals the one that ends in an even
 * digit, as Python rounds (1/32 is 0.0312); JavaScript rounds up. `exact` has 60 decimals, more
 * than it takes to tell a double that is halfway from one that is only near.
 */
function tieToEven(exact: string, rounded: string): string {
  const tie = /^(\d+\.\d{3}[02468])50*(e.+)?$/.exec(exact)
  return tie ? `${tie[1]}${tie[2] ?? ''}` : rounded
}

function keptOf(size: number): number {
  return Math.min(size, 2 * edgeItems)
}

function product(sizes: readonly number[]): number {
  return sizes.reduce((all, size) => all * size, 1)
}

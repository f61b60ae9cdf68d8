// One candidate call: arguments in the parameters' order, plausible by their names and types.
'use strict'

const { D, complex, generator, name: named } = require('./specs')

/** What the tensors of one candidate look like; the likeliest first. */
const profiles = [
  { shape: [3, 4] },
  { shape: [4, 4] },
  { shape: [4] },
  { shape: [2, 3, 4] },
  { shape: [2, 3, 8, 8] },
  { shape: [2, 3, 4, 6, 6] },
  { shape: [] },
  { shape: [1, 1] },
  { shape: [3, 4], dtype: 'int64' },
  { shape: [3, 4], dtype: 'bool' },
  { shape: [3, 4], dtype: 'complex64' },
  { shape: [4, 4], dtype: 'complex64' },
  { shape: [3, 4], dtype: 'uint8' },
  { shape: [3, 4], dtype: 'bfloat16' },
  { shape: [3, 4], dtype: 'int32' },
  { shape: [4, 2] },
  { shape: [2], dtype: 'int64' },
  { shape: [], dtype: 'int64' },
  { shape: [3, 4], as: 'sparse' },
  { shape: [3, 4], as: 'csr' },
  { shape: [2, 3, 4], as: 'sparse' },
  { shape: [2, 3, 8, 8], as: 'mkldnn' },
  { shape: [3, 4], as: 'quantized' },
  { shape: [2, 3, 8, 8], as: 'quantized' }
]

// Functions that are NaN for most normal draws.
const positive =
  /^(sqrt|rsqrt|log|acos|arccos|asin|arcsin|atanh|arctanh|erfinv|lgamma|digamma|mvlgamma|igamma|xlogy|pow|float_power|bernoulli|logit|special_|polygamma|binomial|multinomial|poisson|dirichlet|_sample|_standard|hypot|i0|_dirichlet|binary_cross)/

const integersByName = {
  dim0: 0,
  dim1: 1,
  startDim: 0,
  endDim: -1,
  end: 2,
  n: 2,
  k: 2,
  chunks: 2,
  sections: 2,
  splitSize: 2,
  numClasses: 5,
  dimension: 0,
  size: 2,
  source: 0,
  destination: 1,
  high: 5,
  low: 0,
  steps: 5,
  m: 3,
  windowLength: 6,
  row: 3,
  col: 4,
  diagonal: 0,
  offset: 0,
  start: 0,
  dim: 0,
  axis0: 0,
  axis1: 1,
  upscaleFactor: 2,
  downscaleFactor: 2,
  bins: 4,
  ord: 2,
  numSamples: 2,
  p: 1,
  nFft: 4,
  fillValue: 2
}
const floatsByName = {
  eps: 1e-5,
  p: 0.5,
  std: 1,
  mean: 0,
  lambd: 1,
  dropout: 0,
  threshold: 0.1,
  max: 0.7
}
const stringsByName = {
  reduce: 'sum',
  padMode: 'reflect',
  mode: 'constant',
  ord: 'fro',
  indexing: 'ij',
  roundingMode: 'floor',
  side: 'left',
  driver: 'gels',
  equation: 'ij,ij->ij',
  approximate: 'none',
  UPLO: 'L'
}

class Candidate {
  constructor(schema, profile, variant) {
    this.schema = schema
    this.base = schema.name.split('::')[1].replace(/_$/, '')
    this.shape = profile.shape
    this.dtype = profile.dtype ?? 'float32'
    this.as = profile.as
    this.variant = variant
  }

  tensor(name, position) {
    const { shape, dtype, variant } = this
    if (/^(index|indices|batch1index)$/.test(name)) return this.index(variant % 2 ? shape : [2])
    if (/mask|condition/i.test(name))
      return { $: 'tensor', draw: 'randint', shape, dtype: 'bool', low: 0, high: 2 }
    const isFloat = /float|complex/.test(dtype)
    if (!isFloat) {
      const low = dtype === 'bool' ? 0 : 1
      const spec = {
        $: 'tensor',
        draw: 'randint',
        shape,
        dtype,
        low,
        high: dtype === 'bool' ? 2 : 5
      }
      return this.as && position === 0 ? { ...spec, as: this.as } : spec
    }
    const draw = positive.test(this.base) ? 'rand' : 'randn'
    const spec = { $: 'tensor', draw, shape, dtype }
    return this.as && (position === 0 || variant % 2) ? { ...spec, as: this.as } : spec
  }

  index(shape) {
    return { $: 'tensor', draw: 'randint', shape, dtype: 'int64', low: 0, high: 2 }
  }

  integers(name, size) {
    const { shape, variant } = this
    const count = shape.reduce((product, length) => product * length, 1)
    switch (name) {
      case 'dim':
        return size > 1 ? [0, 1].slice(0, size) : [0]
      case 'dims':
        return variant === 0
          ? shape.map((_, i) => shape.length - 1 - i)
          : variant === 1
            ? [0]
            : [0, 1]
      case 'size':
        return variant === 0 ? [count] : variant === 1 ? shape : [...shape, 1]
      case 'kernelSize':
        return Array(Math.max(size, 1)).fill(2)
      case 'outputSize':
        return Array(Math.max(size, 1)).fill(4)
      case 'stride':
        return size > 0 ? Array(size).fill(1) : variant === 1 ? [4, 1] : [1]
      case 'padding':
      case 'outputPadding':
        return Array(Math.max(size, 1)).fill(0)
      case 'pad':
        return [1, 1, 1, 1].slice(0, size > 0 ? size : 2)
      case 'repeats':
      case 'shifts':
        return name === 'shifts' ? [1] : Array(Math.max(shape.length, 1)).fill(2)
      case 'normalizedShape':
        return shape.slice(-1)
      case 'splitSizes':
        return [1, (shape[0] ?? 1) - 1]
      case 'indices':
        return [1, 2]
      case 'dimsSelf':
      case 'dimsOther':
        return [0]
      default:
        return Array(size > 0 ? size : variant === 0 ? 1 : 2).fill(1)
    }
  }

  value(type, size, name, position) {
    const { variant } = this
    if (type.endsWith('?')) return this.value(type.slice(0, -1), size, name, position)
    switch (type) {
      case 'Tensor':
        return this.tensor(name, position)
      case 'Tensor[]':
        return [this.tensor(name, position), this.tensor(name, position)]
      case 'Tensor?[]':
        return variant % 2 ? [null, this.index([2])] : [this.index([2])]
      case 'Scalar':
        return this.dtype.startsWith('complex') && variant === 1
          ? complex(1, -2)
          : variant === 2
            ? 0.5
            : 2
      case 'int':
      case 'SymInt':
        return variant === 2 ? 1 : (integersByName[name] ?? 1)
      case 'int[]':
      case 'SymInt[]':
        return this.integers(name, size)
      case 'float':
        return floatsByName[name] ?? 0.5
      case 'float[]':
        return Array(2).fill(1.5)
      case 'Scalar[]':
        return [2, 0.5]
      case 'bool':
        return variant === 1
      case 'bool[]':
        return Array(size > 0 ? size : 3).fill(true)
      case 'str':
        return stringsByName[name] ?? 'mean'
      case 'ScalarType':
        return named('dtype', variant === 1 ? 'int64' : 'float64')
      case 'Layout':
        return named('layout', 'strided')
      case 'Device':
        return named('device', 'cpu')
      case 'MemoryFormat':
        return named('memoryFormat', variant === 1 ? 'channels_last' : 'contiguous_format')
      case 'Generator':
        return generator(5)
      default:
        return null
    }
  }

  args() {
    return this.schema.parameters
      .filter(({ out }) => !out)
      .map(({ name, type, size, byDefault }, i) =>
        byDefault === null || name === 'reduction' ? this.value(type, size, name, i) : D
      )
  }
}

module.exports = { Candidate, profiles }

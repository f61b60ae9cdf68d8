// One call of an operator, and everything that came of it as text: what parity/coverage.py does.
'use strict'

const torch = require('node-libtorch')
const { camelCase } = require('../../dist/names')
const { native } = require('../../dist/native')
const { valueFrom } = require('../fixtures/specs')

const { aten } = torch.ops
const forms = ['to_dense', 'dequantize']

function attempt(run, otherwise) {
  try {
    return run()
  } catch {
    return otherwise
  }
}

/** NaNs all alike: their bits depend on the compiler. */
function hex(array) {
  if (array instanceof Float32Array || array instanceof Float64Array) {
    for (let i = 0; i < array.length; i++) if (Number.isNaN(array[i])) array[i] = NaN
  }
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString('hex')
}

/** 'float32[2] 0000803f00000040'; sparse, quantized and other kinds by their values. */
function bits(tensor) {
  const head = attempt(() => `${tensor.dtype}[${tensor.shape.join(', ')}]`, 'without a shape')
  const plain = attempt(() => elements(tensor.detach()), null)
  if (plain !== null) return `${head} ${plain}`
  for (const form of forms) {
    const dense = attempt(() => elements(aten[form](tensor.detach())), null)
    if (dense !== null) return `${head} ${dense}`
  }
  return head
}

function elements(tensor) {
  const real = tensor.dtype.startsWith('complex')
    ? aten.view_as_real(aten.resolve_conj(tensor))
    : tensor
  return hex(real.toTypedArray())
}

/** Results as text, nested as they are. */
function shown(value) {
  if (torch.isTensor(value)) return bits(value)
  if (Array.isArray(value)) return value.map(shown)
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (typeof value === 'object' && value !== null)
    return 're' in value ? ['complex', shown(value.re), shown(value.im)] : 'opaque'
  return value
}

/** { result } or { threw, code }. */
function outcome(run) {
  try {
    return run()
  } catch (error) {
    return { threw: String(error.message), code: error.code ?? error.name }
  }
}

/** The values of `args`; the leaves among them are collected. In-place calls get copies of leaves. */
function valuesOf(schema, args, leaves) {
  return args.map((spec, i) => {
    if (spec?.$ === 'default') return undefined
    const value = valueFrom(torch, spec)
    const values = [value].flat(2).filter(torch.isTensor)
    const copied = changes(schema, i)
    leaves.push(...values.filter((tensor) => tensor.requiresGrad && tensor.isLeaf))
    if (!copied) return value
    const copy = (made) =>
      torch.isTensor(made) && made.requiresGrad
        ? made.clone()
        : Array.isArray(made)
          ? made.map(copy)
          : made
    return copy(value)
  })
}

/** Whether the schema says that argument `i` is changed: `Tensor(a!) self`. */
function changes({ text }, i) {
  const list = text
    .slice(text.indexOf('(') + 1)
    .split(', ')
    .filter((part) => part !== '*')
  return /!/.test(list[i] ?? '')
}

/** Positional arguments up to the first that is left out, then keywords; `out` as one or a list. */
function split({ parameters }, values) {
  const positional = []
  const keywords = {}
  const outs = []
  let gap = false
  for (const [i, { name, keywordOnly, out }] of parameters.entries()) {
    const value = values[i]
    if (value === undefined) gap = true
    else if (out) outs.push(value)
    else if (keywordOnly || gap) keywords[name] = value
    else positional.push(value)
  }
  if (outs.length > 0) keywords.out = outs.length === 1 ? outs[0] : outs
  return Object.keys(keywords).length > 0 ? [...positional, keywords] : positional
}

// Members of Tensor that are more than the operator of that name.
const ownMembers = new Set(['index', 'item', 'to'])

/** The member of Tensor that is the operator `name`; the operator itself where there is none. */
function methodOf(name) {
  const key = camelCase(name.split('::')[1])
  const member = ownMembers.has(key) ? null : attempt(() => torch.Tensor.prototype[key], null)
  return typeof member === 'function' ? member : native.operator(name, true)
}

/** Calls by 'overload', as 'any' overload or as a 'method' of the first tensor. */
function call(schema, args, form) {
  torch.manualSeed(1)
  const leaves = []
  const values = valuesOf(schema, args, leaves)
  torch.manualSeed(2)
  const name = form === 'overload' ? `${schema.name}.${schema.overload || 'default'}` : schema.name
  const given = split(schema, values)
  const result =
    form === 'method'
      ? methodOf(name).apply(given[0], given.slice(1))
      : native.operator(name, false)(...given)
  const outputs = shown(result)
  const changed = values.flat(2).filter(torch.isTensor).map(bits)
  if (form !== 'overload') return { outputs }
  torch.manualSeed(3)
  return { outputs, changed, grads: backward([result].flat(2), leaves) }
}

/** The gradients of all leaves after a backward of every output that has one. */
function backward(outputs, leaves) {
  const from = outputs.filter(
    (output) => torch.isTensor(output) && attempt(() => output.requiresGrad, false)
  )
  if (from.length === 0) return null
  try {
    for (const output of from) {
      if (output.isLeaf) continue
      const gradient = aten.randn(output.shape, { dtype: output.dtype })
      output.backward({ gradient, retainGraph: true })
    }
  } catch (error) {
    return { threw: error.message.split('\n')[0].slice(0, 200) }
  }
  return leaves.map((leaf) => leaf.grad && bits(leaf.grad))
}

module.exports = { bits, call, outcome, split, valuesOf }

// Candidate calls of an operator from its schema: recipes first, then guesses. Deterministic; the
// first one that works becomes the case.
'use strict'

const { Candidate, profiles } = require('./candidate')
const recipes = require('./recipes')
const { D } = require('./specs')

const empty = (type, dtype) => {
  const spec = { $: 'tensor', draw: 'zeros', shape: [0], dtype, out: true }
  return type.endsWith('[]') ? [spec, { ...spec }] : spec
}

/** The parameters' values but for the `out` tensors. */
const inputsOf = ({ parameters }) => parameters.filter(({ out }) => !out)
const outsOf = ({ parameters }) => parameters.filter(({ out }) => out)

/** Floating-point inputs followed by autograd. */
function withGrads(arg) {
  if (Array.isArray(arg)) return arg.map(withGrads)
  if (arg?.$ !== 'tensor' || !/float|complex/.test(arg.dtype)) return arg
  return { ...arg, grad: true }
}

function withoutGrads(arg) {
  if (Array.isArray(arg)) return arg.map(withoutGrads)
  if (!arg?.grad) return arg
  const { grad, ...plain } = arg
  return plain
}

/** A recipe's arguments, which leave out what has a default and the `out` tensors. */
function fitted(schema, recipe) {
  const parameters = inputsOf(schema)
  if (recipe.length > parameters.length) return null
  // Python's own bindings read the default `Mean` as 0.
  const byDefault = ({ name }) => (name === 'reduction' ? 1 : D)
  const args = parameters.map((parameter, i) =>
    i < recipe.length && recipe[i] !== D ? recipe[i] : byDefault(parameter)
  )
  const missing = parameters.some(({ byDefault }, i) => byDefault === null && args[i] === D)
  return missing || !parameters.every((parameter, i) => suits(parameter, args[i])) ? null : args
}

/** Whether a recipe's argument is meant for this overload: lists for lists, numbers for numbers. */
function suits({ type, size }, arg) {
  if (arg === null || arg === D) return true
  const isTensor = arg.$ === 'tensor'
  if (type.startsWith('Tensor'))
    return Array.isArray(arg) === type.includes('[]') && (isTensor || Array.isArray(arg))
  if (type.startsWith('int[]') && size === 0) return Array.isArray(arg)
  return !isTensor
}

function* inputs(schema, siblings) {
  for (const { args } of siblings) {
    const own = fitted(schema, args)
    if (own) yield own
  }
  for (const recipe of recipes(schema)) {
    const args = fitted(schema, recipe)
    if (args) yield args
  }
  for (const profile of profiles) {
    for (let variant = 0; variant < 3; variant++)
      yield new Candidate(schema, profile, variant).args()
  }
}

/** Calls with `out` tensors: what works without them, with empty tensors of the results' dtypes. */
function* outCandidates(schema, siblings) {
  const outs = outsOf(schema)
  for (const { args, dtypes } of siblings) {
    const own = fitted(schema, args.map(withoutGrads))
    if (own) yield [...own, ...outs.map(({ type }, i) => empty(type, dtypes[i] ?? 'float32'))]
  }
  for (const args of inputs(schema, [])) {
    for (const dtype of ['float32', 'int64'])
      yield [...args, ...outs.map(({ type }) => empty(type, dtype))]
  }
}

/**
 * Lists of arguments in the parameters' order, no two alike. `siblings`: { args, dtypes } of working
 * calls of the same operator, such as `add.Tensor` for `add_.Tensor` and `add.out`.
 */
function* candidates(schema, siblings) {
  const seen = new Set()
  const isNew = (args) => seen.size < seen.add(JSON.stringify(args)).size
  if (outsOf(schema).length > 0) {
    for (const args of outCandidates(schema, siblings)) if (isNew(args)) yield args
    return
  }
  for (const plain of inputs(schema, siblings)) {
    for (const args of [plain.map(withGrads), plain.map(withoutGrads)]) if (isNew(args)) yield args
  }
}

module.exports = { candidates, inputsOf, outsOf }

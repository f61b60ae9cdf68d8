// From the overloads of an operator to TypeScript's: the forms of a call that Python allows, without
// those that another form covers.
//
// A signature is { positional, options, result, spread }; positional and options are lists of
// { name, types, optional }; `spread`: the last of the positional is a list given one by one.
'use strict'

const { parameterTypes, resultType, union } = require('./types')

const isTensor = ({ type }) => type === 'Tensor'

/** Where the tensor is that a method belongs to; -1 for an overload that is no method. */
const selfOf = ({ parameters }) =>
  parameters.findIndex((parameter) => parameter.name === 'self' && isTensor(parameter))

const ownOf = ({ parameters }) => parameters.filter(({ out }) => !out)
const outsOf = ({ parameters }) => parameters.filter(({ out }) => out)

const callOf = (overload) =>
  JSON.stringify([
    ownOf(overload).map((p) => [p.name, p.type, p.size, p.keywordOnly]),
    overload.returns
  ])

/** An overload that fills `out` is a keyword of the one that is the same but for it. */
function withOuts(overloads) {
  const filling = overloads.filter((overload) => outsOf(overload).length > 0)
  const calls = overloads
    .filter((overload) => outsOf(overload).length === 0)
    .map((overload) => ({ overload, outs: [], needed: false }))
  for (const overload of filling) {
    const base = calls.find((call) => !call.needed && callOf(call.overload) === callOf(overload))
    if (base) base.outs = outsOf(overload)
    else calls.push({ overload, outs: outsOf(overload), needed: true })
  }
  return calls
}

function outOption(outs, needed) {
  if (outs.length === 0) return []
  const isOne = outs.length === 1 && isTensor(outs[0])
  return [{ name: 'out', types: [isOne ? 'Tensor' : 'readonly Tensor[]'], optional: !needed }]
}

const allOptional = (entries) => entries.every(({ optional }) => optional)
const required = (entry) => ({ ...entry, optional: false })

/**
 * The forms of one overload: all positional, then the last, the last two, ... by keyword. In brief
 * only the last of these, where all that is required is positional.
 */
function formsOf({ overload, outs, needed }, { isMethod, isBrief }) {
  const self = isMethod ? selfOf(overload) : -1
  // Python's documentation, and its parser, call the first one input.
  const isFree = overload.parameters.every(({ name }) => name !== 'input')
  const entryOf = (parameter, index) => ({
    name: index === 0 && isFree && parameter.name === 'self' ? 'input' : parameter.name,
    types: parameterTypes(parameter, overload.numbersAsTensors && index > 0),
    optional: parameter.byDefault !== null,
    keywordOnly: parameter.keywordOnly
  })
  const entries = ownOf(overload).map(entryOf)
  const positional = entries.filter((entry, index) => !entry.keywordOnly && index !== self)
  const keywords = entries.filter((entry) => entry.keywordOnly)
  const options = [...keywords, ...(isMethod ? [] : outOption(outs, needed))]
  const inPlace = isMethod && overload.writes && overload.name.endsWith('_')
  const result = inPlace && overload.returns.length > 0 ? 'this' : resultType(overload.returns)
  const forms = [{ positional, options, result }]
  const isSpread = overload.variadic && (isMethod || positional.length === 1) && !isBrief
  if (isSpread && allOptional(options)) {
    const list = positional.at(-1)
    const types = list.types.filter((type) => type.startsWith('readonly '))
    const items = { ...list, types: types.map((type) => type.slice(9)), optional: false }
    forms.push({ positional: [items], options: [], result, spread: true })
  }
  // A method's own tensor is put among the positional arguments before it.
  const least = isMethod ? self : Math.min(1, positional.length)
  const needs = positional.filter(({ optional }) => !optional).length
  for (let count = positional.length - 1; count >= least; count--) {
    if (isBrief && count !== needs) continue
    const named = [...positional.slice(count), ...options]
    forms.push({ positional: positional.slice(0, count).map(required), options: named, result })
  }
  return forms
}

const fits = (types, others) =>
  types.every(
    (type) =>
      others.includes(type) ||
      (others.includes('Scalar') && ['number', 'bigint', 'boolean'].includes(type))
  )
const covered = (entry, other) =>
  fits(entry.types, other.types) && (!entry.optional || other.optional)
/** Whether every call of `form` is one of `other`, with the same result. */
function covers(other, form) {
  if (form.result !== other.result || !form.spread !== !other.spread) return false
  const { positional, options } = form
  const rest = other.positional.slice(positional.length)
  if (positional.length > other.positional.length || !allOptional(rest)) return false
  if (!positional.every((entry, i) => covered(entry, other.positional[i]))) return false
  if (rest.length > 0 && options.length > 0) return false
  const find = (list, { name }) => list.find((entry) => entry.name === name)
  return (
    options.every((entry) => {
      const match = find(other.options, entry)
      return match !== undefined && covered(entry, match)
    }) && allOptional(other.options.filter((entry) => !find(options, entry)))
  )
}

/** Scalar holds number, bigint and boolean; null comes last. */
function joined(types, others) {
  const all = [...new Set([...types, ...others])]
  const some = all.includes('Scalar')
    ? all.filter((type) => !['number', 'bigint', 'boolean'].includes(type))
    : all
  return [...some.filter((type) => type !== 'null'), ...some.filter((type) => type === 'null')]
}

/** One signature for two that differ in the type of one parameter, else undefined. */
function merged(a, b) {
  if (a.result !== b.result || a.spread || b.spread) return undefined
  const [first, second] = [a, b].map(({ positional, options }) => [...positional, ...options])
  const sameShape =
    a.positional.length === b.positional.length &&
    first.length === second.length &&
    first.every((one, i) => one.name === second[i].name && one.optional === second[i].optional)
  if (!sameShape) return undefined
  const different = first.flatMap((one, i) =>
    union(one.types) === union(second[i].types) ? [] : i
  )
  if (different.length !== 1) return undefined
  const [at] = different
  const both = first.map((one, i) =>
    i === at ? { ...one, types: joined(one.types, second[i].types) } : one
  )
  const count = a.positional.length
  return { ...a, positional: both.slice(0, count), options: both.slice(count) }
}

/** Without what others cover, and with one signature for those that differ in one parameter. */
function simplified(forms) {
  const kept = []
  for (const form of forms) {
    if (kept.some((other) => covers(other, form))) continue
    const apart = kept.filter((other) => !covers(form, other))
    kept.splice(0, kept.length, ...apart, form)
  }
  for (let i = 0; i < kept.length; i++) {
    for (let j = i + 1; j < kept.length; j++) {
      const one = merged(kept[i], kept[j])
      if (!one) continue
      kept.splice(j, 1)
      kept[i] = one
      return simplified(kept)
    }
  }
  return kept
}

/** The signatures of an operator's overloads as methods or as functions. */
function signaturesOf(overloads, how) {
  const calls = withOuts(overloads).filter(
    ({ overload, needed }) => !how.isMethod || (!needed && selfOf(overload) >= 0)
  )
  return simplified(calls.flatMap((call) => formsOf(call, how)))
}

/**
 * The signatures that the older libtorch has, then what the newer one adds. Options: isMethod,
 * isBrief (not every choice of positional and keyword arguments has a signature).
 */
function signatures({ older, newer }, how) {
  const first = signaturesOf(older, how)
  const more = signaturesOf(newer, how)
  return [...first, ...more.filter((form) => !first.some((other) => covers(other, form)))]
}

const reserved = new Set(
  (
    'arguments await break case catch class const continue debugger default delete do else enum ' +
    'eval export extends false finally for function if implements import in instanceof interface ' +
    'let new null package private protected public return static super switch this throw true try ' +
    'typeof var void while with yield'
  ).split(' ')
)
const label = (name) => (reserved.has(name) ? `${name}_` : name)

/** `(dim: number, options?: { keepdim?: boolean })` */
function parametersText({ positional, options, spread }) {
  const texts = positional.map(({ name, types, optional }, i) => {
    const isSpread = spread && i === positional.length - 1
    if (isSpread) return `...${label(name)}: ${union(types)}`
    const mayBeLeft = optional && allOptional([...positional.slice(i), ...options])
    const type = union(optional && !mayBeLeft ? [...types, 'undefined'] : types)
    return `${label(name)}${mayBeLeft ? '?' : ''}: ${type}`
  })
  if (options.length > 0) {
    const keys = options.map(
      ({ name, types, optional }) => `${name}${optional ? '?' : ''}: ${union(types)}`
    )
    const mayBeLeft = allOptional(options)
    texts.push(`options${mayBeLeft ? '?' : ''}: { ${keys.join('; ')} }`)
  }
  return `(${texts.join(', ')})`
}

module.exports = { parametersText, reserved, selfOf, signatures }

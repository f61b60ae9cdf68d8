// The TypeScript of the schemas' types. A type is a list of alternatives, as signatures merge them.
'use strict'

const int = ['number', 'bigint']

/** What a parameter of one of these types takes. */
const plain = {
  Tensor: ['Tensor'],
  Scalar: ['Scalar'],
  int,
  SymInt: int,
  float: ['number'],
  SymFloat: ['number'],
  bool: ['boolean'],
  SymBool: ['boolean'],
  str: ['string'],
  ScalarType: ['DType'],
  Layout: ['Layout'],
  MemoryFormat: ['MemoryFormat'],
  Device: ['string'],
  Generator: ['Generator'],
  Storage: ['Opaque'],
  Stream: ['Opaque'],
  Any: ['unknown']
}

/** What is given back instead, where that differs. */
const given = { int: ['number'], SymInt: ['number'], QScheme: ['number'] }

/** The strings that a parameter takes, where these are few and of old, by the parameter's name. */
const strings = {
  approximate: ["'none'", "'tanh'"],
  indexing: ["'ij'", "'xy'"],
  roundingMode: ["'trunc'", "'floor'"],
  side: ["'left'", "'right'"]
}

const union = (alternatives) => alternatives.join(' | ')

/** `number[]`, `(Tensor | null)[]` */
function listOf(alternatives) {
  const item = union(alternatives)
  return /[ |]/.test(item) ? `(${item})[]` : `${item}[]`
}

function convert(type, lookUp, list) {
  if (type.endsWith('?')) return [...convert(type.slice(0, -1), lookUp, list), 'null']
  if (type.endsWith('[]')) {
    const element = type.slice(0, -2)
    // The elements of a list of ints are numbers: a shape is a number[].
    const isInt = element === 'int' || element === 'SymInt'
    return list(isInt ? ['number'] : convert(element, lookUp, list))
  }
  const dict = type.match(/^Dict\((.*), (.*)\)$/)
  if (dict) {
    const [key, value] = dict.slice(1).map((part) => union(convert(part, lookUp, list)))
    return [`Map<${key}, ${value}>`]
  }
  if (type.startsWith('__torch__.')) return ['Opaque']
  const found = lookUp(type)
  if (found) return found
  throw new Error(`types: expected a type of schemas, got '${type}'; add it to ${__filename}`)
}

/** The alternatives that a parameter takes. */
function parameterTypes({ name, type, size }, takesNumbers) {
  if (strings[name] && /^str\??$/.test(type)) {
    return [...strings[name], ...(type.endsWith('?') ? ['null'] : [])]
  }
  const known = (one) =>
    takesNumbers && one === 'Tensor' && !type.includes('[') ? ['Tensor', 'Scalar'] : plain[one]
  const types = [...convert(type, known, (items) => [`readonly ${listOf(items)}`])]
  if (name === 'reduction' && type === 'int') types.push('Reduction')
  // One value stands for a list of a known size.
  const one = type.match(/^(int|SymInt|float|bool)\[\]/)?.[1]
  return size > 0 && one ? [...plain[one].filter((part) => part !== 'bigint'), ...types] : types
}

/** The result: nothing, one value, or several as a tuple. */
function resultType(returns) {
  const each = returns.map((type) =>
    union(
      convert(
        type,
        (known) => given[known] ?? plain[known],
        (items) => [listOf(items)]
      )
    )
  )
  if (each.length === 0) return 'void'
  return each.length === 1 ? each[0] : `[${each.join(', ')}]`
}

/** The names in `text` that must be imported. */
const named = ['DType', 'Generator', 'Layout', 'MemoryFormat', 'Opaque', 'Reduction', 'Scalar']
const importsOf = (text) => named.filter((name) => new RegExp(`\\b${name}\\b`).test(text))

module.exports = { importsOf, parameterTypes, resultType, union }

// The operators of two libtorches as one list: what the older has, then what the newer adds.
'use strict'

/** 'aten::index_select' -> 'index_select' */
const bare = (name) => name.slice(name.indexOf('::') + 2)

/** The text that is the same where the call is: without aliases, symbolic numbers and precision. */
const comparable = ({ text }) =>
  text
    .replace(/\([a-z]!?(?: -> \*)?(?:\|[a-z])*!?\)/g, '')
    .replace(/\bSym(Int|Float|Bool)\b/g, (_, type) => type.toLowerCase())
    .replace(/\d+\.\d+(e[-+]?\d+)?/g, (number) => String(Number(number)))

const outless = ({ parameters }) => !parameters.some(({ out }) => out)

// Named tensors, which PyTorch never finished: here a string is not the name of a dimension.
const isNamed = ({ overload }) => /dimname|names/i.test(overload)

/** [{ name, older: overloads, newer: overloads, schemas: [{ text, isNew }] }], sorted by name. */
function merge(olderSchemas, newerSchemas) {
  const operators = new Map()
  const add = (end, schemas) => {
    for (const schema of schemas) {
      if (!schema.name.startsWith('aten::') || isNamed(schema)) continue
      const name = bare(schema.name)
      if (!operators.has(name)) operators.set(name, { name, older: [], newer: [] })
      operators.get(name)[end].push(schema)
    }
  }
  add('older', olderSchemas)
  add('newer', newerSchemas)
  const sorted = [...operators.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  return sorted.map((operator) => ({ ...operator, schemas: schemasOf(operator) }))
}

// Those that fill `out` are the same but for it, and are shown where there are no others.
function schemasOf({ older, newer }) {
  const known = new Set(older.map(comparable))
  const added = newer.filter((schema) => !known.has(comparable(schema)))
  const all = [
    ...older.map((schema) => ({ schema, isNew: false })),
    ...added.map((schema) => ({ schema, isNew: true }))
  ]
  const shown = all.filter(({ schema }) => outless(schema))
  return (shown.length > 0 ? shown : all).map(({ schema, isNew }) => ({
    text: bare(schema.text),
    isNew
  }))
}

module.exports = { merge }

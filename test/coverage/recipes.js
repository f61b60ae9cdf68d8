// Arguments for operators that need particular shapes, in the parameters' order; what is left out
// has a default. In-place and `out` overloads begin with what works for the plain operator.
'use strict'

const convolutions = require('./recipes_convolution')
const linalg = require('./recipes_linalg')
const losses = require('./recipes_loss')
const other = require('./recipes_other')

const table = { ...convolutions, ...linalg, ...losses, ...other }

/** The recipes of an operator's base name. */
module.exports = ({ name }) => {
  const base = name.split('::')[1]
  const key = Object.hasOwn(table, base) ? base : base.replace(/_$/, '')
  return Object.hasOwn(table, key) ? table[key] : []
}

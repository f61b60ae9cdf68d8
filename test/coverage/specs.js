// Short ways to write arguments of a case; fixtures/specs.js makes the values.
'use strict'

const tensor = (draw, dtype, shape, more) => ({ $: 'tensor', draw, shape, dtype, ...more })

module.exports = {
  /** Normal draws; `dtype` float32 unless `shape` ends in one. */
  T: (...shape) => tensor('randn', 'float32', shape),
  /** Draws from 0 to 1. */
  P: (...shape) => tensor('rand', 'float32', shape),
  /** Whole numbers below `high`. */
  I: (high, ...shape) => tensor('randint', 'int64', shape, { low: 0, high }),
  B: (...shape) => tensor('randint', 'bool', shape, { low: 0, high: 2 }),
  Z: (...shape) => tensor('zeros', 'float32', shape),
  ONES: (...shape) => tensor('ones', 'float32', shape),
  /** Symmetric positive definite. */
  SPD: (...shape) => tensor('spd', 'float32', shape),
  /** These very numbers as int64. */
  V: (...values) => tensor('values', 'int64', [values.length], { values }),
  C: (...shape) => tensor('randn', 'complex64', shape),
  /** The same tensor in another dtype or form. */
  as: (spec, dtype) => ({ ...spec, dtype }),
  form: (spec, as) => ({ ...spec, as }),
  /** The parameter's own default. */
  D: { $: 'default' },
  name: (kind, value) => ({ $: 'name', kind, value }),
  generator: (seed) => ({ $: 'generator', seed }),
  complex: (re, im) => ({ $: 'complex', re, im })
}

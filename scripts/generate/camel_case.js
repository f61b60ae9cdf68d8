'use strict'

/** 'index_select' -> 'indexSelect', as lib/names.ts; an underscore at either end stays. */
const camelCase = (name) => name.replace(/(?!^)_(.)/g, (_, letter) => letter.toUpperCase())

module.exports = { camelCase }

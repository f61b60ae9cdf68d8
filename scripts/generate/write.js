// The text of lib/operators/generated.ts, from the operators and from the names that Python has.
'use strict'

const { camelCase } = require('./camel_case')
const { oldest } = require('../libtorch/versions')
const exceptions = require('./exceptions')
const { merge } = require('./merge')
const { parametersText, reserved, selfOf, signatures } = require('./signatures')
const summaries = require('./summaries')
const { importsOf } = require('./types')

const namespaces = ['fft', 'linalg', 'special']

const since = ` (since a libtorch newer than ${oldest})`

/** A list of lines as a doc comment. */
function comment(lines, indent = '') {
  if (lines.length === 1) return [`${indent}/** ${lines[0]} */`]
  return [`${indent}/**`, ...lines.map((line) => `${indent} * ${line}`), `${indent} */`]
}

function docOf({ name, schemas }, indent) {
  const summary = summaries[name] ?? summaries[name.replace(/_$/, '')]
  const lines = schemas.map(({ text, isNew }) => `\`${text}\`${isNew ? since : ''}`)
  const listed = lines.length + (summary ? 1 : 0) > 1 ? lines.map((line) => `- ${line}`) : lines
  return comment([...(summary ? [summary] : []), ...listed], indent)
}

/** A type for functions: one signature as an arrow, several as an object of calls. */
function callable(operator, { indent = '', isBrief = false } = {}) {
  const forms = signatures(operator, { isMethod: false, isBrief })
  if (forms.length === 1) return [`${parametersText(forms[0])} => ${forms[0].result}`]
  const lines = forms.map((form) => `${indent}  ${parametersText(form)}: ${form.result}`)
  return ['{', ...lines, `${indent}}`]
}

/** `before`, then the lines of a type, then `after`, as few lines as that takes. */
function around(before, type, after) {
  const [first, ...rest] = type
  const lines = [`${before}${first}`, ...rest]
  lines[lines.length - 1] += after
  return lines
}

function methodLines(operator) {
  const key = camelCase(operator.name)
  const lines = signatures(operator, { isMethod: true }).map(
    (form) => `  ${key}${parametersText(form)}: ${form.result}`
  )
  return [...docOf(operator, '  '), ...lines]
}

// Declared, not defined: the functions are made in a loop, as 600 statements take 4 ms to load.
function functionLines(operator) {
  const key = camelCase(operator.name)
  const type = callable(operator)
  if (!reserved.has(key)) {
    return [...docOf(operator), ...around(`export declare const ${key}: `, type, '')]
  }
  const value = ` = operator('${operator.name}')`
  const lines = around(`const ${key}_: `, type, value)
  return [...docOf(operator), ...lines, `export { ${key}_ as ${key} }`]
}

function makingLines(functions) {
  const made = functions.filter(({ name }) => !reserved.has(camelCase(name)))
  return [
    'defineOperators(exports, [',
    ...made.map(({ name }) => `  '${name}',`),
    '])',
    '',
    '// Never run: Node reads here the names that an ES module can import.',
    'if (false) {',
    ...made.map(({ name }) => `  exports.${camelCase(name)} = 0`),
    '}'
  ]
}

/** Where each operator's type stands: as a function, in a namespace, or in AtenOperators itself. */
function atenLines(operator, { isFunction, namespace }) {
  const { name } = operator
  if (isFunction) {
    const key = camelCase(name)
    return [`  ${name}: Operator<typeof ${reserved.has(key) ? `${key}_` : key}>`]
  }
  if (namespace) {
    const key = camelCase(name.slice(namespace.length + 1))
    return [`  ${name}: Operator<(typeof ${namespace})['${key}']>`]
  }
  const type = callable(operator, { indent: '  ', isBrief: true })
  return [...docOf(operator, '  '), ...around(`  ${name}: Operator<`, type, '>')]
}

function namespaceLines(namespace, operators) {
  const members = operators.flatMap((operator) => {
    const key = camelCase(operator.name.slice(namespace.length + 1))
    const type = callable(operator, { indent: '  ' })
    return [...docOf(operator, '  '), ...around(`  ${key}: `, type, '')]
  })
  const names = operators.map(({ name }) => `  '${name}',`)
  return [
    `/** https://pytorch.org/docs/stable/${namespace}.html */`,
    `export const ${namespace}: {`,
    ...members,
    `} = operatorsOf('${namespace}', [`,
    ...names,
    '])'
  ]
}

/** Two names that become one would lose an operator. */
function checkNames(operators) {
  const known = new Map()
  for (const { name } of operators) {
    const other = known.get(camelCase(name))
    if (other) throw new Error(`generate: '${other}' and '${name}' are one name in camelCase`)
    known.set(camelCase(name), name)
  }
}

const isPublic = ({ name }) => !name.startsWith('_')

/** Which operators are methods, functions, and members of the namespaces, by Python's names. */
function sorted(operators, names) {
  const has = (place, name) => names.some((python) => python[place].includes(name))
  const open = operators.filter(isPublic)
  const isMethod = ({ name, older, newer }) =>
    (has('Tensor', name) || exceptions.moreMethods.has(name)) &&
    !exceptions.leftOutMethods.has(name) &&
    [...older, ...newer].some((overload) => selfOf(overload) >= 0)
  const methods = open.filter(isMethod)
  const functions = open.filter(
    ({ name }) => has('torch', name) && !exceptions.leftOutFunctions.has(name)
  )
  const inNamespace = Object.fromEntries(
    namespaces.map((namespace) => [
      namespace,
      open.filter(
        ({ name }) =>
          name.startsWith(`${namespace}_`) && has(namespace, name.slice(namespace.length + 1))
      )
    ])
  )
  checkNames(methods)
  checkNames(functions)
  return { methods, functions, inNamespace }
}

const header = `/**
 * The operators of libtorch. Made by \`npm run generate\` from the schemas of the supported libtorches
 * and the names that Python has; changes belong in scripts/generate/.
 *
 * A doc comment lists the overloads that do not fill \`out\`, in the order in which they are tried.
 */`

function write(operators, names) {
  const { methods, functions, inNamespace } = sorted(operators, names)
  const find = (wanted) => operators.find(({ name }) => name === wanted)
  const properties = Object.entries(exceptions.properties).flatMap(([key, name]) => [
    ...docOf(find(name), '  '),
    `  readonly ${key}: Tensor`
  ])
  const positions = methods.flatMap(({ name, older, newer }) => {
    const at = (newer.length > 0 ? newer : older).map(selfOf).find((index) => index >= 0)
    return at > 0 ? [`    ${name}: ${at},`] : []
  })
  const placeOf = (operator) => ({
    isFunction: functions.includes(operator),
    namespace: namespaces.find((namespace) => inNamespace[namespace].includes(operator))
  })
  const body = [
    '',
    '/** Operators that are members of Tensor. */',
    'export interface TensorOperators {',
    ...properties,
    ...methods.flatMap(methodLines),
    '}',
    '',
    '/** What methods.ts puts on Tensor. */',
    'export default {',
    "  // By the operators' own names.",
    '  methods: [',
    ...methods.map(({ name }) => `    '${name}',`),
    '  ],',
    '  // Where in the arguments the tensor of a method belongs, if it is not the first one.',
    '  positions: {',
    ...positions,
    '  } as Record<string, number>,',
    "  // The operator's name by the property's.",
    '  properties: {',
    ...Object.entries(exceptions.properties).map(([key, name]) => `    ${key}: '${name}',`),
    '  }',
    '}',
    '',
    ...functions.flatMap(functionLines),
    '',
    ...makingLines(functions),
    '',
    ...namespaces.flatMap((namespace) => [
      ...namespaceLines(namespace, inNamespace[namespace]),
      ''
    ]),
    '/** `ops.aten`: every operator by its own name. */',
    'export interface AtenOperators {',
    '  [name: string]: Operator<UntypedOperator>',
    ...operators.flatMap((operator) => atenLines(operator, placeOf(operator))),
    '}',
    ''
  ]
  const text = body.join('\n')
  const values = importsOf(text).filter((name) => name !== 'DType' && name !== 'Generator')
  const calls = [
    'type Operator',
    'type UntypedOperator',
    'defineOperators',
    'operator',
    'operatorsOf'
  ]
  const imports = [
    "import type { DType } from '../dtype'",
    "import type { Generator } from '../generator'",
    "import type { Tensor } from '../tensor'",
    `import type { ${values.join(', ')} } from '../values'`,
    `import { ${calls.join(', ')} } from './call'`
  ]
  return [header, ...imports, text].join('\n')
}

/** The whole file, of the oldest libtorch and perhaps a newer one, as generate/ask.js describes them. */
function generate(older, newer) {
  const operators = merge(older.schemas, newer?.schemas ?? [])
  return write(operators, newer ? [older.names, newer.names] : [older.names])
}

module.exports = { generate }

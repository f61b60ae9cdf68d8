// Finds a working call for every operator: node run.js FILE, which gets one line of JSON an overload.
// Started again on the same file it goes on behind the call that ended the process.
'use strict'

const { appendFileSync, existsSync, readFileSync, writeFileSync } = require('node:fs')

const torch = require('node-libtorch')
const { native } = require('../../dist/native')
const { candidates } = require('./drawer')
const { call, outcome } = require('./call')

const mostFailures = 3
const mostCrashes = 3
const mostRefused = 24
const mostTried = 60
// Refused by the dispatcher: only another kind of tensor will do.
const noKernel = /Could not run '[^']*' with arguments from the 'CPU'/
const autograd = /grad|differentiat|derivative|leaf/i

/** What was being called when the process last ended, as 'aten::add.Tensor 3 0'. */
function lastCalled(progress) {
  if (!existsSync(progress)) return null
  const [id, number, crashes] = readFileSync(progress, 'utf8').split(' ')
  return { id, number: Number(number), crashes: Number(crashes) }
}

const idOf = ({ name, overload }) => `${name}.${overload || 'default'}`
const baseOf = (name) => name.replace(/_$/, '')

/** Functional operators first: in-place ones and those with `out` begin with their arguments. */
function rank({ name, parameters }) {
  if (parameters.some(({ out }) => out)) return 2
  return name.endsWith('_') ? 1 : 0
}

/** Tries candidates until one works: { id, args, result, failures, crashed }. */
function findCase(schema, id, siblings, progress, last) {
  const failures = []
  const crashed = []
  const crashes = last?.id === id ? last.crashes + 1 : 0
  let number = -1
  let refusals = 0
  let tried = 0
  let failed = ''
  let formsOnly = false
  for (const args of candidates(schema, siblings)) {
    number++
    const text = JSON.stringify(args)
    // The same call without autograd is of use only where autograd was what failed.
    if (text === failed || (formsOnly && !text.includes('"as":'))) continue
    if (last?.id === id && number <= last.number) {
      if (number === last.number) crashed.push(args)
      continue
    }
    if (crashes >= mostCrashes) break
    writeFileSync(progress, `${id} ${number} ${crashes}`)
    const result = outcome(() => call(schema, args, 'overload'))
    if ('outputs' in result) return { id, args, result, failures, crashed }
    const refused = result.code === 'ERR_TORCH_ARGUMENT'
    if (failures.length < mostFailures || (!refused && failures.every((known) => known.refused)))
      failures.push({ args, refused, message: result.threw.slice(0, 300) })
    failed = autograd.test(result.threw) ? '' : text.replaceAll(',"grad":true', '')
    formsOnly ||= noKernel.test(result.threw)
    if (refused) refusals++
    if (++tried > mostTried || refusals > mostRefused) break
  }
  return { id, failures, crashed }
}

/** What another overload can begin with. */
function remember(siblings, { name }, { args, result }) {
  const dtypes = [result.outputs].flat().map((text) => String(text).split('[')[0])
  const list = siblings.get(baseOf(name)) ?? []
  siblings.set(baseOf(name), [...list, { args, dtypes }])
}

function main([file]) {
  const progress = `${file}.progress`
  const known = existsSync(file)
    ? readFileSync(file, 'utf8').trim().split('\n').filter(Boolean)
    : []
  const done = new Map(known.map((line) => [JSON.parse(line).id, JSON.parse(line)]))
  const last = lastCalled(progress)
  const siblings = new Map()
  torch.setNumThreads(1)
  const schemas = native.schemas().filter(({ name }) => name.startsWith('aten::'))
  for (const schema of schemas.sort((a, b) => rank(a) - rank(b))) {
    const id = idOf(schema)
    let found = done.get(id)
    if (!found) {
      found = findCase(schema, id, siblings.get(baseOf(schema.name)) ?? [], progress, last)
      if (found.args) {
        writeFileSync(progress, `${id} ${Number.MAX_SAFE_INTEGER} 0`)
        found.any = outcome(() => call(schema, found.args, 'any'))
        found.method = outcome(() => call(schema, found.args, 'method'))
      }
      appendFileSync(file, `${JSON.stringify({ ...found, text: schema.text })}\n`)
    }
    if (found.args && rank(schema) === 0) remember(siblings, schema, found)
  }
}

main(process.argv.slice(2))

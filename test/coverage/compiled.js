// Calls every operator in a compiled step: node compiled.js CASES FILE, which gets one line of JSON an
// operator: whether its replay is the same as the eager call. CASES is what run.js wrote.
'use strict'

const { appendFileSync, existsSync, readFileSync, writeFileSync } = require('node:fs')

const torch = require('node-libtorch')
const { native } = require('../../dist/native')
const { bits, split, valuesOf } = require('./call')

/** Results are used again, so that none of them is the caller's; gradients are results too. */
function stepOf(schema, leaves, values) {
  const operator = native.operator(`${schema.name}.${schema.overload || 'default'}`, false)
  return () => {
    for (const leaf of leaves) leaf.grad = null
    const results = [operator(...split(schema, values))].flat(2).filter(torch.isTensor)
    const copies = results.map((result) => result.detach().clone())
    const from = results.filter((result) => result.requiresGrad && !result.isLeaf)
    if (from.length > 0)
      from
        .map((result) => result.sum())
        .reduce((a, b) => a.add(b))
        .backward()
    return copies
  }
}

function withoutGraph(value) {
  if (Array.isArray(value)) return value.map(withoutGraph)
  return torch.isTensor(value) && value.requiresGrad && !value.isLeaf ? value.detach() : value
}

function outcomes(schema, args, compile) {
  torch.manualSeed(1)
  const leaves = []
  // What is changed in place is a copy of a leaf: here without the graph that it has.
  const values = valuesOf(schema, args, leaves).map(withoutGraph)
  const step = compile(stepOf(schema, leaves, values))
  const found = []
  for (let i = 0; i < 4; i++) {
    torch.manualSeed(i)
    const results = step()
    found.push([...results, ...leaves.map((leaf) => leaf.grad).filter((grad) => grad)].map(bits))
  }
  return JSON.stringify(found)
}

/** What eager calls give; null where they throw, or read memory that nobody wrote to. */
function eagerly(schema, args) {
  try {
    const found = Array.from({ length: 4 }, () => outcomes(schema, args, (fn) => fn))
    return found.every((each) => each === found[0]) ? found[0] : null
  } catch {
    return null
  }
}

function check(schema, args) {
  const wanted = eagerly(schema, args)
  if (wanted === null) return { eager: true }
  let step
  try {
    const got = outcomes(schema, args, (fn) => {
      step = torch.compile(fn)
      return step
    })
    return got === wanted
      ? { same: true }
      : { differs: step.explain(), wanted: wanted.slice(0, 300), got: got.slice(0, 300) }
  } catch (error) {
    return error.code === 'ERR_TORCH_COMPILE'
      ? { refused: error.message }
      : { threw: error.message }
  }
}

/** A result that changes with the memory around it may seem to differ: not every time. */
function checkOften(schema, args) {
  let found
  for (let i = 0; i < 3; i++) {
    found = check(schema, args)
    if (!found.differs) break
  }
  return found
}

function main([cases, file]) {
  const progress = `${file}.progress`
  const last = existsSync(progress) ? Number(readFileSync(progress, 'utf8')) : -1
  const schemas = new Map(native.schemas().map((schema) => [schema.text, schema]))
  const lines = readFileSync(cases, 'utf8').trim().split('\n')
  torch.setNumThreads(1)
  for (const [i, line] of lines.entries()) {
    const { args, text, id } = JSON.parse(line)
    if (i <= last || !args) continue
    const schema = schemas.get(text)
    if (!schema || schema.parameters.some(({ out }) => out) || !schema.name.startsWith('aten::'))
      continue
    writeFileSync(progress, String(i))
    const found = checkOften(schema, args)
    appendFileSync(file, `${JSON.stringify({ id, ...found })}\n`)
  }
}

main(process.argv.slice(2))

'use strict'

const readline = require('node:readline')

/**
 * A Node worker of the benchmark. Prints `greeting`, then answers each line "COMMAND ROW COUNT":
 * time: the nanoseconds that COUNT steps took; scoped: the same, of steps that free at their end what
 * they made; losses: the losses of the next COUNT steps; any other one: the JSON of what the row's
 * method of that name gives. `make(row)` makes a row once: { run(count), losses(count), ... }, whose
 * methods may be asynchronous. What they throw is answered as "error MESSAGE".
 */
async function serve(greeting, make) {
  const made = new Map()
  console.log(greeting)
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const [command, row, count] = line.split(' ')
    try {
      if (!made.has(row)) made.set(row, make(row))
      console.log(await answer(made.get(row), command, Number(count)))
    } catch (error) {
      console.log(`error ${String(error.message).split('\n')[0]}`)
    }
  }
}

async function answer(work, command, count) {
  if (command === 'time') return String(await time(work.run, count))
  if (command === 'scoped') return String(await time(work.scoped ?? work.run, count))
  if (command === 'losses') return (await work.losses(count)).join(' ')
  return JSON.stringify(work[command]())
}

async function time(run, count) {
  const start = process.hrtime.bigint()
  await run(count)
  return process.hrtime.bigint() - start
}

/** A row whose step is a function; `lossOf` reads what it returned, `scope` frees what it made. */
function loop(step, lossOf, scope) {
  const run = (count) => {
    for (let i = 0; i < count; i++) step()
  }
  return {
    run,
    scoped(count) {
      for (let i = 0; i < count; i++) scope(() => run(1))
    },
    losses: (count) => Array.from({ length: count }, () => lossOf(step()))
  }
}

module.exports = { loop, serve }

'use strict'

// How late a timer of 1 ms is while a 64-128-10 network is trained in the same process and a server
// there answers 1,000 requests: `node bench/beside.js idle | compiled | eager`. `idle` only serves.
const http = require('node:http')
const { setTimeout: wait } = require('node:timers/promises')
const torch = require('node-libtorch')

const { nn, optim } = torch
const requests = 1000
const clients = 8
/** Milliseconds between the requests of a client. */
const pause = 16

function startTraining(way) {
  const model = new nn.Sequential(new nn.Linear(64, 128), new nn.ReLU(), new nn.Linear(128, 10))
  return torch.train(model, {
    data: [torch.randn(1024, 64), torch.randint(0, 10, [1024])],
    loss: new nn.CrossEntropyLoss(),
    optimizer: new optim.SGD(model.parameters(), { lr: 0.01 }),
    batchSize: 128,
    shuffle: true,
    epochs: 1e9,
    compile: way === 'compiled'
  })
}

/** Answers the number of the epoch; resolves with how to ask, and to end it. */
async function startServer(epoch) {
  const server = http.createServer((_, response) => response.end(String(epoch())))
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const agent = new http.Agent({ keepAlive: true, maxSockets: clients })
  const { port } = server.address()
  const ask = () =>
    new Promise((resolve, reject) => {
      const get = http.get({ port, host: '127.0.0.1', agent }, (response) => {
        response.resume().once('end', resolve)
      })
      get.once('error', reject)
    })
  const close = () => {
    agent.destroy()
    server.close()
  }
  return { ask, close }
}

/** Milliseconds beyond its own that each tick came late, shortest first. */
function startTimer() {
  const late = []
  let last = performance.now()
  const timer = setInterval(() => {
    const now = performance.now()
    late.push(now - last - 1)
    last = now
  }, 1)
  return () => {
    clearInterval(timer)
    return late.sort((a, b) => a - b)
  }
}

async function main(way) {
  torch.setNumThreads(1)
  let epoch = 0
  const { ask, close } = await startServer(() => epoch)
  const end = startTimer()
  const run = way === 'idle' ? null : startTraining(way)
  const following = (async () => {
    if (run) for await (const event of run) if (event.type === 'epoch') epoch = event.epoch
  })()
  let left = requests
  const client = async () => {
    while (left-- > 0) {
      await ask()
      await wait(pause)
    }
  }
  await Promise.all(Array.from({ length: clients }, client))
  const late = end()
  run?.stop()
  await following
  close()
  const at = (share) => late[Math.floor(share * (late.length - 1))]
  return { median: at(0.5), p99: at(0.99), longest: at(1), ticks: late.length, epochs: epoch }
}

main(process.argv[2]).then((result) => console.log(JSON.stringify(result)))

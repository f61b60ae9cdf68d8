import { expect, test } from '@jest/globals'
import { nn, optim, manualSeed, rand, setNumThreads, train, type Tensor } from 'node-libtorch'
setNumThreads(1)
test('GD', async () => {
  manualSeed(1)
  const x = rand(20, 3), y = x.sum(1, true)
  const model = new nn.Linear(3, 1)
  const before = model.parameters().map((p) => p.detach().clone())
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 })
  const events: string[] = []
  const run = train(model, { data: [x, y], loss: new nn.MSELoss(), optimizer, epochs: 50 })
  for await (const e of run) events.push(e.type)
  const r = await run
  console.log(events.length, r)
  const other = new nn.Linear(3, 1)
  other.loadStateDict({ weight: before[0]!, bias: before[1]! })
  const o2 = new optim.SGD(other.parameters(), { lr: 0.1 })
  const l = new nn.MSELoss()
  for (let i = 0; i < 50; i++) { o2.zeroGrad(); (l(other(x), y) as Tensor).backward(); o2.step() }
  expect(model.weight.equal(other.weight)).toBe(true)
})

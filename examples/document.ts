/**
 * The document's training loop, word for word: a linear model with one input learns that f(1) = 0.
 */
import { manualSeed, nn, optim, tensor, type Tensor } from 'node-libtorch'

// The same first weights, and so the same numbers, at every run.
manualSeed(0)

// biome-ignore format: the document's own lines
class Model extends nn.Module {
  linear = new nn.Linear(1, 1)
  forward(x: Tensor) { return this.linear(x) }
}

const model = new Model()
const criterion = new nn.MSELoss()
const optimizer = new optim.SGD(model.parameters(), { lr: 0.01 })

const lossNow = () => criterion(model(tensor([1.0])), tensor([0.0])).item()
console.log(`loss before: ${lossNow().toExponential(3)}`)

for (let epoch = 0; epoch < 1000; epoch++) {
  optimizer.zeroGrad()
  const output = model(tensor([1.0]))
  const loss = criterion(output, tensor([0.0]))
  loss.backward()
  optimizer.step()
}

console.log(`loss after 1000 epochs: ${lossNow().toExponential(3)}`)

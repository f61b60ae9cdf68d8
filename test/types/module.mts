// What users write in an ES module: every line must compile. Nothing here is run.
import * as torch from 'node-libtorch'
import { nn, optim, type Tensor, tensor } from 'node-libtorch'

class Model extends nn.Module {
  linear = new nn.Linear(1, 1)
  forward(x: Tensor) {
    return this.linear(x)
  }
}

const model = new Model()
const output: Tensor = model(tensor([1.0]))
const optimizer = new optim.SGD(model.parameters(), { lr: 0.01 })
const same: typeof torch.Tensor = output.constructor as typeof torch.Tensor
const report: torch.MemoryReport = torch.memory()

export { optimizer, report, same }

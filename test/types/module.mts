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

// Memory and messages.
const over: Tensor = torch.fromBuffer(new SharedArrayBuffer(8), { dtype: 'float64', shape: [1] })
torch.fromBuffer(Buffer.alloc(4)).shareMemory_().isShared() satisfies boolean
const message: torch.Message = torch.toMessage(new Map([['x', over]]))
structuredClone(message, { transfer: message.transfer })
const back = torch.fromMessage<Map<string, Tensor>>(message).get('x')?.view('int64')
const complex: torch.Complex = tensor([{ re: 1, im: 2 }, 3]).item<torch.Complex>()
torch.setNumInteropThreads(torch.getNumInteropThreads() satisfies number)

export { back, complex, optimizer, report, same }

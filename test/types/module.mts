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

class Power extends torch.autograd.Function {
  static forward(ctx: torch.autograd.FunctionContext, x: Tensor, exponent: number) {
    ctx.saveForBackward(x)
    ctx.exponent = exponent
    return x.pow(exponent)
  }
  static backward(ctx: torch.autograd.FunctionContext, gradient: Tensor) {
    const [x] = ctx.savedTensors
    return [gradient.mul(x).mul(ctx.exponent), null]
  }
}
const powered: Tensor = Power.apply(output, 2)
const [slope]: (Tensor | null)[] = torch.autograd.grad(powered, [output], { allowUnused: true })
const [steep] = torch.autograd.grad(powered, output)
const handle: torch.autograd.HookHandle = powered.registerHook((gradient) => gradient.mul(2))
powered.registerHook((gradient) => void console.log(gradient)).remove()
const right: boolean = torch.autograd.gradcheck((x, y) => x.mul(y), [output, output], { eps: 1e-6 })
const rows: Tensor[] = torch.autograd.functional.jacobian((x) => x, [output])
const square: Tensor = torch.autograd.functional.jacobian((x) => x, output)
const kept: number = torch.inferenceMode(() => 5) + torch.setGradEnabled(true, () => 1)

export { handle, kept, right, rows, slope, square, steep }
export { back, complex, optimizer, report, same }

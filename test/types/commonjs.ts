// What users write in a CommonJS package: every line must compile. Nothing here is run.
import {
  cuda,
  cat,
  nn,
  type noGrad,
  ops,
  optim,
  randn,
  scope,
  type Tensor,
  tensor,
  zeros
} from 'node-libtorch'
import torch = require('node-libtorch')

/** Compiles only where `Actual` is exactly `Expected`. */
type Same<Actual, Expected> =
  (<T>() => T extends Actual ? 1 : 2) extends <T>() => T extends Expected ? 1 : 2 ? true : never
const isSame = <Actual, Expected>(_proof: Same<Actual, Expected>) => undefined

class Model extends nn.Module {
  linear = new nn.Linear(1, 1)
  forward(x: Tensor) {
    return this.linear(x)
  }
}

class TwoHeads extends nn.Module {
  left = new nn.Linear(2, 1)
  right = new nn.Linear(2, 1, { bias: false, dtype: 'float64' })
  override forward(x: Tensor, scale: number): { left: Tensor; right: Tensor } {
    return { left: this.left(x).mul(scale), right: this.right(x) }
  }
}

// Calling a module is typed by its forward.
const model = new Model()
const heads = new TwoHeads()
isSame<ReturnType<typeof model>, Tensor>(true)
isSame<Parameters<typeof heads>, [x: Tensor, scale: number]>(true)
isSame<ReturnType<typeof heads>, { left: Tensor; right: Tensor }>(true)
const left: Tensor = heads(zeros(2), 3).left

// The document's loop.
const criterion = new nn.MSELoss({ reduction: 'sum' })
const optimizer = new optim.SGD(model.parameters(), { lr: 0.01, momentum: 0.9 })
for (let epoch = 0; epoch < 1000; epoch++) {
  optimizer.zeroGrad()
  const output = model(tensor([1.0]))
  const loss = criterion(output, tensor([0.0]))
  loss.backward()
  optimizer.step()
}

// Tensors.
const made: Tensor[] = [
  tensor(1),
  tensor(
    [
      [1, 2],
      [3, 4]
    ],
    { dtype: 'float64', device: 'cpu', requiresGrad: true }
  ),
  tensor([1n, 2n]),
  tensor([true, false]),
  tensor(new Float32Array(6), { shape: [2, 3] }),
  zeros(2, 3, { dtype: 'int64' }),
  zeros([2, 3]),
  torch.full([2], 7),
  torch.arange(0, 10, 2),
  randn([3, 3], { device: 'auto' })
]
const [x] = made as [Tensor]
const chained: Tensor = x.add(1).mul(x).sub(x, { alpha: 2 }).matmul(x).reshape(2, -1).sum(1, true)
const [values, indices] = x.max(0)
const number: number = x.item()
const wide: bigint = x.item<bigint>()
const sizes: number[] = x.shape
const gradient: Tensor | null = x.grad
const joined = cat([chained, values, indices, left], 0)
x.backward({ gradient: joined, retainGraph: true })
x.requiresGrad_().add_(1).zero_()

// Modes, scopes, modules, optimizers.
isSame<number, ReturnType<typeof noGrad<number>>>(true)
const kept: { a: Tensor } = scope(() => ({ a: zeros(1) }))
const state: Record<string, Tensor> = model.stateDict()
const { missingKeys, unexpectedKeys } = model.loadStateDict(state, { strict: false })
const named: [string, Tensor][] = model.to('float64').train(false).namedParameters()
const grouped = new optim.SGD([{ params: model.parameters(), lr: 0.1 }], { lr: 0.2 })
const rate: number | undefined = grouped.paramGroups[0]?.lr
const loss: Tensor = grouped.step(() => criterion(x, x))
const adam = new optim.Adam(model.parameters(), { betas: [0.9, 0.99], amsgrad: true })
isSame<readonly [number, number], (typeof adam.paramGroups)[number]['betas']>(true)
adam.replaceParameter(x, x, (name: string, value: Tensor) => value.narrow(0, 0, name.length))
const search = new optim.LBFGS(model.parameters(), { lineSearchFn: 'strong_wolfe', maxIter: 4 })
for (const group of search.paramGroups) group.initialLr = group.lr
const saved: optim.OptimizerState = search.stateDict()
const stacked = new nn.Sequential(new nn.Linear(2, 2), new nn.ReLU())
const first: nn.Module | undefined = stacked[0]
const devices: number = cuda.deviceCount()
ops.aten?.addmm?.(x, x, x)

export {
  devices,
  first,
  kept,
  loss,
  missingKeys,
  named,
  number,
  rate,
  saved,
  sizes,
  gradient,
  unexpectedKeys,
  wide
}

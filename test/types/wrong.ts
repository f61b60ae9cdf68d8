// Calls that TypeScript must refuse: each line after a ts-expect-error has exactly one error.
import { autograd, nn, noGrad, optim, tensor, zeros } from 'node-libtorch'

class Model extends nn.Module {
  linear = new nn.Linear(1, 1)
  override forward(x: ReturnType<typeof tensor>) {
    return this.linear(x)
  }
}
const model = new Model()

// @ts-expect-error a string is no tensor data
tensor('1')
// @ts-expect-error dtypes have PyTorch's names
tensor(1, { dtype: 'float' })
// @ts-expect-error options are spelt in camelCase
tensor(1, { requires_grad: true })
// @ts-expect-error sizes are numbers
zeros('2')
// @ts-expect-error a tensor has no length
zeros(2).length
// @ts-expect-error forward takes a tensor
model(1)
// @ts-expect-error forward takes one tensor
model(zeros(1), zeros(1))
// @ts-expect-error the result is a tensor
const result: number = model(zeros(1))
// @ts-expect-error a layer needs its sizes
new nn.Linear(1)
// @ts-expect-error a probability is a number
new nn.Dropout('0.5')
// @ts-expect-error options are spelt in camelCase
new nn.LeakyReLU({ negative_slope: 0.1 })
// @ts-expect-error Threshold has no default value
new nn.Threshold(1)
// @ts-expect-error approximations have names
new nn.GELU('erf')
// @ts-expect-error Tanh has no options
new nn.Tanh(1)
// @ts-expect-error an activation takes one tensor
new nn.Mish()(zeros(1), zeros(1))
// @ts-expect-error affine is true or false
new nn.BatchNorm2d(3, { affine: 1 })
// @ts-expect-error modes of bags have names
new nn.EmbeddingBag(3, 2, { mode: 'min' })
// @ts-expect-error reductions have names
new nn.MSELoss({ reduction: 'average' })
// @ts-expect-error a loss compares two tensors
new nn.MSELoss()(zeros(1))
// @ts-expect-error the optimizer takes parameters, not a model
new optim.SGD(model, { lr: 0.1 })
// @ts-expect-error options are spelt in camelCase
new optim.SGD(model.parameters(), { lr: 0.1, weight_decay: 0.1 })
// @ts-expect-error lr is a number
new optim.SGD(model.parameters(), { lr: '0.1' })
// @ts-expect-error betas are two
new optim.Adam(model.parameters(), { betas: [0.9] })
// @ts-expect-error the parameters of a group are exchanged by replaceParameter
new optim.Adam(model.parameters()).paramGroups[0]?.params.push(zeros(1))
// @ts-expect-error noGrad takes a function
noGrad(5)
// @ts-expect-error matmul takes a tensor
zeros(2, 2).matmul(2)
// @ts-expect-error a hook returns a tensor or nothing
zeros(1).registerHook(() => 5)
// @ts-expect-error gradients are taken of tensors
autograd.grad(5, zeros(1))
// @ts-expect-error Python's name
autograd.grad(zeros(1), zeros(1), { allow_unused: true })
// @ts-expect-error shape is not for writing
zeros(2).shape = [1, 2]

export { result }

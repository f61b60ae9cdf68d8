import { describe, expect, test } from '@jest/globals'
import * as torch from 'node-libtorch'
import { nn, tensor } from 'node-libtorch'

const error = (name: string) => expect.objectContaining({ name })
const namesOf = (module: nn.Module) => module.namedParameters().map(([name]) => name)
const input = tensor([
  [1, 2],
  [-3, 4]
])

describe('layers', () => {
  test('Linear computes x W^T + b, with weights within 1 / sqrt(in)', () => {
    const linear = new nn.Linear(2, 3)
    expect([linear.weight.shape, linear.bias!.shape]).toEqual([[3, 2], [3]])
    expect(linear(input).tolist()).toEqual(
      input.matmul(linear.weight.t()).add(linear.bias!).tolist()
    )
    const wide = new nn.Linear(100, 50)
    expect(wide.weight.abs().max().item()).toBeLessThanOrEqual(0.1)
    expect(wide.weight.abs().max().item()).toBeGreaterThan(0.09)
    expect(Math.abs(wide.weight.mean().item())).toBeLessThan(0.01)
    expect(wide(torch.zeros(3, 4, 100)).shape).toEqual([3, 4, 50])
    expect([linear.inFeatures, linear.outFeatures]).toEqual([2, 3])
  })

  test('what is assigned to weight and bias is what forward uses', () => {
    const linear = new nn.Linear(2, 1)
    linear.weight = nn.Parameter(tensor([[10, 100]]))
    linear.bias = nn.Parameter(tensor([1]))
    expect(linear(tensor([1, 2])).tolist()).toEqual([211])
    expect(namesOf(linear)).toEqual(['weight', 'bias'])
    linear(tensor([1, 2])).backward()
    expect(linear.weight.grad!.tolist()).toEqual([[1, 2]])
    linear.bias = null
    expect(linear(tensor([1, 2])).tolist()).toEqual([210])
    expect(namesOf(linear)).toEqual(['weight'])
    expect(() => (linear.weight = 1 as never)).toThrow(error('TypeError'))
    expect(linear(tensor([1, 2])).tolist()).toEqual([210])
  })

  test('MSELoss reduces by mean, sum or not at all', () => {
    const [x, y] = [tensor([[1, 2]], { requiresGrad: true }), tensor([[4, 0]])]
    expect(new nn.MSELoss()(x, y).item()).toBe(6.5)
    expect(new nn.MSELoss({ reduction: 'sum' })(x, y).item()).toBe(13)
    expect(new nn.MSELoss({ reduction: 'none' })(x, y).tolist()).toEqual([[9, 4]])
    new nn.MSELoss()(x, y).backward()
    expect(x.grad!.tolist()).toEqual([[-3, 2]])
    expect(() => new nn.MSELoss({ reduction: 'median' as 'mean' })).toThrow(error('TypeError'))
  })

  test('ReLU leaves its input alone, unless in place', () => {
    const x = tensor([-1, 2])
    expect(new nn.ReLU()(x).tolist()).toEqual([0, 2])
    expect(x.tolist()).toEqual([-1, 2])
    expect(new nn.ReLU({ inplace: true })(x)).toBe(x)
    expect(x.tolist()).toEqual([0, 2])
  })

  test('Sequential runs its modules in order, and a repeated one again', () => {
    const double = new nn.Linear(1, 1, { bias: false })
    double.weight = nn.Parameter(tensor([[2]]))
    const model = new nn.Sequential(double, double, new nn.ReLU())
    expect(model(tensor([[3], [-1]])).tolist()).toEqual([[12], [0]])
    expect([model.size, model[1] === double, [...model].length]).toEqual([3, true, 3])
    const x = tensor(1)
    expect(new nn.Sequential()(x)).toBe(x)
    expect(() => new nn.Sequential(1 as never)).toThrow(/modules\[0\]/)
  })

  test('are made in the dtype that is asked for', () => {
    const linear = new nn.Linear(2, 3, { dtype: 'float64' })
    expect([linear.weight.dtype, linear.bias!.dtype]).toEqual(['float64', 'float64'])
    expect(linear(torch.ones([1, 2], { dtype: 'float64' })).dtype).toBe('float64')
  })
})

test('Parameter shares the values of its tensor, outside its graph', () => {
  const base = torch.ones(2)
  const parameter = nn.Parameter(base)
  expect([parameter.requiresGrad, parameter.isLeaf, base.requiresGrad]).toEqual([true, true, false])
  base.fill_(4)
  expect(parameter.tolist()).toEqual([4, 4])
  expect(nn.Parameter(base, false).requiresGrad).toBe(false)
})

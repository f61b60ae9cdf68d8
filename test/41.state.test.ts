import { describe, expect, test } from '@jest/globals'
import * as torch from 'node-libtorch'
import { nn, optim, type Tensor, tensor } from 'node-libtorch'

const error = (name: string) => expect.objectContaining({ name })
const input = tensor([
  [1, 2],
  [-3, 4]
])

class Model extends nn.Module {
  linear = new nn.Linear(2, 3)
  override forward(x: Tensor): Tensor {
    return this.linear(x)
  }
}

describe('stateDict', () => {
  test('shares values with the module, outside the graph', () => {
    const model = new Model()
    const state = model.stateDict()
    expect(Object.keys(state)).toEqual(['linear.weight', 'linear.bias'])
    expect(state['linear.bias']!.requiresGrad).toBe(false)
    state['linear.bias']!.fill_(5)
    expect(model.linear.bias!.tolist()).toEqual([5, 5, 5])
    const copy = state['linear.bias']!.clone()
    torch.noGrad(() => model.linear.bias!.fill_(6))
    expect([copy.tolist(), state['linear.bias']!.tolist()]).toEqual([
      [5, 5, 5],
      [6, 6, 6]
    ])
  })

  test('loads into another module, which then computes the same', () => {
    const [from, to] = [new Model(), new Model()]
    const { weight } = to.linear
    expect(to(input).tolist()).not.toEqual(from(input).tolist())
    expect(to.loadStateDict(from.stateDict())).toEqual({ missingKeys: [], unexpectedKeys: [] })
    expect(to(input).tolist()).toEqual(from(input).tolist())
    expect(to.linear.weight).toBe(weight)
    torch.noGrad(() => from.linear.weight.zero_())
    expect(to(input).tolist()).not.toEqual(from(input).tolist())
  })

  test('converts the dtype', () => {
    const [from, to] = [new Model().to('float64'), new Model()]
    to.loadStateDict(from.stateDict())
    expect(to.linear.weight.dtype).toBe('float32')
    expect(to.linear.weight.to('float64').sub(from.linear.weight).abs().max().item()).toBeLessThan(
      1e-7
    )
  })

  test('that does not fit changes nothing', () => {
    const model = new Model()
    const before = model.linear.weight.tolist()
    const weight = torch.zeros(3, 2)
    const bias = torch.zeros(3)
    const cases: [Record<string, Tensor>, RegExp][] = [
      [{ 'linear.weight': weight }, /missing: linear\.bias/],
      [{ 'linear.weight': weight, 'linear.bias': bias, other: bias }, /unexpected: other/],
      [
        { 'linear.weight': weight, 'linear.bias': torch.zeros(4) },
        /linear\.bias: expected shape \[3\], got \[4\]/
      ]
    ]
    for (const [state, message] of cases) expect(() => model.loadStateDict(state)).toThrow(message)
    expect(() =>
      model.loadStateDict({ 'linear.weight': torch.zeros(2, 3) }, { strict: false })
    ).toThrow(/shape/)
    expect(() => model.loadStateDict(null as never)).toThrow(error('TypeError'))
    expect(model.linear.weight.tolist()).toEqual(before)
  })

  test('need not be complete where strict is false', () => {
    const model = new Model()
    const before = model.linear.bias!.tolist()
    const state = { 'linear.weight': torch.ones(3, 2), other: torch.ones(1) }
    expect(model.loadStateDict(state, { strict: false })).toEqual({
      missingKeys: ['linear.bias'],
      unexpectedKeys: ['other']
    })
    expect(model.linear.weight.tolist()).toEqual([
      [1, 1],
      [1, 1],
      [1, 1]
    ])
    expect(model.linear.bias!.tolist()).toEqual(before)
  })
})

describe('to', () => {
  test('converts in place, gradients too, so that an optimizer goes on', () => {
    const model = new nn.Linear(2, 1)
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.5 })
    const { weight } = model
    const before = weight.tolist() as number[][]
    model(tensor([[1, 2]]))
      .sum()
      .backward()
    expect(model.to('float64')).toBe(model)
    expect(model.weight).toBe(weight)
    expect([weight.dtype, weight.grad!.dtype, weight.requiresGrad, weight.isLeaf]).toEqual([
      'float64',
      'float64',
      true,
      true
    ])
    expect(weight.tolist()).toEqual(before)
    optimizer.step()
    expect(weight.tolist()).toEqual([[before[0]![0]! - 0.5, before[0]![1]! - 1]])
    optimizer.zeroGrad()
    model(tensor([[1, 2]], { dtype: 'float64' }))
      .sum()
      .backward()
    optimizer.step()
    expect(weight.tolist()).toEqual([[before[0]![0]! - 1, before[0]![1]! - 2]])
    expect(() => model.to('int64')).toThrow(error('TypeError'))
  })

  test('takes a device, or both', () => {
    const model = new nn.Linear(1, 1).to('cpu').to({ device: 'cpu', dtype: 'bfloat16' })
    expect([model.weight.device, model.weight.dtype]).toEqual(['cpu', 'bfloat16'])
  })
})

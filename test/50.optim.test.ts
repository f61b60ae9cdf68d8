import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { isGradEnabled, nn, noGrad, optim, type Tensor, tensor } from 'node-libtorch'

const error = (name: string) => expect.objectContaining({ name })
const leaf = (data: number[]) => tensor(data, { dtype: 'float64', requiresGrad: true })

/** The parameter after each of `steps` steps, each with the gradient [1, 2]. */
function run(options: optim.SGDOptions, start = [10, 20], steps = 3): unknown[] {
  const parameter = leaf(start)
  const optimizer = new optim.SGD([parameter], options)
  return Array.from({ length: steps }, () => {
    parameter.grad = tensor([1, 2], { dtype: 'float64' })
    optimizer.step()
    return parameter.tolist()
  })
}

describe('SGD', () => {
  // By hand: g = grad + weightDecay p; b = momentum b + (1 - dampening) g; p -= lr (b or g + momentum b)
  // biome-ignore format: a table
  test.each<[string, optim.SGDOptions, unknown[]]>([
    ['lr', { lr: 0.5 }, [[9.5, 19], [9, 18], [8.5, 17]]],
    ['lr 0', { lr: 0 }, [[10, 20], [10, 20], [10, 20]]],
    ['momentum', { lr: 1, momentum: 0.5 }, [[9, 18], [7.5, 15], [5.75, 11.5]]],
    ['dampening', { lr: 1, momentum: 0.5, dampening: 0.5 }, [[9, 18], [8, 16], [7, 14]]],
    [
      'nesterov',
      { lr: 1, momentum: 0.5, nesterov: true },
      [[8.5, 17], [6.75, 13.5], [4.875, 9.75]]],
    ['weightDecay', { lr: 0.5, weightDecay: 0.5 }, [[7, 14], [4.75, 9.5], [3.0625, 6.125]]],
    ['maximize', { lr: 0.5, maximize: true }, [[10.5, 21], [11, 22], [11.5, 23]]],
    [
      'maximize and weightDecay',
      { lr: 0.5, weightDecay: 0.5, maximize: true },
      [[8, 16], [6.5, 13], [5.375, 10.75]]]])('%s', (_, options, expected) => {
    expect(run(options)).toEqual(expected)
  })

  const golden = JSON.parse(
    readFileSync(join(__dirname, 'data', 'sgd-trajectories.json'), 'utf8')
  ) as {
    options: optim.SGDOptions
    trajectory: [number, number][]
  }[]
  test.each(golden)('goes where an independent code goes: $options', ({ options, trajectory }) => {
    const parameter = leaf([1.5, 1.5])
    const optimizer = new optim.SGD([parameter], options)
    expect(trajectory).toHaveLength(100)
    for (const [wantedX, wantedY] of trajectory) {
      const [x, y] = parameter.tolist() as [number, number]
      const slope = y - x ** 2
      parameter.grad = tensor([-400 * x * slope - 2 * (1 - x), 200 * x * slope], {
        dtype: 'float64'
      })
      optimizer.step()
      const [gotX, gotY] = parameter.tolist() as [number, number]
      expect(Math.abs(gotX - wantedX)).toBeLessThan(1e-11)
      expect(Math.abs(gotY - wantedY)).toBeLessThan(1e-11)
    }
  })

  test('leaves alone what has no gradient', () => {
    const [a, b] = [leaf([1]), leaf([1])]
    const optimizer = new optim.SGD([a, b], { lr: 1, weightDecay: 1 })
    a.square().backward()
    optimizer.step()
    expect([a.item(), b.item(), a.requiresGrad, a.isLeaf]).toEqual([-2, 1, true, true])
  })

  test('does not change the gradient, with maximize neither', () => {
    for (const maximize of [false, true]) {
      const parameter = leaf([1])
      const grad = tensor([2], { dtype: 'float64' })
      parameter.grad = grad
      new optim.SGD([parameter], { lr: 1, momentum: 0.9, weightDecay: 1, maximize }).step()
      expect(parameter.grad).toBe(grad)
      expect(grad.tolist()).toEqual([2])
    }
  })

  test('learns a line', () => {
    const model = new nn.Linear(1, 1)
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 })
    const criterion = new nn.MSELoss()
    const [x, y] = [tensor([[-1], [0], [1], [2]]), tensor([[-5], [-2], [1], [4]])]
    for (let step = 0; step < 300; step++) {
      optimizer.zeroGrad()
      criterion(model(x), y).backward()
      optimizer.step()
    }
    expect(model.weight.item()).toBeCloseTo(3, 4)
    expect(model.bias!.item()).toBeCloseTo(-2, 4)
  })

  test('zeroGrad sets gradients to null, or to zeros in the same tensor', () => {
    const parameter = leaf([1, 2])
    const optimizer = new optim.SGD([parameter, leaf([1])], { lr: 1 })
    parameter.pow(3).sum().backward({ createGraph: true })
    const { grad } = parameter
    expect(grad!.gradFn).not.toBeNull()
    optimizer.zeroGrad({ setToNone: false })
    expect(parameter.grad).toBe(grad)
    expect([grad!.tolist(), grad!.requiresGrad]).toEqual([[0, 0], false])
    optimizer.zeroGrad({})
    expect(parameter.grad).toBeNull()
    parameter.sum().backward()
    optimizer.zeroGrad()
    expect(parameter.grad).toBeNull()
  })

  test('step runs a closure with recording on and returns its loss', () => {
    const parameter = leaf([3])
    const optimizer = new optim.SGD([parameter], { lr: 0.25 })
    expect(optimizer.step()).toBeUndefined()
    let loss: Tensor | undefined
    const result = noGrad(() =>
      optimizer.step(() => {
        expect(isGradEnabled()).toBe(true)
        optimizer.zeroGrad()
        loss = parameter.square().sum()
        loss.backward()
        return loss
      })
    )
    expect(result).toBe(loss)
    expect([result.item(), parameter.item()]).toEqual([9, 1.5])
    expect(() =>
      optimizer.step(() => {
        throw new Error('mine')
      })
    ).toThrow('mine')
    expect(parameter.item()).toBe(1.5)
  })

  test('refuses what makes no sense', () => {
    const parameter = leaf([1])
    expect(() => new optim.SGD([parameter], { lr: -1 })).toThrow(error('RangeError'))
    expect(() => new optim.SGD([parameter], { lr: 1, nesterov: true })).toThrow(error('RangeError'))
    expect(() => new optim.SGD([parameter, parameter], { lr: 1 })).toThrow(error('TypeError'))
    expect(() => new optim.SGD([parameter.mul(2)], { lr: 1 })).toThrow(/leaf/)
    expect(() => new optim.SGD([], { lr: 1 })).toThrow(error('RangeError'))
  })
})

describe('parameter groups', () => {
  test('have options of their own, and the rest from the optimizer', () => {
    const [a, b] = [leaf([0]), leaf([0])]
    const groups = [{ params: [a] }, { params: [b], lr: 0.5, momentum: 0.5, maximize: true }]
    const optimizer = new optim.SGD(groups, { lr: 0.25 })
    for (let step = 0; step < 2; step++) {
      a.grad = tensor([1], { dtype: 'float64' })
      b.grad = tensor([1], { dtype: 'float64' })
      optimizer.step()
    }
    expect([a.item(), b.item()]).toEqual([-0.5, 0.5 + 0.75])
    const rest = { momentum: 0, dampening: 0, weightDecay: 0, nesterov: false, maximize: false }
    expect(optimizer.paramGroups.map((group) => ({ ...group, params: 1 }))).toEqual([
      { ...rest, params: 1, lr: 0.25 },
      { ...rest, params: 1, lr: 0.5, momentum: 0.5, maximize: true }
    ])
    expect(optimizer.paramGroups[0]!.params[0]).toBe(a)
    expect(optimizer.paramGroups[1]!.params[0]).toBe(b)
    expect(new optim.SGD([{ params: [leaf([1])] }]).paramGroups[0]!.lr).toBe(0.001)
    expect(new optim.SGD([{ params: [leaf([1])], lr: 2 }]).paramGroups[0]!.lr).toBe(2)
  })

  test('can be set at any time, one by one', () => {
    const [a, b] = [leaf([0]), leaf([0])]
    const optimizer = new optim.SGD([{ params: [a] }, { params: [b] }], { lr: 1 })
    const step = () => {
      a.grad = tensor([1], { dtype: 'float64' })
      b.grad = tensor([1], { dtype: 'float64' })
      optimizer.step()
      return [a.item(), b.item()]
    }
    const [first, second] = optimizer.paramGroups
    expect(step()).toEqual([-1, -1])
    first!.lr = 0.5
    expect(step()).toEqual([-1.5, -2])
    second!.maximize = true
    expect(step()).toEqual([-2, -1])
    second!.maximize = false
    first!.weightDecay = 1
    expect(step()).toEqual([-1.5, -2])
    first!.weightDecay = 0
    Object.assign(second!, { momentum: 0.5 })
    step()
    expect(step()).toEqual([-2.5, -4.5])
    second!.nesterov = true
    expect(step()).toEqual([-3, -4.5 - (1 + 0.5 * 1.75)])
    Object.assign(second!, { nesterov: false, dampening: 1 })
    expect(step()[1]).toBe(-6.375 - 0.875)
    expect(() => (first!.lr = -1)).toThrow(error('RangeError'))
    expect(() => (first!.nesterov = 1 as never)).toThrow(error('TypeError'))
    expect([first!.lr, first!.nesterov]).toEqual([0.5, false])
  })

  test('can be added', () => {
    const [a, b] = [leaf([0]), leaf([0])]
    const optimizer = new optim.SGD([a], { lr: 1 })
    optimizer.addParamGroup({ params: [b], lr: 0.5 })
    expect(optimizer.paramGroups.map((group) => group.lr)).toEqual([1, 0.5])
    a.add(b).backward()
    optimizer.step()
    expect([a.item(), b.item()]).toEqual([-1, -0.5])
    optimizer.zeroGrad()
    expect([a.grad, b.grad]).toEqual([null, null])
    expect(() => optimizer.addParamGroup({ params: [a] })).toThrow(/in a group already/)
    expect(optimizer.paramGroups).toHaveLength(2)
  })

  test('print as in Python', () => {
    expect(String(new optim.SGD([leaf([1])], { lr: 0.01, momentum: 0.9 }))).toMatch(
      /^SGD \(\nParameter Group 0\n {4}dampening: 0\n {4}differentiable: False\n {4}foreach: None\n( {4}fused: None\n)? {4}lr: 0\.01\n {4}maximize: False\n {4}momentum: 0\.9\n {4}nesterov: False\n {4}weight_decay: 0\n\)$/
    )
  })
})

// nn.Sequential runs layers that are all libtorch's own in one native call: that must not show.
import { expect, test } from '@jest/globals'
import { manualSeed, memory, nn, ones, type Tensor, tensor } from 'node-libtorch'

const x = () =>
  tensor([
    [1, -2],
    [0.5, 3]
  ])

function byHand(modules: nn.Module[], input: Tensor): Tensor {
  return modules.reduce((output, module) => module(output) as Tensor, input)
}

test('gives the same bits and gradients as its modules one by one', () => {
  manualSeed(1)
  const net = new nn.Sequential(new nn.Linear(2, 3), new nn.ReLU(), new nn.Linear(3, 1))
  const output = net(x())
  expect(output.equal(byHand(net.children(), x()))).toBe(true)
  output.sum().backward()
  const grads = net.parameters().map((parameter) => parameter.grad!.clone())
  net.zeroGrad()
  byHand(net.children(), x()).sum().backward()
  expect(net.parameters().every((parameter, i) => parameter.grad!.equal(grads[i]!))).toBe(true)
})

test('makes one tensor that JavaScript can see, not one a layer', () => {
  const net = new nn.Sequential(new nn.Linear(2, 3), new nn.ReLU(), new nn.Linear(3, 1))
  const input = x()
  net(input)
  // At most: a sweep may come in between. One tensor a layer would make three.
  const held = () => memory().liveTensors + memory().waitingTensors
  const before = held()
  const output = net(input)
  expect(held() - before).toBeLessThanOrEqual(1)
  expect(output.shape).toEqual([2, 1])
})

test('a module that is exchanged after the first call is the one that runs', () => {
  const net = new nn.Sequential(new nn.Linear(2, 2), new nn.ReLU())
  net(x())
  net[0] = new nn.Linear(2, 4)
  expect(net(x()).shape).toEqual([2, 4])
  net[2] = new nn.Linear(4, 5)
  expect(net(x()).shape).toEqual([2, 5])
  delete (net as unknown as Record<number, unknown>)[2]
  expect(net(x()).shape).toEqual([2, 4])
})

test('a forward of the user is called: of a subclass, patched before, patched after the first call', () => {
  class Doubled extends nn.Linear {
    override forward(input: Tensor): Tensor {
      return super.forward(input).mul(2)
    }
  }
  const layer = new Doubled(2, 2)
  const relu = new nn.ReLU()
  const net = new nn.Sequential(layer, relu)
  expect(net(x()).equal(relu(layer(x())))).toBe(true)

  const plain = new nn.Sequential(new nn.Linear(2, 2), new nn.ReLU())
  plain(x())
  plain[1]!.forward = (input: Tensor) => input.mul(0)
  expect(plain(x()).abs().sum().item()).toBe(0)
})

test('weights that are assigned after the first call are the ones that count', () => {
  const first = new nn.Linear(2, 2)
  const net = new nn.Sequential(first, new nn.ReLU())
  net(x())
  first.weight = nn.Parameter(ones(2, 2))
  first.bias = null
  expect(net(x()).tolist()).toEqual([
    [0, 0],
    [3.5, 3.5]
  ])
})

test('no module gives the input back, one module its own result', () => {
  const input = x()
  expect(new nn.Sequential()(input)).toBe(input)
  const layer = new nn.Linear(2, 2)
  expect(new nn.Sequential(layer)(input).equal(layer(input))).toBe(true)
})

test('an error names the layer and the shapes that it got', () => {
  const net = new nn.Sequential(new nn.Linear(2, 3), new nn.ReLU(), new nn.Linear(4, 1))
  let message = ''
  try {
    net(x())
  } catch (error) {
    message = (error as Error).message
  }
  expect(message).toMatch(/^Linear\(float32\[2, 3\]\): /)
  expect(() => net('x')).toThrow('input: expected a Tensor')
})

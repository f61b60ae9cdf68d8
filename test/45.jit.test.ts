import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'
import * as torch from 'node-libtorch'
import { jit, nn, ones, optim, type Tensor, zeros } from 'node-libtorch'

const folder = mkdtempSync(join(tmpdir(), 'jit-'))
const file = (name: string) => join(folder, name)
afterAll(() => rmSync(folder, { recursive: true }))

class Net extends nn.Module {
  first = new nn.Linear(4, 3)
  declare count: Tensor
  constructor() {
    super()
    this.registerBuffer('count', zeros(3))
  }
  forward(x: Tensor) {
    return this.first(x).relu().add(this.count)
  }
}

describe('a traced module', () => {
  // A ReLU that is zero everywhere would learn nothing, which one draw in eight is.
  torch.manualSeed(1)
  const model = new Net()
  const traced = jit.trace(model, ones(2, 4))

  test('is an nn.Module with the model’s own parameters and buffers', () => {
    expect(traced).toBeInstanceOf(nn.Module)
    const names = (module: nn.Module) => module.namedParameters().map(([name]) => name)
    expect(names(traced)).toEqual(names(model))
    traced.parameters().forEach((parameter, i) => {
      expect(parameter).toBe(model.parameters()[i])
    })
    expect(traced.namedBuffers().map(([name]) => name)).toEqual(['count'])
    expect(traced.namedModules().map(([name]) => name)).toEqual(['', 'first'])
    expect(Object.keys(traced.stateDict())).toEqual(['count', 'first.weight', 'first.bias'])
    expect(traced.originalName).toBe('Net')
    expect(traced.methodNames()).toEqual(['forward'])
  })

  test('computes what the model does, for other sizes too', () => {
    const x = torch.randn(5, 4)
    expect(traced(x).equal(model(x))).toBe(true)
    expect(traced.forward(x).equal(model(x))).toBe(true)
  })

  test('learns with the model, either way', () => {
    const optimizer = new optim.SGD(traced.parameters(), { lr: 0.1 })
    const before = model.first.weight.clone()
    traced(ones(2, 4)).sum().backward()
    optimizer.step()
    expect(model.first.weight.equal(before)).toBe(false)
    traced.zeroGrad()
    expect(model.first.weight.grad).toBe(null)
    const x = torch.randn(1, 4)
    expect(traced(x).equal(model(x))).toBe(true)
  })

  test('train, eval, requiresGrad_ and to reach the C++ module', () => {
    const own = jit.trace(new Net(), ones(2, 4))
    own.eval()
    own.requiresGrad_(false)
    own.to('float64')
    own.save(file('state.pt'))
    const read = jit.load(file('state.pt'))
    expect(read.training).toBe(false)
    expect((read as unknown as { first: jit.ScriptModule }).first.training).toBe(false)
    expect(read.parameters().map(({ requiresGrad, dtype }) => [requiresGrad, dtype])).toEqual([
      [false, 'float64'],
      [false, 'float64']
    ])
    expect(read(ones(2, 4, { dtype: 'float64' })).dtype).toBe('float64')
  })

  test('takes a state dict, and tensors in place of its own', () => {
    const own = jit.trace(new Net(), ones(2, 4))
    own.loadStateDict(traced.stateDict())
    const x = torch.randn(2, 4)
    expect(own(x).equal(traced(x))).toBe(true)
    const parts = own as unknown as { count: Tensor; first: { bias: Tensor } }
    parts.count = ones(3)
    expect(own(x).equal(traced(x).add(1))).toBe(true)
    parts.first.bias = nn.Parameter(zeros(3))
    expect(own.parameters()[1]).toBe(parts.first.bias)
    expect(() => {
      parts.count = 3 as unknown as Tensor
    }).toThrow(/count: expected a Tensor/)
  })

  test('prints its parts as Python does', () => {
    expect(String(traced)).toBe(
      'ScriptModule(\n  original_name=Net\n  (first): ScriptModule(original_name=Linear)\n)'
    )
  })

  test('comes back from its file with the same bits, and leaves no other file', () => {
    traced.save(file('net.pt'))
    const read = jit.load(file('net.pt'), { mapLocation: 'cpu' })
    const x = torch.randn(2, 4)
    expect(read(x).equal(traced(x))).toBe(true)
    expect(read.parameters()[0]).not.toBe(traced.parameters()[0])
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([])
    const before = readFileSync(file('net.pt'))
    expect(() => traced.save(join(folder, 'missing', 'net.pt'))).toThrow(/ENOENT/)
    traced.save(file('net.pt'))
    expect(readFileSync(file('net.pt')).equals(before)).toBe(true)
  })
})

import { inspect } from 'node:util'
import { describe, expect, test } from '@jest/globals'
import * as torch from 'node-libtorch'
import { nn, type Tensor, tensor } from 'node-libtorch'

const namesOf = (module: nn.Module) => module.namedParameters().map(([name]) => name)
const input = tensor([
  [1, 2],
  [-3, 4]
])

class Base extends nn.Module {
  linear = new nn.Linear(2, 3)
  override forward(x: Tensor): Tensor {
    return this.linear(x)
  }
}

class Derived extends Base {
  relu = new nn.ReLU()
  head = new nn.Sequential(new nn.Linear(3, 4), new nn.ReLU(), new nn.Linear(4, 1))
  scale = nn.Parameter(torch.ones(1))
  #calls = 0

  override forward(x: Tensor): Tensor {
    this.#calls++
    return this.head(this.relu(super.forward(x))).mul(this.scale)
  }

  get calls() {
    return this.#calls
  }
}

describe('a module', () => {
  test('is called as a function, which runs its forward', () => {
    const model = new Derived()
    expect(typeof model).toBe('function')
    expect(model(input).tolist()).toEqual(model.forward(input).tolist())
    expect(model(input).shape).toEqual([2, 1])
    expect(model.calls).toBe(3)
    expect([model instanceof Base, model instanceof nn.Module]).toEqual([true, true])
    expect([model, model.linear].map((m) => m.constructor.name)).toEqual(['Derived', 'Linear'])
  })

  test('calls the forward that it has now', () => {
    const model = new Base()
    model.forward = (x) => x.mul(2)
    expect(model(tensor([3])).tolist()).toEqual([6])
  })

  test('without a forward says so', () => {
    class Empty extends nn.Module {}
    expect(() => new Empty()(1)).toThrow(/Empty: forward is not defined/)
  })

  test('has names as in Python: own parameters first, then children', () => {
    const model = new Derived()
    expect(namesOf(model)).toEqual([
      'scale',
      'linear.weight',
      'linear.bias',
      'head.0.weight',
      'head.0.bias',
      'head.2.weight',
      'head.2.bias'
    ])
    expect(namesOf(new nn.Sequential(new nn.Linear(1, 1)))).toEqual(['0.weight', '0.bias'])
    expect(namesOf(new nn.Linear(1, 1, { bias: false }))).toEqual(['weight'])
    const parameters = model.parameters()
    expect(parameters).toHaveLength(model.namedParameters().length)
    expect(model.namedParameters().every(([, value], i) => value === parameters[i])).toBe(true)
    expect(model.namedModules().map(([name]) => name)).toEqual([
      '',
      'linear',
      'relu',
      'head',
      'head.0',
      'head.1',
      'head.2'
    ])
    expect(model.namedChildren().map(([name]) => name)).toEqual(['linear', 'relu', 'head'])
    expect(model.modules()[0]).toBe(model)
    expect(model.children()[0]).toBe(model.linear)
  })

  test('may have fields called name and length, and any others', () => {
    class Named extends nn.Module {
      override name = 'a name'
      override length = 3
      layers = 7
      linear = new nn.Linear(1, 1)
    }
    const model = new Named()
    expect([model.name, model.length, model.layers]).toEqual(['a name', 3, 7])
    expect(namesOf(model)).toEqual(['linear.weight', 'linear.bias'])
    class Assigned extends nn.Module {
      constructor() {
        super()
        Object.assign(this, { name: 'assigned', length: 4 })
      }
    }
    const assigned = new Assigned()
    expect([assigned.name, assigned.length]).toEqual(['assigned', 4])
    class NamedLayer extends nn.Module {
      override name = new nn.Linear(1, 1)
      override length = nn.Parameter(torch.ones(1))
    }
    expect(namesOf(new NamedLayer())).toEqual(['length', 'name.weight', 'name.bias'])
  })

  test('lists a shared parameter once, under its first name', () => {
    class Tied extends nn.Module {
      a = new nn.Linear(2, 2)
      b = new nn.Linear(2, 2)
      again = this.a
      constructor() {
        super()
        this.b.weight = this.a.weight
      }
    }
    const model = new Tied()
    expect(namesOf(model)).toEqual(['a.weight', 'a.bias', 'b.bias'])
    expect(model.modules()).toHaveLength(3)
    // As in Python, the state dict has every name.
    expect(Object.keys(model.stateDict())).toEqual([
      'a.weight',
      'a.bias',
      'b.weight',
      'b.bias',
      'again.weight',
      'again.bias'
    ])
    expect(model.loadStateDict(model.stateDict())).toEqual({ missingKeys: [], unexpectedKeys: [] })
  })

  test('takes leaves that require grad and nn.Parameter, and no other tensors', () => {
    class Fields extends nn.Module {
      leaf = torch.zeros(1, { requiresGrad: true })
      frozen = nn.Parameter(torch.zeros(1), false)
      result = this.leaf.mul(2)
      plain = torch.zeros(1)
    }
    const model = new Fields()
    expect(namesOf(model)).toEqual(['leaf', 'frozen'])
    model.requiresGrad_(false)
    expect(namesOf(model)).toEqual(['leaf', 'frozen'])
    expect(model.leaf.requiresGrad).toBe(false)
    model.requiresGrad_()
    expect([model.leaf.requiresGrad, model.frozen.requiresGrad]).toEqual([true, true])
  })

  test('has buffers: state that is no parameter', () => {
    class Counter extends nn.Module {
      declare count: Tensor
      inner = new nn.Linear(1, 1)
      constructor() {
        super()
        this.registerBuffer('count', tensor([5n]))
      }
    }
    const model = new Counter()
    const outer = new nn.Sequential(model)
    expect(outer.namedBuffers().map(([name]) => name)).toEqual(['0.count'])
    expect(outer.buffers()[0]).toBe(model.count)
    expect(namesOf(outer)).toEqual(['0.inner.weight', '0.inner.bias'])
    expect(Object.keys(outer.stateDict())).toEqual(['0.count', '0.inner.weight', '0.inner.bias'])
    model.count = tensor([6n])
    expect(model.buffers()[0]!.item()).toBe(6)
    model.to('float64')
    expect([model.count.dtype, model.inner.weight.dtype]).toEqual(['int64', 'float64'])
  })

  test('applies to children first, then to itself', () => {
    const order: string[] = []
    const model = new Derived()
    expect(model.apply((module) => order.push(module.constructor.name))).toBe(model)
    expect(order).toEqual(['Linear', 'ReLU', 'Linear', 'ReLU', 'Linear', 'Sequential', 'Derived'])
  })

  test('trains and evaluates, with everything below it', () => {
    const model = new Derived()
    expect(model.modules().every((module) => module.training)).toBe(true)
    expect(model.eval()).toBe(model)
    expect(model.modules().some((module) => module.training)).toBe(false)
    expect(model.train()).toBe(model)
    model.head.train(false)
    expect([model.training, model.linear.training, model.head[1]!.training]).toEqual([
      true,
      true,
      false
    ])
  })

  test('train of a child may be its own, as when a layer is kept frozen', () => {
    class Frozen extends nn.Linear {
      override train(): this {
        return super.train(false)
      }
    }
    const model = new nn.Sequential(new Frozen(1, 1), new nn.Linear(1, 1))
    model.train()
    expect([model[0]!.training, model[1]!.training]).toEqual([false, true])
  })

  test('clears gradients, to null or to zeros', () => {
    const model = new Base()
    model(input).sum().backward()
    const { grad } = model.linear.weight
    expect(grad!.tolist()).toEqual([
      [-2, 6],
      [-2, 6],
      [-2, 6]
    ])
    model.zeroGrad({ setToNone: false })
    expect(model.linear.weight.grad).toBe(grad)
    expect(grad!.tolist()).toEqual([
      [0, 0],
      [0, 0],
      [0, 0]
    ])
    model.zeroGrad()
    expect(model.parameters().map((parameter) => parameter.grad)).toEqual([null, null])
  })
})

test('modules print as in Python', () => {
  const text = `Derived(
  (linear): Linear(in_features=2, out_features=3, bias=True)
  (relu): ReLU()
  (head): Sequential(
    (0): Linear(in_features=3, out_features=4, bias=True)
    (1): ReLU()
    (2): Linear(in_features=4, out_features=1, bias=True)
  )
)`
  const model = new Derived()
  expect([String(model), inspect(model)]).toEqual([text, text])
  expect(String(new nn.ReLU({ inplace: true }))).toBe('ReLU(inplace=True)')
  expect(String(new nn.Sequential())).toBe('Sequential()')
  expect(String(new nn.MSELoss())).toBe('MSELoss()')
})

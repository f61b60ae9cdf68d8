import { describe, expect, test } from '@jest/globals'
import { nn, ones, setNumThreads, type Tensor, tensor, zeros } from 'node-libtorch'

import { copyMembers } from '../lib/nn/module/members'
import { containers } from './parity/containers'
import { runPython } from './parity/python'

setNumThreads(1)
const error = (name: string) => expect.objectContaining({ name })
const namesOf = (module: nn.Module) => module.namedParameters().map(([name]) => name)
const linear = () => new nn.Linear(2, 2)

describe('as in Python', () => {
  const reference = runPython<Record<string, Record<string, unknown>>>('containers.py')
  if ('skip' in reference) {
    console.warn(`skipped: ${reference.skip}`)
    test.skip(reference.skip, () => {})
    return
  }
  const { result } = reference
  const found = containers() as typeof result

  test.each(Object.keys(result['modules']!))('names, order, values, print: %s', (name) => {
    expect(found['modules']![name]).toEqual(result['modules']![name])
  })

  test.each(['outputs', 'double', 'half', 'type'])('%s', (name) => {
    expect(found[name]).toEqual(result[name])
  })
})

describe('ModuleList', () => {
  test('is indexed, iterated, changed, and has a length', () => {
    const [a, b, c, d] = [linear(), new nn.ReLU(), linear(), new nn.ReLU()]
    const list = new nn.ModuleList<nn.Module>([a, b])
    expect([list.length, list[0] === a, list.at(-1) === b, list.at(0) === a]).toEqual([
      2,
      true,
      true,
      true
    ])
    expect(list.insert(1, c)).toBe(list)
    list.insert(3, d)
    expect([...list].map((module) => [a, b, c, d].indexOf(module))).toEqual([0, 2, 1, 3])
    expect(list.pop()).toBe(d)
    expect(list.pop(0)).toBe(a)
    list.insert(-1, d)
    expect([...list].map((module) => [a, b, c, d].indexOf(module))).toEqual([2, 3, 1])
    expect(namesOf(list)).toEqual(['0.weight', '0.bias'])
    list[0] = b
    expect([list.length, namesOf(list)]).toEqual([3, []])
  })

  test('takes all modules or none', () => {
    const list = new nn.ModuleList()
    expect(() => list.extend([linear(), 5 as never])).toThrow(error('TypeError'))
    expect(list.length).toBe(0)
    expect(() => list.pop()).toThrow(/index: expected no index, as it is empty, got number -1/)
  })

  test('has no forward', () => {
    expect(() => new nn.ModuleList([linear()])(ones(2))).toThrow(/ModuleList: forward is not/)
  })
})

describe('dictionaries', () => {
  test('of modules keep any key, in the order in which they came', () => {
    const dict = new nn.ModuleDict([
      ['b', linear()],
      ['1', linear()],
      ['forward', linear()],
      ['0', linear()]
    ])
    expect([...dict.keys()]).toEqual(['b', '1', 'forward', '0'])
    expect(dict.namedChildren().map(([name]) => name)).toEqual(['b', '1', 'forward', '0'])
    expect(dict.getSubmodule('forward')).toBe(dict.get('forward'))
    expect([dict.size, dict.has('1'), dict.has('2'), dict.delete('1')]).toEqual([
      4,
      true,
      false,
      true
    ])
    const copy = new nn.ModuleDict(dict)
    expect([...copy].map(([name]) => name)).toEqual(['b', 'forward', '0'])
    expect([...copy.values()][0]).toBe(dict.get('b'))
    expect(copy.pop('b')).toBe(dict.get('b'))
    copy.clear()
    expect([copy.size, dict.size]).toEqual([0, 3])
    expect(() => dict.get('c')).toThrow(
      /ModuleDict: key: expected one of 'b', 'forward', '0', got string 'c'/
    )
  })

  test('move, train and load with their module', () => {
    const dict = new nn.ModuleDict({ a: linear(), b: linear() })
    const outer = new nn.Sequential(dict).eval().to('float64')
    expect([dict.get('a').training, dict.get('b').weight.dtype]).toEqual([false, 'float64'])
    const other = new nn.Sequential(new nn.ModuleDict({ a: linear(), b: linear() }))
    expect(other.loadStateDict(outer.stateDict())).toEqual({ missingKeys: [], unexpectedKeys: [] })
  })

  test('of parameters make parameters', () => {
    const values = ones(2)
    const dict = new nn.ParameterDict({ a: values })
    expect(dict.get('a').requiresGrad).toBe(true)
    values.fill_(3)
    expect(dict.get('a').tolist()).toEqual([3, 3])
    dict.get('a').sum().backward()
    dict.zeroGrad()
    expect([dict.get('a').grad, dict.has('b'), dict.size]).toEqual([null, false, 1])
    expect(dict.pop('a').tolist()).toEqual([3, 3])
    expect(() => dict.get('a')).toThrow(/ParameterDict: key: expected no key, as it is empty/)
  })

  test('lists of parameters make parameters, set and add', () => {
    const list = new nn.ParameterList([ones(1)])
    list.set(-1, zeros(2)).extend([ones(3)])
    expect([...list].map((parameter) => [parameter.requiresGrad, parameter.shape])).toEqual([
      [true, [2]],
      [true, [3]]
    ])
    expect([list.length, list.at(-1) === list[1]]).toEqual([2, true])
    expect(() => list.at(2)).toThrow(error('RangeError'))
    expect(() => new nn.ParameterList(ones(3) as never)).toThrow(/values: expected an array/)
  })
})

test('members are copied as what they are', () => {
  class Net extends nn.Module {
    dict = new nn.ModuleDict({ b: linear(), 0: linear() })
    list = new nn.ParameterList<unknown>([ones(1), null, 5])
    constructor() {
      super()
      this.registerBuffer('kept', ones(1))
      this.registerBuffer('cache', ones(1), { persistent: false })
      this.registerModule('absent', null)
    }
  }
  const [from, to] = [new Net(), new Net()]
  const seen: string[] = []
  const copy = (name: string, value: unknown) => {
    seen.push(name)
    return value
  }
  copyMembers(from.dict, to.dict, copy)
  copyMembers(from.list, to.list, copy)
  copyMembers(from, to, (name, value) =>
    value instanceof nn.Module ? to.getSubmodule(name) : copy(name, value)
  )
  expect(new Set(seen)).toEqual(
    new Set(['training', 'b', '0', '1', '2', 'kept', 'cache', 'absent'])
  )
  expect(to.dict.get('b')).toBe(from.dict.get('b'))
  expect([...to.list].length).toBe(3)
  expect([String(to), Object.keys(to.stateDict())]).toEqual([
    String(from),
    Object.keys(from.stateDict())
  ])
  expect(to.buffers().map((each, i) => each === from.buffers()[i])).toEqual([true, true])
})

describe('Sequential by names', () => {
  test('of an object, a Map or pairs, runs as their chain', () => {
    const [a, relu] = [linear(), new nn.ReLU()]
    const x = tensor([[1, -2]])
    const nets = [
      new nn.Sequential({ a, relu }),
      new nn.Sequential(new Map<string, nn.Module>(Object.entries({ a, relu }))),
      new nn.Sequential([
        ['a', a],
        ['relu', relu]
      ] as [string, nn.Module][])
    ]
    for (const net of nets) {
      expect(net(x).equal(relu(a(x)))).toBe(true)
      expect([net.size, namesOf(net), [...net].length]).toEqual([2, ['a.weight', 'a.bias'], 2])
    }
  })

  test('a module that is assigned is part of the row', () => {
    const net = new nn.Sequential(linear(), new nn.ReLU())
    net.registerModule('last', new nn.Linear(2, 5))
    expect(net(ones(1, 2)).shape).toEqual([1, 5])
  })

  test('refuses an order that JavaScript does not keep, and names that mean something else', () => {
    const swapped = new Map<string, nn.Module>([
      ['1', linear()],
      ['0', linear()]
    ])
    expect(() => new nn.Sequential(swapped)).toThrow(/expected names that JavaScript keeps/)
    expect(() => new nn.Sequential({ forward: linear() })).toThrow(
      /registerModule: Sequential has something else by the name 'forward'/
    )
  })
})

describe('parts of a module', () => {
  class Inner extends nn.Module {
    linear = linear()
    constructor() {
      super()
      this.registerBuffer('count', tensor([1n]), { persistent: false })
    }
  }
  class Outer extends nn.Module {
    layers = new nn.ModuleList([new Inner(), new Inner()])
    scale = nn.Parameter(ones(1))
  }

  test('are found by name', () => {
    const net = new Outer()
    expect(net.getSubmodule('')).toBe(net)
    expect(net.getSubmodule('layers.1.linear')).toBe(net.layers[1]!.linear)
    expect(net.getParameter('layers.0.linear.weight')).toBe(net.layers[0]!.linear.weight)
    expect(net.getParameter('scale')).toBe(net.scale)
    expect(net.getBuffer('layers.1.count').item()).toBe(1)
    expect(() => net.getParameter('layers.0.count')).toThrow(
      /getParameter: target: expected the name of a parameter, got .*; Inner has none/
    )
    expect(() => net.getSubmodule('layers.2.linear')).toThrow(
      /expected the name of a module, got string 'layers.2.linear'; ModuleList has '0', '1'/
    )
  })

  test('buffers that are not persistent move, and are in no state', () => {
    const net = new Inner()
    expect(Object.keys(net.stateDict())).toEqual(['linear.weight', 'linear.bias'])
    expect(net.loadStateDict(new Inner().stateDict())).toEqual({
      missingKeys: [],
      unexpectedKeys: []
    })
    net.type('float64')
    expect(net.getBuffer('count').dtype).toBe('float64')
    net.registerBuffer('count', tensor([2n]))
    expect(Object.keys(net.stateDict())).toContain('count')
  })

  test('a refused registration changes nothing', () => {
    const net = new Outer()
    const before = String(net)
    const calls: (() => void)[] = [
      () => net.registerParameter('layers', nn.Parameter(ones(1))),
      () => net.registerBuffer('scale', ones(1)),
      () => net.registerBuffer('train', ones(1)),
      () => net.registerModule('scale', linear()),
      () => net.registerParameter('a.b', null),
      () => net.registerParameter('plain', ones(1))
    ]
    for (const call of calls) expect(call).toThrow(error('TypeError'))
    expect([String(net), namesOf(net).length, net.buffers().length]).toEqual([before, 5, 2])
  })

  test('conversions by name', () => {
    const dtypes = (module: nn.Module) => module.parameters().map(({ dtype }) => dtype)
    const net = linear()
    expect(dtypes(net.half())).toEqual(['float16', 'float16'])
    expect(dtypes(net.double())).toEqual(['float64', 'float64'])
    expect(dtypes(net.bfloat16())).toEqual(['bfloat16', 'bfloat16'])
    expect(dtypes(net.float().cpu())).toEqual(['float32', 'float32'])
    expect(() => net.type('int64')).toThrow(/dtype: expected a floating-point dtype for what/)
    expect(net.requiresGrad_(false).type('int64').weight.dtype).toBe('int64')
  })

  test('shareMemory moves every tensor where workers can share it', () => {
    const net = new Outer().shareMemory()
    const shared = [...net.parameters(), ...net.buffers()].map((each: Tensor) => each.isShared())
    expect(new Set(shared)).toEqual(new Set([true]))
  })
})

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'
import * as torch from 'node-libtorch'
import { jit, nn, ones, type Tensor, tensor, zeros } from 'node-libtorch'

import { bits } from './parity/bits'

const folder = mkdtempSync(join(tmpdir(), 'jit-trace-'))
const file = (name: string) => join(folder, name)
afterAll(() => rmSync(folder, { recursive: true }))

describe('trace', () => {
  test('functions, with several inputs and results', () => {
    const traced = jit.trace(
      (x: Tensor, [y, z]: [Tensor, Tensor]) => [x.add(y), [z, x.mul(2)]],
      [ones(2), [ones(2), zeros(1)]]
    )
    const [sum, [same, twice]] = traced(tensor([1, 2]), [tensor([3, 4]), tensor([5])])
    expect([sum, same, twice].map((result: Tensor) => result.tolist())).toEqual([
      [4, 6],
      [5],
      [2, 4]
    ])
    expect(traced.parameters()).toEqual([])
  })

  test('dicts in and out, where strict is false', () => {
    const double = (x: { a: Tensor; b: Tensor }) => ({ sum: x.a.add(x.b) })
    expect(() => jit.trace(double, [{ a: ones(1), b: ones(1) }])).toThrow(/jit.trace: .*dict/)
    const traced = jit.trace(double, [{ a: ones(1), b: ones(1) }], { strict: false })
    const result = traced({ a: tensor([1]), b: tensor([2]) }) as Map<string, Tensor>
    expect(result.get('sum')!.tolist()).toEqual([3])
  })

  test('other tensors are constants; those with a gradient are refused', () => {
    const constant = tensor([2, 3])
    const traced = jit.trace((x: Tensor) => x.mul(constant), ones(2))
    constant.zero_()
    expect(traced(ones(2)).tolist()).not.toEqual([1, 1])
    const outside = ones(2, { requiresGrad: true })
    expect(() => jit.trace((x: Tensor) => x.mul(outside), ones(2))).toThrow(
      /Cannot insert a Tensor that requires grad as a constant/
    )
  })

  test('a module that traces a module that was traced', () => {
    class Outer extends nn.Module {
      inner = jit.trace(new nn.Linear(4, 3), ones(1, 4))
      forward(x: Tensor) {
        return this.inner(x).tanh()
      }
    }
    const model = new Outer()
    const traced = jit.trace(model, ones(2, 4))
    const x = torch.randn(3, 4)
    expect(traced(x).equal(model(x))).toBe(true)
    expect(traced.namedParameters().map(([name]) => name)).toEqual(['inner.weight', 'inner.bias'])
  })

  test('a shared parameter is one', () => {
    class Shared extends nn.Module {
      a = new nn.Linear(3, 3)
      b = new nn.Linear(3, 3)
      constructor() {
        super()
        this.b.weight = this.a.weight
      }
      forward(x: Tensor) {
        return this.b(this.a(x))
      }
    }
    const model = new Shared()
    const traced = jit.trace(model, ones(1, 3))
    traced.save(file('shared.pt'))
    expect(
      jit
        .load(file('shared.pt'))
        .namedParameters()
        .map(([name]) => name)
    ).toEqual(['a.weight', 'a.bias', 'b.bias'])
  })

  test('what cannot be run again to the same end is refused, and leaves nothing behind', () => {
    torch.manualSeed(1)
    const before = torch.getRngState()
    const noisy = (x: Tensor) => x.add(torch.rand(2))
    expect(() => jit.trace(noisy, ones(2))).toThrow(
      /^jit.trace: output 0 of the traced module differs by up to 0\.\d+.*call eval\(\).*checkTrace/
    )
    expect(jit.trace(noisy, ones(2), { checkTrace: false })(ones(2)).shape).toEqual([2])
    torch.setRngState(before)
    let calls = 0
    const growing = (x: Tensor) => x.add(calls++)
    expect(() => jit.trace(growing, ones(2))).toThrow(/differs by up to 1/)
    expect(jit.trace(growing, ones(2), { checkTolerance: 10 })).toBeInstanceOf(jit.ScriptModule)
  })

  test('buffers that the model changes are as after one call', () => {
    class Counting extends nn.Module {
      declare calls: Tensor
      constructor() {
        super()
        this.registerBuffer('calls', zeros(1))
      }
      forward(x: Tensor) {
        this.calls.add_(1)
        return x.add(1)
      }
    }
    const model = new Counting()
    const traced = jit.trace(model, ones(1))
    expect(model.calls.item()).toBe(1)
    traced(ones(1))
    expect(model.calls.item()).toBe(2)
  })

  test('what the model throws comes out as it is, and tracing goes on afterwards', () => {
    const thrown = new RangeError('mine')
    const failing = () => {
      throw thrown
    }
    let caught: unknown
    try {
      jit.trace(failing, ones(1))
    } catch (error) {
      caught = error
    }
    expect(caught).toBe(thrown)
    expect(
      jit
        .trace(
          (x: Tensor) => x.neg(),
          ones(1)
        )(ones(1))
        .item()
    ).toBe(-1)
  })

  test('in a trace is refused, and the outer one is not harmed', () => {
    const tracing = (x: Tensor) => {
      expect(() => jit.trace((y: Tensor) => y, ones(1))).toThrow(/jit.trace: .*inside of another/)
      return x.mul(3)
    }
    const outer = jit.trace(tracing, ones(1), { checkTrace: false })
    expect(outer(ones(1)).item()).toBe(3)
  })

  test('names that TorchScript source cannot hold are refused, classes named so are renamed', () => {
    const named = (name: string) => {
      const module = new nn.Module()
      module.registerBuffer(name, ones(1))
      module.forward = (x: Tensor) => x.neg()
      return () => jit.trace(module, ones(1))
    }
    for (const name of ['in', 'None', 'größe', 'a"b', 'a\\b', 'a\nb'])
      expect(named(name)).toThrow(/: expected a name of printable ASCII[\s\S]*rename it/)
    for (const name of ['lambda_', 'my-name', '0', "a'b"]) {
      named(name)().save(file('named.pt'))
      const read = jit.load(file('named.pt'))
      expect(read.namedBuffers().map(([own]) => own)).toEqual([name])
    }
    const not = (x: Tensor) => x.neg()
    jit.trace(not, ones(1)).save(file('not.pt'))
    expect(jit.load(file('not.pt')).originalName).toBe('not_')
    expect(() => jit.trace((x: Tensor) => ({ größe: x }), ones(1), { strict: false })).toThrow(
      /output: expected keys of printable ASCII/
    )
  })
})

/** Functions whose constants and results go into a file and come out of it. */
const functions: Record<string, (x: Tensor) => Tensor | readonly Tensor[]> = {
  infinity: (x) => x.mul(Infinity).clamp(-Infinity, 1e30),
  nan: (x) => x.mul(Number.NaN),
  'negative zero': (x) => x.mul(-0),
  '2^60': (x) => x.to('int64').mul(2n ** 60n),
  complex: (x) => x.mul({ re: 1, im: 2 }).abs(),
  'dtypes and devices': (x) => x.to({ device: 'cpu', dtype: 'int32' }),
  text: (x) => torch.einsum('i,j->ij', [x, x]),
  reduction: (x) => nn.functional.mseLoss(x, x.mul(2)),
  approximate: (x) => nn.functional.gelu(x, { approximate: 'tanh' }),
  factories: (x) =>
    torch
      .zeros(2)
      .add(torch.ones(2, { dtype: 'float64' }))
      .add(x),
  tensors: (x) => x.add(tensor([1, 2])).add(tensor([1, 2], { dtype: 'bfloat16' })),
  'several results': (x) => x.sort(),
  lists: (x) => x.split(1),
  'a list of tensors': (x) => torch.cat([x, x]),
  'a memory format': (x) => x.reshape(1, 1, 1, 2).contiguous({ memoryFormat: 'channels_last' }),
  indices: (x) => x.index(tensor([1n, 0n])),
  'changes in place': (x) => {
    const y = x.clone()
    y.select(0, 0).fill_(5)
    return y.add_(1).view(2, 1)
  },
  booleans: (x) => x.where(x.gt(1), torch.zeros(2)),
  'its input': (x) => [x, x]
}

test.each(Object.entries(functions))('round trip: %s', (_, fn) => {
  const x = tensor([1, 2.5])
  const wanted = [fn(x)].flat() as Tensor[]
  jit.trace(fn, x).save(file('function.pt'))
  const got = [jit.load(file('function.pt'))(x)].flat() as Tensor[]
  expect(got.map(bits)).toEqual(wanted.map(bits))
})

import { describe, expect, test } from '@jest/globals'
import { isTensor, memory, tensor, zeros } from 'node-libtorch'

import { resultOf } from './fixtures/run_script'

const megabyte = 2 ** 20

interface Found {
  line: number[]
  /** The most tensors, or bytes, held at once. */
  most: number
  sweeps: number
  right: boolean
  live: number
}

// A process of its own: no other test's garbage is counted, and gc() can be called.
function found(scenario: string, ...args: string[]): Found {
  return resultOf('memory.js', [scenario, ...args], ['--expose-gc']) as Found
}

function foundWithoutYoungCollector(scenario: string, ...args: string[]): Found {
  const preload = require.resolve('./fixtures/no_young_collector.js')
  return resultOf('memory.js', [scenario, ...args], ['--require', preload]) as Found
}

describe('a synchronous loop, without dispose or scope', () => {
  test('20,000 document steps hold a few thousand tensors at most', () => {
    const { line, most, sweeps } = found('documentLoop', '20000')
    expect(line[0]).toBeCloseTo(2, 3)
    expect(line[1]).toBeCloseTo(1, 3)
    expect(most).toBeLessThan(4000)
    expect(sweeps).toBeGreaterThan(10)
  })

  test('20,000 steps through functions and hooks of JavaScript hold as few', () => {
    const { most, right } = found('functionLoop', '20000')
    expect(right).toBe(true)
    expect(most).toBeLessThan(4000)
  })

  test('6 GB of activations pass through less than 100 MB', () => {
    expect(found('bigActivations').most).toBeLessThan(100 * megabyte)
  })

  test('10,000 tensors in an array keep their values while garbage is swept', () => {
    const { right, live, sweeps } = found('kept')
    expect(right).toBe(true)
    expect(live).toBeGreaterThanOrEqual(10_000)
    expect(sweeps).toBeGreaterThan(10)
  })
})

describe('where V8 offers no collection of young objects', () => {
  test('40,000 document steps stay within the 64 MB that bring a full collection', () => {
    const { line, most } = foundWithoutYoungCollector('documentLoop', '40000')
    expect(line[0]).toBeCloseTo(2, 3)
    expect(most).toBeLessThan(200_000)
  })

  test('6 GB of activations pass through less than 200 MB', () => {
    expect(foundWithoutYoungCollector('bigActivations').most).toBeLessThan(200 * megabyte)
  })

  test('kept tensors keep their values', () => {
    expect(foundWithoutYoungCollector('kept').right).toBe(true)
  })
})

describe('the garbage collector', () => {
  test('a tensor has one object, for as long as something holds it', () => {
    expect(found('identity')).toEqual({ parameter: true, grad: true, inPlace: true })
  })

  test('a WeakRef to a tensor goes empty, the tensors still held stay', () => {
    expect(found('weakReference')).toEqual({ gone: true, live: 1, shape: [3] })
  })

  test('after training in a function, gc() and sweep(), nothing is left', () => {
    const nothing = { liveTensors: 0, waitingTensors: 0, bytes: { cpu: 0, cuda: 0 } }
    expect(found('nothingLeft')).toEqual({ before: expect.any(Number), after: nothing })
  })

  test('graphs with hooks and functions are freed, whatever became of them', () => {
    const nothing = { liveTensors: 0, waitingTensors: 0, bytes: { cpu: 0, cuda: 0 } }
    // As docs/autograd.md says, a hook that uses its own tensor keeps it.
    expect(found('graphs')).toEqual({ after: nothing, cycle: 1 })
  })

  test('views outlive a base that was disposed of', () => {
    expect(found('views').right).toBe(true)
  })
})

describe('scope', () => {
  const grown = found('scopes') as unknown as Record<string, { live: number; kept: boolean }>

  test.each([
    ['nothing', 0],
    ['tensor', 1],
    ['array', 2],
    ['object', 2],
    ['set', 1],
    ['module', 2],
    ['nested', 1],
    ['innerOfInner', 1],
    ['loop', 0]
  ])('returning %s leaves %i more tensors', (name, live) => {
    expect(grown[name]).toEqual({ live, kept: name !== 'nothing' })
  })

  test.each(['throwing', 'promise'])('%s leaves none', (name) => {
    expect(grown[name]).toEqual({ live: 0, kept: false })
  })
})

describe('dispose', () => {
  test('frees the bytes at once, may be repeated, and leaves a recognisable tensor', () => {
    const large = zeros(1024, 1024)
    const { cpu } = memory().bytes
    large.dispose()
    large.dispose()
    expect(cpu - memory().bytes.cpu).toBe(4 * megabyte)
    expect(isTensor(large)).toBe(true)
    expect(() => large.item()).toThrow('disposed')
  })

  test('Symbol.dispose, as `using` calls it', () => {
    const value = tensor([1, 2])
    value[Symbol.dispose]()
    expect(() => value.shape).toThrow('expected a live Tensor, got one that was disposed')
  })

  test('does not touch what was computed from it, nor its gradient', () => {
    const x = tensor([3], { requiresGrad: true })
    const square = x.mul(x)
    const loss = square.sum()
    square.dispose()
    loss.backward()
    expect(x.grad?.item()).toBe(6)
  })
})

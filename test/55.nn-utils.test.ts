import { describe, expect, test } from '@jest/globals'
import {
  memory,
  nn,
  ones,
  optim,
  scope,
  setNumThreads,
  sweep,
  tensor,
  version,
  zeros
} from 'node-libtorch'

import { nnUtils } from './parity/nn_utils'
import { runPython } from './parity/python'

const { utils } = nn
setNumThreads(1)

describe('as in Python', () => {
  const reference = runPython<ReturnType<typeof nnUtils>>('nn_utils.py')
  if ('skip' in reference) {
    console.warn(`skipped: ${reference.skip}`)
    test.skip(reference.skip, () => {})
    return
  }
  const { result } = reference
  const found = nnUtils()

  test('the same number of rows', () => {
    const counts = (each: typeof found) =>
      [each.clipping, each.weightNorms, each.spectralNorms].map((rows) => rows.length)
    expect(counts(found)).toEqual(counts(result))
  })

  test.each(found.clipping.map((row, i) => [i, row] as const))('clipping, row %i', (i, row) => {
    expect(row).toEqual(result.clipping[i])
  })

  test('vectors', () => {
    expect(found.vectors).toEqual(result.vectors)
  })

  test.each(found.weightNorms.map((row, i) => [i, row] as const))(
    'weightNorm, row %i',
    (i, row) => {
      expect(row).toEqual(result.weightNorms[i])
    }
  )

  test.each(found.spectralNorms.map((row, i) => [i, row] as const))(
    'spectralNorm, row %i',
    (i, row) => {
      expect(row).toEqual(result.spectralNorms[i])
    }
  )
})

describe('clipping', () => {
  const withGrad = (...values: number[]) => {
    const parameter = nn.Parameter(zeros(values.length))
    parameter.grad = tensor(values)
    return parameter
  }

  test('takes one tensor, an array, a generator, and parameters without a gradient', () => {
    function* some() {
      yield withGrad(3, 4)
      yield nn.Parameter(zeros(2))
    }
    expect(utils.clipGradNorm(withGrad(3, 4), 1).item()).toBe(5)
    expect(utils.clipGradNorm(some(), 1).item()).toBe(5)
    expect(utils.clipGradNorm_([nn.Parameter(zeros(2))], 1).item()).toBe(0)
    const parameter = withGrad(-3, 0.5)
    utils.clipGradValue_(parameter, 1)
    expect(parameter.grad!.tolist()).toEqual([-1, 0.5])
  })

  test('is the same with and without for-each kernels', () => {
    const isThere = !version.libtorch.startsWith('1.')
    if (!isThere) {
      expect(() => utils.clipGradNorm([], 1, { foreach: true })).toThrow(
        /foreach: expected false or null before libtorch 2.0/
      )
    }
    for (const foreach of [isThere, false, null]) {
      const parameters = [withGrad(3, 4), withGrad(12)]
      expect(utils.clipGradNorm(parameters, 6.5, { foreach }).item()).toBe(13)
      expect(parameters[1]!.grad!.item()).toBeCloseTo(6, 5)
      utils.clipGradValue(parameters, 2, { foreach })
      expect(parameters[1]!.grad!.item()).toBe(2)
    }
  })

  test('refuses what is not finite before it scales', () => {
    const parameter = withGrad(NaN, 1)
    expect(() => utils.clipGradNorm(parameter, 1, { errorIfNonfinite: true })).toThrow(
      /expected gradients with a finite norm, got NaN/
    )
    expect(parameter.grad!.tolist()).toEqual([NaN, 1])
    expect(utils.clipGradNorm(withGrad(3, 4), Infinity).item()).toBe(5)
  })
})

describe('vectors', () => {
  test('go to parameters of another vector’s length never', () => {
    const net = new nn.Linear(2, 1)
    const before = net.weight.tolist()
    for (const size of [2, 4]) {
      expect(() => utils.vectorToParameters(zeros(size), net.parameters())).toThrow(
        /vector: expected shape \[3\], all entries of the parameters/
      )
    }
    expect(net.weight.tolist()).toEqual(before)
  })

  test('give the C++ class its values', () => {
    const net = new nn.Linear(2, 1)
    utils.vectorToParameters(tensor([1, 2, 3]), net.parameters())
    expect(net(ones(2)).item()).toBe(6)
  })
})

describe('weights that are computed', () => {
  test('train with an optimizer, load into another and run without hooks of a Sequential', () => {
    const layer = utils.weightNorm(new nn.Linear(2, 2))
    const net = new nn.Sequential(new nn.ReLU(), layer)
    const optimizer = new optim.SGD(net.parameters(), { lr: 0.1 })
    const before = net(ones(1, 2)).tolist()
    net(ones(1, 2)).sub(1).square().sum().backward()
    optimizer.step()
    expect(net(ones(1, 2)).tolist()).not.toEqual(before)
    const other = new nn.Sequential(new nn.ReLU(), utils.weightNorm(new nn.Linear(2, 2)))
    other.loadStateDict(net.stateDict())
    expect(other(ones(1, 2)).equal(net(ones(1, 2)))).toBe(true)
    const after = net(ones(1, 2))
    utils.removeWeightNorm(layer)
    expect(layer.namedParameters().map(([name]) => name)).toEqual(['bias', 'weight'])
    expect(net(ones(1, 2)).allclose(after)).toBe(true)
  })

  test('survive a scope around each step', () => {
    const layer = utils.spectralNorm(new nn.Linear(2, 2))
    const step = () => scope(() => layer(ones(1, 2)).sum().backward())
    for (let i = 0; i < 3; i++) step()
    expect(layer(ones(1, 2)).shape).toEqual([1, 2])
  })

  test('the largest singular value of a spectrally normed weight tends to 1', () => {
    const layer = utils.spectralNorm(new nn.Linear(5, 4), 'weight', { nPowerIterations: 50 })
    layer(ones(1, 5))
    expect(layer.weight.detach().svd()[1].max().item()).toBeCloseTo(1, 5)
  })

  test('of a transposed convolution have their outputs second', () => {
    class ConvTranspose1d extends nn.Module {
      weight = nn.Parameter(ones(3, 2, 1))
    }
    class Mine extends ConvTranspose1d {}
    const shapes = (module: nn.Module, dim?: number) =>
      utils
        .spectralNorm(module, 'weight', { dim })
        .buffers()
        .map(({ shape }) => shape[0])
    expect(shapes(new Mine())).toEqual([2, 3])
    expect(shapes(new Mine(), 0)).toEqual([3, 2])
  })

  test('by two recipes at once are refused', () => {
    const layer = utils.weightNorm(new nn.Linear(2, 2))
    const calls = [
      () => utils.weightNorm(layer),
      () => utils.spectralNorm(layer),
      () => utils.prune.identity(layer, 'weight')
    ]
    for (const call of calls) expect(call).toThrow(/'weight' is computed by weightNorm already/)
    expect(() => utils.removeSpectralNorm(layer)).toThrow(
      /removeSpectralNorm: expected a weight that spectralNorm computes, got 'weight' of Linear/
    )
    expect(Object.keys(layer.stateDict())).toEqual(['bias', 'weight_g', 'weight_v'])
  })

  test('leave no tensors behind', () => {
    const layer = utils.spectralNorm(utils.prune.l1Unstructured(new nn.Linear(4, 4), 'bias', 1))
    const step = () => {
      layer(ones(2, 4)).sum().backward()
      utils.clipGradNorm(layer.parameters(), 1)
      layer.zeroGrad()
    }
    for (let i = 0; i < 500; i++) step()
    sweep()
    const before = memory().liveTensors
    for (let i = 0; i < 1000; i++) step()
    sweep()
    expect(memory().liveTensors - before).toBeLessThan(1000)
  })
})

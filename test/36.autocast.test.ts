import { describe, expect, test } from '@jest/globals'
import {
  amp,
  autocast,
  cuda,
  getAutocastDtype,
  isAutocastEnabled,
  nn,
  ones,
  setNumThreads,
  version
} from 'node-libtorch'

import { type Network, network, type Scaled, scaler } from './parity/autocast'
import { runPython } from './parity/python'

setNumThreads(1)

const cpu = { device: 'cpu' } as const
const product = () => ones(2, 2).matmul(ones(2, 2))

describe('the same values, dtypes and gradients as in Python', () => {
  const reference = runPython<{ network: Network; scaler: Scaled | null }>('autocast.py')
  if ('skip' in reference) {
    console.warn(`skipped: ${reference.skip}`)
    test.skip(reference.skip, () => {})
    return
  }
  const { result } = reference

  test('a network with convolution, products, softmax and losses, in bfloat16', () => {
    const ours = network()
    expect(ours).toEqual(result.network)
    const dtypes = ours.seen.map((text) => text.slice(0, text.indexOf('[')))
    expect(new Set(dtypes)).toEqual(new Set(['bfloat16', 'float32']))
  })

  if (result.scaler) {
    test('GradScaler: scales, parameters and gradients over 50 steps with inf and NaN', () => {
      const ours = scaler()
      expect(ours.steps).toHaveLength(50)
      expect(ours).toEqual(result.scaler)
    })
  } else {
    test.skip(`GradScaler: Python's needs CUDA before 2.3, this is ${version.libtorch}`, () => {})
  }
})

describe('autocast', () => {
  test('is on inside and off outside, for its device alone', () => {
    expect(isAutocastEnabled('cpu')).toBe(false)
    const inside = autocast(cpu, () => [
      isAutocastEnabled('cpu'),
      isAutocastEnabled('cuda'),
      getAutocastDtype('cpu'),
      product().dtype
    ])
    expect(inside).toEqual([true, false, 'bfloat16', 'bfloat16'])
    expect([isAutocastEnabled('cpu'), product().dtype]).toEqual([false, 'float32'])
    expect(getAutocastDtype('cuda')).toBe('float16')
  })

  test('nests', () => {
    const dtypes = autocast(cpu, () => {
      const off = autocast({ ...cpu, enabled: false }, () => {
        return [product().dtype, autocast(cpu, () => product().dtype), product().dtype]
      })
      return [product().dtype, ...off, product().dtype]
    })
    expect(dtypes).toEqual(['bfloat16', 'float32', 'bfloat16', 'float32', 'bfloat16'])
  })

  test('is left where the function throws', () => {
    const failing = () =>
      autocast(cpu, () => {
        throw new Error('mine')
      })
    expect(failing).toThrow('mine')
    expect([isAutocastEnabled('cpu'), product().dtype]).toEqual([false, 'float32'])
  })

  test('refuses asynchronous functions', () => {
    expect(() => autocast(cpu, async () => 1)).toThrow(/autocast: expected a synchronous function/)
    expect(isAutocastEnabled('cpu')).toBe(false)
  })

  test('casts a weight once, and anew after the outermost call', () => {
    const weight = ones(2, 2, { requiresGrad: true })
    const run = () => nn.functional.linear(ones(1, 2), weight).sum().item()
    // Behind the graph's back, so that what is cached shows.
    const double = () => weight.detach().mul_(2)
    expect(autocast(cpu, run)).toBe(4)
    double()
    expect(autocast(cpu, () => [run(), double(), run()])).toMatchObject([8, {}, 8])
    expect(autocast({ ...cpu, cacheEnabled: false }, () => [run(), double(), run()])).toMatchObject(
      [16, {}, 32]
    )
    expect(autocast(cpu, () => autocast(cpu, () => [run(), double()]) && run())).toBe(32)
    expect(autocast(cpu, run)).toBe(64)
  })

  test('backward works outside, and gives gradients of the parameters’ dtype', () => {
    const layer = new nn.Linear(3, 2)
    const loss = autocast(cpu, () => nn.functional.mseLoss(layer(ones(4, 3)), ones(4, 2)))
    expect(loss.dtype).toBe('float32')
    loss.backward()
    expect(layer.weight.grad!.dtype).toBe('float32')
  })

  test('float16 on the CPU, where libtorch has it', () => {
    const half = () => autocast({ ...cpu, dtype: 'float16' }, () => product().dtype)
    if (version.libtorch.startsWith('1.'))
      expect(half).toThrow(/dtype: expected 'bfloat16' for cpu/)
    else expect(half()).toBe('float16')
    expect(getAutocastDtype('cpu')).toBe('bfloat16')
  })

  test('is of torch.amp too', () => {
    expect([amp.autocast, amp.isAutocastEnabled]).toEqual([autocast, isAutocastEnabled])
  })

  if (cuda.isAvailable()) {
    test.each(['float16', 'bfloat16'] as const)('%s on CUDA', (dtype) => {
      const x = ones(2, 2, { device: 'cuda' })
      expect(autocast({ device: 'cuda', dtype }, () => x.matmul(x).dtype)).toBe(dtype)
    })
  } else {
    test.skip('on CUDA: there is none', () => {})

    test('without CUDA, on CUDA is an error; switched off it is not', () => {
      expect(() => autocast({ device: 'cuda' }, () => 1)).toThrow(/cuda|CUDA/)
      expect(autocast({ device: 'cuda', enabled: false }, () => 1)).toBe(1)
      expect(isAutocastEnabled('cuda')).toBe(false)
    })
  }
})

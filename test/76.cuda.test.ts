import { describe, expect, test } from '@jest/globals'
import {
  cuda,
  fromMessage,
  memory,
  nn,
  noGrad,
  optim,
  type Tensor,
  tensor,
  toMessage,
  zeros
} from 'node-libtorch'

const { state, detail } = cuda.status()
const available = cuda.isAvailable()

/** What asking for CUDA throws in each state in which it is not there. */
const reasons = {
  'cpu-only': { code: 'ERR_TORCH_CUDA_NOT_BUILT', says: 'this libtorch is built for the CPU only' },
  'no-driver': { code: 'ERR_TORCH_CUDA_NO_DRIVER', says: 'no NVIDIA driver is installed' },
  'load-failed': { code: 'ERR_TORCH_CUDA_LOAD', says: "libtorch's CUDA half did not load: " },
  ready: { code: 'ERR_TORCH_CUDA_NO_DEVICE', says: 'the driver shows no device' }
}

function thrownBy(call: () => unknown): { name: string; code?: string; message: string } {
  try {
    call()
  } catch (error) {
    return error as Error
  }
  return { name: 'nothing', message: 'nothing was thrown' }
}

const withGpu = available ? describe : describe.skip
const withoutGpu = available ? describe.skip : describe

if (!available) {
  console.log(`76.cuda: the tests on a GPU are skipped: ${reasons[state].says} ${detail}`)
}

test('a GPU is there where npm run test:cuda asks for one', () => {
  if (!process.env.NODE_LIBTORCH_REQUIRE_CUDA) return
  expect({ state, detail, deviceCount: cuda.deviceCount() > 0 }).toEqual({
    state: 'ready',
    detail: '',
    deviceCount: true
  })
})

test("'auto' is CUDA where it works, else the CPU", () => {
  const device = available ? 'cuda:0' : 'cpu'
  expect(zeros(1, { device: 'auto' }).device).toBe(device)
  expect(tensor([1], { device: 'auto' }).device).toBe(device)
  expect(new nn.Linear(1, 1).to('auto').weight.device).toBe(device)
  expect(new nn.Linear(1, 1, { device: 'auto' }).weight.device).toBe(device)
})

withoutGpu('without a GPU', () => {
  const calls: [string, string, () => unknown][] = [
    ['tensor', 'cuda:0', () => tensor([1], { device: 'cuda' })],
    ['zeros', 'cuda:1', () => zeros(1, { device: 'cuda:1' })],
    ['tensor.to', 'cuda:0', () => zeros(1).to('cuda')],
    ['tensor.to with options', 'cuda:0', () => zeros(1).to({ device: 'cuda:0', dtype: 'float64' })],
    ['module.to', 'cuda:0', () => new nn.Linear(1, 1).to('cuda')],
    ['a new module', 'cuda:0', () => new nn.Linear(1, 1, { device: 'cuda' })],
    ['synchronize', 'cuda:0', () => cuda.synchronize()],
    ['memoryAllocated', 'cuda:2', () => cuda.memoryAllocated(2)]
  ]

  test.each(calls)('%s says why', (_name, device, call) => {
    const { name, code, message } = thrownBy(call)
    expect({ name, code }).toEqual({ name: 'Error', code: reasons[state].code })
    expect(message).toContain(`device: '${device}' was asked for, but ${reasons[state].says}`)
    expect(message).toContain(
      state === 'load-failed' ? 'npx node-libtorch setup' : "use device 'cpu' or 'auto'"
    )
  })

  test('a module that could not move is as before', () => {
    const model = new nn.Linear(2, 1)
    const before = model.weight.tolist()
    thrownBy(() => model.to('cuda'))
    expect(model.weight.device).toBe('cpu')
    expect(model.weight.tolist()).toEqual(before)
  })

  test('there are no devices', () => {
    expect({ available: cuda.isAvailable(), count: cuda.deviceCount() }).toEqual({
      available: false,
      count: 0
    })
    expect(memory().bytes.cuda).toBe(0)
  })
})

/** 50 steps of an MLP with momentum from the weights of `start`; all parameters, on the CPU. */
function train(start: Record<string, Tensor>, device: string): number[] {
  const model = new nn.Sequential(new nn.Linear(4, 16), new nn.ReLU(), new nn.Linear(16, 1))
  model.loadStateDict(start)
  model.to(device)
  const x = tensor(
    Array.from({ length: 32 }, (_, i) => [i % 2, i % 3, i % 5, i % 7]),
    { device }
  )
  const y = noGrad(() => x.sum(1, true).mul(0.1))
  const criterion = new nn.MSELoss()
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.01, momentum: 0.9 })
  for (let step = 0; step < 50; step++) {
    optimizer.zeroGrad()
    criterion(model(x), y).backward()
    optimizer.step()
  }
  return model.parameters().flatMap((parameter) => [...(parameter.toTypedArray() as Float32Array)])
}

withGpu('with a GPU', () => {
  test('training there and on the CPU agree to 1e-5', () => {
    const start = new nn.Sequential(
      new nn.Linear(4, 16),
      new nn.ReLU(),
      new nn.Linear(16, 1)
    ).stateDict()
    const [there, here] = [train(start, 'cuda'), train(start, 'cpu')]
    const difference = there.reduce(
      (most, value, i) => Math.max(most, Math.abs(value - here[i]!)),
      0
    )
    expect(difference).toBeLessThan(1e-5)
  })

  test('values go there and back', () => {
    const there = tensor(
      [
        [1, 2],
        [3, 4]
      ],
      { device: 'cuda' }
    )
    expect(there.device).toBe('cuda:0')
    expect(there.mul(2).to('cpu').tolist()).toEqual([
      [2, 4],
      [6, 8]
    ])
    expect(there.tolist()).toEqual([
      [1, 2],
      [3, 4]
    ])
    expect(String(there)).toContain("device='cuda:0'")
  })

  test('read in any order, and sent in a message, which goes back to the device', () => {
    const there = tensor([1, 2, 3, 4], { shape: [2, 2], device: 'cuda' }).t()
    expect(Array.from(there.toTypedArray(), Number)).toEqual([1, 3, 2, 4])
    const half = there.to('bfloat16')
    expect(Array.from(half.toTypedArray(), Number)).toEqual([1, 3, 2, 4])
    const back = fromMessage<Tensor>(structuredClone(toMessage(half)))
    expect([back.device, back.dtype, back.equal(half)]).toEqual(['cuda:0', 'bfloat16', true])
    expect(there.isShared()).toBe(false)
    expect(thrownBy(() => there.shareMemory_()).message).toMatch(/^shareMemory_: .*to\('cpu'\)/)
  })

  test('tensors of two devices do not mix', () => {
    expect(thrownBy(() => zeros(2, 2, { device: 'cuda' }).matmul(zeros(2, 2))).message).toMatch(
      /^matmul\(float32\[2, 2\], float32\[2, 2\]\): .*same device/
    )
  })

  test('synchronize, and bytes by both counts', () => {
    const before = memory().bytes.cuda
    const large = zeros(1024, 1024, { device: 'cuda' })
    cuda.synchronize()
    expect(memory().bytes.cuda - before).toBe(4 * 2 ** 20)
    const allocated = thrownBy(() => cuda.memoryAllocated())
    if (allocated.name === 'nothing')
      expect(cuda.memoryAllocated()).toBeGreaterThanOrEqual(4 * 2 ** 20)
    else expect(allocated.code).toBe('ERR_TORCH_NOT_IMPLEMENTED')
    large.dispose()
    expect(memory().bytes.cuda).toBe(before)
  })

  test('a device that is not there', () => {
    const device = `cuda:${cuda.deviceCount()}`
    const { name, code, message } = thrownBy(() => zeros(1, { device }))
    expect({ name, code }).toEqual({ name: 'Error', code: 'ERR_TORCH_CUDA_NO_DEVICE' })
    expect(message).toContain(
      `device: '${device}' was asked for, but there are only ${cuda.deviceCount()} devices`
    )
  })
})

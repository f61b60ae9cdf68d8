import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'
import * as torch from 'node-libtorch'
import { type DType, type Tensor, load, loadMetadata, nn, optim, save, tensor } from 'node-libtorch'

import { native } from '../lib/native'
import { writeAtomically } from '../lib/atomic_file'
import { prepareCheckpoint } from '../lib/serialization/checkpoint_writer'
import { bits } from './parity/bits'

const folder = mkdtempSync(join(tmpdir(), 'serialization-'))
afterAll(() => rmSync(folder, { recursive: true }))

const file = (name: string) => join(folder, name)

/** What comes back of `value`. */
function trip<T>(value: T, name = 'trip.pt', options?: Parameters<typeof load>[1]): T {
  save(value, file(name))
  return load<T>(file(name), options)
}

function thrownBy(call: () => unknown): Error & { code?: string } {
  try {
    call()
  } catch (error) {
    return error as Error
  }
  throw new Error('nothing was thrown')
}

const dtypes: DType[] = [
  'float64',
  'float32',
  'float16',
  'bfloat16',
  'int64',
  'int32',
  'int16',
  'int8',
  'uint8',
  'bool',
  'complex64'
]

/** 2 x 3, with values at the edges of what the dtype holds. */
function sample(dtype: DType): Tensor {
  if (dtype === 'bool') return tensor([true, false, true, true, false, false]).reshape(2, 3)
  const values = tensor([0, 1, 2, 3, 100, 127]).reshape(2, 3)
  const made = values.to(dtype)
  return dtype.includes('float') ? made.div(3) : made
}

describe.each(['all.pt', 'all.pth', 'all.safetensors'])('%s', (name) => {
  const value = () => Object.fromEntries(dtypes.map((dtype) => [dtype, sample(dtype)]))

  test.each([
    ['a path', file(name), undefined],
    ['a mapped path', file(name), { mmap: true }],
    ['a path that is read', file(name), { mmap: false }],
    ['bytes', null, undefined]
  ])('every dtype, from %s', (_, path, options) => {
    save(value(), file(name))
    const back = load<Record<string, Tensor>>(path ?? readFileSync(file(name)), options)
    expect(Object.keys(back).sort()).toEqual([...dtypes].sort())
    for (const dtype of dtypes) expect(bits(back[dtype]!)).toBe(bits(sample(dtype)))
  })

  test('empty tensors and tensors without dimensions', () => {
    const back = trip({ none: torch.zeros(0, 3), one: tensor(5), void: torch.zeros(0) }, name)
    expect([back.none.shape, back.one.shape, back.void.shape]).toEqual([[0, 3], [], [0]])
    expect(back.one.item()).toBe(5)
  })

  test('views and odd strides', () => {
    const base = torch.arange(12).reshape(3, 4)
    const parts = {
      turned: base.t(),
      column: base.index(':', 1),
      step: base.index('::2', '1::2'),
      wide: tensor([7]).expand(2, 3)
    }
    const back = trip(parts, name)
    for (const [key, part] of Object.entries(parts)) {
      expect(back[key as keyof typeof parts].tolist()).toEqual(part.tolist())
    }
  })

  test('a model trains on from there, whatever the file becomes', () => {
    const from = new nn.Linear(3, 2)
    save(from.stateDict(), file(name))
    const to = new nn.Linear(3, 2)
    to.loadStateDict(load(file(name)))
    expect(to.weight.equal(from.weight)).toBe(true)
    const state = load<Record<string, Tensor>>(file(name), { mmap: true })
    const before = readFileSync(file(name))
    state['weight']!.fill_(9)
    expect(state['weight']!.sum().item()).toBe(54)
    expect(readFileSync(file(name)).equals(before)).toBe(true)
    save({ other: torch.zeros(100) }, file(name))
    expect(state['bias']!.equal(from.bias!)).toBe(true)
  })

  test('tensors that come from one file count their changes each by themselves', () => {
    const [a, b] = Object.values(trip({ a: torch.ones(2), b: torch.ones(2) }, name)) as [
      Tensor,
      Tensor
    ]
    const loss = a.requiresGrad_().square().sum()
    b.add_(1)
    loss.backward()
    expect(a.grad!.tolist()).toEqual([2, 2])
  })
})

describe('.pt', () => {
  test('plain values', () => {
    const value = {
      numbers: [
        0,
        1,
        255,
        256,
        65536,
        -1,
        2 ** 31,
        -(2 ** 31) - 1,
        2 ** 53 - 1,
        1.5,
        1e300,
        1e-300
      ],
      odd: [Number.NaN, Number.POSITIVE_INFINITY, -0],
      bigints: [2n ** 64n, -(2n ** 64n), 2n ** 2000n, -(2n ** 63n)],
      texts: ['', 'hé', '\u0000c', 'collections\nOrderedDict\n', '日本', 'a'.repeat(1000)],
      none: null,
      booleans: [true, false],
      nested: { empty: {}, list: [[], [[1]]] }
    }
    const back = trip(value)
    expect(back).toEqual(value)
    expect(Object.is(back.odd[2], -0)).toBe(true)
  })

  test('long lists and dicts', () => {
    const list = Array.from({ length: 2 ** 20 + 5 }, (_, i) => i % 300)
    const dict = Object.fromEntries(list.slice(0, 2001).map((_, i) => [`key ${i}`, i]))
    const back = trip({ list, dict, empty: [], one: [1] })
    expect(back.list.length).toBe(list.length)
    expect(back.list.every((value, i) => value === list[i])).toBe(true)
    expect(back.dict).toEqual(dict)
    expect(() => save(Array(8_000_000).fill(0.5), file('too-long.pt'))).toThrow(
      /value: expected at most 2097152 objects in 67108864 bytes.*keep long lists of numbers in tensors/
    )
  })

  test('keys: texts make an object, all else a Map', () => {
    const map = new Map<unknown, unknown>([
      [1, 'one'],
      ['1', 'text'],
      [null, true],
      [false, 2n ** 70n],
      [1.5, [1]]
    ])
    expect(trip(map)).toEqual(map)
    expect(trip(new Map([['a', 1]]))).toEqual({ a: 1 })
    const strange = JSON.parse('{"__proto__": 1, "constructor": 2, "0": 3}') as object
    expect(Object.entries(trip(strange)).sort()).toEqual(Object.entries(strange).sort())
    expect(Object.getPrototypeOf(load(file('trip.pt')))).toEqual(Object.getPrototypeOf(strange))
  })

  test('what is one object stays one, also inside itself', () => {
    const weight = nn.Parameter(torch.ones(2))
    const list: unknown[] = [weight]
    list.push(list)
    const back = trip({ list, again: list, weight }) as {
      list: unknown[]
      again: unknown
      weight: Tensor
    }
    expect(back.list).toBe(back.again)
    expect(back.list[1]).toBe(back.list)
    expect(back.list[0]).toBe(back.weight)
  })

  test('parameters, and tensors that require a gradient or not', () => {
    const back = trip([
      nn.Parameter(torch.ones(2)),
      nn.Parameter(torch.ones(2), false),
      torch.ones(2),
      torch.ones(2, { requiresGrad: true }).mul(2)
    ])
    expect(back.map(({ requiresGrad }) => requiresGrad)).toEqual([true, false, false, true])
    expect(back.map(({ isLeaf }) => isLeaf)).toEqual([true, true, true, true])
    class Holder extends nn.Module {
      frozen = back[1]!
      plain = back[2]!
    }
    expect(new Holder().namedParameters().map(([name]) => name)).toEqual(['frozen'])
  })

  test.each([{ mmap: false }, { mmap: true }])(
    'shared memory is stored once and stays shared %p',
    (options) => {
      const base = torch.zeros(1000)
      const back = trip(
        { base, part: base.narrow(0, 10, 5), row: base.view(10, 100).t() },
        'shared.pt',
        options
      )
      expect(statSync(file('shared.pt')).size).toBeLessThan(6000)
      back.base.fill_(3)
      expect(back.part.tolist()).toEqual([3, 3, 3, 3, 3])
      expect(back.row.shape).toEqual([100, 10])
      expect(native.storageOf(back.row)!.strides).toEqual([1, 100])
      expect(back.row.sum().item()).toBe(3000)
      back.part.zero_()
      expect(back.base.sum().item()).toBe(2985)
    }
  )

  test('two tensors of other dtypes on the same memory are refused, as in Python', () => {
    const floats = torch.zeros(2)
    expect(() => save([floats, floats.view('int32')], file('two.pt'))).toThrow(
      /value\[1\]: expected float32, as another tensor on the same memory is.*clone\(\)/
    )
  })

  test('lazy conjugates are resolved', () => {
    const z = tensor([{ re: 1, im: 2 }])
    expect(trip([z.conj(), z.conj().imag]).map((part) => part.tolist())).toEqual([
      [{ re: 1, im: -2 }],
      [-2]
    ])
  })

  test("tensors over JavaScript's memory", () => {
    const floats = Float32Array.of(1, 2, 3, 4)
    const back = trip({ x: torch.fromBuffer(floats, { shape: [2, 2] }).t() })
    expect(back.x.tolist()).toEqual([
      [1, 3],
      [2, 4]
    ])
  })

  test('an optimizer goes on with the same bits', () => {
    const train = (model: nn.Module, optimizer: optim.SGD, steps: number) => {
      for (let step = 0; step < steps; step++) {
        optimizer.zeroGrad()
        ;(model as nn.Linear)(torch.ones(4, 3)).square().mean().backward()
        optimizer.step()
      }
      return model.parameters().map(bits)
    }
    const options = { lr: 0.1, momentum: 0.9, weightDecay: 0.01 }
    const model = new nn.Linear(3, 2)
    const optimizer = new optim.SGD(model.parameters(), options)
    train(model, optimizer, 5)
    save({ model: model.stateDict(), optimizer: optimizer.stateDict(), epoch: 5 }, file('run.pt'))
    const run = load<{
      model: Record<string, Tensor>
      optimizer: ReturnType<typeof optimizer.stateDict>
      epoch: number
    }>(file('run.pt'))
    expect(run.epoch).toBe(5)
    expect(Object.keys(run.optimizer.state)).toEqual(['0', '1'])
    const other = new nn.Linear(3, 2)
    const resumed = new optim.SGD(other.parameters(), { lr: 1 })
    other.loadStateDict(run.model)
    resumed.loadStateDict(run.optimizer)
    expect(train(other, resumed, 10)).toEqual(train(model, optimizer, 10))
  })

  test('sizes beyond 32 bits: written and read with zip64', () => {
    const value = { weight: torch.arange(100), text: 'x' }
    // As though 100 bytes were beyond them.
    writeAtomically(file('wide.pt'), prepareCheckpoint(value, 100))
    const back = load<typeof value>(file('wide.pt'))
    expect([bits(back.weight), back.text]).toEqual([bits(value.weight), 'x'])
  })

  test('storages lie at multiples of 64 bytes', () => {
    save([torch.full([3], 7), torch.full([5], 8)], file('aligned.pt'))
    const bytes = readFileSync(file('aligned.pt'))
    for (const value of [7, 8]) {
      const at = bytes.indexOf(Buffer.from(Float32Array.of(value, value, value).buffer))
      expect([at > 0, at % 64]).toEqual([true, 0])
    }
  })
})

describe('.safetensors', () => {
  test('shared memory is written as copies', () => {
    const base = torch.arange(6)
    const back = trip({ base, part: base.narrow(0, 1, 2) }, 'shared.safetensors')
    back.base.zero_()
    expect(back.part.tolist()).toEqual([1, 2])
  })

  test('metadata', () => {
    const metadata = { format: 'pt', text: 'a "quoted" \\ \n \u0001 日本' }
    save({ x: torch.ones(1) }, file('meta.safetensors'), { metadata })
    expect(loadMetadata(file('meta.safetensors'))).toEqual(metadata)
    expect(loadMetadata(readFileSync(file('meta.safetensors')))).toEqual(metadata)
    expect(Object.keys(load(file('meta.safetensors')) as object)).toEqual(['x'])
    save({ x: torch.ones(1) }, file('none.safetensors'))
    expect(loadMetadata(file('none.safetensors'))).toEqual({})
  })

  test('strange names, no names, no tensors', () => {
    const names = ['', 'a"b\\', '__proto__', '0', 'x\ny', '\u007f', '日本']
    const value = Object.fromEntries(names.map((name, i) => [name, tensor([i])]))
    const back = trip(value, 'names.safetensors')
    expect(Object.keys(back).sort()).toEqual([...names].sort())
    for (const [i, name] of names.entries()) expect(back[name]!.item()).toBe(i)
    expect(trip({}, 'empty.safetensors')).toEqual({})
    expect(
      trip(new Map([['a', tensor(1)]]) as unknown as { a: Tensor }, 'map.safetensors').a.item()
    ).toBe(1)
  })

  test('tensors at odd places are read as copies', () => {
    const header =
      '{"b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"f":{"dtype":"F32","shape":[1],"data_offsets":[1,5]}}'
    const bytes = Buffer.alloc(8 + header.length + 5)
    bytes.writeBigUInt64LE(BigInt(header.length))
    bytes.write(header, 8)
    bytes[8 + header.length] = 7
    bytes.writeFloatLE(1.5, 9 + header.length)
    writeFileSync(file('odd.safetensors'), bytes)
    for (const source of [bytes, file('odd.safetensors')]) {
      const { b, f } = load<{ b: Tensor; f: Tensor }>(source)
      expect([b.item(), f.add(1).item()]).toEqual([7, 2.5])
    }
  })
})

describe('which format', () => {
  test('the content decides when reading, the name when writing', () => {
    save({ x: tensor(1) }, file('a.pt'))
    save({ x: tensor(2) }, file('a.safetensors'))
    writeFileSync(file('weights.bin'), readFileSync(file('a.pt')))
    writeFileSync(file('no_extension'), readFileSync(file('a.safetensors')))
    writeFileSync(file('zip.safetensors'), readFileSync(file('a.pt')))
    const items = ['weights.bin', 'no_extension', 'zip.safetensors'].map((name) =>
      load<{ x: Tensor }>(file(name)).x.item()
    )
    expect(items).toEqual([1, 2, 1])
    expect(readFileSync(file('a.pt')).subarray(0, 2).toString()).toBe('PK')
  })

  test('mapLocation', () => {
    save({ x: tensor(1) }, file('where.pt'))
    expect(load<{ x: Tensor }>(file('where.pt'), { mapLocation: 'cpu' }).x.device).toBe('cpu')
    // A tensor that was saved on another device: the name is as long as 'cpu'.
    const bytes = readFileSync(file('where.pt'))
    bytes.write('mps', bytes.indexOf('cpu'))
    expect(thrownBy(() => load(bytes)).message).toMatch(
      /storage "0": it was on "mps", which is not here; use { mapLocation: 'cpu' }/
    )
    expect(load<{ x: Tensor }>(bytes, { mapLocation: 'cpu' }).x.item()).toBe(1)
  })
})

describe('writing is all or nothing', () => {
  const files = () => readdirSync(folder).sort()

  test.each(['keep.pt', 'keep.safetensors'])('a value that cannot be saved leaves %s', (name) => {
    save({ x: tensor(1) }, file(name))
    const [before, listed] = [readFileSync(file(name)), files()]
    expect(() => save({ x: tensor(2), y: () => 1 }, file(name))).toThrow(
      /value(\.y|\['y'\]): expected/
    )
    expect(readFileSync(file(name)).equals(before)).toBe(true)
    expect(files()).toEqual(listed)
  })

  test('a failure in the middle of writing leaves the old file and no other', () => {
    writeFileSync(file('old.pt'), 'old')
    const listed = files()
    const failing = () =>
      writeAtomically(file('old.pt'), (output) => {
        output.write(Buffer.alloc(100))
        throw new Error('the disk is full')
      })
    expect(failing).toThrow('the disk is full')
    expect(readFileSync(file('old.pt'), 'utf8')).toBe('old')
    expect(files()).toEqual(listed)
  })

  test('a folder that is not there, a folder as a file', () => {
    const listed = files()
    expect(thrownBy(() => save({}, file('missing/a.pt'))).code).toBe('ENOENT')
    expect(() => save({}, '/dev/fd.pt/')).toThrow()
    expect(files()).toEqual(listed)
  })

  test('permissions stay, and a link leads to what it led to', () => {
    save({ x: tensor(1) }, file('real.pt'))
    chmodSync(file('real.pt'), 0o600)
    symlinkSync('real.pt', file('link.pt'))
    save({ x: tensor(2) }, file('link.pt'))
    expect(statSync(file('real.pt')).mode & 0o777).toBe(0o600)
    expect(load<{ x: Tensor }>(file('real.pt')).x.item()).toBe(2)
    expect(readdirSync(folder)).toContain('link.pt')
  })
})

test('saving and loading leave no tensors behind', () => {
  const state = { a: torch.ones(10), b: torch.ones(3, 3) }
  const round = () => {
    for (const name of ['left.pt', 'left.safetensors']) {
      save(state, file(name))
      for (const mmap of [true, false]) {
        for (const made of Object.values(load<typeof state>(file(name), { mmap }))) made.dispose()
      }
    }
  }
  round()
  const before = torch.memory().liveTensors
  for (let i = 0; i < 3; i++) round()
  expect(torch.memory().liveTensors).toBeLessThanOrEqual(before)
})

test('a mapped file that is deleted stays there for its tensors', () => {
  save({ x: torch.full([2000], 5) }, file('gone.safetensors'))
  const { x } = load<{ x: Tensor }>(file('gone.safetensors'))
  rmSync(file('gone.safetensors'))
  expect(existsSync(file('gone.safetensors'))).toBe(false)
  expect(x.sum().item()).toBe(10_000)
})

test('a file that is cut short is refused', () => {
  save({ x: torch.ones(100) }, file('cut.safetensors'))
  truncateSync(file('cut.safetensors'), 200)
  const error = thrownBy(() => load(file('cut.safetensors')))
  expect(error.code).toBe('ERR_TORCH_BAD_FILE')
  expect(error.message).toMatch(
    /^load: .*cut\.safetensors: tensor "x": data_offsets .* reach beyond/
  )
})

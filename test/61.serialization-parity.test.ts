import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'
import { type Tensor, load, loadMetadata, nn, setNumThreads } from 'node-libtorch'

import { namedBits } from './parity/bits'
import { runPython } from './parity/python'
import { type Run, described, newModel, plainText, resume, write } from './parity/serialization'

type Described = Record<string, [bits: string, strides: number[]]>

interface Written {
  samples: Described
  views: Described
  continued: Record<string, string>
  adam: Record<string, string>
}

const folder = mkdtempSync(join(tmpdir(), 'serialization-parity-'))
afterAll(() => rmSync(folder, { recursive: true }))

const file = (name: string) => join(folder, name)
setNumThreads(1)

describe('files of Python, and files for it', () => {
  const written = runPython<Written>('serialization.py', ['write', folder])
  if ('skip' in written) {
    console.warn(`skipped: ${written.skip}`)
    test.skip(written.skip, () => {})
    return
  }
  const theirs = written.result

  describe('what Python wrote', () => {
    test.each([true, false])('every dtype in .pt, mapped: %p', (mmap) => {
      const samples = load<Record<string, Tensor>>(file('samples.pt'), { mmap })
      expect(Object.keys(theirs.samples)).toHaveLength(12)
      expect(described(samples)).toEqual(theirs.samples)
    })

    test.each([true, false])('every dtype in .safetensors, mapped: %p', (mmap) => {
      const samples = load<Record<string, Tensor>>(file('samples.safetensors'), { mmap })
      expect(Object.keys(samples)).toHaveLength(10)
      const wanted = Object.keys(samples).map((name) => [name, theirs.samples[name]])
      expect(described(samples)).toEqual(Object.fromEntries(wanted))
      expect(loadMetadata(file('samples.safetensors'))).toEqual({ by: 'Python' })
    })

    test('views and shared storages', () => {
      const views = load<Record<string, Tensor>>(file('views.pt'))
      expect(described(views)).toEqual(theirs.views)
      views['base']!.fill_(3)
      expect(views['turned']!.sum().item()).toBe(72)
      expect(views['part']!.tolist()).toEqual([
        [3, 3, 3],
        [3, 3, 3]
      ])
      expect(views['scalar']!.item()).toBe(3)
    })

    test.each(['plain.pt', 'plain4.pt'])('plain values: %s', (name) => {
      const keys = load<{ keys: Map<unknown, unknown> }>(file(name)).keys
      expect([...keys]).toEqual([
        [1, 'a'],
        ['b', null],
        [[1, 2], 3]
      ])
      expect(load(file(name))).toEqual({
        ints: [
          0,
          255,
          256,
          -1,
          2 ** 31,
          -(2 ** 31),
          2n ** 53n,
          -(2n ** 53n) - 1n,
          2n ** 200n,
          -(2n ** 200n),
          128,
          -128
        ],
        floats: [1.5, -0, 1e300, Number.POSITIVE_INFINITY],
        text: 'hé 日本',
        tuple: [1, [2, 3]],
        none: null,
        bools: [true, false],
        size: [2, 3],
        dtype: 'float16',
        device: 'cpu',
        set: new Set([1, 2]),
        bytes: Uint8Array.of(0, 255),
        'no bytes': new Uint8Array(),
        complex: { re: 1, im: 2 },
        keys,
        ordered: { z: 1, a: 2 },
        counter: new Map([
          [30, 1],
          [80, 2]
        ]),
        nested: { a: { b: [[], {}] } },
        many: Array.from({ length: 3000 }, (_, i) => i)
      })
    })

    test('parameters', () => {
      const loaded = load<Tensor[]>(file('parameters.pt'))
      expect(loaded.map(({ requiresGrad }) => requiresGrad)).toEqual([true, false, false])
      const holder = Object.assign(new nn.Module(), { a: loaded[0], b: loaded[1], c: loaded[2] })
      expect(holder.namedParameters().map(([name]) => name)).toEqual(['a', 'b'])
    })

    test('weights and optimizer: ten more steps give the same bits', () => {
      expect(resume(load<Run>(file('run.pt')))).toEqual(theirs.continued)
      expect(resume(load<Run>(file('run.pt'), { mmap: true }))).toEqual(theirs.continued)
    })

    test('weights in .safetensors', () => {
      const model = newModel()
      model.loadStateDict(load(file('weights.safetensors')))
      const { model: state } = load<Run>(file('run.pt'))
      expect(namedBits(Object.entries(model.stateDict()))).toEqual(namedBits(Object.entries(state)))
    })

    test('formats that are refused by name', () => {
      expect(() => load(file('old.pt'))).toThrow(/the format that PyTorch had before 1\.6/)
      expect(() => load(file('script.pt'))).toThrow(/a TorchScript archive; use torch\.jit\.load/)
    })
  })

  describe('what Python reads of ours', () => {
    const samples = load<Record<string, Tensor>>(file('samples.pt'))
    const ours = write(folder, { samples })
    const read = runPython<Record<string, unknown>>('serialization.py', ['read', folder])
    const result = 'skip' in read ? {} : read.result

    test('every dtype, with strides, in both formats', () => {
      expect(result['samples']).toEqual(ours.samples)
      expect(result['safetensors']).toEqual(ours.safetensors)
      expect(result['metadata']).toEqual({ by: 'Node' })
    })

    test('views and shared storages', () => {
      expect(result['views']).toEqual(ours.views)
      expect(result['shared']).toEqual(Array(6).fill(Array(4).fill(3)))
    })

    test('plain values', () => {
      expect(result['plain']).toBe(plainText)
    })

    test('zip64', () => {
      expect(result['wide']).toBe(ours.wide)
    })

    test('parameters, one of them twice', () => {
      expect(result['parameters']).toEqual([
        ['Parameter', true],
        ['Parameter', false],
        ['Tensor', false],
        ['Parameter', true]
      ])
      expect(result['same']).toBe(true)
    })

    test('weights and optimizer: ten more steps give the same bits', () => {
      expect(result['type']).toBe('OrderedDict')
      expect(result['state keys']).toEqual(['int', 'int', 'int', 'int'])
      expect(result['continued']).toEqual(ours.continued)
      expect(result['weights']).toEqual(ours.weights)
      expect(ours.continued).not.toEqual(ours.weights)
    })

    test("Python's Adam and BatchNorm go on after a visit here", () => {
      expect(result['adam']).toEqual(theirs.adam)
    })
  })
})

import { describe, expect, test } from '@jest/globals'
import {
  type Index,
  type Tensor,
  arange,
  eye,
  manualSeed,
  ones,
  randn,
  setNumThreads,
  slice,
  tensor,
  zeros
} from 'node-libtorch'

import { bits } from './parity/bits'
import table from './parity/indexing.json'
import { runPython } from './parity/python'

setNumThreads(1)

function named(): [Tensor, Record<string, Tensor>] {
  manualSeed(3)
  const x = randn(table.shape)
  return [
    x,
    {
      mask: x.gt(0.5),
      mask3: x.index(':', ':', 0).gt(0),
      index: tensor([2n, 0n, 2n])
    }
  ]
}

/** The row's indices, with tensors in place of their names. */
function read(row: unknown[], tensors: Record<string, Tensor>): Index[] {
  return row.map((index) => (typeof index === 'string' && tensors[index]) || (index as Index))
}

describe('the same as in Python', () => {
  const reference = runPython<{ rows: object[]; refused: boolean[] }>('indexing.py')
  if ('skip' in reference) {
    test.skip(reference.skip, () => {})
    return
  }
  const { rows, refused } = reference.result

  test.each(table.indices.map((row, i) => [JSON.stringify(row), row, i] as const))(
    't[%s]',
    (_, row, i) => {
      const [x, tensors] = named()
      x.requiresGrad_()
      const indices = read(row, tensors)
      const part = x.index(...indices)
      const gradient = randn(part.shape)
      part.backward({ gradient })
      const plain = x.detach()
      expect({
        part: bits(part),
        grad: bits(x.grad!),
        filled: bits(plain.indexPut(indices, 7.5)),
        replaced: bits(plain.indexPut(indices, gradient)),
        added: bits(plain.indexPut(indices, gradient, { accumulate: true }))
      }).toEqual(rows[i])
    }
  )

  test.each(table.wrong.map((row, i) => [JSON.stringify(row), row as unknown[], i] as const))(
    'refuses %s',
    (_, row, i) => {
      const [x, tensors] = named()
      expect(refused[i]).toBe(true)
      expect(() => x.index(...read(row, tensors))).toThrow()
    }
  )
})

describe('index and indexPut', () => {
  test('basic indices give views, others copies', () => {
    const x = arange(6).reshape(2, 3)
    x.index(0, '1:').fill_(9)
    x.index([1]).fill_(5)
    expect(x.tolist()).toEqual([
      [0, 9, 9],
      [3, 4, 5]
    ])
  })

  test('indexPut_ works in place, indexPut on a copy', () => {
    const x = zeros(2, 2)
    expect(x.indexPut([0], 1).tolist()).toEqual([
      [1, 1],
      [0, 0]
    ])
    expect(x.tolist()).toEqual([
      [0, 0],
      [0, 0]
    ])
    expect(x.indexPut_([':', 1], tensor([5, 6])) === x).toBe(true)
    expect(x.tolist()).toEqual([
      [0, 5],
      [0, 6]
    ])
  })

  test('accumulate counts an index that comes twice twice', () => {
    const counts = zeros(3).indexPut_([[0, 2, 0]], ones(3), { accumulate: true })
    expect(counts.tolist()).toEqual([2, 0, 1])
  })

  test('slice() makes the text of a slice', () => {
    expect([slice(), slice(1), slice(1, 3), slice(null, -1), slice(null, null, 2)]).toEqual([
      ':',
      '1:',
      '1:3',
      ':-1',
      '::2'
    ])
    expect(() => slice(0.5)).toThrow('start: expected a whole number or null, got number 0.5')
    expect(() => slice(0, 1, 0)).toThrow('step: expected a whole number above 0')
  })
})

describe('at and iteration', () => {
  test('at gives one entry, from the end too, and follows autograd', () => {
    const x = tensor(
      [
        [1, 2],
        [3, 4]
      ],
      { requiresGrad: true }
    )
    expect(x.at(1, -1).item()).toBe(4)
    expect(x.at(-2).tolist()).toEqual([1, 2])
    x.at(0, 1).backward()
    expect(x.grad!.tolist()).toEqual([
      [0, 1],
      [0, 0]
    ])
    expect(() => x.at(2)).toThrow('index 2 is out of bounds')
    expect(() => x.at(0.5)).toThrow('index 0: expected a whole number, got number 0.5')
  })

  test('for...of, spreading and destructuring go over the first dimension', () => {
    expect([...eye(2)].map((row) => row.tolist())).toEqual([
      [1, 0],
      [0, 1]
    ])
    const [first, second] = tensor([5, 6]) as Iterable<Tensor>
    expect([first!.item(), second!.item(), first!.shape]).toEqual([5, 6, []])
    expect([...zeros(0, 3)]).toEqual([])
    expect(() => [...tensor(1)]).toThrow('expected at least one dimension to iterate over')
  })
})

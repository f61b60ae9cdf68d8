import { afterEach, describe, expect, test } from '@jest/globals'
import { type Place, type Tensor, memory, ones, scope, tensor, zeros } from 'node-libtorch'

import { runScript } from './fixtures/run_script'

/** The place of a call in this file. */
const here = /77\.trace\.test\.ts:\d+:\d+/

function makeLarge() {
  return zeros(256, 1024)
}

function viewOf(large: Tensor) {
  return large.select(0, 1)
}

// Jest's source maps name a frame after the call in it, plain Node after its function.
const find = (name: string, call = name): Place | undefined =>
  memory.top(1000).find(({ place }) => place.includes(name) || place.includes(call))

afterEach(() => memory.trace(false))

describe('memory.trace', () => {
  test('tells the lines whose living tensors hold most, the most first', () => {
    memory.trace(true)
    const kept = [makeLarge(), makeLarge()]
    const small = ones(3)
    const [first, ...others] = memory.top(1000).filter(({ place }) => here.test(place))
    expect(first).toEqual({
      place: expect.stringContaining('makeLarge'),
      tensors: 2,
      bytes: 2 * 2 ** 20
    })
    expect(others).toEqual([{ place: expect.stringMatching(here), tensors: 1, bytes: 12 }])
    expect([kept.length, small.numel()]).toEqual([2, 3])
  })

  test('what was disposed of, or left a scope, no longer counts; a view counts no bytes', () => {
    memory.trace(true)
    const large = makeLarge()
    const view = viewOf(large)
    scope(() => void makeLarge())
    expect(find('makeLarge')).toMatchObject({ tensors: 1, bytes: 2 ** 20 })
    expect(find('viewOf', 'select')).toMatchObject({ tensors: 1, bytes: 0 })
    large.dispose()
    expect(find('makeLarge')).toBe(undefined)
    expect(view.numel()).toBe(1024)
  })

  test('older tensors are counted together, and all are again when it is off', () => {
    const before = tensor([1, 2])
    memory.trace(true)
    const after = tensor(3)
    expect(find('made before')!.tensors).toBeGreaterThanOrEqual(1)
    memory.trace(false)
    expect(memory.top()).toHaveLength(1)
    expect(before.add(after).tolist()).toEqual([4, 5])
  })

  test('print writes the same to stderr', () => {
    const { status, stdout, stderr } = runScript('memory.js', ['trace'])
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'null\n' })
    expect(stderr).toMatch(/^ +4\.0 MiB +1 tensors +makeOne \(.*memory\.js:\d+:\d+\)\n/)
  })

  test('wrong arguments', () => {
    expect(() => memory.trace(1 as never)).toThrow('on: expected true or false, got number 1')
    expect(() => memory.top(0)).toThrow('count: expected an integer >= 1')
  })
})

test('peakBytes is at least what lived at once', () => {
  const large = zeros(1024, 1024)
  expect(memory().peakBytes).toBeGreaterThanOrEqual(4 * 2 ** 20)
  large.dispose()
  expect(memory().peakBytes).toBeGreaterThanOrEqual(4 * 2 ** 20)
})

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { jit, nn, ones } from 'node-libtorch'

import { resultOf } from './fixtures/run_script'

const folder = mkdtempSync(join(tmpdir(), 'jit-files-'))
const file = (name: string) => join(folder, name)
afterAll(() => rmSync(folder, { recursive: true }))

describe('files', () => {
  beforeAll(() => jit.trace(new nn.Linear(4, 3), ones(2, 4)).save(file('whole.pt')))

  test.each([
    ['nothing', Buffer.alloc(0), /is no TorchScript file/],
    ['text', Buffer.from('a text that is no archive'), /is no TorchScript file/],
    ['an archive of nothing', Buffer.from('504b0506'.padEnd(44, '0'), 'hex'), /no TorchScript/]
  ])('%s', (_, bytes, message) => {
    writeFileSync(file('bad.pt'), bytes)
    expect(() => jit.load(file('bad.pt'))).toThrow(message)
  })

  test('one that is not there, and a folder', () => {
    expect(() => jit.load(file('none.pt'))).toThrow(/ENOENT: no such file/)
    expect(() => jit.load(folder)).toThrow(/^jit\.load\('.*'\): expected a file, got a folder/)
  })

  test('a file cut off, at 40 places', () => {
    const whole = readFileSync(file('whole.pt'))
    for (let i = 0; i < 40; i++) {
      writeFileSync(file('cut.pt'), whole.subarray(0, Math.floor((whole.length * i) / 40)))
      expect(() => jit.load(file('cut.pt'))).toThrow(/^jit\.load\('.*cut\.pt'\): the file is/)
    }
  })

  test('one bit flipped in a weight', () => {
    const model = jit.load(file('whole.pt'))
    const weight = Buffer.from(model.parameters()[0]!.toTypedArray().buffer)
    const whole = readFileSync(file('whole.pt'))
    const at = whole.indexOf(weight)
    expect(at).toBeGreaterThan(0)
    whole[at + 5]! ^= 1
    writeFileSync(file('flipped.pt'), whole)
    expect(() => jit.load(file('flipped.pt'))).toThrow(/does not have its checksum/)
  })

  test('a pickle that takes values from an empty stack, with the right checksum', () => {
    const whole = readFileSync(file('whole.pt'))
    // constants.pkl: an empty tuple. TUPLE1 in its place ends the process inside of libtorch.
    const at = whole.lastIndexOf(Buffer.from('8002292e', 'hex'))
    const pickle = whole.subarray(at, at + 4)
    expect(pickle.toString('hex')).toBe('8002292e')
    const before = Buffer.alloc(4)
    before.writeUInt32LE(crc32(pickle))
    pickle[2] = 0x85
    const after = Buffer.alloc(4)
    after.writeUInt32LE(crc32(pickle))
    after.copy(whole, whole.lastIndexOf(before))
    writeFileSync(file('underflow.pt'), whole)
    expect(() => jit.load(file('underflow.pt'))).toThrow(
      /'.*constants\.pkl' cannot be read: it takes values that are not there/
    )
  })

  test('160 damaged copies in a child process: each is an error or harmless', () => {
    const found = resultOf('jit.js', ['mutations', file('whole.pt'), '1', '160']) as {
      refused: number
      loaded: number
      messages: string[]
      others: string[]
    }
    expect(found.refused + found.loaded).toBe(160)
    expect(found.refused).toBeGreaterThan(140)
    expect(found.others).toEqual([])
    const leaks = /frame #|Exception raised from|\.(cpp|cc|h):\d/
    expect(found.messages.filter((message) => leaks.test(message))).toEqual([])
  })

  test('12 workers that load, trace and train are terminated, and the process goes on', () => {
    expect(resultOf('jit.js', ['workers', file('whole.pt')])).toEqual({
      codes: [1],
      output: [2, 3]
    })
  })
})

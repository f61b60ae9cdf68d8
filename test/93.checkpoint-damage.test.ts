import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  utimesSync,
  writeFileSync
} from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'
import * as torch from 'node-libtorch'
import { CheckpointFolder, type Tensor, ones, rand, tensor } from 'node-libtorch'

import { temporaryName } from '../lib/checkpoint/file_names'
import { names, newFolder, newPath, rejection, root } from './fixtures/checkpoint_folders'
import { runScript } from './fixtures/run_script'

/** Numbers from 0 to 1, the same each time. */
function random(seed: number): () => number {
  const generator = new torch.Generator().manualSeed(seed)
  return () => rand(1, { generator }).item() as number
}

describe('damaged files', () => {
  /** Two checkpoints, and the newest's bytes. */
  async function two(): Promise<{ folder: CheckpointFolder; path: string; bytes: Buffer }> {
    const folder = newFolder()
    await folder.save(1, { weight: tensor([1, 2, 3]), note: 'first' })
    const { path } = await folder.save(2, { weight: tensor([4, 5, 6]), note: 'second' })
    return { folder, path, bytes: readFileSync(path) }
  }

  /** It must be the first one, and say why. */
  async function expectFirst(folder: CheckpointFolder, path: string, what: string): Promise<void> {
    const found = (await folder.latest<{ weight: Tensor; note: string }>())!
    const { weight, note } = found.content
    const got = { step: found.step, weight: weight.tolist(), note, skipped: found.skipped, what }
    weight.dispose()
    const skipped = [{ path, reason: expect.stringMatching(/checksum/) }]
    expect(got).toEqual({ step: 1, weight: [1, 2, 3], note: 'first', skipped, what })
  }

  test('every length but the right one', async () => {
    const { folder, path, bytes } = await two()
    for (let length = 0; length < bytes.length; length++) {
      writeFileSync(path, bytes.subarray(0, length))
      await expectFirst(folder, path, `cut to ${length} bytes`)
    }
    writeFileSync(path, Buffer.concat([bytes, Buffer.from([0])]))
    await expectFirst(folder, path, 'a byte more')
  })

  test('a flipped bit in every byte', async () => {
    const { folder, path, bytes } = await two()
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes)
      changed[at]! ^= 1 << (at % 8)
      writeFileSync(path, changed)
      await expectFirst(folder, path, `byte ${at} of ${bytes.length}`)
    }
    writeFileSync(path, bytes)
    expect((await folder.latest())?.step).toBe(2)
  })

  test('random damage: bytes, holes, shifts', async () => {
    const { folder, path, bytes } = await two()
    const next = random(3)
    for (let i = 0; i < 300; i++) {
      const from = Math.floor(next() * bytes.length)
      const to = Math.min(bytes.length, from + 1 + Math.floor(next() * 300))
      const part = bytes.subarray(from, to)
      const kinds = [
        Buffer.from(part.map((byte) => byte ^ (1 + Math.floor(next() * 255)))),
        Buffer.alloc(part.length, part[0] === 0 ? 1 : 0),
        Buffer.alloc(0),
        Buffer.concat([part, part])
      ]
      const other = kinds[i % kinds.length]!
      writeFileSync(path, Buffer.concat([bytes.subarray(0, from), other, bytes.subarray(to)]))
      await expectFirst(folder, path, `${i % kinds.length} from ${from} to ${to}`)
    }
  })

  test('foreign files under such a name: text, a .pt file, a folder, a pipe', async () => {
    const { folder, path, bytes } = await two()
    const foreign = (sequence: number) =>
      join(folder.path, `checkpoint-0000000${sequence}-step-9.pt`)
    writeFileSync(foreign(4), 'hello '.repeat(100))
    torch.save({ weight: ones(100) }, foreign(5))
    mkdirSync(foreign(6))
    spawnSync('mkfifo', [foreign(7)])
    const found = (await folder.latest())!
    expect(found.step).toBe(2)
    expect(found.skipped).toEqual([
      { path: foreign(7), reason: 'it is no file' },
      { path: foreign(6), reason: 'it is no file' },
      { path: foreign(5), reason: expect.stringMatching(/no checksum at its end/) },
      { path: foreign(4), reason: expect.stringMatching(/no checksum at its end/) }
    ])
    expect(readFileSync(path).equals(bytes)).toBe(true)
  })

  test('two in a row: the one before them', async () => {
    const { folder, path } = await two()
    const { path: third } = await folder.save(3, 3)
    for (const file of [path, third]) writeFileSync(file, readFileSync(file).subarray(1))
    const found = (await folder.latest())!
    expect(found.step).toBe(1)
    expect(found.skipped.map((file) => file.path)).toEqual([third, path])
  })

  test('none is whole: an error that lists them', async () => {
    const { folder, path } = await two()
    for (const name of names(folder)) writeFileSync(join(folder.path, name), '')
    const error = await rejection(folder.latest())
    expect(error.code).toBe('ERR_TORCH_CHECKPOINT_DAMAGED')
    expect(error.message).toMatch(/none of 2 checkpoints is whole: .*bring back a copy of one/)
    expect(error.message).toContain(path)
  })
})

describe('temporary files that others left', () => {
  const age = (path: string, hours: number) => {
    const then = Date.now() / 1000 - hours * 3600
    utimesSync(path, then, then)
  }

  test('of ended processes go, of those that write stay', async () => {
    const folder = newFolder()
    mkdirSync(folder.path)
    const own = temporaryName('checkpoint-00000001-step-1.pt')
    const ended = own.replace(`.${process.pid}.`, '.4194305.')
    const first = own.replace(`.${process.pid}.`, '.1.')
    const elsewhere = own.replace(/\.pt\.[0-9a-f]{8}\./, '.pt.00000000.')
    const oldElsewhere = elsewhere.replace(/[0-9a-f]{12}\.tmp/, '0123456789ab.tmp')
    const written = own.replace(/[0-9a-f]{12}\.tmp/, 'ba9876543210.tmp')
    for (const name of [own, ended, first, elsewhere, oldElsewhere, written])
      writeFileSync(join(folder.path, name), 'half')
    age(join(folder.path, elsewhere), 23)
    age(join(folder.path, oldElsewhere), 25)
    const descriptor = openSync(join(folder.path, written), 'r')
    await folder.save(1, 1)
    closeSync(descriptor)
    const left = names(folder).filter((name) => name.endsWith('.tmp'))
    // Another user's processes cannot be looked into, and what cannot be known stays.
    expect(left.filter((name) => name !== first)).toEqual([elsewhere, written].sort())
    if (process.getuid?.() === 0) expect(left).not.toContain(first)
  })

  test('two folders at the same path do not take each other’s away', async () => {
    const one = newFolder({ keep: 100 })
    const other = new CheckpointFolder(one.path, { keep: 100 })
    const saves = Array.from({ length: 10 }, (_, i) => [one.save(i, i), other.save(100 + i, i)])
    const saved = await Promise.all(saves.flat())
    expect(names(one)).toEqual([...new Set(saved.map(({ path }) => basename(path)))].sort())
    expect(names(one).length).toBe(20)
  })
})

describe('what the system refuses', () => {
  test('the path is a file, or in one', async () => {
    const file = newPath()
    writeFileSync(file, 'mine')
    for (const path of [file, join(file, 'inside')]) {
      const folder = new CheckpointFolder(path)
      for (const attempt of [folder.save(1, 1), folder.latest()]) {
        const error = await rejection(attempt)
        expect([error.code, error.path, error.kept]).toEqual(['ENOTDIR', path, null])
        expect(error.message).toMatch(
          /there is no earlier checkpoint; it is a file, or in one: give/
        )
      }
    }
    expect(readFileSync(file, 'utf8')).toBe('mine')
  })

  interface Refused {
    error: { code: string; path: string; kept: string | null; message: string }
    latest: number
    left: string[]
  }

  function refused(scenario: string, path: string): Refused {
    const { stdout, stderr } = runScript('checkpoint_refused.js', [scenario, path])
    if (stdout === '') throw new Error(stderr)
    return JSON.parse(stdout) as Refused
  }

  test('a folder that may not be written to', async () => {
    const folder = newFolder()
    const { path } = await folder.save(1, 1)
    chmodSync(root, 0o755)
    chmodSync(folder.path, 0o555)
    const { error, latest } = refused('unwritable', folder.path)
    chmodSync(folder.path, 0o755)
    expect(error).toMatchObject({ code: 'EACCES', path: folder.path, kept: path })
    expect(error.message).toMatch(
      /step-2\.pt cannot be saved: EACCES.* is there as before; give this/
    )
    expect(latest).toBe(1)
  })

  test('a folder that may not be made', async () => {
    const parent = newPath()
    mkdirSync(parent, { mode: 0o555 })
    const { error, latest } = refused('unwritable', join(parent, 'run'))
    expect(error).toMatchObject({ code: 'EACCES', path: join(parent, 'run'), kept: null })
    expect(error.message).toMatch(/cannot be used as the folder: EACCES.*no earlier checkpoint/)
    expect(latest).toBe(-1)
  })

  test('a file larger than the process may write', async () => {
    const folder = newFolder()
    const { path } = await folder.save(1, 1)
    const { error, latest, left } = refused('limited', folder.path)
    expect(error).toMatchObject({ code: 'EFBIG', path: folder.path, kept: path })
    expect(error.message).toMatch(/is there as before; .*raise the limit \(ulimit -f\)/)
    expect([latest, left]).toEqual([1, [basename(path)]])
  })

  const disk = join(root, 'disk')
  mkdirSync(disk)
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', disk]).status === 0
  afterAll(() => mounted && spawnSync('umount', [disk]))

  const ifMounted = mounted ? test : test.skip
  ifMounted(`a full disk${mounted ? '' : ' (needs the right to mount one)'}`, async () => {
    const folder = new CheckpointFolder(join(disk, 'run'))
    const { path } = await folder.save(1, ones(10_000))
    for (let i = 0; i < 3; i++) {
      const error = await rejection(folder.save(2, ones(100_000)))
      expect(error).toMatchObject({ code: 'ENOSPC', path: folder.path, kept: path })
      expect(error.message).toMatch(/ENOSPC.* is there as before; the disk is full: free some/)
      expect((error.cause as Error).message).toMatch(/^ENOSPC/)
      expect(names(folder)).toEqual([basename(path)])
    }
    expect((await folder.latest<Tensor>())?.content.shape).toEqual([10_000])
    await folder.save(3, ones(5_000))
    expect((await folder.latest())?.step).toBe(3)
  })
})

// Folders that look like a libtorch: text headers, and shared libraries of a few hundred bytes.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll } from '@jest/globals'

const machines: Record<string, number> = { x64: 62, arm64: 183, ia32: 3 }

export interface FakeLibrary {
  machine?: string
  soname?: string
  needed?: string[]
  /** Names of symbols, which tell the C++ ABI. */
  symbols?: string[]
}

/** An ELF file with a dynamic section and a string table, and nothing to execute. */
export function fakeElf({
  machine = process.arch,
  soname,
  needed = [],
  symbols = []
}: FakeLibrary) {
  const strings = ['', ...needed, soname ?? '', ...symbols]
  const offsetOf = (text: string) =>
    strings.slice(0, strings.indexOf(text)).reduce((sum, item) => sum + item.length + 1, 0)
  const table = Buffer.from(`${strings.join('\0')}\0`, 'latin1')
  const entries: [number, number][] = needed.map((name) => [1, offsetOf(name)])
  if (soname) entries.push([14, offsetOf(soname)])
  const dynamicAt = 64 + 2 * 56
  const tableAt = dynamicAt + (entries.length + 3) * 16
  entries.push([5, tableAt], [10, table.length], [0, 0])
  const size = tableAt + table.length
  const file = Buffer.alloc(size)
  file.write('\x7fELF', 'latin1')
  file.set([2, 1, 1], 4)
  file.writeUInt16LE(3, 16)
  file.writeUInt16LE(machines[machine] ?? 0, 18)
  file.writeBigUInt64LE(64n, 32)
  file.writeUInt16LE(56, 54)
  file.writeUInt16LE(2, 56)
  const segment = (at: number, type: number, offset: number, length: number) => {
    file.writeUInt32LE(type, at)
    file.writeBigUInt64LE(BigInt(offset), at + 8)
    file.writeBigUInt64LE(BigInt(offset), at + 16)
    file.writeBigUInt64LE(BigInt(length), at + 32)
  }
  segment(64, 1, 0, size)
  segment(64 + 56, 2, dynamicAt, entries.length * 16)
  entries.forEach(([tag, value], index) => {
    file.writeBigInt64LE(BigInt(tag), dynamicAt + index * 16)
    file.writeBigUInt64LE(BigInt(value), dynamicAt + index * 16 + 8)
  })
  table.copy(file, tableAt)
  return file
}

const made: string[] = []
afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true })
})

export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'node-libtorch-test-'))
  made.push(folder)
  return folder
}

export function write(root: string, files: Record<string, string | Buffer | null>) {
  for (const [name, content] of Object.entries(files)) {
    if (content === null) continue
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), content)
  }
  return root
}

const newAbi = ['_ZN3c106detail14torchCheckFailERKNSt7__cxx1112basic_stringE']
const oldAbi = ['_ZN3c106detail14torchCheckFailERKSs']

export interface FakeOptions {
  version?: string
  abi?: 0 | 1
  /** Files to replace, or to leave out with null. */
  files?: Record<string, string | Buffer | null>
  cpu?: FakeLibrary
}

/** The files of an unpacked official archive, of the version asked for. */
export function archive({ version = '2.4.1', abi = 1, files = {}, cpu = {} }: FakeOptions = {}) {
  const [major, minor, patch] = version.split(/[.+]/)
  const header = `#define TORCH_VERSION_MAJOR ${major}
#define TORCH_VERSION_MINOR ${minor}
#define TORCH_VERSION_PATCH ${patch}`
  return {
    'build-version': version,
    'include/ATen/ATen.h': '',
    'include/c10/core/Device.h': '',
    'include/torch/csrc/api/include/torch/all.h': '',
    'include/torch/csrc/api/include/torch/version.h': header,
    'lib/libc10.so': fakeElf({ symbols: abi ? newAbi : oldAbi }),
    'lib/libtorch_cpu.so': fakeElf({ soname: 'libtorch_cpu.so', ...cpu }),
    ...files
  }
}

// Reads what the search for libtorch needs to know of a shared library: architecture, soname,
// needed libraries, run path and the names of its symbols. No tool such as readelf is needed.
'use strict'

const fs = require('node:fs')

const machines = { 3: 'ia32', 40: 'arm', 62: 'x64', 183: 'arm64', 243: 'riscv64', 258: 'loong64' }
const PT_LOAD = 1
const PT_DYNAMIC = 2
const tags = { needed: 1, strtab: 5, strsz: 10, soname: 14, rpath: 15, runpath: 29 }

function read(fd, offset, length) {
  const buffer = Buffer.alloc(length)
  return buffer.subarray(0, fs.readSync(fd, buffer, 0, length, offset))
}

// [{ type, offset, address, size }] of a 64-bit little-endian file.
function programHeaders(fd, header) {
  const entrySize = header.readUInt16LE(54)
  const count = header.readUInt16LE(56)
  const table = read(fd, Number(header.readBigUInt64LE(32)), entrySize * count)
  const segments = []
  for (let at = 0; entrySize && at + 56 <= table.length; at += entrySize) {
    segments.push({
      type: table.readUInt32LE(at),
      offset: Number(table.readBigUInt64LE(at + 8)),
      address: Number(table.readBigUInt64LE(at + 16)),
      size: Number(table.readBigUInt64LE(at + 32))
    })
  }
  return segments
}

function dynamicEntries(fd, segment) {
  const table = read(fd, segment.offset, segment.size)
  const entries = []
  for (let at = 0; at + 16 <= table.length; at += 16) {
    const tag = Number(table.readBigInt64LE(at))
    if (tag === 0) break
    entries.push([tag, Number(table.readBigUInt64LE(at + 8))])
  }
  return entries
}

/**
 * { machine, soname, needed, runpath, names() } of a shared library, or null where the file is
 * not ELF at all. A 32-bit file has its machine only. names() is the text of all symbol names.
 */
function readElf(file) {
  const fd = fs.openSync(file, 'r')
  try {
    const header = read(fd, 0, 64)
    if (header.length < 20 || header.readUInt32BE(0) !== 0x7f454c46) return null
    const code = header.readUInt16LE(18)
    const result = { machine: machines[code] ?? `machine ${code}`, soname: null, needed: [] }
    Object.assign(result, { runpath: [], names: () => '' })
    const is64LittleEndian = header[4] === 2 && header[5] === 1
    if (!is64LittleEndian || header.length < 64) return result
    const segments = programHeaders(fd, header)
    const dynamic = segments.find((segment) => segment.type === PT_DYNAMIC)
    if (!dynamic) return result
    const entries = dynamicEntries(fd, dynamic)
    const value = (tag) => entries.find((entry) => entry[0] === tag)?.[1]
    const address = value(tags.strtab)
    const load = segments.find(
      ({ type, address: start, size }) =>
        type === PT_LOAD && address >= start && address < start + size
    )
    if (!load) return result
    const offset = address - load.address + load.offset
    // The names of a CUDA library take megabytes: only the strings asked for are read.
    const text = (at) => {
      const bytes = read(fd, offset + at, 4096)
      const end = bytes.indexOf(0)
      return bytes.toString('latin1', 0, end < 0 ? bytes.length : end)
    }
    const soname = value(tags.soname)
    if (soname !== undefined) result.soname = text(soname)
    result.needed = entries.filter(([tag]) => tag === tags.needed).map(([, at]) => text(at))
    result.runpath = entries
      .filter(([tag]) => tag === tags.rpath || tag === tags.runpath)
      .flatMap(([, at]) => text(at).split(':'))
    result.names = () => {
      const again = fs.openSync(file, 'r')
      try {
        return read(again, offset, value(tags.strsz) ?? 0).toString('latin1')
      } finally {
        fs.closeSync(again)
      }
    }
    return result
  } finally {
    fs.closeSync(fd)
  }
}

module.exports = { readElf }

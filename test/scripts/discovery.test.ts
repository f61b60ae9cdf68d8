// Where libtorch is looked for, in which order, and what is said of it.
import { chmodSync, existsSync, mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { execFileSync, spawnSync } from 'node:child_process'
import { describe, expect, test } from '@jest/globals'
import { archive, fakeElf, newFolder, write } from './fakeLibtorch'

const script = join(__dirname, '..', '..', 'scripts', 'libtorch.js')
const { find } = require(script)

// A world without any libtorch but the ones a test makes.
function world(env: Record<string, string> = {}) {
  const home = newFolder()
  return {
    env: { PATH: join(home, 'bin'), ...env },
    choice: join(home, 'choice.json'),
    system: [join(home, 'system')],
    home
  }
}

function fakePython(home: string, answer: string) {
  write(home, { 'bin/python3': `#!/bin/sh\necho '${answer}'\n` })
  chmodSync(join(home, 'bin/python3'), 0o755)
}

describe('the ladder', () => {
  test('LIBTORCH, then the choice of setup, then python3, then the system', () => {
    const here = world()
    write(here.system[0]!, archive({ version: '2.1.0' }))
    expect(find(here)).toMatchObject({ source: 'system', version: '2.1.0' })
    const python = write(newFolder(), archive({ version: '2.2.0' }))
    fakePython(here.home, python)
    expect(find(here)).toMatchObject({ source: 'python', version: '2.2.0', root: python })
    const chosen = write(newFolder(), archive({ version: '2.3.0' }))
    write(here.home, { 'choice.json': JSON.stringify({ root: chosen }) })
    expect(find(here)).toMatchObject({ source: 'setup', version: '2.3.0', root: chosen })
    const given = write(newFolder(), archive({ version: '2.4.0' }))
    const env = { ...here.env, LIBTORCH: given }
    expect(find({ ...here, env })).toMatchObject({ source: 'env', version: '2.4.0', root: given })
  })

  test('a choice whose folder is gone is passed over, and said', () => {
    const here = world()
    write(here.home, { 'choice.json': JSON.stringify({ root: '/nowhere/torch' }) })
    write(here.system[0]!, archive())
    const { source, tried } = find(here)
    expect(source).toBe('system')
    expect(tried.map(({ reason }: { reason: string }) => reason).join()).toMatch(/nowhere.*gone/)
  })

  test('none at all: one error with everything tried and every way out', () => {
    const here = world()
    let caught: (Error & { code?: string; tried?: unknown[] }) | undefined
    try {
      find(here)
    } catch (error) {
      caught = error as Error
    }
    expect(caught?.code).toBe('NODE_LIBTORCH_NOT_FOUND')
    expect(caught?.tried).toHaveLength(4)
    for (const text of [/LIBTORCH: not set/, /setup has not run/, /python3 does not run/]) {
      expect(caught?.message).toMatch(text)
    }
    for (const text of ['setup --from apt', 'setup --from pip', 'LIBTORCH=PATH', here.system[0]!]) {
      expect(caught?.message).toContain(text)
    }
  })

  test('a broken one in python3 is passed over for a good one of the system', () => {
    const here = world()
    fakePython(here.home, write(newFolder(), archive({ files: { 'lib/libc10.so': null } })))
    write(here.system[0]!, archive())
    const { source, tried } = find(here)
    expect(source).toBe('system')
    expect(JSON.stringify(tried)).toContain('libc10.so')
  })
})

describe('what is understood', () => {
  const at = (root: string, env = {}) => find(world({ LIBTORCH: root, ...env }))

  test('an unpacked archive with CUDA in its name', () => {
    const root = write(newFolder(), archive({ version: '2.5.1+cu124', abi: 0 }))
    write(root, { 'lib/libtorch_cuda.so': fakeElf({ needed: ['libcublas.so.999', 'libm.so.6'] }) })
    const found = at(root)
    expect(found).toMatchObject({ version: '2.5.1', cxx11Abi: 0, cxxStandard: 17 })
    expect(found.cuda).toEqual({ built: true, version: '12.4', missing: ['libcublas.so.999'] })
    expect(found.libDirs).toEqual([join(root, 'lib')])
    expect(found.rpath).toEqual([join(root, 'lib')])
    expect(found.defines).toContain('NODE_LIBTORCH_TORCH_VERSION="2.5.1"')
  })

  test.each([
    ['the torch folder', 'lib/python3.12/site-packages/torch'],
    ['a pip --target folder', 'lib/python3.12/site-packages'],
    ['the environment', '']
  ])('a wheel with the nvidia packages beside it, named by %s', (_what, named) => {
    const environment = newFolder()
    const site = join(environment, 'lib/python3.12/site-packages')
    const cpu = { needed: ['libcudart.so.13', 'libc10.so'] }
    const newHeader = '#define TORCH_VERSION_MAJOR 2\n#define TORCH_VERSION_MINOR 15'
    const files = {
      'build-version': null,
      'version.py': "__version__ = '2.15.0+cu132'\ncuda: Optional[str] = '13.2'\n",
      'include/torch/csrc/api/include/torch/version.h': '#include <torch/headeronly/version.h>',
      'include/torch/headeronly/version.h': newHeader
    }
    write(join(site, 'torch'), archive({ cpu, files }))
    write(site, { 'nvidia/cu13/lib/libcudart.so.13': fakeElf({}) })
    const found = at(join(environment, named))
    expect(found).toMatchObject({ version: '2.15.0', cxxStandard: 20, blas: 'bundled' })
    expect(found.rpath).toEqual([join(site, 'torch/lib'), join(site, 'nvidia/cu13/lib')])
  })

  test('headers and libraries that lie apart, as LIBTORCH_INCLUDE and LIBTORCH_LIB', () => {
    const root = write(newFolder(), archive())
    const env = { LIBTORCH_INCLUDE: join(root, 'include'), LIBTORCH_LIB: join(root, 'lib') }
    expect(find(world(env))).toMatchObject({ source: 'env', version: '2.4.1' })
    const parents = { LIBTORCH_INCLUDE: root, LIBTORCH_LIB: root }
    expect(find(world(parents)).libDirs).toEqual([join(root, 'lib')])
  })

  test('a header that asks for C++20 is believed', () => {
    const all = 'include/torch/csrc/api/include/torch/all.h'
    const root = write(newFolder(), archive({ files: { [all]: '#if __cplusplus < 202002L' } }))
    expect(at(root).cxxStandard).toBe(20)
  })

  test('the BLAS, through the link of the alternatives', () => {
    const root = write(newFolder(), archive({ cpu: { needed: ['libblas.so.3'] } }))
    write(root, { 'openblas-pthread/libblas.so.3': fakeElf({}) })
    symlinkSync(join(root, 'openblas-pthread/libblas.so.3'), join(root, 'lib/libblas.so.3'))
    expect(at(root).blas).toBe('openblas')
  })
})

describe('what is refused', () => {
  const other = process.arch === 'x64' ? 'arm64' : 'x64'
  const wrong: [string, ReturnType<typeof archive>, RegExp][] = [
    [
      'too old',
      archive({ version: '1.12.1' }),
      /expected libtorch 1\.13 or newer, got version 1\.12/
    ],
    [
      'another architecture',
      archive({ cpu: { machine: other } }),
      new RegExp(`expected libraries for ${process.arch}, got .*libtorch_cpu.so for ${other}`)
    ],
    [
      'headers without a library',
      archive({ files: { 'lib/libtorch_cpu.so': null } }),
      /got one with files missing \(no .*lib\/libtorch_cpu\.so\)/
    ],
    [
      'headers without libraries',
      archive({ files: { 'lib/libtorch_cpu.so': null, 'lib/libc10.so': null } }),
      /got headers without all libraries \(no .*libtorch_cpu\.so\)/
    ],
    [
      'libraries without headers',
      {
        'lib/libc10.so': fakeElf({}),
        'lib/libtorch_cpu.so': fakeElf({})
      } as unknown as ReturnType<typeof archive>,
      /got libraries without headers \(no .*ATen\.h\)/
    ],
    [
      'a runtime package, whose libraries have numbered names only',
      { 'lib/libtorch_cpu.so.1.13': fakeElf({}) } as unknown as ReturnType<typeof archive>,
      /expected a whole libtorch/
    ],
    [
      'headers and libraries that disagree',
      archive({ files: { 'build-version': '2.3.0' } }),
      /headers of 2\.4\.1 and libraries of 2\.3\.0 \(build-version\)/
    ],
    [
      'headers and a soname that disagree',
      archive({ files: { 'build-version': null }, cpu: { soname: 'libtorch_cpu.so.1.13' } }),
      /headers of 2\.4\.1 and libraries of 1\.13 \(the soname libtorch_cpu\.so\.1\.13\)/
    ],
    [
      'a truncated library',
      archive({ files: { 'lib/libc10.so': '' } }),
      /expected shared libraries, got .*libc10\.so, which is none/
    ],
    [
      'a wheel without the libraries that its CPU half needs',
      archive({ cpu: { needed: ['libcudart.so.999'] } }),
      /got none of the name libcudart\.so\.999; .*setup --from pip/
    ]
  ]

  test.each(wrong)('%s: one error with the remedy', (_what, files, message) => {
    const env = { ...process.env, LIBTORCH: write(newFolder(), files) }
    const { status, stderr } = spawnSync(process.execPath, [script], { env, encoding: 'utf8' })
    expect(status).toBe(1)
    expect(stderr.trim().split('\n')).toHaveLength(1)
    expect(stderr).toMatch(/^LIBTORCH: expected .*, got .*; .+/)
    expect(stderr).toMatch(message)
  })

  test('the same minor version with another patch is one version', () => {
    const root = write(newFolder(), archive({ files: { 'build-version': '2.4.0' } }))
    expect(find(world({ LIBTORCH: root })).version).toBe('2.4.0')
  })

  test('a folder that holds nothing, and one that is not there', () => {
    const empty = newFolder()
    mkdirSync(join(empty, 'lib'))
    for (const folder of [empty, '/nowhere']) {
      expect(() => find(world({ LIBTORCH: folder }))).toThrow(/expected a folder with a libtorch/)
    }
  })
})

describe('what the builds are told', () => {
  const get = (...args: string[]) =>
    execFileSync(process.execPath, [script, '--get', ...args], { encoding: 'utf8' }).trim()

  test('all sources, sorted; folders that are there', () => {
    const sources = get('sources', '--sep', ';').split(';')
    expect(sources).toEqual([...sources].sort())
    expect(sources).toContain('native/addon.cc')
    expect(existsSync(join(get('nodeInclude'), 'node_api.h'))).toBe(true)
    expect(existsSync(join(get('addonApiInclude'), 'napi.h'))).toBe(true)
  })

  test('shell words by default, and an unknown key is refused by name', () => {
    expect(get('defines')).toMatch(/^'NODE_LIBTORCH_TORCH_VERSION="\d+\.\d+\.\d+"'$/m)
    const { status, stderr } = spawnSync(process.execPath, [script, '--get', 'nothing'])
    expect(status).toBe(1)
    expect(String(stderr)).toMatch(/--get: expected one of .*, got nothing/)
  })
})

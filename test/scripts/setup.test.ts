// What setup decides before anything is compiled, with programs that only pretend.
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { spawnSync } from 'node:child_process'
import { describe, expect, test } from '@jest/globals'
import { archive, newFolder, write } from './fakeLibtorch'

const scripts = join(__dirname, '..', '..', 'scripts')
const { nvidiaRequirements, specifiers } = require(join(scripts, 'setup', 'requirements.js'))
const { fractionIn } = require(join(scripts, 'setup.js'))
const { hashOf, isCurrent } = require(join(scripts, 'build', 'stamp.js'))

function cli(args: string[], env: Record<string, string> = {}) {
  const options = { env: { ...process.env, ...env }, encoding: 'utf8' as const }
  return spawnSync(process.execPath, [join(scripts, 'cli.js'), ...args], options)
}

describe('options', () => {
  test.each([
    [['--torch', 'newest'], /--torch: expected a version such as 2\.15 or 2\.15\.0, got newest/],
    [['--with', 'bazel'], /--with: expected cmake-js or node-gyp, got bazel/],
    [['--from', '/nowhere'], /--from: expected apt, pip or a folder, got \/nowhere/]
  ])('%j is refused by name', (args, message) => {
    const { status, stderr } = cli(['setup', ...args])
    expect(status).toBe(1)
    expect(stderr).toMatch(message)
  })

  test('--from PATH without a libtorch is one error', () => {
    const { status, stderr } = cli(['setup', '--from', newFolder()])
    expect(status).toBe(1)
    expect(stderr).toMatch(/--from: expected a folder with a libtorch in it/)
  })

  test('--torch of another version than --from PATH holds', () => {
    const root = write(newFolder(), archive())
    const { status, stderr } = cli(['setup', '--from', root, '--torch', '2.15'])
    expect(status).toBe(1)
    expect(stderr).toMatch(/--torch: expected 2\.15, got 2\.4\.1 in/)
  })
})

test('no compiler and no way to install one: one error that names all that is missing', () => {
  const bin = newFolder()
  symlinkSync('/bin/sh', join(bin, 'sh'))
  const { status, stderr } = cli(['setup'], { PATH: bin, CXX: '' })
  expect(status).toBe(1)
  expect(stderr.trim().split('\n')).toHaveLength(1)
  expect(stderr).toMatch(
    /toolchain: .*got no g\+\+, no cmake, no make; .*apt-get install g\+\+ cmake/
  )
})

describe('NVIDIA packages', () => {
  const newer = `Requires-Dist: filelock
Requires-Dist: cuda-toolkit[cublas,cudart,cupti,nvtx]==13.2.2; platform_system == "Linux"
Requires-Dist: cuda-bindings<14,>=13.0.3; platform_system == "Linux"
Requires-Dist: nvidia-cudnn-cu13==9.26.0.51; platform_system == "Linux"
Requires-Dist: triton~=3.9.0; platform_system == "Linux"`
  const machine = process.arch === 'arm64' ? 'aarch64' : 'x86_64'
  const older = `Requires-Dist: nvidia-cuda-runtime-cu12 (==12.1.105) ; platform_machine == "${machine}"
Requires-Dist: nvidia-cuda-cupti-cu12 (==12.1.105) ; platform_machine == "${machine}"
Requires-Dist: nvidia-cudnn-cu12 (==8.9.2.26) ; platform_machine == "${machine}"
Requires-Dist: nvidia-nccl-cu12 (==2.18.1) ; platform_machine == "riscv"`
  const cpu = ['libcudart.so.13', 'libcupti.so.13']

  test('for CPU work: those of the libraries that are missing', () => {
    expect(specifiers(nvidiaRequirements(newer), cpu)).toEqual([
      'cuda-toolkit[cudart,cupti]==13.2.2'
    ])
    expect(specifiers(nvidiaRequirements(older), cpu)).toEqual([
      'nvidia-cuda-runtime-cu12==12.1.105',
      'nvidia-cuda-cupti-cu12==12.1.105'
    ])
  })

  test('for CUDA: all of this machine, and nothing of Python', () => {
    expect(specifiers(nvidiaRequirements(newer), null)).toEqual([
      'cuda-toolkit[cublas,cudart,cupti,nvtx]==13.2.2',
      'nvidia-cudnn-cu13==9.26.0.51'
    ])
    expect(specifiers(nvidiaRequirements(older), null)).toHaveLength(3)
  })

  test('a library that no known package brings: all of them', () => {
    expect(specifiers(nvidiaRequirements(newer), ['libnvnew.so.1'])).toHaveLength(2)
  })
})

describe('the wheel in its private folder', () => {
  // A python3 whose pip copies a prepared folder, and keeps a list of what it was asked for.
  function pretendPython() {
    const home = newFolder()
    const wheel = join(home, 'wheel')
    write(join(wheel, 'torch'), archive({ version: '2.4.1' }))
    write(wheel, { 'torch-2.4.1.dist-info/METADATA': 'Requires-Dist: filelock' })
    const python = `#!/bin/sh
case "$*" in *--version*) exit 0;; esac
echo "$*" >> ${home}/asked
while [ "$1" != --target ]; do shift; done
mkdir -p "$2" && cp -r ${wheel}/. "$2"\n`
    write(home, { 'bin/python3': python })
    chmodSync(join(home, 'bin/python3'), 0o755)
    return home
  }

  function install(home: string, version: string) {
    const script = `require(process.argv[1]).install(process.argv[2]).then(
      (found) => console.log(found.root), (error) => { console.error(error); process.exit(1) })`
    const env = { ...process.env, PATH: `${home}/bin:${process.env.PATH}`, XDG_CACHE_HOME: home }
    const args = ['-e', script, join(scripts, 'setup', 'pip.js'), version]
    return spawnSync(process.execPath, args, { env, encoding: 'utf8' })
  }

  test('is installed once, taken the second time, and swept of what was interrupted', () => {
    const home = pretendPython()
    const cache = join(home, 'node-libtorch')
    // No process has this number: it is above the largest that Linux gives.
    mkdirSync(join(cache, 'partial-4194999'), { recursive: true })
    const first = install(home, '2.4')
    expect(first.stderr).toBe('')
    expect(first.stdout).toContain(join(cache, 'torch-2.4.1', 'torch'))
    expect(readdirSync(cache)).toEqual(['torch-2.4.1'])
    const second = install(home, '2.4')
    expect(second.stdout.trim()).toBe(join(cache, 'torch-2.4.1', 'torch'))
    const asked = readFileSync(join(home, 'asked'), 'utf8').trim().split('\n')
    expect(asked).toHaveLength(1)
    expect(asked[0]).toMatch(/pip install .*--no-deps torch==2\.4\.\*$/)
  })

  test('a pip that fails leaves nothing behind that would be taken for a wheel', () => {
    const home = newFolder()
    const python =
      '#!/bin/sh\ncase "$*" in *--version*) exit 0;; esac\necho no network >&2\nexit 1\n'
    write(home, { 'bin/python3': python })
    chmodSync(join(home, 'bin/python3'), 0o755)
    const { status, stderr } = install(home, '2.4')
    expect(status).toBe(1)
    expect(stderr).toContain('no network')
    expect(existsSync(join(home, 'node-libtorch', 'torch-2.4.1'))).toBe(false)
  })
})

test('progress is read from what ninja and make print', () => {
  expect(fractionIn('[3/12] Building CXX object a.o\n[6/12] Building')).toBe(0.5)
  expect(fractionIn('[ 25%] Building CXX object a.o')).toBe(0.25)
  expect(fractionIn('warning: nothing')).toBeNull()
})

test('a stamp is current only for the same inputs and results that are there', () => {
  const root = write(newFolder(), { 'native/a.cc': 'int a;', result: '' })
  const hash = () => hashOf([join(root, 'native')], ['-O2'])
  const first = hash()
  write(root, { stamp: first })
  const [stamp, result] = [join(root, 'stamp'), join(root, 'result')]
  expect(isCurrent(stamp, first, [result])).toBe(true)
  expect(isCurrent(stamp, first, [result, join(root, 'missing')])).toBe(false)
  write(root, { 'native/b.h': '' })
  expect(isCurrent(stamp, hash(), [result])).toBe(false)
})

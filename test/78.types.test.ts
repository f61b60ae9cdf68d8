import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'

import { describe, expect, test } from '@jest/globals'

import { resultOf } from './fixtures/run_script'

const folder = path.join(__dirname, 'types')

/** Type-checks test/types against dist/, as a user's compiler sees the package. */
function compile(): { status: number | null; output: string } {
  const tsc = path.join(path.dirname(require.resolve('typescript/package.json')), 'bin', 'tsc')
  const { status, stdout, stderr } = spawnSync(process.execPath, [tsc, '--noEmit', '-p', folder], {
    encoding: 'utf8'
  })
  return { status, output: stdout + stderr }
}

describe('types', () => {
  test('right calls compile in CommonJS and in ES modules, wrong ones do not', () => {
    expect(compile()).toEqual({ status: 0, output: '' })
  })

  test.each([
    ['wrong.ts', 15],
    ['wrong_operators.ts', 35]
  ])('there are wrong calls to refuse: %s', (file, count) => {
    const refused = readFileSync(path.join(folder, file), 'utf8').match(/@ts-expect-error/g)
    expect(refused?.length).toBeGreaterThan(count)
  })
})

describe('require and import', () => {
  test('a CommonJS consumer gets one library by both, with the same names', () => {
    const found = resultOf('consumer.cjs') as Record<string, unknown>
    expect(found).toMatchObject({ sameTensor: true, instance: true, sum: 5 })
    expect(found.imported).toEqual(found.required)
    expect(found.imported).toEqual(
      expect.arrayContaining(['Tensor', 'cuda', 'nn', 'optim', 'tensor'])
    )
  })

  test('an ES module trains by named imports', () => {
    expect(resultOf('consumer.mjs')).toEqual({ sameTensor: true, sameModule: true, trained: true })
  })
})

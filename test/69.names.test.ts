// docs/pytorch-names.md is what `npm run names` makes of PyTorch's names and ours.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import * as torch from 'node-libtorch'
import { python, whyNoPython } from './parity/python'

const root = join(__dirname, '..')
const { page } = require(join(root, 'scripts', 'names', 'page'))
const { sections } = require(join(root, 'scripts', 'names', 'sections'))
const kept = JSON.parse(readFileSync(join(root, 'scripts', 'names', 'python.json'), 'utf8'))

test('the page is what the names make; npm run names mends it', () => {
  const committed = readFileSync(join(root, 'docs', 'pytorch-names.md'), 'utf8')
  expect(page(kept, torch)).toBe(committed)
})

const skip = whyNoPython()
const compare = skip ? test.skip : test
compare(`Python's names are the kept ones${skip ? `: ${skip}` : ''}`, () => {
  const places = sections.map((section: { python: string }) => section.python)
  const script = join(root, 'scripts', 'names', 'list.py')
  const { stdout } = spawnSync(python, [script, ...places], {
    encoding: 'utf8',
    maxBuffer: 2 ** 26
  })
  const { version, names } = JSON.parse(stdout)
  expect(names).toEqual(kept[version.split('.').slice(0, 2).join('.')])
})

test('a name that is missing, one that is the same, one in camelCase', () => {
  const names = (nn: [string, boolean][]) => ({
    ...Object.fromEntries(sections.map((section: { python: string }) => [section.python, []])),
    'torch.nn.functional': nn
  })
  const text: string = page(
    {
      '1.13': names([['relu', false]]),
      '2.15': names([
        ['max_pool1d', false],
        ['no_such', false]
      ])
    },
    torch
  )
  expect(text).toContain(
    'In `nn.functional`: 2 of 3 names.\n\nMissing: `no_such`\n\nThe same: `relu`'
  )
  expect(text).toContain('| `max_pool1d` | `maxPool1d` |')
})

import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'

import { native } from '../lib/native'

const folder = join(__dirname, '..', 'native')

/** What native/ calls of libtorch's operators, and the names for which Python takes numbers as tensors. */
const handList = `
  add_ clone copy_ detach_ index index_put_ item to view_as zero_ zeros
  add div divide floor_divide mul multiply sub subtract true_divide`

/** Members of C++'s and libtorch's classes that are no call of the operator of the same name. */
const members = `
  add data data_ptr dim empty is_complex is_conj is_contiguous is_floating_point is_leaf is_neg
  _is_zerotensor max numel real imag storage_offset
  requires_grad_ resize retain_grad retains_grad set set_data size stride`

/** Words in texts and keys. */
const texts = 'data dim gradient index item mean set size stack stride sum'

const words = (list: string) => new Set(list.trim().split(/\s+/))

function namesIn(source: string, pattern: RegExp, operators: Set<string>): string[] {
  const code = source.replace(/\/\/.*/g, '')
  return [...code.matchAll(pattern)].map((found) => found[1]!).filter((name) => operators.has(name))
}

test('native/ names no operator beyond a list of 20', () => {
  const names = native.schemas().map(({ name }) => name)
  const operators = new Set(names.map((name) => name.slice(name.indexOf('::') + 2)))
  const sources = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
  const called = sources.flatMap((text) =>
    namesIn(text, /(?:at::|\.|->|torch::)(\w+)\(/g, operators)
  )
  const quoted = sources.flatMap((text) => namesIn(text, /"(?:aten::)?(\w+)"/g, operators))
  const [listed, free] = [words(handList), words(members)]
  expect(listed.size).toBeLessThanOrEqual(20)
  expect(called.filter((name) => !listed.has(name) && !free.has(name))).toEqual([])
  expect(quoted.filter((name) => !listed.has(name) && !words(texts).has(name))).toEqual([])
})

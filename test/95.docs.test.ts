// Every `ts` snippet of the README and of docs/ runs. The snippets of a page are one program. A line
// `expression // -> value` asserts: the value's inspection, or that of the expression it names.
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { inspect } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { beforeEach, expect, test } from '@jest/globals'
import { transformSync } from '@swc/core'
import * as torch from 'node-libtorch'

const root = join(__dirname, '..')
const pages = ['README.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)]

function snippetsOf(page: string): string {
  const text = readFileSync(join(root, page), 'utf8')
  return [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code).join('\n')
}

/** `expression // -> value` becomes a call of check(). */
function withChecks(source: string): string {
  const assertion = /^(?!\s*\/\/)(.*\S)\s+\/\/ -> (.*)$/gm
  return source.replace(
    assertion,
    (_, expression, value) =>
      `;__check(${expression}, ${JSON.stringify(value)}, () => ${nameOrText(value)})`
  )
}

/** A value may name a variable of the snippet. */
function nameOrText(value: string): string {
  return /^[a-z]\w*$/.test(value) && !['true', 'false', 'null', 'undefined'].includes(value)
    ? value
    : 'undefined'
}

/** Frees what the pages before have left: a page speaks of its own tensors. */
async function collect(): Promise<void> {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  setFlagsFromString('--no-expose-gc')
  for (let i = 0; i < 3; i++) {
    gc()
    await turn()
    torch.sweep()
  }
}

beforeEach(collect)

const AsyncFunction = (async () => {}).constructor as FunctionConstructor

test.each(pages)('%s', async (page) => {
  const source = snippetsOf(page)
  if (source === '') return
  let checks = 0
  const check = (got: unknown, text: string, named: () => unknown) => {
    checks++
    const other = named()
    const wanted = other === undefined ? text : inspect(other)
    expect(inspect(got, { breakLength: Infinity })).toBe(wanted)
  }
  const { code } = transformSync(withChecks(source), {
    jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
    module: { type: 'commonjs' }
  })
  const requireHere = (name: string) => (name === 'node-libtorch' ? torch : require(name))
  await new AsyncFunction('require', 'exports', '__check', code)(requireHere, {}, check)
  const wanted = [...source.matchAll(/ \/\/ -> /g)].length
  expect(checks).toBe(wanted)
})

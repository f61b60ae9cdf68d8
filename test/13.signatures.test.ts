// lib/operators/generated.ts is what `npm run generate` makes of the libtorches at hand.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import * as torch from 'node-libtorch'

const root = join(__dirname, '..')
const script = (name: string) => require(join(root, 'scripts', name))
const { addonPath } = script('build/addon')
const { askBoth, minor } = script('generate/ask')
const { generate } = script('generate/write')
const { merge } = script('generate/merge')
const { parametersText, signatures } = script('generate/signatures')
const { newest } = script('test/wheel')
const { oldest } = script('libtorch/versions')

const committed = readFileSync(join(root, 'lib', 'operators', 'generated.ts'), 'utf8')

/** Lines without what depends on their neighbours: a comment of one line, a type of one call. */
const bareLines = (text: string) =>
  text.split('\n').map((line) =>
    line
      .replace(/^\s*(?:\/\*)?\*+\/?\s*(?:- )?| \*\/$/g, '')
      .replace(/^(?:export declare const )?\s*\w+: (?:Operator<)?(\(.*\)) => (.*?)>?$/, '$1: $2')
      .replace(/^(?:export declare const )?\s*\w+: (?:Operator<)?\{$/, '')
      .trim()
  )

describe('the committed file', () => {
  const here = minor(torch.version.libtorch)
  const python = process.env.PARITY_PYTHON || '/usr/bin/python3'
  const older = () => {
    const addon = here === oldest ? process.env.NODE_LIBTORCH_ADDON : undefined
    return askBoth({ addon: addon ?? addonPath('cmake-js'), python: '/usr/bin/python3' })
  }

  if (here === oldest) {
    test(`has every line that ${oldest} alone makes`, () => {
      const known = new Set(bareLines(committed))
      const made = bareLines(generate(older()))
      expect(made.length).toBeGreaterThan(10000)
      expect(made.filter((line) => !known.has(line))).toEqual([])
    })
  } else if (here === newest && python !== 'none' && existsSync(addonPath('cmake-js'))) {
    test(`is what ${oldest} and ${newest} make, byte for byte; npm run generate mends it`, () => {
      const newer = askBoth({ addon: process.env.NODE_LIBTORCH_ADDON, python })
      expect(generate(older(), newer) === committed).toBe(true)
    })
  } else {
    test.skip(`libtorch ${here}: only ${oldest}, or ${newest} beside it, can tell`, () => {})
  }

  test('marks what the oldest libtorch has not', () => {
    expect(committed).toMatch(/- `addmm\.dtype\(.*` \(since a libtorch newer than 1\.13\)/)
    expect(committed).toMatch(/- `bmm\(Tensor self, Tensor mat2\) -> Tensor`$/m)
  })
})

/** A schema as native.schemas() gives it: `name type`, a `=` after what has a default, `*` before keywords. */
function schema(name: string, overload: string, parameters: string, returns = 'Tensor') {
  let keywordOnly = false
  const list = parameters.split(', ').flatMap((text) => {
    if (text === '*') {
      keywordOnly = true
      return []
    }
    const [, type, size, mark, param, byDefault] = text.match(
      /^([A-Za-z?]+(?:\[(\d*)\]\??)?)(!?) (\w+)(=?)$/
    ) as unknown as [string, string, string, string, string, string]
    return {
      name: param,
      type: type.replace(/\d/g, ''),
      size: Number(size ?? 0),
      keywordOnly,
      out: mark === '!',
      byDefault: byDefault === '=' ? 'None' : null
    }
  })
  return {
    name: `aten::${name}`,
    overload,
    text: `aten::${name}.${overload}(${parameters}) -> ${returns}`,
    parameters: list,
    returns: returns === '()' ? [] : returns.split(', '),
    variadic: false,
    numbersAsTensors: false,
    writes: name.endsWith('_')
  }
}

/** The signatures of a method or function whose overloads these are, as text. */
function textsOf(older: object[], newer: object[] = [], isMethod = true): string[] {
  const [operator] = merge(older, newer)
  return signatures(operator, { isMethod }).map(
    (form: { result: string }) => `${parametersText(form)}: ${form.result}`
  )
}

describe('signatures', () => {
  test('the last positional arguments may be keywords, as in Python', () => {
    const sum = schema(
      'sum',
      'dim',
      'Tensor self, int[1]? dim, bool keepdim=, *, ScalarType? dtype='
    )
    expect(textsOf([sum])).toEqual([
      '(dim: number | readonly number[] | null, keepdim?: boolean, options?: { dtype?: DType | null }): Tensor',
      '(dim: number | readonly number[] | null, options?: { keepdim?: boolean; dtype?: DType | null }): Tensor',
      '(options: { dim: number | readonly number[] | null; keepdim?: boolean; dtype?: DType | null }): Tensor'
    ])
  })

  test('a list may be spread where it is all there is', () => {
    const reshape = { ...schema('reshape', '', 'Tensor self, int[] shape'), variadic: true }
    expect(textsOf([reshape])).toEqual([
      '(shape: readonly number[]): Tensor',
      '(...shape: number[]): Tensor',
      '(options: { shape: readonly number[] }): Tensor'
    ])
    expect(textsOf([reshape], [], false)).toEqual([
      '(input: Tensor, shape: readonly number[]): Tensor',
      '(input: Tensor, options: { shape: readonly number[] }): Tensor'
    ])
    const hstack = { ...schema('hstack', '', 'Tensor[] tensors'), variadic: true }
    expect(textsOf([hstack], [], false)).toEqual([
      '(tensors: readonly Tensor[]): Tensor',
      '(...tensors: Tensor[]): Tensor'
    ])
  })

  test('overloads that differ in one parameter are one signature', () => {
    const eq = [
      schema('eq', 'Tensor', 'Tensor self, Tensor other'),
      schema('eq', 'Scalar', 'Tensor self, Scalar other')
    ]
    expect(textsOf(eq)[0]).toBe('(other: Tensor | Scalar): Tensor')
    expect(textsOf(eq)).toHaveLength(2)
    const clamp = [
      schema('clamp', '', 'Tensor self, Scalar? min=, Scalar? max='),
      schema('clamp', 'Tensor', 'Tensor self, Tensor? min=, Tensor? max=')
    ]
    expect(textsOf(clamp).filter((text) => text.startsWith('(min?'))).toEqual([
      '(min?: Scalar | null, max?: Scalar | null): Tensor',
      '(min?: Tensor | null, max?: Tensor | null): Tensor'
    ])
  })

  test('numbers stand for tensors where Python allows it, but not for the first', () => {
    const add = { ...schema('add', 'Tensor', 'Tensor self, Tensor other'), numbersAsTensors: true }
    expect(textsOf([add], [], false)[0]).toBe('(input: Tensor, other: Tensor | Scalar): Tensor')
  })

  test('an out variant is a keyword of functions, and of methods it is none', () => {
    const max = [
      schema('max', 'dim', 'Tensor self, int dim', 'Tensor, Tensor'),
      schema(
        'max',
        'dim_max',
        'Tensor self, int dim, *, Tensor! max, Tensor! max_values',
        'Tensor, Tensor'
      )
    ]
    expect(textsOf(max, [], false)[0]).toBe(
      '(input: Tensor, dim: number | bigint, options?: { out?: readonly Tensor[] }): [Tensor, Tensor]'
    )
    expect(textsOf(max)[0]).toBe('(dim: number | bigint): [Tensor, Tensor]')
  })

  test('in place is this, and no result is void', () => {
    expect(textsOf([schema('zero_', '', 'Tensor self')])).toEqual(['(): this'])
    expect(textsOf([schema('check', '', 'Tensor self', '()')])).toEqual(['(): void'])
  })

  test('the tensor of a method stays where the schema has it', () => {
    const where = schema('where', 'self', 'Tensor condition, Tensor self, Tensor other')
    expect(textsOf([where])).toEqual([
      '(condition: Tensor, other: Tensor): Tensor',
      '(condition: Tensor, options: { other: Tensor }): Tensor'
    ])
  })

  test('what a newer libtorch adds comes last, and nothing twice', () => {
    const old = schema('dense', '', 'Tensor self, ScalarType? dtype=')
    const more = schema('dense', '', 'Tensor self, ScalarType? dtype=, *, bool? masked=')
    const first = textsOf([old])
    expect(textsOf([old], [old])).toEqual(first)
    expect(textsOf([old], [more])).toEqual([
      ...first,
      '(dtype?: DType | null, options?: { masked?: boolean | null }): Tensor',
      '(options?: { dtype?: DType | null; masked?: boolean | null }): Tensor'
    ])
    const [{ schemas }] = merge([old], [more])
    expect(schemas.map(({ isNew }: { isNew: boolean }) => isNew)).toEqual([false, true])
  })
})

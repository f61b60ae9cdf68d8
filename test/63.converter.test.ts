import { describe, expect, test } from '@jest/globals'
import { Generator, ones, ops, tensor } from 'node-libtorch'

import { type OperatorSchema, native } from '../lib/native'

type ParameterSchema = OperatorSchema['parameters'][number]
type Callable = (...args: unknown[]) => unknown

// Classes of libtorch: one operator makes a value of each, where this build of libtorch can.
const quantized = ops['quantized'] as unknown as Record<string, Callable>
const quantize = (...shape: number[]) =>
  (ops.aten['quantize_per_tensor'] as Callable)(ones(shape), 0.1, 0, 'qint8')
const makers: Record<string, () => unknown> = {
  'quantized.LinearPackedParamsBase': () => quantized['linear_prepack']!(quantize(2, 3)),
  'quantized.Conv2dPackedParamsBase': () =>
    quantized['conv2d_prepack']!(quantize(2, 1, 3, 3), null, [1, 1], [0, 0], [1, 1], 1),
  'quantized.Conv3dPackedParamsBase': () =>
    quantized['conv3d_prepack']!(quantize(2, 1, 3, 3, 3), null, [1, 1, 1], [0, 0, 0], [1, 1, 1], 1),
  'profiler._RecordFunction': () =>
    (ops['profiler']!['_record_function_enter_new'] as Callable)('test', null),
  'rnn.CellParamsBase': () => {
    const [ih, hh] = [
      quantized['linear_prepack']!(quantize(4, 3), ones(4)),
      quantized['linear_prepack']!(quantize(4, 4), ones(4))
    ]
    return quantized['make_quantized_cell_params_dynamic']!(ih, hh, ones(4), ones(4), false)
  }
}

const made = new Map<string, unknown>()

/** A value of a class of libtorch; undefined where nothing makes one here. */
function instanceOf(type: string): unknown {
  if (!made.has(type)) {
    try {
      made.set(type, makers[type.replace('__torch__.torch.classes.', '')]?.())
    } catch {
      made.set(type, undefined)
    }
  }
  return made.get(type)
}

const x = tensor([1, 2])
const plain: Record<string, unknown> = {
  Tensor: x,
  int: 2,
  SymInt: 2,
  float: 0.5,
  bool: true,
  Scalar: 1.5,
  complex: { re: 1, im: -2 },
  str: 'x',
  ScalarType: 'float64',
  Layout: 'strided',
  MemoryFormat: 'contiguous_format',
  QScheme: 'per_tensor_affine',
  Device: 'cpu',
  Stream: 'cpu',
  Storage: x,
  Generator: new Generator(),
  Any: 1
}

/**
 * A value for `type` as schemas write it, lists with `size` elements; undefined for a class of which
 * nothing makes one here.
 */
function valueFor(type: string, size = 0): unknown {
  if (type.endsWith('?')) return valueFor(type.slice(0, -1), size)
  if (type.endsWith('[]')) {
    const item = valueFor(type.slice(0, -2))
    return item === undefined ? undefined : Array(size || 2).fill(item)
  }
  return type in plain ? plain[type] : instanceOf(type)
}

const isClass = (type: string) => type.startsWith('__torch__')

/** What a call of `schema` with a value for every parameter, or with `null` where it may be, says. */
function refusal(
  schema: OperatorSchema,
  value: (parameter: ParameterSchema) => unknown
): string | null {
  const { name, overload, parameters } = schema
  const positional = parameters.filter(({ keywordOnly }) => !keywordOnly).map(value)
  const named = parameters.filter(({ keywordOnly, out }) => keywordOnly && !out)
  const outs = parameters.filter(({ out }) => out).map(value)
  const keywords: Record<string, unknown> = {}
  for (const parameter of named) keywords[parameter.name] = value(parameter)
  if (outs.length > 0) keywords['out'] = outs.length === 1 ? outs[0] : outs
  try {
    const chosen = native.fits(`${name}.${overload || 'default'}`, [...positional, keywords])
    return chosen === schema.text ? null : `chose ${chosen}`
  } catch (error) {
    return (error as Error).message
  }
}

describe('the converter, on every schema of every namespace', () => {
  const schemas = native.schemas()

  test('there are some thousand', () => {
    expect(schemas.length).toBeGreaterThan(3000)
    expect(new Set(schemas.map(({ name }) => name.split('::')[0])).size).toBeGreaterThan(8)
  })

  /** Whether a value can be made here for every parameter. */
  const complete = ({ parameters }: OperatorSchema) =>
    parameters.every(({ type }) => valueFor(type) !== undefined)

  test('a value for every parameter converts', () => {
    const refused = schemas
      .filter(complete)
      .map((schema) => [schema.text, refusal(schema, ({ type, size }) => valueFor(type, size))])
      .filter(([, message]) => message)
    expect(refused).toEqual([])
  })

  test('null for every parameter that may be null converts', () => {
    const value = ({ type, size }: ParameterSchema) =>
      type.endsWith('?') ? null : valueFor(type, size)
    const refused = schemas
      .filter(complete)
      .map((schema) => [schema.text, refusal(schema, value)])
      .filter(([, message]) => message)
    expect(refused).toEqual([])
  })

  test('one number stands for a list of N', () => {
    const value = ({ type, size }: ParameterSchema) =>
      size > 0 && /^(int|SymInt|float)\[\]/.test(type) ? 2 : valueFor(type, size)
    const refused = schemas
      .filter(complete)
      .filter(({ parameters }) => parameters.some(({ size }) => size > 0))
      .map((schema) => [schema.text, refusal(schema, value)])
      .filter(([, message]) => message)
    expect(refused).toEqual([])
  })

  test('only classes of libtorch are out of reach, and these are refused by name', () => {
    const others = schemas.filter((schema) => !complete(schema))
    for (const schema of others) {
      const types = schema.parameters.map(({ type }) => type)
      const lacking = types.filter((type) => valueFor(type) === undefined)
      expect(lacking.every((type) => isClass(type.replace(/[[\]?]/g, '')))).toBe(true)
      const message = refusal(schema, ({ type, size }) => valueFor(type, size) ?? {})
      expect(message).toMatch(/argument '\w+': expected \S*__torch__/)
    }
    expect(others.length).toBeLessThan(schemas.length / 20)
  })

  test.each([
    ['Tensor', 'x'],
    ['Tensor[]', [1]],
    ['int', 1.5],
    ['int[]', ['x']],
    ['float', 'x'],
    ['bool', 'x'],
    ['Scalar', 'x'],
    ['str', 1],
    ['ScalarType', 'nosuch'],
    ['Layout', 'nosuch'],
    ['MemoryFormat', 'nosuch'],
    ['Device', 'nosuch'],
    ['Generator?', {}]
  ])('%s is not %p', (type, wrong) => {
    const schema = schemas.find(
      ({ name, parameters }) =>
        name.startsWith('aten::') && parameters.some((parameter) => parameter.type === type)
    )!
    const message = refusal(schema, (parameter) =>
      parameter.type === type ? wrong : valueFor(parameter.type, parameter.size)
    )
    expect(message).not.toBeNull()
  })
})

/**
 * What the addon's functions take and give (lib/native.ts).
 */
import type { DType } from './dtype'
import type { Tensor } from './tensor'
import type { Opaque } from './values'

export type TypedArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Int32Array
  | BigInt64Array

/** What native/tensor_table.h counts. */
export interface TensorTotals {
  live: number
  waiting: number
  peakLive: number
  peakBytes: number
  sweeps: number
  cpuBytes: number
  cudaBytes: number
}

/** Where a tensor lies in JavaScript's memory (native/buffers.cc). */
export interface BorrowedMemory {
  buffer: ArrayBuffer | SharedArrayBuffer
  isShared: boolean
  /** Of its first element. */
  byteOffset: number
  /** In elements. */
  strides: number[]
}

/** The memory that a tensor is a view of (native/storage.cc). */
export interface StorageView {
  /** The same for tensors on the same storage, while one of them lives. */
  id: number
  bytes: number
  /** In elements, as the strides. */
  offset: number
  strides: number[]
}

/** A libtorch module (native/modules.cc). */
export interface NativeModule {
  readonly members: string[]
  forward(...inputs: Tensor[]): Tensor
  get(name: string): Tensor | null
  set(name: string, value: Tensor | null): void
  configure(positional: readonly unknown[], options: object): void
  train(mode: boolean): void
  /** Nothing, where there are no parameters. */
  resetParameters(): void
}

/** What a TorchScript module consists of (native/script_modules.cc). */
export interface ScriptModuleParts {
  className: string
  parameters: string[]
  buffers: string[]
  children: [name: string, module: Opaque][]
  methods: string[]
}

/** What autocast does on a device (native/autocast.cc). */
export type AutocastState = [enabled: boolean, dtype: DType, cacheEnabled: boolean]

/** A libtorch optimizer (native/optimizers.cc). */
export interface NativeOptimizer {
  step(): void
  zeroGrad(setToNone: boolean): void
  addGroup(params: readonly Tensor[]): void
  setOption(group: number, name: string, value: number | boolean): void
  getState(parameter: Tensor, name: string): Tensor | null
  setState(parameter: Tensor, name: string, value: Tensor): void
  clearState(): void
}

/** A parameter of an operator (native/schemas.cc). */
export interface ParameterSchema {
  /** In camelCase. */
  name: string
  /** The real type as libtorch writes it, such as `Tensor`, `int[]`, `ScalarType?`, `Tensor?[]`. */
  type: string
  /** The N of `int[N]`, where one number stands for N; else 0. */
  size: number
  keywordOnly: boolean
  /** Whether it is an `out` tensor. */
  out: boolean
  /** libtorch's text of the default; null where the argument is required. */
  byDefault: string | null
}

/** One overload of an operator of the loaded libtorch (native/schemas.cc). */
export interface OperatorSchema {
  /** With its namespace: `aten::add`. */
  name: string
  /** `Tensor`, or '' for the nameless one. */
  overload: string
  /** The whole schema as libtorch prints it. */
  text: string
  parameters: ParameterSchema[]
  returns: string[]
  /** Whether the only list among the positional arguments besides the first may be spread. */
  variadic: boolean
  /** Whether numbers stand for tensors, but for the first argument. */
  numbersAsTensors: boolean
  /** Whether it changes its first argument. */
  writes: boolean
}

/** native/argument_limits.h says what each means. */
export type LimitKind =
  | 'atLeast'
  | 'atMost'
  | 'length'
  | 'nonempty'
  | 'strided'
  | 'floating'
  | 'within'

/** `result` empty; bit i of `tensors`: argument i is a slot. Gives `result`'s slot, or another tensor. */
export type ShortOperator = (
  result: Tensor,
  tensors: number,
  ...slotsAndNumbers: number[]
) => number | Tensor

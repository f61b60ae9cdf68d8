/**
 * The typed interface to the addon: the only file of lib/ that knows there is one.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'

import type { Plan, Program, RunnerHandle } from './compile/program'
import type { RecordedStep } from './compile/step'
import type { DType } from './dtype'
import type { Tensor } from './tensor'
import type { Complex, Opaque } from './values'

import type {
  AutocastState,
  BorrowedMemory,
  LimitKind,
  NativeModule,
  NativeOptimizer,
  OperatorSchema,
  ScriptModuleParts,
  ShortOperator,
  StorageView,
  TensorTotals,
  TypedArray
} from './native_types'

export type * from './native_types'

export interface Native {
  install(
    tensorClass: unknown,
    slotSymbol: symbol,
    collectYoung: (() => void) | null,
    key: symbol
  ): void
  isTensor(value: unknown): value is Tensor
  shape(tensor: Tensor): number[]
  dtype(tensor: Tensor): DType
  device(tensor: Tensor): string
  isSparse(tensor: Tensor): boolean
  resolveDevice(name: string): string
  dispose(tensor: Tensor): void
  openScope(): number
  closeScope(start: number, kept: readonly Tensor[]): void
  /** Takes a tensor out of all open scopes: something that outlives them holds it. */
  outliveScopes(tensor: Tensor): void
  sweep(): number
  living(): (Tensor | number)[]
  memory(): TensorTotals

  fromTypedArray(
    data: TypedArray | Uint8ClampedArray,
    count: number,
    shape: readonly number[] | null,
    dtype: number,
    device: string | null,
    requiresGrad: boolean
  ): Tensor
  toTypedArray(tensor: Tensor): TypedArray
  toArrayBuffer(tensor: Tensor): ArrayBuffer
  item(tensor: Tensor): number | bigint | boolean | Complex

  fromBuffer(
    bytes: Uint8Array,
    shape: readonly number[],
    strides: readonly number[] | null,
    dtype: number,
    isShared: boolean,
    requiresGrad: boolean
  ): Tensor
  borrowed(tensor: Tensor): BorrowedMemory | null
  isShared(tensor: Tensor): boolean
  storageBytes(tensor: Tensor): number
  moveStorage(tensor: Tensor, bytes: Uint8Array): void

  mapFile(descriptor: number, bytes: number): Tensor
  storageOf(tensor: Tensor): StorageView | null
  storagePart(tensor: Tensor, start: number, bytes: number): Tensor

  index(tensor: Tensor, indices: readonly unknown[]): Tensor
  indexPut(tensor: Tensor, indices: readonly unknown[], value: unknown, accumulate: boolean): void

  attachGenerator(object: object, device: string, isDefault: boolean): void
  generatorSeed(generator: object, seed: bigint | null): bigint
  generatorInitialSeed(generator: object): bigint
  generatorDevice(generator: object): string
  generatorGetState(generator: object): Tensor
  generatorSetState(generator: object, state: Tensor): void

  schemas(): OperatorSchema[]
  /** Refuses, from the next look-up on, what breaks a limit (native/argument_limits.h). */
  limitOperator(name: string, parameter: string, kind: LimitKind, bound: number): void
  /** The overload that a call with these arguments means, as a schema; nothing is called. */
  fits(name: string, args: readonly unknown[]): string | null
  /** The short way to operators that give one tensor (native/operator_call.cc, callShort). */
  shortOperator(name: string): ShortOperator | null
  operator(name: string, method: boolean): ((...args: unknown[]) => unknown) | null

  requiresGrad(tensor: Tensor): boolean
  setRequiresGrad(tensor: Tensor, flag: boolean): void
  isLeaf(tensor: Tensor): boolean
  gradFn(tensor: Tensor): string | null
  grad(tensor: Tensor): Tensor | null
  setGrad(tensor: Tensor, grad: Tensor | null): void
  setData(tensor: Tensor, value: Tensor): void
  backward(
    tensor: Tensor,
    gradient: Tensor | null,
    retainGraph: boolean | null,
    createGraph: boolean
  ): void
  backwardOf(
    tensors: readonly Tensor[],
    gradients: readonly (Tensor | null)[],
    retainGraph: boolean,
    createGraph: boolean,
    inputs: readonly Tensor[] | null
  ): void
  gradOf(
    outputs: readonly Tensor[],
    inputs: readonly Tensor[],
    gradients: readonly (Tensor | null)[],
    retainGraph: boolean,
    createGraph: boolean,
    allowUnused: boolean
  ): (Tensor | null)[]
  registerHook(tensor: Tensor, hook: (gradient: Tensor) => Tensor | null): number
  removeHook(hook: number): void
  retainGrad(tensor: Tensor): void
  retainsGrad(tensor: Tensor): boolean
  applyFunction(
    name: string,
    args: readonly unknown[],
    forward: () => [
      outputs: unknown[],
      saved: readonly (Tensor | null)[],
      dirty: readonly Tensor[],
      nonDifferentiable: readonly Tensor[],
      materializeGrads: boolean
    ],
    backward: (gradients: (Tensor | null)[], running: number) => (Tensor | null)[]
  ): unknown[]
  savedTensors(running: number): (Tensor | null)[]
  setDetectAnomaly(enabled: boolean, checkNan: boolean): [enabled: boolean, checkNan: boolean]
  isAnomalyEnabled(): boolean
  enterInferenceMode(enabled: boolean): void
  leaveInferenceMode(): void
  isInferenceModeEnabled(): boolean
  setGradEnabled(enabled: boolean): boolean
  isGradEnabled(): boolean

  createModule(name: string, positional: readonly unknown[], options: object): NativeModule
  chainModules(modules: readonly NativeModule[]): (input: Tensor) => Tensor
  createOptimizer(name: string): NativeOptimizer
  /** The C library's pow(), which Python's floats use. */
  power(base: number, exponent: number): number

  loadScriptModule(path: string, device: string | null): Opaque
  saveScriptModule(module: Opaque, path: string): void
  createScriptModule(className: string, root: Opaque | null): Opaque
  addToScriptModule(
    module: Opaque,
    kind: 'parameter' | 'buffer' | 'module' | 'flag',
    name: string,
    value: Tensor | Opaque | boolean
  ): void
  scriptModuleParts(module: Opaque): ScriptModuleParts
  scriptModuleGet(module: Opaque, name: string): unknown
  scriptModuleSet(module: Opaque, name: string, value: unknown): void
  runScriptMethod(module: Opaque, method: string, args: readonly unknown[]): unknown
  traceMethod(
    module: Opaque,
    name: string,
    inputs: readonly unknown[],
    strict: boolean,
    fn: (...inputs: unknown[]) => unknown
  ): void

  autocastState(device: 'cpu' | 'cuda'): AutocastState
  enterAutocast(device: 'cpu' | 'cuda', ...state: AutocastState): void
  leaveAutocast(device: 'cpu' | 'cuda', ...before: AutocastState): void

  setRecordingRules(
    refused: readonly (readonly [name: string, reason: string])[],
    transparent: readonly string[],
    ignored: readonly string[],
    saving: readonly string[],
    masked: readonly string[],
    constants: readonly string[]
  ): void
  startRecording(
    args: readonly Tensor[],
    keepsContents: boolean,
    onRefusal: (operator: string, reason: string) => void
  ): void
  finishRecording(results: readonly Tensor[]): RecordedStep
  abandonRecording(): void
  /** Of the generators that a recording draws from, beside libtorch's own. */
  generatorStates(recording: object): Tensor[]
  setGeneratorStates(recording: object, states: readonly Tensor[]): void
  bindRecordedArgument(name: string, slot: number): boolean
  bindRecordedTensor(tensor: Tensor, slot: number): void
  outVariant(operator: string, overload: string, device: string): string | null
  createProgram(recording: object, plan: Plan, slots: Float64Array): Program
  createRunner(threads: number, onEnd: (done: number, error: Error | null) => void): RunnerHandle

  manualSeed(seed: bigint): void
  setNumThreads(count: number): void
  getNumThreads(): number
  setNumInteropThreads(count: number): void
  getNumInteropThreads(): number
  isFirstLoad(): boolean
  buildInfo(): { compiledFor: string; libtorch: string; config: string; parallel: string }

  cudaStatus(): {
    state: 'cpu-only' | 'no-driver' | 'load-failed' | 'ready'
    detail: string
    deviceCount: number
  }
  cudaSynchronize(device: number): void
  cudaMemoryAllocated(device: number): number
}

const root = join(__dirname, '..')

/** Where an addon may lie, the first one found is taken. */
function addonCandidates(): string[] {
  const chosen = process.env.NODE_LIBTORCH_ADDON
  if (chosen) return [chosen]
  return ['build/cmake/Release', 'build/Release'].map((folder) =>
    join(root, folder, 'node_libtorch.node')
  )
}

/** Which libtorch there is, or why there is none, by the one script that knows. */
function whichLibtorch(): string {
  try {
    const { find } = require('../scripts/libtorch.js') as {
      find(): { version: string; root: string }
    }
    const { version, root: folder } = find()
    return `libtorch ${version} is in ${folder}`
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function load(): Native {
  const candidates = addonCandidates()
  const path = candidates.find((candidate) => existsSync(candidate))
  const remedy = "run 'npx node-libtorch setup' ('npx node-libtorch doctor' shows what is wrong)"
  if (!path) {
    const places = candidates.join('\n  ')
    throw new Error(
      `node-libtorch: the addon is not built yet; ${remedy}\n${whichLibtorch()}\nlooked for:\n  ${places}`
    )
  }
  try {
    return require(path) as Native
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(
      `node-libtorch: the addon did not load: ${reason}\n${remedy}\n${whichLibtorch()}\naddon: ${path}`,
      { cause: error }
    )
  }
}

export const native: Native = load()

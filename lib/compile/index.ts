export { compile } from './compile'
export { CompileError } from './error'
export type { PassName } from './passes'
export type {
  CompiledStep,
  CompileOptions,
  Progress,
  RunData,
  RunOptions,
  RunResult
} from './types'

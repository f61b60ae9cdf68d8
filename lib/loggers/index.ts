/**
 * Loggers: a run's events, kept.
 */
export { CsvLogger } from './csv'
export type { LoggerOptions } from './log_file'
export { type Logger, LoggerError } from './logger'
export { NdjsonLogger } from './ndjson'
export { TensorBoardLogger } from './tensorboard'

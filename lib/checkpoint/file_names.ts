/**
 * Names in a checkpoint folder. Files count on, so that the newest is the one that was saved last,
 * whatever its step: a run that starts again from step 0 in an old folder goes on with its own.
 */
import { createHash, randomBytes } from 'node:crypto'
import { readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

export interface CheckpointName {
  name: string
  /** Counts the saves in this folder. */
  sequence: number
  step: number
}

/** `checkpoint-SEQUENCE-step-STEP.pt` */
export function checkpointName(sequence: number, step: number): string {
  return `checkpoint-${String(sequence).padStart(8, '0')}-step-${step}.pt`
}

/** The checkpoints among `names`, newest first. */
export function checkpointsAmong(names: readonly string[]): CheckpointName[] {
  const found = names.flatMap((name) => {
    const [, sequence, step] = /^checkpoint-(\d{8,15})-step-(\d{1,16})\.pt$/.exec(name) ?? []
    return sequence === undefined ? [] : [{ name, sequence: Number(sequence), step: Number(step) }]
  })
  return found.sort((a, b) => b.sequence - a.sequence || b.step - a.step)
}

export interface TemporaryName {
  name: string
  /** Where `pid` means something. */
  place: string
  pid: number
}

/** A name beside `name` that no other writer takes and that says who is writing. */
export function temporaryName(name: string): string {
  return `.${name}.${placeOfProcesses()}.${process.pid}.${randomBytes(6).toString('hex')}.tmp`
}

/** The temporary files among `names`. */
export function temporariesAmong(names: readonly string[]): TemporaryName[] {
  return names.flatMap((name) => {
    const [, place, pid] =
      /^\.checkpoint-.*\.pt\.([0-9a-f]{8})\.(\d+)\.[0-9a-f]{12}\.tmp$/.exec(name) ?? []
    return place === undefined ? [] : [{ name, place, pid: Number(pid) }]
  })
}

/** The same for processes that see each other by the same numbers: of a machine or a container. */
export function placeOfProcesses(): string {
  let numbers = ''
  try {
    numbers = readlinkSync('/proc/self/ns/pid')
  } catch {
    // No /proc: the name of the machine must do.
  }
  return createHash('sha256').update(`${hostname()} ${numbers}`).digest('hex').slice(0, 8)
}

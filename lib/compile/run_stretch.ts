/**
 * A stretch of a run: steps that are made on the thread without JavaScript, their numbers noted ahead.
 */
import type { Program } from './program'
import type { RunPlan } from './run_options'
import type { Variant } from './variant'

/** Milliseconds that noting down numbers may take. */
const noteTime = 1.5
/** As many steps can be taken back (tape.ts). */
const mostNoted = 2048

export interface Stretch {
  /** Of each part of a pass. */
  programs: Program[]
  count: number
  /** A row of `width` for each step. */
  numbers: Float64Array
  width: number
  /** Takes back what was noted for the steps from number `done` of the stretch on. */
  takeBack(done: number): void
}

/** How many of `count` steps from step `done` on have a recording. */
function countRecorded(
  { parts, passSteps }: RunPlan,
  [first, last]: readonly (Variant | null)[],
  done: number,
  count: number
): number {
  if (first && last !== null) return count
  const within = done % passSteps
  const firstSteps = parts[0]?.steps ?? 0
  if (first) return Math.max(0, Math.min(count, firstSteps - within))
  return last && within >= firstSteps ? Math.min(count, passSteps - within) : 0
}

/**
 * Plays the tapes of the steps from step `done` of the run on, `most` at most.
 * @param variants of each part of a pass, null where there is none yet
 * @returns null where not even one step can be made so
 */
export function note(
  plan: RunPlan,
  variants: readonly (Variant | null)[],
  done: number,
  most: number
): Stretch | null {
  const known = variants.filter((variant) => variant !== null)
  const recorded = countRecorded(plan, variants, done, most)
  const [one] = known
  if (recorded === 0 || !one) return null
  const firstSteps = plan.parts[0]?.steps ?? 0
  const tapeAt = (ahead: number) => {
    const part = (done + ahead) % plan.passSteps < firstSteps ? 0 : 1
    return (variants[part] ?? one).tape
  }
  const isEmpty = known.every(({ tape }) => tape.entries.length === 0)
  const width = isEmpty ? 0 : Math.max(1, ...known.map(({ tape }) => tape.count))
  const numbers = new Float64Array(Math.max(1, Math.min(recorded, mostNoted) * width))
  const noted = isEmpty ? recorded : play(tapeAt, Math.min(recorded, mostNoted), numbers, width)
  if (noted === 0) return null
  return {
    programs: variants.map((variant) => (variant ?? one).build().program),
    count: noted,
    numbers,
    width,
    takeBack: (made) => {
      for (let i = noted - 1; i >= made; i--) tapeAt(i).takeBack()
    }
  }
}

/** How many steps were played; fewer than `count` where one takes another branch, or time is over. */
function play(
  tapeAt: (ahead: number) => Variant['tape'],
  count: number,
  numbers: Float64Array,
  width: number
): number {
  const until = performance.now() + noteTime
  for (let i = 0; i < count; i++) {
    try {
      if (!tapeAt(i).play(numbers.subarray(i * width, (i + 1) * width))) return i
    } catch (error) {
      // The steps before it are made first.
      if (i === 0) throw error
      return i
    }
    if (i % 16 === 15 && performance.now() > until) return i + 1
  }
  return count
}

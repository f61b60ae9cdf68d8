/**
 * What a whole recording shows that a replay cannot do. What single operators cannot is refused where
 * they are called (operators.ts), what JavaScript does, where it does it (tape.ts).
 */
import { native } from '../native'
import { Module } from '../nn/module'
import type { Tensor } from '../tensor'
import { empties, untaggedWrites, viewsInPlace } from './operators'
import type { RecordedStep } from './step'

/** What cannot be replayed, and what to do instead. */
export type Limit = [what: string, remedy: string]

export const moveOut = 'move it out of the step, or leave this step uncompiled'

const hasGraph = (tensor: Tensor) => tensor.requiresGrad && !tensor.isLeaf

/** An argument that backward would go on from, out of the step. */
export function graphBefore(args: readonly Tensor[]): Limit | null {
  const at = args.findIndex(hasGraph)
  if (at < 0 || !native.isGradEnabled()) return null
  return [
    `argument ${at} has a graph from before the step, of which a replay knows nothing,`,
    'pass it detach()ed, or compute it in the step'
  ]
}

const nameOf = ({ operator }: { operator: string }) => operator.replace('aten::', '')

/** What the step makes may change its shape in place; what was there before keeps it in a replay. */
function reshaped({ calls, registers, storages }: RecordedStep): Limit | null {
  const isMade = (register: unknown) =>
    storages[registers[register as number]?.storage ?? -1]?.kind === 'made'
  const found = calls.find((call) => viewsInPlace.has(call.operator) && !isMade(call.arguments[0]))
  if (!found) return null
  const name = nameOf(found)
  return [
    `'${name}' changes the shape of a tensor that was there before the step,`,
    `use ${name.slice(0, -1)}(), which gives a view, or leave this step uncompiled`
  ]
}

/** What reads memory that no operator wrote to: another one did, behind the dispatcher's back. */
function unseenWrite({ calls, registers, storages }: RecordedStep): Limit | null {
  const storageOf = (register: number) => registers[register]?.storage ?? -1
  const unwritten = new Set<number>()
  for (const call of calls) {
    const { operator } = call
    const writes = [...call.writes, ...(untaggedWrites.get(operator) ?? [])]
    const given = call.arguments.map((argument) => {
      if (typeof argument === 'number') return [storageOf(argument)]
      return 'list' in argument ? argument.list.map(storageOf) : []
    })
    const isLook = call.givesView || empties.has(operator) || operator.endsWith('_like')
    const read = given.filter((_, i) => !writes.includes(i)).flat()
    if (!isLook && read.some((storage) => unwritten.has(storage))) {
      return [`'${nameOf(call)}' reads memory that no operator wrote to,`, moveOut]
    }
    const written = given.filter((_, i) => writes.includes(i)).flat()
    for (const storage of written) unwritten.delete(storage)
    if (!empties.has(operator)) continue
    for (const storage of call.results.map(storageOf)) {
      if ((storages[storage]?.bytes ?? 0) > 0) unwritten.add(storage)
    }
  }
  return null
}

/** A recording knows places in memory: it cannot tell an argument from a parameter that is the same. */
function ownedArgument(args: readonly Tensor[], used: Iterable<object>): Limit | null {
  for (const object of used) {
    if (!(object instanceof Module)) continue
    const owned = new Set([...object.parameters(), ...object.buffers()])
    const at = args.findIndex((tensor) => owned.has(tensor))
    if (at < 0) continue
    return [
      `argument ${at} is a parameter or a buffer of a ${object.constructor.name} that the step calls,`,
      'pass a clone() of it, or use it in the step without passing it'
    ]
  }
  return null
}

/** A tensor of before the step that an in-place operator gave a graph. */
function graphAfter(tensors: readonly Tensor[]): Limit | null {
  if (!tensors.some(hasGraph)) return null
  return [
    'an in-place operator gives a tensor from before the step a graph, which a replay does not,',
    'change the tensor in noGrad(), or use the operator that is not in place'
  ]
}

export function limitOf(
  step: RecordedStep,
  args: readonly Tensor[],
  used: Iterable<object>
): Limit | null {
  const captured = step.captured.map(({ tensor }) => tensor)
  return (
    reshaped(step) ??
    unseenWrite(step) ??
    ownedArgument(args, used) ??
    graphAfter([...args, ...captured])
  )
}

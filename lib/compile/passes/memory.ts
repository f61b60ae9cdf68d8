/**
 * Places what is planned in one block: what does not live at the same time shares memory.
 */
import type { Step } from '../step'
import { type Life, livesOf } from './lives'

/** As libtorch's own allocator aligns. */
const alignment = 64

/** What lies in one place: a storage, with those that are written over it, or a call's scratch memory. */
interface Group extends Life {
  storages: number[]
}

function groupsOf(step: Step): Group[] {
  const lives = livesOf(step)
  const groups = new Map<number, Group>()
  for (const [storage, life] of [...lives].sort(([, a], [, b]) => a.from - b.from)) {
    const place = step.places[storage]
    if (place?.kind !== 'block' && place?.kind !== 'offered') continue
    const below = groups.get(step.over.get(storage) ?? -1)
    const group = below ?? { storages: [], bytes: 0, from: life.from, to: life.to }
    group.storages.push(storage)
    group.bytes = Math.max(group.bytes, life.bytes)
    group.to = Math.max(group.to, life.to)
    groups.set(storage, group)
  }
  const scratch = step.calls.flatMap((call, i): Group[] =>
    call.scratch ? [{ storages: [], bytes: call.scratch.bytes, from: i, to: i }] : []
  )
  return [...new Set(groups.values()), ...scratch]
}

interface Layout {
  offsets: Map<Group, number>
  block: number
}

/** Each at the lowest place where nothing that lives at the same time lies, one after the other. */
function layoutOf(groups: readonly Group[]): Layout {
  const offsets = new Map<Group, number>()
  let block = 0
  for (const group of groups) {
    const others = [...offsets]
      .filter(([other]) => other.from <= group.to && other.to >= group.from)
      .sort(([, a], [, b]) => a - b)
    let offset = 0
    for (const [other, start] of others) {
      if (offset + group.bytes <= start) break
      offset = Math.max(offset, Math.ceil((start + other.bytes) / alignment) * alignment)
    }
    offsets.set(group, offset)
    block = Math.max(block, offset + group.bytes)
  }
  return { offsets, block }
}

/** The most bytes that live at once. */
function leastBlock(step: Step, groups: readonly Group[]): number {
  const bytes = step.calls.map((_, i) =>
    groups.reduce((all, { from, to, bytes: own }) => all + (from <= i && i <= to ? own : 0), 0)
  )
  return Math.max(0, ...bytes)
}

/** How often a better layout is looked for: 100 times, less where there is much to place. */
function attemptsFor(groups: number): number {
  return Math.min(100, Math.floor(200_000 / groups ** 2))
}

/** Whole numbers below what is asked for, the same ones each time. */
function numbers(): (below: number) => number {
  let state = 7
  return (below) => {
    state = (state * 1103515245 + 12345) % 2 ** 31
    return Math.floor((state / 2 ** 31) * below)
  }
}

/** Largest first, then one of them moved at a time, wherever that is no worse. */
function bestLayout(step: Step, groups: readonly Group[]): Layout {
  let order = [...groups].sort((a, b) => b.bytes - a.bytes || a.from - b.from)
  let best = layoutOf(order)
  const enough = leastBlock(step, groups) + alignment * groups.length
  const next = numbers()
  for (let left = attemptsFor(groups.length); left > 0 && best.block > enough; left--) {
    const moved = [...order]
    const [group] = moved.splice(next(moved.length), 1)
    moved.splice(next(moved.length + 1), 0, group as Group)
    const layout = layoutOf(moved)
    if (layout.block > best.block) continue
    best = layout
    order = moved
  }
  return best
}

export function planMemory(step: Step): void {
  const { offsets, block } = bestLayout(step, groupsOf(step))
  step.block = block
  for (const [{ storages, from, bytes }, offset] of offsets) {
    const call = step.calls[from]
    if (storages.length === 0 && call?.scratch) call.scratch = { offset, bytes }
    for (const storage of storages) {
      const kind = step.places[storage]?.kind === 'offered' ? 'offered' : 'block'
      step.places[storage] = { kind, offset }
    }
  }
}

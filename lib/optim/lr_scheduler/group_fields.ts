/**
 * What schedulers keep with a group of an optimizer, as Python does in the group itself: the bounds
 * between which lr and momentum move.
 */
export interface GroupFields {
  /** The lr before any scheduler: what `baseLrs` starts from. */
  initialLr?: number
  maxLr?: number
  minLr?: number
  baseMomentum?: number
  maxMomentum?: number
}

const kept = new WeakMap<object, GroupFields>()

/** The fields of `group`, for reading and writing. */
export function fieldsOf(group: object): GroupFields {
  let fields = kept.get(group)
  if (!fields) kept.set(group, (fields = {}))
  return fields
}

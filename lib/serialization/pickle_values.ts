/**
 * What a pickle describes and JavaScript has no value of its own for.
 */
import type { DType } from '../dtype'
import type { Placing } from './storage'

/** A tuple; a list is an array, a dict a Map, a set a Set. */
export class Tuple {
  constructor(readonly items: readonly unknown[]) {}
}

/** A storage, by its name in the file. */
export class StorageRef {
  constructor(
    readonly key: string,
    readonly dtype: DType,
    /** In elements. */
    readonly length: number,
    /** The device that it was on, such as 'cuda:0'. */
    readonly location: string
  ) {}
}

/** A tensor, on a storage that holds all of it. */
export class TensorRef {
  constructor(
    readonly storage: StorageRef,
    readonly placing: Placing,
    readonly requiresGrad: boolean,
    /** Lazily conjugated, lazily negated. */
    readonly lazy: { conj: boolean; neg: boolean },
    readonly isParameter = false
  ) {}
}

/**
 * The state of every default generator, for runs that go on exactly.
 */
import * as cuda from '../cuda'
import { typeError } from '../check'
import { defaultGenerator, defaultGeneratorOf, getRngState } from '../generator'
import type { Tensor } from '../tensor'
import { isTensor } from '../tensor'

/** States as `getRngState()` gives them: `uint8` tensors on the CPU. */
export interface RngState {
  cpu: Tensor
  /** One a CUDA device, in order; empty without CUDA. */
  cuda: Tensor[]
}

export interface RestoredRng {
  /** The devices whose generators go on, such as `['cpu', 'cuda:0']`. */
  restored: string[]
  /**
   * Those whose generators do not: they are in the state and not on this machine, or here and not in
   * the state. A run that draws on them does not go on exactly.
   */
  notRestored: string[]
}

/**
 * The states of the default generators of the CPU and of every CUDA device.
 * Source: https://pytorch.org/docs/stable/generated/torch.get_rng_state.html,
 * https://pytorch.org/docs/stable/generated/torch.cuda.get_rng_state_all.html
 */
export function rngState(): RngState {
  const count = cuda.deviceCount()
  return {
    cpu: getRngState(),
    cuda: Array.from({ length: count }, (_, i) => defaultGeneratorOf(`cuda:${i}`).getState())
  }
}

/**
 * Puts the default generators into the states that `rngState()` gave, and says which.
 * @throws TypeError where `state` is none, Error where libtorch refuses it; no generator is changed then
 */
export function restoreRng(state: RngState): RestoredRng {
  const { cuda: others } = checked(state)
  const here = cuda.deviceCount()
  const before = rngState()
  try {
    setAll(state)
  } catch (error) {
    setAll(before)
    throw error
  }
  const both = Math.min(here, others.length)
  const names = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => `cuda:${from + i}`)
  return {
    restored: ['cpu', ...names(0, both)],
    notRestored: names(both, Math.max(here, others.length))
  }
}

function setAll({ cpu, cuda: others }: RngState): void {
  defaultGenerator.setState(cpu)
  for (const [i, state] of others.slice(0, cuda.deviceCount()).entries()) {
    defaultGeneratorOf(`cuda:${i}`).setState(state)
  }
}

function checked(state: unknown): RngState {
  const isObject = typeof state === 'object' && state !== null
  const { cpu, cuda: others } = (isObject ? state : {}) as Partial<RngState>
  if (!isTensor(cpu) || !Array.isArray(others) || !others.every(isTensor))
    throw typeError('state', 'what rngState() gave: { cpu: Tensor, cuda: Tensor[] }', state)
  return { cpu, cuda: others }
}

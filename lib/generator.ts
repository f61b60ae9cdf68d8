/**
 * Random number generators of their own.
 * Source: https://pytorch.org/docs/stable/generated/torch.Generator.html
 */
import { refuse } from './compile/tape'
import { native } from './native'
import { seedOf } from './runtime'
import { type Tensor, tensorArgument } from './tensor'

/** What keeps users from making a generator that stands for the default one. */
const itsDefault = Symbol('default generator')

/**
 * A generator with a state of its own, for operators that take `{ generator }`:
 * `randn([2], { generator })`, `x.uniform_(0, 1, { generator })`. Its seed is at first PyTorch's,
 * 67280421310721.
 */
export class Generator {
  /**
   * @param device `'cpu'` (default), `'cuda'`, `'cuda:N'`
   * @throws Error that says what is missing where CUDA is asked for and not there.
   */
  constructor(device = 'cpu', key?: symbol) {
    native.attachGenerator(this, native.resolveDevice(device), key === itsDefault)
  }

  /** `'cpu'` or `'cuda:N'`. */
  get device(): string {
    return native.generatorDevice(this)
  }

  /** Starts again from `seed`, a whole number from -2^63 to 2^64 - 1. Returns this generator. */
  manualSeed(seed: number | bigint): this {
    refuse('Generator.manualSeed()', 'call it before the step')
    native.generatorSeed(this, seedOf(seed))
    return this
  }

  /** Starts again from a seed that the system draws, and returns that. */
  seed(): bigint {
    refuse('Generator.seed()', 'call it before the step')
    return native.generatorSeed(this, null)
  }

  /** The seed of the last start. */
  initialSeed(): bigint {
    return native.generatorInitialSeed(this)
  }

  /** The whole state, a `uint8` tensor. */
  getState(): Tensor {
    refuse('Generator.getState()', 'call it before or after the step')
    return native.generatorGetState(this)
  }

  /** Goes on from a state that `getState()` gave. Returns this generator. */
  setState(state: Tensor): this {
    refuse('Generator.setState()', 'call it before the step')
    native.generatorSetState(this, tensorArgument('state', state))
    return this
  }
}

/** The CPU's generator, from which everything draws that is given no other; of the whole process. */
export const defaultGenerator = new Generator('cpu', itsDefault)

/** The one from which everything on `device` draws that is given no other. */
export function defaultGeneratorOf(device: string): Generator {
  return new Generator(device, itsDefault)
}

/** The state of the CPU's default generator, a `uint8` tensor. */
export function getRngState(): Tensor {
  return defaultGenerator.getState()
}

/** Puts the CPU's default generator into a state that `getRngState()` gave. */
export function setRngState(state: Tensor): void {
  defaultGenerator.setState(state)
}

/** The last seed of the CPU's default generator. */
export function initialSeed(): bigint {
  return defaultGenerator.initialSeed()
}

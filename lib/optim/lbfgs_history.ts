/**
 * What LBFGS remembers, and the direction that follows from it.
 */
import { typeError } from '../check'
import { native } from '../native'
import { isTensor, type Tensor } from '../tensor'
import { div, less, mul, type Scalar, sub, value } from './scalar'
import { copyFor, type Kept, type StateValue } from './state'

/** The names that Python uses, and what is there: a number, vectors over all parameters, or lists. */
const shapes = {
  func_evals: 'number',
  n_iter: 'number',
  d: 'vector',
  t: 'number',
  old_dirs: 'vectors',
  old_stps: 'vectors',
  ro: 'numbers',
  H_diag: 'number',
  prev_flat_grad: 'vector',
  prev_loss: 'number',
  al: 'numbers'
} as const

export class LBFGSHistory {
  #evaluations = 0
  #iterations = 0
  #direction: Tensor | null = null
  #step: Scalar | null = null
  /** Changes of the gradient, of the parameters, and one over their products. */
  #changes: Tensor[] = []
  #steps: Tensor[] = []
  #factors: Scalar[] = []
  /** The first guess of the inverse Hessian is this times the identity. */
  #scale: Scalar = 1
  #gradient: Tensor | null = null
  #loss: number | null = null
  /** Python leaves its intermediate results lying in the state. */
  #alphas: (Scalar | null)[] | null = null

  constructor(kept?: Kept) {
    if (!kept) return
    this.#evaluations = kept['func_evals'] as number
    this.#iterations = kept['n_iter'] as number
    this.#direction = (kept['d'] ?? null) as Tensor | null
    this.#step = (kept['t'] ?? null) as Scalar | null
    this.#changes = [...((kept['old_dirs'] ?? []) as Tensor[])]
    this.#steps = [...((kept['old_stps'] ?? []) as Tensor[])]
    this.#factors = [...((kept['ro'] ?? []) as Scalar[])]
    this.#scale = (kept['H_diag'] ?? 1) as Scalar
    this.#gradient = (kept['prev_flat_grad'] ?? null) as Tensor | null
    this.#loss = (kept['prev_loss'] ?? null) as number | null
    this.#alphas = kept['al'] ? [...(kept['al'] as (Scalar | null)[])] : null
  }

  /** Number of iterations begun so far. */
  get iterations(): number {
    return this.#iterations
  }

  evaluated(times: number): void {
    this.#evaluations += times
  }

  stepped(t: Scalar): void {
    this.#step = t
  }

  /** Takes note of where the iteration begins and says where it goes. */
  direction(gradient: Tensor, loss: number, size: number): Tensor {
    this.#iterations++
    if (this.#direction === null || this.#gradient === null) {
      this.#direction = gradient.neg()
    } else {
      this.#remember(gradient.sub(this.#gradient), this.#direction.mul(this.#step as Tensor), size)
      this.#direction = this.#multiply(gradient.neg(), size)
    }
    this.#gradient = gradient.clone()
    this.#loss = loss
    return this.#direction
  }

  #remember(change: Tensor, step: Tensor, size: number): void {
    const product = change.dot(step)
    if (!less(1e-10, product)) return
    if (this.#changes.length === size) {
      this.#changes.shift()
      this.#steps.shift()
      this.#factors.shift()
    }
    this.#changes.push(change)
    this.#steps.push(step)
    this.#factors.push(div(1, product))
    this.#scale = div(product, change.dot(change))
  }

  /** The inverse Hessian times `vector`, which is changed, by the two-loop recursion. */
  #multiply(vector: Tensor, size: number): Tensor {
    this.#alphas ??= Array.from({ length: size }, () => null)
    const alphas = this.#alphas
    for (let i = this.#changes.length - 1; i >= 0; i--) {
      const alpha = mul((this.#steps[i] as Tensor).dot(vector), this.#factors[i] as Scalar)
      alphas[i] = alpha
      vector.add_(this.#changes[i] as Tensor, { alpha: -value(alpha) })
    }
    const result = mul(vector, this.#scale) as Tensor
    for (const [i, change] of this.#changes.entries()) {
      const beta = mul(change.dot(result), this.#factors[i] as Scalar)
      const alpha = value(sub(alphas[i] as Scalar, beta))
      result.add_(this.#steps[i] as Tensor, { alpha })
    }
    return result
  }

  /** No scope() that a step runs in may free what is remembered. */
  outliveScopes(): void {
    for (const value of Object.values(this.pack() ?? {}).flat()) {
      if (isTensor(value)) native.outliveScopes(value)
    }
  }

  /** In Python's layout; null before the first step. */
  pack(): Kept | null {
    if (this.#evaluations === 0) return null
    const kept: Kept = { func_evals: this.#evaluations, n_iter: this.#iterations }
    if (this.#direction !== null) {
      Object.assign(kept, {
        d: this.#direction,
        t: this.#step,
        old_dirs: [...this.#changes],
        old_stps: [...this.#steps],
        ro: [...this.#factors],
        H_diag: this.#scale,
        prev_flat_grad: this.#gradient,
        prev_loss: this.#loss
      })
    }
    if (this.#alphas) kept['al'] = [...this.#alphas]
    return kept
  }

  /** A saved state, checked and copied for parameters of `size` elements in all. */
  static check(saved: Kept, parameter: Tensor, size: number): Kept {
    const kept: Kept = {}
    for (const [name, shape] of Object.entries(shapes)) {
      const given = saved[name]
      if (given === undefined || given === null) {
        if (name === 'func_evals' || name === 'n_iter')
          throw typeError(`state.${name}`, 'a number', given)
        continue
      }
      const of = shape.startsWith('vector') ? [size] : []
      const one = (item: StateValue): StateValue => {
        if (shape === 'numbers' && item === null) return null
        if (shape.startsWith('number') && typeof item === 'number') return item
        if (!isTensor(item) || String(item.shape) !== String(of))
          throw typeError(`state.${name}`, `a tensor of shape [${of}]`, item)
        return copyFor(parameter, item)
      }
      if (!shape.endsWith('s')) kept[name] = one(given)
      else if (Array.isArray(given)) kept[name] = given.map(one)
      else throw typeError(`state.${name}`, 'an array', given)
    }
    return kept
  }
}

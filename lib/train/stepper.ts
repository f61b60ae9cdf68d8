/**
 * The steps of a run: recorded ones where that can be, else run operator by operator.
 */
import type { CompiledStep } from '../compile/types'
import { GradScaler } from '../amp'
import { compile } from '../compile'
import { LBFGS } from '../optim'
import type { Tensor } from '../tensor'
import type { Plan } from './check_options'
import { eagerStep } from './eager_step'
import { type Arrangement, isSound, stepFunction, type StepParts } from './step'

export type Step = CompiledStep<readonly Tensor[], unknown>

/** Whether `error` says that a step cannot be recorded. */
export function isRefusal(error: unknown): error is Error {
  return (error as { code?: unknown } | null)?.code === 'ERR_TORCH_COMPILE'
}

/** Why a run of this plan is not even tried to be compiled; null where it is. */
function reasonNotTo(plan: Plan): string | null {
  if (!plan.compile) return 'compile is false'
  if (plan.optimizer instanceof LBFGS)
    return 'LBFGS decides by the values of losses how often it asks for them'
  if (plan.onNaN === 'skip')
    return "onNaN 'skip' looks at the loss and the gradients of every step before its update"
  if (plan.precision === 'float16')
    return 'float16: the GradScaler looks at the gradients of every step'
  return null
}

function keyOf(arrangement: Arrangement): string {
  if (arrangement.kind === 'batches') return arrangement.layouts.map(({ key }) => key).join()
  return `${arrangement.batchSize} of ${arrangement.layout.key}`
}

export class Stepper {
  readonly scaler: GradScaler | null
  readonly #plan: Plan
  readonly #steps = new Map<string, Step>()
  #reason: string | null
  /** Called by a step that left its update out. */
  onUnsound: () => void = () => undefined

  constructor(plan: Plan) {
    this.#plan = plan
    this.#reason = reasonNotTo(plan)
    const device = plan.model.parameters()[0]?.device ?? 'cpu'
    this.scaler =
      plan.precision === 'float16'
        ? new GradScaler({ device: device.startsWith('cuda') ? 'cuda' : 'cpu' })
        : null
  }

  get isCompiled(): boolean {
    return this.#reason === null
  }

  /** Why steps are not recorded; null where they are. */
  get reason(): string | null {
    return this.#reason
  }

  /** The step over tensors so arranged. */
  step(arrangement: Arrangement): Step {
    const key = keyOf(arrangement)
    const known = this.#steps.get(key)
    if (known) return known
    const made = this.#make(arrangement)
    this.#steps.set(key, made)
    return made
  }

  #make(arrangement: Arrangement): Step {
    if (this.isCompiled) return compile(stepFunction(this.#parts(null), arrangement)) as Step
    return this.eager(arrangement)
  }

  /** The same step, not recorded. It looks at its loss before it updates anything. */
  eager(arrangement: Arrangement): Step {
    return eagerStep(
      stepFunction(
        this.#parts((loss) => {
          // A GradScaler looks for itself, and its scale needs gradients that overflow.
          const sound = isSound(this.#plan, loss, this.#plan.onNaN === 'skip' && !this.scaler)
          if (!sound) this.onUnsound()
          return sound
        }),
        arrangement
      )
    )
  }

  #parts(mayUpdate: StepParts['mayUpdate']): StepParts {
    return { plan: this.#plan, scaler: this.scaler, mayUpdate }
  }

  /** Takes a step whose result does not count. */
  tryOut(arrangement: Arrangement, tensors: readonly Tensor[]): void {
    try {
      this.step(arrangement)(...tensors)
    } catch (error) {
      if (!isRefusal(error) || !this.isCompiled) throw error
      this.giveUp(error)
      this.step(arrangement)(...tensors)
    }
  }

  /** Records anew: what the optimizer keeps lies in other tensors. */
  forget(): void {
    this.#steps.clear()
  }

  /** From now on nothing is recorded. */
  giveUp(error: Error): void {
    this.#reason = error.message
    this.forget()
  }
}

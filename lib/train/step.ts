/**
 * What one update of the parameters is: gradients of one or more batches, clipping, the optimizer.
 */
import { autocast, type GradScaler } from '../amp'
import { typeError } from '../check'
import { tensor as makeTensor } from '../data'
import { noGrad } from '../modes'
import { clipGradNorm, clipGradValue } from '../nn/utils'
import { LBFGS } from '../optim'
import { isTensor, type Tensor } from '../tensor'
import { type FlatBatch, sampleOf } from './batch'
import type { Plan } from './check_options'
import { gather } from '../dataset/gather'
import { stepWithUpdate } from './schedule'
import { type Layout, rows, type TensorTree } from './tree'

/** A step as compile() takes it: tensors in, the loss out. */
export type StepFunction = (...tensors: Tensor[]) => Tensor

/** How the tensors of a step are batches: several of these layouts, or slices of so many samples. */
export type Arrangement =
  | { kind: 'batches'; layouts: readonly Layout[] }
  | { kind: 'slices'; layout: Layout; batchSize: number }

export function batchesOf(arrangement: Arrangement, tensors: readonly Tensor[]): FlatBatch[] {
  if (arrangement.kind === 'batches') {
    let from = 0
    return arrangement.layouts.map((layout) => {
      const own = tensors.slice(from, from + layout.size)
      from += layout.size
      return { layout, tensors: own }
    })
  }
  const { layout, batchSize } = arrangement
  const count = rows(tensors[0] as Tensor)
  const made: FlatBatch[] = []
  for (let from = 0; from < count; from += batchSize) {
    const length = Math.min(batchSize, count - from)
    made.push({ layout, tensors: gather(tensors, null, from, length) })
  }
  return made
}

/** The device whose operators `autocast` is about. */
function kindOfDevice(plan: Plan): 'cpu' | 'cuda' {
  const device = plan.model.parameters()[0]?.device ?? 'cpu'
  return device.startsWith('cuda') ? 'cuda' : 'cpu'
}

/** Forward and loss, in the precision of the run. */
export function evaluate(plan: Plan, batch: FlatBatch): { output: TensorTree; loss: Tensor } {
  const { inputs, target } = sampleOf(batch)
  const compute = () => {
    const output = plan.model(...inputs) as TensorTree
    const loss = plan.loss(output, target)
    if (!isTensor(loss) || loss.numel() !== 1)
      throw typeError('loss', 'a Tensor of one element as its result', loss)
    return { output, loss }
  }
  if (plan.precision === 'float32') return compute()
  return autocast({ device: kindOfDevice(plan), dtype: plan.precision }, compute)
}

/** The gradients of the optimizer's parameters that there are. */
function gradientsOf({ optimizer }: Plan): Tensor[] {
  return optimizer.paramGroups
    .flatMap(({ params }) => params)
    .flatMap(({ grad }) => (grad === null ? [] : [grad]))
}

/** The 2-norm of the gradient as one vector; 0 where there is none. */
export function gradientNorm(plan: Plan): number {
  return noGrad(() => Math.hypot(...gradientsOf(plan).map((grad) => grad.norm().item())))
}

export interface StepParts {
  plan: Plan
  scaler: GradScaler | null
  /** Asked before the update, with the loss; false leaves the update out. */
  mayUpdate: ((loss: Tensor) => boolean) | null
}

/** The optimizer's update of the gradients, and what belongs to it. */
function update({ plan, scaler }: StepParts): void {
  if (scaler) {
    scaler.step(plan.optimizer)
    scaler.update()
  } else {
    plan.optimizer.step()
  }
  if (plan.schedule) stepWithUpdate(plan.schedule)
}

/** The step over tensors so arranged. Its result is the mean of the batches' losses. */
export function stepFunction(parts: StepParts, arrangement: Arrangement): StepFunction {
  const { plan, scaler, mayUpdate } = parts
  const { optimizer, accumulate } = plan
  const parameters = () => optimizer.paramGroups.flatMap(({ params }) => params)

  const backward = (batch: FlatBatch): Tensor => {
    const { loss } = evaluate(plan, batch)
    const share = accumulate === 1 ? loss : loss.div(accumulate)
    if (scaler) scaler.scale(share).backward()
    else share.backward()
    return loss.detach()
  }

  const gradients = (batches: readonly FlatBatch[]): Tensor => {
    optimizer.zeroGrad()
    const [first, ...others] = batches.map(backward) as [Tensor, ...Tensor[]]
    const sum = others.reduce((total, loss) => total.add(loss), first)
    if (scaler && (plan.clipGradValue !== null || plan.clipGradNorm !== null))
      scaler.unscale_(optimizer)
    if (plan.clipGradValue !== null) clipGradValue(parameters(), plan.clipGradValue)
    if (plan.clipGradNorm !== null) clipGradNorm(parameters(), plan.clipGradNorm)
    return others.length === 0 ? sum : sum.div(batches.length)
  }

  return (...tensors) => {
    const batches = batchesOf(arrangement, tensors)
    if (optimizer instanceof LBFGS) {
      // It asks for the loss several times a step.
      const loss = lossTensor(optimizer.step(() => gradients(batches)))
      if (plan.schedule && Number.isFinite(loss.item())) stepWithUpdate(plan.schedule)
      return loss
    }
    const loss = gradients(batches)
    if (mayUpdate !== null && !mayUpdate(loss)) return loss.mul(Number.NaN)
    update(parts)
    return loss
  }
}

function lossTensor(loss: unknown): Tensor {
  return isTensor(loss) ? loss : makeTensor(Number(loss))
}

/** Whether loss and, where `gradients` says so, gradients are finite. Reads them. */
export function isSound(plan: Plan, loss: Tensor, gradients: boolean): boolean {
  if (!Number.isFinite(Number(loss.item()))) return false
  if (!gradients) return true
  return noGrad(() => gradientsOf(plan).every((grad) => Boolean(grad.isfinite().all().item())))
}

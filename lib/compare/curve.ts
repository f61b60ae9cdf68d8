/**
 * How a method's loss fell.
 */
import type { LoggedEvent } from '../progress'

/** One entry an epoch in each column. */
export interface Curve {
  name: string
  epoch: number[]
  step: number[]
  /** Since the run began. */
  seconds: number[]
  /** The mean over the epoch, each sample as its step saw it. */
  loss: number[]
  /** NaN without validation. */
  validationLoss: number[]
}

export const newCurve = (name: string): Curve => ({
  name,
  epoch: [],
  step: [],
  seconds: [],
  loss: [],
  validationLoss: []
})

/** Takes what an event says about an epoch. */
export function addTo(curve: Curve, event: LoggedEvent): void {
  if (event.type !== 'epoch') return
  curve.epoch.push(event.epoch ?? curve.epoch.length + 1)
  curve.step.push(event.step)
  curve.seconds.push(event.seconds ?? Number.NaN)
  curve.loss.push(event.loss ?? Number.NaN)
  curve.validationLoss.push(event.validationLoss ?? Number.NaN)
}

/**
 * Gradients: of several results at once, of functions of one's own, and whether they are right.
 * Source: https://pytorch.org/docs/stable/autograd.html
 */
export { detectAnomaly, isAnomalyEnabled, setDetectAnomaly } from './anomaly'
export { FunctionContext } from './context'
export { Function } from './function'
export * as functional from './functional'
export {
  type BackwardOfOptions,
  type GradOptions,
  type MaybeTensors,
  type Tensors,
  backward,
  grad
} from './grad'
export { type GradcheckOptions, gradcheck, gradgradcheck } from './gradcheck'
export type { GradientHook, HookHandle } from './hooks'

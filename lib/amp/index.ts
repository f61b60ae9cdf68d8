/**
 * torch.amp
 */
export {
  autocast,
  type AutocastDevice,
  type AutocastOptions,
  getAutocastDtype,
  isAutocastEnabled
} from './autocast'
export {
  GradScaler,
  type GradScalerOptions,
  type GradScalerState,
  type ScaledOptimizer
} from './grad_scaler'

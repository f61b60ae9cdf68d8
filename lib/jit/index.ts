/**
 * torch.jit
 */
export { load, type LoadOptions } from './load'
export { ScriptModule } from './script_module'
export { trace, type Traceable, type TraceOptions } from './trace'

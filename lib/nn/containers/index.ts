/**
 * Containers of modules and parameters.
 */
export { ModuleDict } from './module_dict'
export { ModuleList } from './module_list'
export { ParameterDict } from './parameter_dict'
export { ParameterList } from './parameter_list'
export { type NamedModules, Sequential } from './sequential'

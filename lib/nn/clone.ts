/**
 * Deep copies of modules.
 */
import { typeError } from '../check'
import { getRngState, setRngState } from '../generator'
import { noGrad } from '../modes'
import { type Tensor, isTensor } from '../tensor'
import { ModuleDict, ModuleList, ParameterDict, ParameterList, Sequential } from './containers'
import { Module } from './module'
import { copyMembers } from './module/members'
import { NativeModule } from './native_module'
import { isParameter, markParameter } from './parameter'

type Copies = Map<object, unknown>

/** Bases with private state that their constructor sets up when it is given nothing. */
const emptyBases = [Sequential, ModuleList, ModuleDict, ParameterList, ParameterDict]

/** An instance of the class of `module` without its properties; the class's constructor is not run. */
function bare(module: Module): Module {
  if (module instanceof NativeModule) return module.bare()
  const base = emptyBases.find((one) => module instanceof one) ?? Module
  return Reflect.construct(base, [], module.constructor) as Module
}

function copyTensor(name: string, tensor: Tensor): Tensor {
  const { requiresGrad } = tensor
  if (!tensor.isLeaf) {
    throw typeError(name, 'a leaf, to be copied with its module', 'a result', 'detach() it first')
  }
  const copy = noGrad(() => tensor.detach().clone()).requiresGrad_(requiresGrad)
  return isParameter(tensor) ? markParameter(copy) : copy
}

function copyValue(name: string, value: unknown, copies: Copies): unknown {
  const isOne = isTensor(value) || value instanceof Module || Array.isArray(value)
  if (!isOne) return value
  const known = copies.get(value)
  if (known !== undefined) return known
  if (value instanceof Module) return copyModule(value, copies)
  const copy = isTensor(value)
    ? copyTensor(name, value)
    : value.map((one: unknown, i: number) => copyValue(`${name}[${i}]`, one, copies))
  copies.set(value, copy)
  return copy
}

function copyModule<T extends Module>(module: T, copies: Copies): T {
  const copy = bare(module) as T
  copies.set(module, copy)
  copyMembers(module, copy, (name, value) => copyValue(name, value, copies))
  // The C++ object has a mode of its own.
  return copy instanceof NativeModule ? copy.train(module.training) : copy
}

/**
 * A new module of the same class, with copies of the tensors, modules and arrays among its properties;
 * what it holds twice, the copy holds twice. Gradients are left behind. Its constructor is not run and
 * nothing is drawn, so a user's class may not have `#private` fields.
 * @throws TypeError for a tensor that is the result of an operation
 */
export function cloneModule<T extends Module>(module: T): T {
  // libtorch's constructors draw first weights.
  const state = getRngState()
  try {
    return copyModule(module, new Map())
  } finally {
    setRngState(state)
  }
}

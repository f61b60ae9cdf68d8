/**
 * All parameters as one vector.
 */
import { rangeError, typeError } from '../../check'
import { refuse } from '../../compile/tape'
import { noGrad } from '../../modes'
import { native } from '../../native'
import { type Tensor, isTensor, tensorArgument } from '../../tensor'
import { operator } from '../define'

const cat = operator('cat')
const viewAs = operator('view_as')

function sameDevice(parameters: Iterable<Tensor>): Tensor[] {
  if (isTensor(parameters)) throw typeError('parameters', 'several Tensors', parameters)
  const list = [...parameters]
  for (const [i, parameter] of list.entries()) {
    const { device } = tensorArgument(`parameters[${i}]`, parameter)
    const first = (list[0] as Tensor).device
    if (device !== first) throw typeError(`parameters[${i}]`, `one on ${first}, as [0]`, device)
  }
  return list
}

/**
 * The entries of all tensors, one after the other: `[n]`. Autograd follows it.
 * @throws TypeError for tensors on several devices
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.utils.parameters_to_vector.html
 */
export function parametersToVector(parameters: Iterable<Tensor>): Tensor {
  const list = sameDevice(parameters)
  if (list.length === 0) throw typeError('parameters', 'at least one Tensor', list)
  return cat(list.map((parameter) => parameter.view(-1)))
}

/**
 * Gives the parameters the entries of `vector` `[n]`, in their order. They share its memory from then
 * on: pass a clone where that is not wanted.
 * @throws RangeError where there are more or fewer entries than in all parameters
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.utils.vector_to_parameters.html
 */
export function vectorToParameters(vector: Tensor, parameters: Iterable<Tensor>): void {
  refuse('vectorToParameters()', 'call it between two steps, or copy_ into the parameters')
  tensorArgument('vector', vector)
  const list = sameDevice(parameters)
  const entries = list.reduce((sum, parameter) => sum + parameter.numel(), 0)
  const { shape } = vector
  if (shape.length !== 1 || shape[0] !== entries) {
    throw rangeError('vector', `shape [${entries}], all entries of the parameters`, `[${shape}]`)
  }
  noGrad(() => {
    let start = 0
    for (const parameter of list) {
      const count = parameter.numel()
      native.setData(parameter, viewAs(vector.narrow(0, start, count), parameter).detach())
      start += count
    }
  })
}

/**
 * What a step changes, copied aside: so that it can be run once more, for times and comparisons.
 */
import { getRngState, setRngState } from '../generator'
import { noGrad } from '../modes'
import { native } from '../native'
import type { Tensor } from '../tensor'
import type { Variant } from './variant'

interface Kept {
  tensor: Tensor
  value: Tensor
}

/** Tensors that a step writes to or whose gradients it changes. */
function touchedBy(variant: Variant): { changed: Tensor[]; leaves: Tensor[] } {
  const { step, plan } = variant.build()
  const changed = plan.changed.map((i) => step.captured[i]?.tensor as Tensor)
  const leaves = step.captured.map(({ tensor }) => tensor).filter((tensor) => tensor.requiresGrad)
  return { changed, leaves }
}

function copies(tensors: Iterable<Tensor>): Kept[] {
  return Array.from(tensors, (tensor) => ({ tensor, value: tensor.detach().clone() }))
}

/** Copies what the step changes; the function returned puts it back, as often as it is called. */
export function snapshot(variant: Variant): () => void {
  const { changed, leaves } = touchedBy(variant)
  const gradients = leaves.map((leaf) => ({ leaf, grad: native.grad(leaf) }))
  const kept = noGrad(() => {
    const grads = gradients.flatMap(({ grad }) => (grad === null ? [] : [grad]))
    return copies(new Set([...changed, ...grads]))
  })
  const rng = getRngState()
  const { handle } = variant.recorded
  const states = native.generatorStates(handle)
  return () => {
    noGrad(() => {
      for (const { tensor, value } of kept) tensor.copy_(value)
    })
    for (const { leaf, grad } of gradients) native.setGrad(leaf, grad)
    setRngState(rng)
    native.setGeneratorStates(handle, states)
  }
}

/** The bits of what the step changes now, by name. */
export function contents(variant: Variant): Map<string, Tensor | null> {
  const { changed, leaves } = touchedBy(variant)
  const found = new Map<string, Tensor | null>()
  noGrad(() => {
    for (const [i, tensor] of changed.entries()) {
      found.set(`changed tensor ${i} of shape [${tensor.shape}]`, tensor.detach().clone())
    }
    for (const [i, leaf] of leaves.entries()) {
      const grad = native.grad(leaf)
      found.set(`gradient ${i} of shape [${leaf.shape}]`, grad?.detach().clone() ?? null)
    }
  })
  found.set('the state of the random number generator', getRngState())
  for (const [i, state] of native.generatorStates(variant.recorded.handle).entries())
    found.set(`the state of generator ${i}`, state)
  return found
}

/** Whether two tensors have the same bits. */
export function sameBits(a: Tensor | null, b: Tensor | null): boolean {
  if (a === null || b === null) return a === b
  if (a.dtype !== b.dtype || String(a.shape) !== String(b.shape)) return false
  const bytes = (tensor: Tensor) =>
    Buffer.from(native.toArrayBuffer(tensor.detach().cpu().contiguous()))
  return bytes(a).equals(bytes(b))
}

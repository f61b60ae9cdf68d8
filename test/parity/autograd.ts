/**
 * Gradients by every way of asking for them: what autograd.py does.
 */
import { autograd, type Tensor, ops, tensor } from 'node-libtorch'

type Context = autograd.FunctionContext

export class Exp extends autograd.Function {
  static override forward(ctx: Context, x: Tensor): Tensor {
    const y = x.exp()
    ctx.saveForBackward(y)
    return y
  }
  static override backward(ctx: Context, grad: Tensor): Tensor {
    const [y] = ctx.savedTensors
    return grad.mul(y)
  }
}

/** An argument that is no tensor, and one that is not followed. */
class Scale extends autograd.Function {
  static override forward(ctx: Context, x: Tensor, factor: number, offset: Tensor): Tensor {
    ctx.factor = factor
    ctx.needs = [...ctx.needsInputGrad]
    return x.mul(factor).add(offset)
  }
  static override backward(ctx: Context, grad: Tensor): (Tensor | null)[] {
    confirm(ctx.needs.join() === 'true,false,false')
    return [grad.mul(ctx.factor), null, null]
  }
}

/** In place. */
class Double extends autograd.Function {
  static override forward(ctx: Context, x: Tensor): Tensor {
    x.mul_(2)
    ctx.markDirty(x)
    return x
  }
  static override backward(_ctx: Context, grad: Tensor): Tensor {
    return grad.mul(2)
  }
}

/** Several results, one of them without gradient. */
class SplitSort extends autograd.Function {
  static override forward(ctx: Context, x: Tensor): [Tensor, Tensor, Tensor] {
    const [values, places] = ops.aten.sort!(x) as [Tensor, Tensor]
    ctx.markNonDifferentiable(places)
    ctx.saveForBackward(x, places)
    return [values, places, x.mul(x)]
  }
  static override backward(ctx: Context, values: Tensor, _: Tensor, squares: Tensor): Tensor {
    const [x, places] = ctx.savedTensors
    const zeros = x.mul(0)
    return (ops.aten.scatter!(zeros, 0, places, values) as Tensor).add(squares.mul(x).mul(2))
  }
}

/** Is given null, not zeros, where a result has no gradient. */
class Pair extends autograd.Function {
  static override forward(ctx: Context, x: Tensor): [Tensor, Tensor] {
    ctx.setMaterializeGrads(false)
    return [x.mul(2), x.mul(3)]
  }
  static override backward(_ctx: Context, first: Tensor, second: Tensor | null): Tensor {
    confirm(second === null)
    return first.mul(2)
  }
}

function confirm(condition: boolean): void {
  if (!condition) throw new Error('not as in Python')
}

const float64 = (...values: number[]) => tensor(values, { dtype: 'float64' })
const leaf = (...values: number[]) => float64(...values).requiresGrad_()

export const cases: Record<string, () => (Tensor | null)[]> = {
  grads_of_two() {
    const [x, w] = [leaf(0.3, -1.7, 2.1), leaf(1.9, 0.7, -0.2)]
    const [y, z] = [x.mul(w).tanh(), x.exp().sum()]
    return autograd.grad([y, z], [x, w], { gradOutputs: [float64(0.1, 0.2, 0.3), null] })
  },
  unused() {
    const [x, w] = [leaf(0.3, -1.7), leaf(1.9, 0.7)]
    const y = x.sigmoid()
    const [first, none] = autograd.grad(y.sum(), [x, w], { allowUnused: true })
    confirm(none === null && x.grad === null)
    return [first!]
  },
  of_a_result() {
    const y = leaf(0.3, -1.7).sin()
    return autograd.grad(y.pow(3).sum(), y)
  },
  second() {
    const x = leaf(0.3, 1.7)
    const loss = x.pow(4).log().sin().sum()
    const [first] = autograd.grad(loss, x, { createGraph: true }) as [Tensor]
    return [first, ...autograd.grad(first.square().sum(), x)]
  },
  backward_of_two() {
    const [x, w] = [leaf(0.3, -1.7), leaf(1.9, 0.7)]
    autograd.backward([x.mul(w).sum(), x.exp().sum()])
    return [x.grad, w.grad]
  },
  backward_to_inputs() {
    const [x, w] = [leaf(0.3, -1.7), leaf(1.9, 0.7)]
    x.mul(w)
      .sin()
      .sum()
      .backward({ inputs: [w] })
    confirm(x.grad === null)
    return [w.grad]
  },
  custom() {
    const x = leaf(0.3, -1.7)
    Exp.apply(x.mul(x)).sum().backward()
    return [x.grad]
  },
  custom_second() {
    const x = leaf(0.3, -1.7)
    const loss = Exp.apply(x).square().sum()
    const [first] = autograd.grad(loss, x, { createGraph: true }) as [Tensor]
    return [first, ...autograd.grad(first.sum(), x)]
  },
  custom_arguments() {
    const x = leaf(0.3, -1.7)
    const y = Scale.apply(x, 2.5, float64(1, 2))
    y.square().sum().backward()
    return [y, x.grad]
  },
  custom_in_place() {
    const x = leaf(0.3, -1.7)
    const y = x.mul(3)
    const z = Double.apply(y)
    confirm(z === y)
    z.square().sum().backward()
    return [z, x.grad, tensor(BigInt(ops.aten._version!(y) as number))]
  },
  custom_in_place_on_view() {
    const x = leaf(0.3, -1.7, 0.9)
    const y = x.mul(3)
    Double.apply(y.slice(0, 0, 2))
    y.square().sum().backward()
    return [y, x.grad]
  },
  custom_several() {
    const x = leaf(0.3, -1.7, 0.9)
    const [values, places, squares] = SplitSort.apply(x)
    confirm(!places.requiresGrad)
    values
      .mul(float64(1, 10, 100))
      .sum()
      .backward({ retainGraph: true })
    const first = x.grad!.clone()
    values.sum().add(squares.sin().sum()).backward()
    return [values, places, squares, first, x.grad]
  },
  custom_none() {
    const x = leaf(0.3, -1.7)
    Pair.apply(x)[0].sum().backward()
    return [x.grad]
  },
  hooks() {
    const x = leaf(0.3, -1.7)
    const seen: Tensor[] = []
    const y = x.exp()
    y.registerHook((grad) => {
      seen.push(grad.clone())
    })
    y.registerHook((grad) => grad.mul(10))
    y.registerHook((grad) => grad.mul(1000)).remove()
    const handle = x.registerHook((grad) => grad.add(1))
    y.square().sum().backward()
    const first = x.grad!.clone()
    handle.remove()
    x.sin().sum().backward()
    return [...seen, first, x.grad]
  },
  retained() {
    const x = leaf(0.3, -1.7)
    const y = x.exp()
    y.retainGrad()
    confirm(y.retainsGrad && !x.retainsGrad)
    y.square().sum().backward()
    return [y.grad, x.grad]
  },
  functional() {
    const { hessian, jacobian, jvp, vjp } = autograd.functional
    const [x, w] = [float64(0.3, -1.7), float64(1.9, 0.7, -0.4)]
    const outer = (x: Tensor, w: Tensor) => ops.aten.outer!(x.exp(), w.sin()) as Tensor
    const steep = (x: Tensor) => x.exp().mul(x.select(0, 0))
    return [
      ...jacobian(outer, [x, w]),
      hessian((x: Tensor) => (ops.aten.prod!(x.pow(3)) as Tensor).sin(), x),
      ...jvp(steep, x, float64(2, 5)),
      ...vjp(steep, x, float64(2, 5))
    ]
  }
}

// Calls of jit and amp: right ones must compile, those after @ts-expect-error must not.
import {
  type amp,
  autocast,
  type DType,
  GradScaler,
  getAutocastDtype,
  isAutocastEnabled,
  jit,
  nn,
  ones,
  optim,
  type Tensor
} from 'node-libtorch'

const x = ones(2, 3)
const model = new nn.Linear(3, 2)

const traced: jit.ScriptModule = jit.trace(model, x)
const loaded: jit.ScriptModule = jit.load('model.pt', { mapLocation: 'cpu' })
const modules: nn.Module[] = [traced, loaded]
const made: jit.ScriptModule[] = [
  jit.trace((a: Tensor, b: Tensor) => a.add(b), [x, x], { checkTrace: false }),
  jit.trace(({ a }: { a: Tensor }) => ({ b: a }), [{ a: x }], { strict: false }),
  jit.trace(([a, b]: [Tensor, Tensor]) => [a, b], [[x, x]], { checkTolerance: 0 })
]
const output: Tensor = traced(x)
const other: [Tensor, number] = traced.runMethod('pair', x, { factor: 2 })
const names: string[] = traced.methodNames()
const self: jit.ScriptModule = traced.eval().to('float64')

// @ts-expect-error no inputs
jit.trace(model)
// @ts-expect-error a number is no input
jit.trace(model, [3])
// @ts-expect-error an unknown option
jit.load('model.pt', { map_location: 'cpu' })
// @ts-expect-error a device, not a map of them
jit.load('model.pt', { mapLocation: { cuda: 'cpu' } })

const sum: number = autocast({ device: 'cpu', dtype: 'bfloat16', enabled: true }, () => 3)
const dtype: DType = getAutocastDtype('cuda')
const on: boolean = isAutocastEnabled('cpu')
const scaler: amp.GradScaler = new GradScaler({ device: 'cpu', growthInterval: 10 })
const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 })
const scaled: Tensor = scaler.scale(x)
const several: [Tensor, Tensor] = scaler.scale([x, x])
scaler.step(optimizer)
const state: amp.GradScalerState = scaler.stateDict()

// @ts-expect-error the device is required
autocast({}, () => 1)
// @ts-expect-error no half precision
autocast({ device: 'cpu', dtype: 'float32' }, () => 1)
// @ts-expect-error an options object
new GradScaler('cpu')
// @ts-expect-error closures are not supported
scaler.step(optimizer, () => x)

export { dtype, made, modules, names, on, other, output, scaled, self, several, state, sum }

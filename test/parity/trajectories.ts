/**
 * Every optimizer on one small network, 1,001 steps: what trajectories.py does.
 */
import {
  type DType,
  manualSeed,
  nn,
  optim,
  randn,
  type Tensor,
  tensor,
  version
} from 'node-libtorch'
import { bits, namedBits } from './bits'
import table from './trajectories.json'

const STEPS = 1001
const FURTHER = 10
const FLOAT32 = ['Adam', 'AdamW', 'RMSprop', 'Adagrad', 'NAdam', 'RAdam', 'LBFGS']

type Options = Record<string, unknown> & { since?: string }
type Plain = string | number | boolean | null | Plain[]
type Bits = Record<string, string>

export interface PlainState {
  state: Record<string, Record<string, Plain>>
  param_groups: Record<string, Plain>[]
}

export interface Run {
  trajectory: Bits[]
  last: Bits
  saved: PlainState
  further: Bits
  resumed: PlainState
  text: string
}

interface AnyOptimizer {
  step(closure: () => Tensor): Tensor
  zeroGrad(): void
  stateDict(): optim.OptimizerState
  loadStateDict(state: optim.OptimizerState): void
  readonly paramGroups: readonly { readonly params: readonly Tensor[] }[]
}
type AnyClass = new (params: unknown, options?: object) => AnyOptimizer

function network(dtype: DType): { model: nn.Sequential; x: Tensor; y: Tensor } {
  manualSeed(7)
  const x = randn(16, 2, { dtype })
  const y = x.sum(1, true).mul(0.7).sin()
  const model = new nn.Sequential(
    new nn.Linear(2, 8, { dtype }),
    new Tanh(),
    new nn.Linear(8, 8, { dtype }),
    new Tanh(),
    new nn.Linear(8, 1, { dtype })
  )
  return { model, x, y }
}

class Tanh extends nn.Module {
  override forward(x: Tensor): Tensor {
    return x.tanh()
  }
}

function plain(value: unknown): Plain {
  if (Array.isArray(value)) return value.map(plain)
  return typeof value === 'object' && value !== null ? bits(value as Tensor) : (value as Plain)
}

/** The tensor that `bits` wrote. */
function parse(text: string): Tensor {
  const [, dtype, shape, hex] = /^(\w+)\[(.*)\] (.*)$/.exec(text) as unknown as string[]
  const bytes = new Uint8Array(Buffer.from(hex as string, 'hex'))
  const data = dtype === 'float32' ? new Float32Array(bytes.buffer) : new Float64Array(bytes.buffer)
  return tensor(data, {
    dtype: dtype as DType,
    shape: shape ? shape.split(', ').map(Number) : []
  })
}

function unplain(value: Plain): unknown {
  if (Array.isArray(value)) return value.map(unplain)
  return typeof value === 'string' && /^float\d\d\[/.test(value) ? parse(value) : value
}

const mapValues = <A, B>(object: Record<string, A>, fn: (value: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [key, fn(value)]))

function plainState(optimizer: AnyOptimizer): PlainState {
  const { state, param_groups } = optimizer.stateDict()
  return {
    state: mapValues(state, (kept) => mapValues(kept, plain)),
    param_groups: param_groups.map((group) => mapValues(group, plain))
  }
}

function stateOf({ state, param_groups }: PlainState): optim.OptimizerState {
  return {
    state: mapValues(state, (kept) => mapValues(kept, unplain)),
    param_groups: param_groups.map((group) => mapValues(group, unplain))
  } as optim.OptimizerState
}

const layers = (model: nn.Sequential) => [0, 2, 4].map((i) => model[i] as nn.Linear)

function makeClosure(
  optimizer: AnyOptimizer,
  { model, x, y }: ReturnType<typeof network>,
  sign: number
): () => Tensor {
  const criterion = new nn.MSELoss()
  return () => {
    optimizer.zeroGrad()
    const loss = criterion(model(x), y).mul(sign)
    loss.backward()
    return loss
  }
}

const signOf = (options: Options) => (options['maximize'] ? -1 : 1)

function run(
  name: string,
  { since: _, ...options }: Options,
  dtype: DType,
  groups?: Options[]
): Pick<Run, 'trajectory' | 'last' | 'saved'> {
  const made = network(dtype)
  const { model } = made
  const params = groups?.map((own, i) => ({ params: layers(model)[i]!.parameters(), ...own }))
  const optimizer = new (optim as unknown as Record<string, AnyClass>)[name]!(
    params ?? model.parameters(),
    options
  )
  const closure = makeClosure(optimizer, made, signOf(options))
  const named = () => namedBits(model.namedParameters())
  const trajectory = [named()]
  for (let step = 1; step <= STEPS; step++) {
    optimizer.step(closure)
    if (step % 100 === 0) trajectory.push(named())
  }
  return { trajectory, last: named(), saved: plainState(optimizer) }
}

/** Goes on where Python stopped, from what it saved. */
function resume(
  name: string,
  options: Options,
  dtype: DType,
  { last, saved }: Run
): Pick<Run, 'further' | 'resumed' | 'text'> {
  const made = network(dtype)
  const { model } = made
  for (const [key, parameter] of model.namedParameters()) {
    parameter.detach().copy_(parse(last[key] as string))
  }
  const all = model.parameters()
  const groups = saved.param_groups.map(({ params }) => ({
    params: (params as number[]).map((i) => all[i]!)
  }))
  const optimizer = new (optim as unknown as Record<string, AnyClass>)[name]!(groups, { lr: 0.5 })
  optimizer.loadStateDict(stateOf(saved))
  const closure = makeClosure(optimizer, made, signOf(options))
  for (let step = 0; step < FURTHER; step++) optimizer.step(closure)
  return {
    further: namedBits(model.namedParameters()),
    resumed: plainState(optimizer),
    text: String(optimizer)
  }
}

export interface Trajectory {
  run: () => ReturnType<typeof run>
  resume: (theirs: Run) => ReturnType<typeof resume>
}

const isKnown = (since = '1.13') => {
  const [a, b] = [since, version.libtorch].map((text) => text.split('.').map(Number))
  return a![0]! < b![0]! || (a![0] === b![0] && a![1]! <= b![1]!)
}

/** By name; each trains when it is called. */
export const trajectories: Record<string, Trajectory> = {}

function define(key: string, name: string, options: Options, dtype: DType, groups?: Options[]) {
  trajectories[key] = {
    run: () => run(name, options, dtype, groups),
    resume: (theirs) => resume(name, options, dtype, theirs)
  }
}

for (const [name, settings] of Object.entries(table as unknown as Record<string, Options[]>)) {
  for (const [number, options] of settings.entries()) {
    if (!isKnown(options.since)) continue
    define(`${name} ${number}`, name, options, 'float64')
    if (FLOAT32.includes(name) && number < 2)
      define(`${name} ${number} float32`, name, options, 'float32')
  }
}
for (const [name, [first]] of Object.entries(table as unknown as Record<string, [Options]>)) {
  if (name === 'LBFGS' || name === 'Rprop') continue
  define(`${name} groups`, name, first, 'float64', [{ lr: 0.003 }, { weightDecay: 0.05 }, {}])
}

/**
 * What serialization.py does: files of ours that Python reads, and what we read from its files.
 */
import { join } from 'node:path'
import * as torch from 'node-libtorch'
import { type Tensor, load, nn, optim, save, tensor } from 'node-libtorch'

import { native } from '../../lib/native'
import { writeAtomically } from '../../lib/atomic_file'
import { prepareCheckpoint } from '../../lib/serialization/checkpoint_writer'
import { bits, namedBits } from './bits'

export interface Run {
  model: Record<string, Tensor>
  optimizer: ReturnType<optim.SGD['stateDict']>
  x: Tensor
  y: Tensor
}

/** Bits and strides of a tensor, or what is inside an object of them. */
export function described(tensors: Record<string, Tensor>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, made]) => {
      const strides = native.storageOf(made)?.strides ?? native.storageOf(made.clone())!.strides
      return [name, [bits(made), strides]]
    })
  )
}

export const newModel = () =>
  new nn.Sequential(new nn.Linear(3, 8), new nn.ReLU(), new nn.Linear(8, 2))

function train(
  model: nn.Sequential,
  optimizer: optim.SGD,
  x: Tensor,
  y: Tensor,
  steps: number
): Record<string, string> {
  const criterion = new nn.MSELoss()
  for (let step = 0; step < steps; step++) {
    optimizer.zeroGrad()
    criterion(model(x), y).backward()
    optimizer.step()
  }
  return namedBits(model.namedParameters())
}

/** Ten more steps of a run that is loaded. */
export function resume(run: Run): Record<string, string> {
  const model = newModel()
  const optimizer = new optim.SGD(model.parameters(), { lr: 1 })
  model.loadStateDict(run.model)
  optimizer.loadStateDict(run.optimizer)
  return train(model, optimizer, run.x, run.y, 10)
}

export const plain = {
  ints: [
    0,
    255,
    256,
    -1,
    2 ** 31,
    -(2 ** 31),
    -(2 ** 31) - 1,
    2 ** 53 - 1,
    2n ** 200n,
    -(2n ** 200n),
    128n,
    -128n
  ],
  floats: [1.5, -0, 1e300, Number.POSITIVE_INFINITY, Number.NaN],
  text: 'hé 日本',
  none: null,
  bools: [true, false],
  map: new Map<unknown, unknown>([
    [1, 'a'],
    ['1', null],
    [1.5, { x: [] }]
  ]),
  nested: { 0: { b: [[], {}] } },
  many: Array.from({ length: 3000 }, (_, i) => i)
}

/** How Python prints it. */
export const plainText =
  "{'ints': [0, 255, 256, -1, 2147483648, -2147483648, -2147483649, 9007199254740991, " +
  `${2n ** 200n}, ${-(2n ** 200n)}, 128, -128], ` +
  "'floats': [1.5, -0.0, 1e+300, inf, nan], 'text': 'hé 日本', 'none': None, 'bools': [True, False], " +
  "'map': {1: 'a', '1': None, 1.5: {'x': []}}, 'nested': {'0': {'b': [[], {}]}}, " +
  `'many': [${plain.many.join(', ')}]}`

/** Writes the files that `serialization.py read` reads; gives what it must find there. */
export function write(folder: string, theirs: { samples: Record<string, Tensor> }) {
  const path = (name: string) => join(folder, `ours-${name}`)
  save(theirs.samples, path('samples.pt'))
  const base = torch.arange(24).reshape(4, 6)
  const z = torch.randn(3, { dtype: 'complex64' })
  const views: Record<string, Tensor> = {
    base,
    turned: base.t(),
    part: base.index('1:3', '::2'),
    scalar: base.at(2, 3),
    wide: tensor([1.5]).expand(3, 2),
    empty: torch.zeros(0, 3),
    conjugate: z.conj()
  }
  const viewsDescribed = described(views)
  save(views, path('views.pt'))
  save(plain, path('plain.pt'))
  const x = torch.randn(40)
  writeAtomically(path('wide.pt'), prepareCheckpoint({ x }, 100))
  const weight = nn.Parameter(torch.ones(2))
  const parameters = [weight, nn.Parameter(torch.ones(1), false), weight.detach(), weight]
  save(parameters, path('parameters.pt'))
  const real = Object.entries(theirs.samples).filter(([name]) => !name.startsWith('complex'))
  save(Object.fromEntries(real), path('samples.safetensors'), { metadata: { by: 'Node' } })

  torch.manualSeed(2)
  const data = { x: torch.randn(16, 3), y: torch.randn(16, 2) }
  const model = newModel()
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.05, momentum: 0.9, nesterov: true })
  train(model, optimizer, data.x, data.y, 5)
  save({ model: model.stateDict(), optimizer: optimizer.stateDict(), ...data }, path('run.pt'))
  save(model.stateDict(), path('weights.safetensors'))
  const weights = namedBits(Object.entries(model.stateDict()))
  // What Python wrote, through our hands.
  save(load(join(folder, 'adam.pt')), path('adam.pt'))
  return {
    samples: described(theirs.samples),
    views: viewsDescribed,
    wide: bits(x),
    safetensors: described(Object.fromEntries(real)),
    weights,
    continued: train(model, optimizer, data.x, data.y, 10)
  }
}

/**
 * Layers that grow and shrink in training.
 * Source: Chen, Goodfellow and Shlens, Net2Net: Accelerating learning via knowledge transfer (2016),
 * https://arxiv.org/abs/1511.05641
 */
import { integer, options as checkOptions, rangeError, typeError } from '../../check'
import { arange, zeros } from '../../creation'
import type { Generator } from '../../generator'
import { noGrad } from '../../modes'
import { rand, randint } from '../../random'
import { tensor } from '../../data'
import type { Tensor } from '../../tensor'
import { operator } from '../define'
import type { Module } from '../module'
import { type Layer, type NeuronOptions, exchange, layerArgument, surroundings } from './neurons'

export interface WidenOptions extends NeuronOptions {
  /** Draws the units to copy and their shares. Default: the default generator. */
  generator?: Generator
}

const cat = operator('cat')
const names = ['model', 'next', 'between', 'optimizer']
const normNames = ['weight', 'bias', 'running_mean', 'running_var']

/** Writes the sizes that a module prints. */
function setSize(module: Module, key: string, size: number): void {
  if (key in module) (module as unknown as Record<string, number>)[key] = size
}

function sizeKeys(module: Module): [out: string, into: string] {
  return 'outFeatures' in module ? ['outFeatures', 'inFeatures'] : ['outChannels', 'inChannels']
}

/**
 * Gives `layer` the units `index` of itself, in this order, in its rows, in the norms, and in what takes
 * them in. `shares`, one a unit: how much of the old unit's outgoing weight it gets, null for all of it.
 */
function rearrange(layer: Layer, index: Tensor, shares: Tensor | null, given: NeuronOptions): void {
  const { next, norms } = surroundings(layer, given)
  const { optimizer } = given
  const units = layer.weight.shape[0] as number
  const count = index.shape[0] as number
  for (const one of next) {
    if ((one.weight.shape[1] as number) % units !== 0) {
      throw typeError(
        'next',
        `a layer that takes in ${units} units`,
        one,
        'give the layer after this one'
      )
    }
  }
  const along = (values: Tensor, ndim: number, dim: number) =>
    values.reshape(Array.from({ length: ndim }, (_, i) => (i === dim ? -1 : 1)))
  // A unit's own weights get the gradient that comes through its share.
  const rows = (old: Tensor, moment: number | null): Tensor => {
    const picked = old.indexSelect(0, index)
    if (!shares || moment === null || moment === 0) return picked
    return picked.mul(along(shares, picked.ndim, 0).pow(moment))
  }
  const columns = (old: Tensor, moment: number | null): Tensor => {
    // After a flatten every unit has several columns.
    const block = (old.shape[1] as number) / units
    const split = old.reshape([old.shape[0] as number, units, block, ...old.shape.slice(2)])
    const picked = split.indexSelect(1, index)
    const scaled = shares && moment === null ? picked.mul(along(shares, picked.ndim, 1)) : picked
    return scaled.reshape([old.shape[0] as number, count * block, ...old.shape.slice(2)])
  }
  for (const name of ['weight', 'bias']) exchange(layer, name, rows, optimizer)
  setSize(layer, sizeKeys(layer)[0], count)
  for (const norm of norms) {
    for (const name of normNames) exchange(norm, name, rows, optimizer)
    setSize(norm, 'numFeatures', count)
  }
  for (const one of next) {
    exchange(one, 'weight', columns, optimizer)
    setSize(one, sizeKeys(one)[1], one.weight.shape[1] as number)
  }
}

/**
 * Gives `layer` more units without changing what the model computes: each new unit is a copy of a
 * random one, and both divide its outgoing weights among them, in random shares, so that they learn
 * different things from then on. In place: `layer`, the next layer and batch norms between them get
 * new parameters; what the optimizer keeps follows. Between the layers there may be anything that
 * treats each unit alone: activations, pooling, dropout, flatten.
 *
 * ```ts
 * nn.utils.widen(model[0], 64, { model, optimizer })
 * ```
 * @param units how many it has afterwards
 * @throws TypeError for another kind of layer or a `next` that does not take the units in; RangeError
 * where `units` is fewer than there are
 */
export function widen(layer: Module, units: number, options?: WidenOptions): void {
  const given = checkOptions<WidenOptions>('widen', options, [...names, 'generator'])
  const wide = layerArgument('layer', layer)
  const before = wide.weight.shape[0] as number
  integer('units', units)
  if (units < before) throw rangeError('units', `at least ${before}`, units, 'use pruneNeurons()')
  if (units === before) return
  const { generator } = given
  noGrad(() => {
    const { device, dtype } = wide.weight
    const copied = randint(before, [units - before], { generator })
    const all = cat([arange(before, { dtype: 'int64' }), copied]) as Tensor
    const parts = rand([units], { dtype: 'float64', generator }).add(0.5)
    const sums = zeros([before], { dtype: 'float64' }).indexAdd(0, all, parts)
    const shares = parts.div(sums.indexSelect(0, all)).to({ device, dtype })
    rearrange(wide, all.to(device), shares, given)
  })
}

/** The units whose weights, in times out, are largest: in their old order. */
function strongest(layer: Layer, count: number, given: NeuronOptions): Tensor {
  const { next } = surroundings(layer, given)
  const units = layer.weight.shape[0] as number
  let scores = layer.weight.reshape([units, -1]).norm(2, 1).double()
  for (const one of next) {
    const incoming = one.weight.transpose(0, 1).reshape([units, -1])
    scores = scores.mul(incoming.norm(2, 1).double())
  }
  const [, kept] = scores.topk(count) as unknown as [Tensor, Tensor]
  const [sorted] = kept.sort() as unknown as [Tensor, Tensor]
  return sorted
}

/**
 * Takes units out of `layer`, and with them their entries in the next layer and in batch norms between;
 * what is left stays as it was, also what the optimizer keeps.
 *
 * ```ts
 * nn.utils.pruneNeurons(model[0], 16, { model, optimizer })
 * ```
 * @param keep how many stay, those with the largest weights (incoming norm times outgoing norm), or
 * which ones
 * @throws TypeError for another kind of layer; RangeError for more units than there are, or none
 */
export function pruneNeurons(
  layer: Module,
  keep: number | readonly number[],
  options?: NeuronOptions
): void {
  const given = checkOptions<NeuronOptions>('pruneNeurons', options, names)
  const thick = layerArgument('layer', layer)
  const units = thick.weight.shape[0] as number
  const list = Array.isArray(keep) ? (keep as readonly number[]) : null
  const count = list ? list.length : integer('keep', keep, 1)
  if (count < 1 || count > units) throw rangeError('keep', `1 to ${units} units`, keep)
  for (const unit of list ?? []) {
    if (integer('keep', unit) >= units) throw rangeError('keep', `units below ${units}`, unit)
  }
  if (list && new Set(list).size !== list.length) throw rangeError('keep', 'each unit once', keep)
  noGrad(() => {
    const index = list ? tensor([...list], { dtype: 'int64' }) : strongest(thick, count, given)
    rearrange(thick, index.to(thick.weight.device), null, given)
  })
}

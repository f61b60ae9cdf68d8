/**
 * The stack of a transformer's decoder layers.
 */
import { type Tensor, tensorArgument } from '../../../tensor'
import { keywords, type Optional } from '../../keywords'
import { Module } from '../../module'
import { isBefore } from '../../version'
import { isCausalMask, sequenceLength } from './causal'
import { type DecoderArguments, type DecoderMasks, decoderMasks } from './decoder_layer'
import { copies, normArgument } from './encoder'
import type { ModuleList } from '../../containers'

/**
 * `numLayers` copies of a decoder layer, one after the other, then `norm`. Inputs and output as those
 * of the layer.
 * @throws TypeError for a layer that is no module, or that cannot be copied
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.TransformerDecoder.html
 */
export class TransformerDecoder extends Module {
  layers: ModuleList
  norm: Module | null
  readonly numLayers: number

  constructor(
    decoderLayer: Module,
    numLayers: number,
    ...rest: Optional<[norm: Module | null], { norm?: Module | null }>
  ) {
    const given = keywords<{ norm?: Module | null }>('TransformerDecoder', rest, ['norm'])
    const norm = normArgument(given.norm)
    super()
    this.layers = copies('decoderLayer', decoderLayer, numLayers)
    this.numLayers = numLayers
    this.norm = norm
  }

  override forward(tgt: Tensor, memory: Tensor, ...rest: DecoderArguments): Tensor {
    const given = keywords<DecoderMasks>('TransformerDecoder', rest, decoderMasks)
    const layers = [...this.layers]
    const { tgtMask = null, tgtIsCausal: said = null } = given
    let tgtIsCausal = said === true
    if (!isBefore(2, 0)) {
      const size = sequenceLength(tensorArgument('tgt', tgt), layers[0])
      tgtIsCausal = isCausalMask(tgtMask, said, size)
    }
    let output = tgt
    for (const layer of layers) output = layer(output, memory, { ...given, tgtIsCausal })
    return this.norm ? this.norm(output) : output
  }
}

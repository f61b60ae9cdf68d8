/**
 * Sequences of different lengths: packing, padding, recurrent layers over them; what sequences.py does.
 */
import * as torch from 'node-libtorch'
import { autograd, nn, type Tensor, tensor } from 'node-libtorch'
import { bits } from './bits'

const { rnn } = nn.utils
type Layer = 'RNN' | 'GRU' | 'LSTM'

function texts(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(texts)
  if (value instanceof rnn.PackedSequence) {
    const { data, batchSizes, sortedIndices, unsortedIndices } = value
    return texts([data, batchSizes, sortedIndices, unsortedIndices])
  }
  return [value === null ? 'none' : bits(value as Tensor)]
}

function sequences(lengths: number[]): Tensor[] {
  return lengths.map((length) => torch.randn([length, 3]).requiresGrad_())
}

function layer(
  name: Layer,
  lengths: number[],
  states: number[],
  options: nn.RNNOptions & nn.LSTMOptions = {}
): string[][] {
  torch.manualSeed(7)
  const module = new nn[name](3, 4, options)
  const given = sequences(lengths)
  const packed = rnn.packSequence(given, { enforceSorted: false })
  const rows = (options.numLayers ?? 1) * (options.bidirectional ? 2 : 1)
  const hx = states.map((width) => torch.randn([rows, lengths.length, width]).requiresGrad_())
  const [output, last] =
    module instanceof nn.LSTM
      ? module(packed, hx.length > 0 ? [hx[0]!, hx[1]!] : null)
      : module(packed, hx[0])
  const [padded, counts] = rnn.padPackedSequence(output, { batchFirst: true, paddingValue: -1 })
  const followed = [padded, ...(Array.isArray(last) ? last : [last])]
  const gradTensors = followed.map(({ shape }) => torch.randn(shape))
  autograd.backward(followed, { gradTensors })
  return [
    texts(output),
    texts([counts, ...followed, ...rnn.unpackSequence(output)]),
    texts([...given, ...hx, ...module.parameters()].map(({ grad }) => grad))
  ]
}

function packing(): Record<string, string[]> {
  torch.manualSeed(7)
  const given = sequences([2, 4, 1])
  const padded = rnn.padSequence(given, { paddingValue: 9 })
  const first = rnn.padSequence(given, { batchFirst: true })
  const lengths = tensor([2n, 4n, 1n])
  const packed = rnn.packPaddedSequence(padded, lengths, { enforceSorted: false })
  const ordered = rnn.packPaddedSequence(first, [3, 2, 2], true)
  const labels = rnn.packSequence([tensor([1n, 2n, 3n]), tensor([4n, 5n]), tensor([6n])])
  const total = rnn.padPackedSequence(packed, { totalLength: 6 })
  const made: Record<string, string[]> = {
    padded: texts([padded, first]),
    packed: texts([packed, ordered, labels]),
    moved: texts(packed.to('float64')),
    total: texts(total),
    unpadded: texts(rnn.unpadSequence(first, lengths, { batchFirst: true })),
    inverse: texts(rnn.invertPermutation(tensor([2n, 0n, 3n, 1n]))),
    repr: [String(labels), String(rnn.packSequence(given, false))]
  }
  const [major, minor] = torch.version.libtorch.split('.').map(Number) as [number, number]
  if (major * 100 + minor >= 205) made.left = texts(rnn.padSequence(given, { paddingSide: 'left' }))
  return made
}

export function results(): { packing: object; layers: string[][][] } {
  return {
    packing: packing(),
    layers: [
      layer('RNN', [2, 4, 3], []),
      layer('RNN', [4, 4, 1], [4], {
        nonlinearity: 'relu',
        numLayers: 2,
        bidirectional: true,
        bias: false
      }),
      layer('GRU', [1, 5], [4], { numLayers: 2, dropout: 0.5, batchFirst: true }),
      layer('GRU', [3, 2, 1], []),
      layer('LSTM', [2, 4, 3], []),
      layer('LSTM', [2, 4, 3], [4, 4], { numLayers: 2, dropout: 0.5, bidirectional: true }),
      layer('LSTM', [5, 1, 2], [2, 4], { projSize: 2, bidirectional: true })
    ]
  }
}

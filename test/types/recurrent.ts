// Calls of recurrent layers and transformers: right ones must compile, those after @ts-expect-error must
// not.
import { nn, type Tensor, zeros } from 'node-libtorch'

const x = zeros(2, 3)
const { packSequence, padPackedSequence, packPaddedSequence } = nn.utils.rnn
const packed = packSequence([x, x], { enforceSorted: false })

const lstm = new nn.LSTM(3, 4, 2, { projSize: 2, batchFirst: true })
const [output, [h, c]] = lstm(x)
const [packedOutput] = lstm(packed, [x, x])
const gru = new nn.GRU(3, 4, { numLayers: 2 })
const states: Tensor[] = [output, h, c, gru(x)[1], new nn.RNN(3, 4)(x, null)[0]]
const [padded, lengths] = padPackedSequence(packedOutput, { paddingValue: -1 })
const weight: Tensor | undefined = gru.weight_ih_l0
const cells: Tensor[] = [new nn.GRUCell(3, 4)(x, x), ...new nn.LSTMCell(3, 4)(x)]
packPaddedSequence(x, [2, 1], true, false)
packPaddedSequence(x, lengths, true, { enforceSorted: false })

const attention = new nn.MultiheadAttention(4, 2, { kdim: 3, addBiasKv: true })
const [attended, weights]: [Tensor, Tensor | null] = attention(x, x, x, null, false)
attention(x, x, x, { attnMask: x, isCausal: true })
const layer = new nn.TransformerEncoderLayer(4, 2, 16, 0.1, { activation: 'gelu', normFirst: true })
const encoder = new nn.TransformerEncoder(layer, 2, new nn.Linear(4, 4), { maskCheck: false })
const decoder = new nn.TransformerDecoder(new nn.TransformerDecoderLayer(4, 2), 1)
const transformer = new nn.Transformer(4, 2, { numEncoderLayers: 1, activation: (y) => y.tanh() })
const encoded: Tensor[] = [
  encoder(x),
  encoder(x, x),
  encoder(x, { srcKeyPaddingMask: x }),
  encoder(x, x, null, { isCausal: true }),
  decoder(x, x, { tgtMask: x }),
  transformer(x, x, { tgtMask: nn.Transformer.generateSquareSubsequentMask(2), tgtIsCausal: true })
]

// @ts-expect-error an unknown option
new nn.GRU(3, 4, { projSize: 2 })
// @ts-expect-error the state of an LSTM is a pair
lstm(x, x)
// @ts-expect-error a packed output is no tensor
packedOutput.add(1)
// @ts-expect-error an unknown nonlinearity
new nn.RNN(3, 4, { nonlinearity: 'sin' })
// @ts-expect-error no value
attention(x, x)
// @ts-expect-error an unknown mask
encoder(x, { tgtMask: x })
// @ts-expect-error no layer
new nn.TransformerEncoder('layer', 2)

export { attended, cells, encoded, padded, states, weight, weights }

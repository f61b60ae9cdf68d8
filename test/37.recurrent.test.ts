import { describe, expect, test } from '@jest/globals'
import {
  type Tensor,
  full,
  getRngState,
  manualSeed,
  nn,
  noGrad,
  ones,
  optim,
  randint,
  randn,
  setNumThreads,
  stack,
  tensor,
  zeros
} from 'node-libtorch'

import { cloneModule } from '../lib/nn/clone'
import { camelCase } from './parity/functional'
import { runPython } from './parity/python'
import { results } from './parity/sequences'
import * as whole from './parity/whole_layers'

// The order of a sum, and so its last bit, depends on the number of threads.
setNumThreads(1)

interface Sequences {
  names: string[]
  packing: object
  layers: string[][][]
}

describe('packed sequences: the same bits as in Python', () => {
  const reference = runPython<Sequences>('sequences.py')
  if ('skip' in reference) {
    console.warn(`skipped: ${reference.skip}`)
    test.skip(reference.skip, () => {})
    return
  }
  const { names, ...wanted } = reference.result
  const made = results()

  test('every function of Python', () => {
    expect(names.filter((name) => !(camelCase(name) in nn.utils.rnn))).toEqual([])
  })

  test('packing and padding', () => expect(made.packing).toEqual(wanted.packing))

  test.each(made.layers.map((_, i) => i))('layer %i', (i) => {
    expect(made.layers[i]).toEqual(wanted.layers[i])
    expect(wanted.layers).toHaveLength(made.layers.length)
  })
})

describe('whole layers by one operator, where nothing is learnt: the same bits as in Python', () => {
  const reference = runPython<object[]>('whole_layers.py')
  if ('skip' in reference) {
    test.skip(reference.skip, () => {})
    return
  }
  const lines = whole.cases.map((line, i) => [`${JSON.stringify(line)} ${i}`, i] as const)

  test.each(lines)('%s', (_, i) => {
    expect(whole.result(whole.cases[i]!)).toEqual(reference.result[i])
  })

  test('Python ran what ours ran', () => {
    expect(reference.result).toHaveLength(whole.cases.length)
  })
})

describe('learning', () => {
  const { functional: F } = nn

  /** The losses of `steps` steps. */
  function descend(model: nn.Module, steps: number, lr: number, loss: () => Tensor): number[] {
    const optimizer = new optim.SGD(model.parameters(), { lr, momentum: 0.9 })
    return Array.from({ length: steps }, () => {
      optimizer.zeroGrad()
      const value = loss()
      value.backward()
      optimizer.step()
      return value.item() as number
    })
  }

  test('an LSTM writes a text on, character by character', () => {
    manualSeed(1)
    const text = 'the quick brown fox jumps over the lazy dog. '
    const letters = [...new Set(text)]
    const codes = [...text].map((letter) => letters.indexOf(letter))
    const oneHot = F.oneHot(tensor(codes.map(BigInt)), letters.length).to('float32')
    const targets = tensor([...codes.slice(1), codes[0]!].map(BigInt))

    class Writer extends nn.Module {
      lstm = new nn.LSTM(letters.length, 48)
      out = new nn.Linear(48, letters.length)
      forward(x: Tensor, hx: nn.LSTMState | null = null): [Tensor, nn.LSTMState] {
        const [output, state] = this.lstm(x, hx)
        return [this.out(output), state]
      }
    }
    const model = new Writer()
    const losses = descend(model, 150, 0.5, () => F.crossEntropy(model(oneHot)[0], targets))
    expect(losses[0]).toBeGreaterThan(2.5)
    expect(losses.at(-1)).toBeLessThan(0.2)

    const written = noGrad(() => {
      let [row, state] = [oneHot.narrow(0, 0, 1), null as nn.LSTMState | null]
      let made = text[0]!
      for (let i = 1; i < text.length; i++) {
        const [scores, next] = model(row, state)
        const code = Number(scores.argmax(-1).item())
        made += letters[code]
        ;[row, state] = [F.oneHot(tensor([BigInt(code)]), letters.length).to('float32'), next]
      }
      return made
    })
    expect(written).toBe(text)
  })

  test('a transformer turns sequences round', () => {
    manualSeed(2)
    const [count, length, symbols, width] = [64, 5, 6, 32]
    class Reverser extends nn.Module {
      symbols = nn.Parameter(randn([symbols + 1, width]))
      places = nn.Parameter(randn([length, width]))
      transformer = new nn.Transformer(width, 4, 1, 1, 64, 0, { batchFirst: true })
      out = new nn.Linear(width, symbols)
      forward(source: Tensor, target: Tensor): Tensor {
        const mask = nn.Transformer.generateSquareSubsequentMask(length)
        const put = (ids: Tensor) => F.embedding(ids, this.symbols).add(this.places)
        return this.out(this.transformer(put(source), put(target), { tgtMask: mask }))
      }
    }
    const model = new Reverser()
    const source = randint(0, symbols, [count, length])
    const wanted = source.flip(1)
    // What is to be said, one place later, after a mark for the start.
    const before = wanted.roll(1, 1).clone()
    before.select(1, 0).fill_(symbols)
    const losses = descend(model, 150, 0.1, () =>
      F.crossEntropy(model(source, before).reshape(-1, symbols), wanted.reshape(-1))
    )
    expect(losses[0]).toBeGreaterThan(1.5)
    expect(losses.at(-1)).toBeLessThan(0.1)

    // It says new ones by itself, in eval mode, without gradients.
    const fresh = randint(0, symbols, [20, length])
    const said = full([20, length], symbols, { dtype: 'int64' })
    model.eval()
    const answers = Array.from({ length }, (_, i) => {
      const next = noGrad(() => model(fresh, said))
        .argmax(-1)
        .select(1, i)
      if (i + 1 < length) said.select(1, i + 1).copy_(next)
      return next
    })
    const right = stack(answers, 1).eq(fresh.flip(1)).to('float32').mean().item()
    expect(right).toBeGreaterThan(0.8)
  })
})

describe('state and copies', () => {
  test('names are those of Python, assigning to a weight exchanges it', () => {
    const gru = new nn.GRU(2, 3, { bidirectional: true })
    expect(Object.keys(gru.stateDict())).toEqual(
      ['', '_reverse'].flatMap((suffix) =>
        ['weight_ih', 'weight_hh', 'bias_ih', 'bias_hh'].map((name) => `${name}_l0${suffix}`)
      )
    )
    const x = ones(4, 2)
    const before = gru(x)[0]
    gru.weight_ih_l0 = nn.Parameter(zeros(9, 2))
    expect(gru(x)[0].equal(before)).toBe(false)
    expect(gru.allWeights[0]![0]).toBe(gru.weight_ih_l0)
    gru.resetParameters()
    expect(gru.weight_ih_l0!.abs().max().item()).toBeGreaterThan(0)
  })

  test('a layer runs in another dtype after to()', () => {
    const lstm = new nn.LSTM(2, 3, 2).to('float64')
    expect(lstm(ones([4, 2], { dtype: 'float64' }))[0].dtype).toBe('float64')
  })

  test('an encoder copies its layer: the same values, other tensors, nothing drawn', () => {
    manualSeed(3)
    const layer = new nn.TransformerEncoderLayer(4, 2, 8)
    layer.norm1.eval()
    layer.linear1.weight.requiresGrad_(false)
    const state = getRngState()
    const encoder = new nn.TransformerEncoder(layer, 2)
    expect(getRngState().equal(state)).toBe(true)
    const [first, second] = encoder.layers.children() as nn.TransformerEncoderLayer[]
    expect(first!.linear1.weight.equal(layer.linear1.weight)).toBe(true)
    expect(first!.linear1.weight).not.toBe(layer.linear1.weight)
    expect(first!.linear1.weight.requiresGrad).toBe(false)
    expect(second!.linear2.weight.requiresGrad).toBe(true)
    expect([first!.norm1.training, first!.norm2.training]).toEqual([false, true])
    noGrad(() => first!.linear2.weight.zero_())
    expect(second!.linear2.weight.abs().sum().item()).toBeGreaterThan(0)
    expect(encoder.parameters()).toHaveLength(2 * layer.parameters().length)
  })

  test('a copy holds twice what its origin holds twice, and its buffers', () => {
    class Tied extends nn.Module {
      a = new nn.Linear(2, 2)
      b = this.a
      scale = nn.Parameter(ones(2))
      again = this.scale
      layers = new nn.Sequential(new nn.Linear(2, 2), new nn.ReLU())
      recurrent = new nn.LSTM(2, 2)
      names = ['x']
      constructor() {
        super()
        this.registerBuffer('mean', zeros(2))
      }
      forward(x: Tensor): Tensor {
        return this.recurrent(this.layers(this.b(this.a(x)).mul(this.scale)))[0]
      }
    }
    const model = new Tied().to('float64')
    const copy = cloneModule(model)
    expect(copy).toBeInstanceOf(Tied)
    expect(copy.b).toBe(copy.a)
    expect(copy.again).toBe(copy.scale)
    expect(copy.scale).not.toBe(model.scale)
    expect(copy.namedBuffers().map(([name]) => name)).toEqual(['mean'])
    expect(Object.keys(copy.stateDict())).toEqual(Object.keys(model.stateDict()))
    expect(String(copy)).toBe(String(model))
    const x = ones([3, 2], { dtype: 'float64' })
    expect(copy(x).equal(model(x))).toBe(true)
    noGrad(() => copy.a.weight.zero_())
    expect(copy(x).equal(model(x))).toBe(false)
  })

  test('a result among the properties cannot be copied', () => {
    const model = new nn.Module() as nn.Module & { made?: Tensor }
    model.made = ones(2).requiresGrad_().mul(2)
    expect(() => cloneModule(model)).toThrow(/^made: expected a leaf/)
  })
})

test('masks of causal attention', () => {
  const mask = nn.Transformer.generateSquareSubsequentMask(3, { dtype: 'float64' })
  const hidden = Number.NEGATIVE_INFINITY
  expect(mask.tolist()).toEqual([
    [0, hidden, hidden],
    [0, 0, hidden],
    [0, 0, 0]
  ])
})

test('layers of a user in an encoder get no nested tensor', () => {
  class Own extends nn.TransformerEncoderLayer {
    override forward(src: Tensor, masks: nn.EncoderLayerMasks): Tensor {
      expect(src.shape).toEqual([2, 3, 4])
      return super.forward(src, masks)
    }
  }
  const encoder = new nn.TransformerEncoder(new Own(4, 2, 8, { batchFirst: true }), 2).eval()
  const padding = tensor([
    [false, true, true],
    [false, false, true]
  ])
  const masks = { srcKeyPaddingMask: padding }
  expect(noGrad(() => encoder(ones(2, 3, 4), masks)).shape).toEqual([2, 3, 4])
})

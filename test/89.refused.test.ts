import { describe, expect, test } from '@jest/globals'
import {
  autograd,
  fromBuffer,
  Generator,
  GradScaler,
  getRngState,
  load,
  manualSeed,
  nn,
  optim,
  save,
  setRngState,
  type Tensor,
  tensor,
  toMessage
} from 'node-libtorch'
import { record } from './fixtures/fake_tape'

const { lrScheduler } = optim

describe('what cannot be replayed is refused', () => {
  const x = tensor([1, 2], { requiresGrad: true })
  const index = tensor([0, 1], { dtype: 'int64' })
  const optimizer = new optim.SGD([x], { lr: 0.1 })
  const scaler = new GradScaler({ device: 'cpu' })
  const generator = new Generator()
  const state = getRngState()
  const linear = new nn.Linear(2, 2)
  const hooked = new nn.Linear(2, 2)
  hooked.registerForwardHook(() => undefined)
  const watched = tensor([1, 2], { requiresGrad: true })
  watched.registerHook(() => undefined)
  const lbfgs = new optim.LBFGS([tensor([1], { requiresGrad: true })])
  class Identity extends autograd.Function {
    static override forward(_: unknown, value: Tensor): Tensor {
      return value.clone()
    }
  }

  // biome-ignore format: a table
  test.each<[string, () => unknown, string]>([
    ['tensor(data)', () => tensor([1]), 'pass the tensor as an argument'],
    ['fromBuffer()', () => fromBuffer(new Float32Array(2)), 'pass the tensor as an argument'],
    ['Tensor.item()', () => x.sum().item(), 'read it after'],
    ['Tensor.item()', () => Number(x.sum()), 'read it after'],
    ['Tensor.tolist()', () => x.tolist(), 'read it after'],
    ['Tensor.toTypedArray()', () => x.toTypedArray(), 'read it after'],
    ['Tensor.toString()', () => `${x}`, 'read it after'],
    ['Tensor.shareMemory_()', () => x.shareMemory_(), 'before the step'],
    ['toMessage()', () => toMessage(index), 'after that'],
    ['save()', () => save({}, 'nowhere.pt'), 'between two steps'],
    ['load()', () => load('nowhere.pt'), 'before the step'],
    ['manualSeed()', () => manualSeed(1), 'before the step'],
    ['Generator.manualSeed()', () => generator.manualSeed(1), 'before the step'],
    ['Generator.seed()', () => generator.seed(), 'before the step'],
    ['Generator.getState()', () => getRngState(), 'before or after'],
    ['Generator.setState()', () => setRngState(state), 'before the step'],
    ['Module.to()', () => linear.to('float64'), 'before the step'],
    ['vectorToParameters()', () => nn.utils.vectorToParameters(x, [x]), 'between two steps'],
    ['prune.identity()', () => nn.utils.prune.identity(linear, 'weight'), 'between two steps'],
    ['prune.remove()', () => nn.utils.prune.remove(linear, 'weight'), 'between two steps'],
    ['a hook of Linear', () => hooked(x), 'without hooks or outside'],
    ['a hook of Tensor.registerHook()', () => watched.sum().backward(), 'without hooks'],
    ['Identity.apply()', () => Identity.apply(x), 'use operators'],
    ['clipGradNorm() with errorIfNonfinite',
      () => nn.utils.clipGradNorm([x], 1, { errorIfNonfinite: true }), 'leave it out'],
    ["the check of 'input'", () => nn.functional.embeddingBag(index, x.reshape([2, 1]), index),
      'outside of the step'],
    ["'lengths' of a PackedSequence",
      () => nn.utils.rnn.packPaddedSequence(x.reshape([1, 2, 1]), index), 'pack the sequences'],
    ['LBFGS.step()', () => lbfgs.step(() => x.sum()), 'another optimizer'],
    ['GradScaler.unscale_()', () => scaler.unscale_(optimizer), 'bfloat16'],
    ['GradScaler.step()', () => scaler.step(optimizer), 'bfloat16'],
    ['GradScaler.update()', () => scaler.update(), 'bfloat16'],
    ['Optimizer.stateDict()', () => optimizer.stateDict(), 'between two steps'],
    ['Optimizer.loadStateDict()', () => optimizer.loadStateDict({} as never), 'between two steps'],
    ['Optimizer.addParamGroup()', () => optimizer.addParamGroup({ params: [watched] }), 'between two'],
    ['Optimizer.addParamGroup()', () => new optim.Adam([x]), 'between two steps'],
    ['Optimizer.removeParameter()', () => optimizer.removeParameter(x), 'between two steps'],
    ['Optimizer.replaceParameter()', () => optimizer.replaceParameter(x, watched), 'between two'],
    ['new StepLR()', () => new lrScheduler.StepLR(optimizer, 1), 'before the step']
  ])('%s (%#)', (what, call, remedy) => {
    let error: unknown
    try {
      record(call)
    } catch (caught) {
      error = caught
    }
    expect(String(error)).toContain(what)
    expect(String(error)).toContain('cannot be recorded')
    expect(String(error)).toContain(remedy)
  })

  test('sparse gradients', () => {
    for (const Class of [optim.SGD, optim.Adagrad]) {
      const table = new nn.Embedding(3, 2, { sparse: true })
      const trained = new Class(table.parameters(), { lr: 0.1 })
      table(index).sum().backward()
      expect(() => record(() => trained.step())).toThrow(/sparse gradient cannot be recorded/)
    }
  })

  test('what the library does itself is not', () => {
    const model = new nn.Sequential(new nn.Linear(2, 3), new nn.Linear(3, 1))
    nn.utils.weightNorm(model[0] as nn.Linear)
    nn.utils.prune.l1Unstructured(model[1] as nn.Linear, 'weight', 1)
    const spectral = nn.utils.spectralNorm(new nn.Linear(1, 1))
    const trained = new optim.AdamW([...model.parameters(), ...spectral.parameters()])
    const input = tensor([
      [1, 2],
      [3, 4]
    ])
    for (let step = 0; step < 2; step++) {
      record(() => {
        trained.zeroGrad()
        const loss = spectral(model(input)).square().mean() as Tensor
        loss.backward()
        nn.utils.clipGradNorm(model.parameters(), 1)
        nn.utils.clipGradValue(model.parameters(), 0.5)
        trained.step()
      })
    }
    record(() => x.detach().index([0, 1]).sum())
  })
})

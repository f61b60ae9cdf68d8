import { describe, expect, test } from '@jest/globals'
import { optim, type Tensor, tensor, version } from 'node-libtorch'

const error = (name: string) => expect.objectContaining({ name })
const leaf = (data: number[]) => tensor(data, { dtype: 'float64', requiresGrad: true })

describe('stateDict', () => {
  const options = { lr: 0.1, momentum: 0.5, weightDecay: 0.01 }

  /** Steps with gradients that depend on the values, in float32. */
  function advance(optimizer: optim.SGD, params: Tensor[], steps: number): unknown[] {
    for (let step = 0; step < steps; step++) {
      optimizer.zeroGrad()
      for (const parameter of params) parameter.square().sum().div(3).backward()
      optimizer.step()
    }
    return params.map((parameter) => parameter.tolist())
  }
  const fresh = () => [0.3, 0.7].map((value) => tensor([value, -value], { requiresGrad: true }))

  test("has Python's layout", () => {
    const params = fresh() as [Tensor, Tensor]
    const optimizer = new optim.SGD(
      [{ params: [params[0]] }, { params: [params[1]], lr: 0.2 }],
      options
    )
    const group = {
      momentum: 0.5,
      dampening: 0,
      weight_decay: 0.01,
      nesterov: false,
      maximize: false,
      foreach: null,
      differentiable: false,
      ...(version.libtorch.startsWith('1.') ? {} : { fused: null })
    }
    expect(optimizer.stateDict()).toEqual({
      state: {},
      param_groups: [
        { ...group, lr: 0.1, params: [0] },
        { ...group, lr: 0.2, params: [1] }
      ]
    })
    params[1].sum().backward()
    optimizer.step()
    const { state } = optimizer.stateDict()
    expect(Object.keys(state)).toEqual(['1'])
    expect(Object.keys(state['1']!)).toEqual(['momentum_buffer'])
    // The first buffer is the gradient itself: 1 + 0.01 p
    const buffer = (state['1']!['momentum_buffer'] as Tensor).tolist() as number[]
    expect(buffer.map((value) => Math.round(value * 1e6) / 1e6)).toEqual([1.007, 0.993])
  })

  test('resumes with the same bits', () => {
    const params = fresh()
    const optimizer = new optim.SGD(params, options)
    advance(optimizer, params, 7)
    const copies = params.map((parameter) => parameter.detach().clone().requiresGrad_())
    const resumed = new optim.SGD(copies, { lr: 9 })
    resumed.loadStateDict(optimizer.stateDict())
    expect(resumed.paramGroups[0]).toMatchObject(options)
    const expected = advance(optimizer, params, 20)
    expect(advance(resumed, copies, 20)).toEqual(expected)
    // Without its state it would have gone elsewhere.
    const without = fresh()
    const forgetful = new optim.SGD(without, options)
    advance(forgetful, without, 7)
    forgetful.loadStateDict(new optim.SGD(fresh(), options).stateDict())
    expect(advance(forgetful, without, 20)).not.toEqual(expected)
  })

  test('takes over everything: what it has no buffer for starts anew', () => {
    const [parameter] = fresh() as [Tensor]
    const optimizer = new optim.SGD([parameter], { lr: 1, momentum: 0.5 })
    const empty = optimizer.stateDict()
    parameter.grad = tensor([8, 8])
    optimizer.step()
    optimizer.loadStateDict(empty)
    expect(optimizer.stateDict().state).toEqual({})
    const before = parameter.tolist() as number[]
    parameter.grad = tensor([1, 2])
    optimizer.step()
    const after = parameter.tolist() as number[]
    expect(before.map((value, i) => Math.round((value - after[i]!) * 1e5) / 1e5)).toEqual([1, 2])
  })

  test('takes what Python saved', () => {
    const params = [leaf([1]), leaf([1])]
    const optimizer = new optim.SGD(params, { lr: 1 })
    optimizer.loadStateDict({
      state: { 0: { momentum_buffer: tensor([4]) }, 1: { momentum_buffer: null } },
      param_groups: [
        {
          lr: 0.5,
          momentum: 0.5,
          dampening: 0,
          weight_decay: 0,
          nesterov: false,
          maximize: false,
          foreach: null,
          differentiable: false,
          params: [0, 1]
        }
      ]
    })
    expect(optimizer.paramGroups[0]).toMatchObject({ lr: 0.5, momentum: 0.5 })
    for (const parameter of params) parameter.grad = tensor([1], { dtype: 'float64' })
    optimizer.step()
    expect(params.map((parameter) => parameter.item())).toEqual([1 - 0.5 * (0.5 * 4 + 1), 0.5])
    expect((optimizer.stateDict().state['0']!['momentum_buffer'] as Tensor).dtype).toBe('float64')
  })

  test('that does not fit changes nothing', () => {
    const optimizer = new optim.SGD([leaf([1])], { lr: 1 })
    const [group] = optimizer.stateDict().param_groups as [{ params: number[] }]
    const wrong: ReturnType<typeof optimizer.stateDict>[] = [
      { state: {}, param_groups: [] },
      { state: {}, param_groups: [{ ...group, params: [0, 1] }] },
      { state: { 0: { momentum_buffer: tensor([1, 2]) } }, param_groups: [{ ...group, lr: 2 }] },
      { state: {}, param_groups: [{ ...group, momentum: 0.5, lr: -1 }] }
    ]
    for (const state of wrong) expect(() => optimizer.loadStateDict(state)).toThrow()
    expect(optimizer.paramGroups[0]).toMatchObject({ lr: 1, momentum: 0 })
    expect(() => optimizer.loadStateDict(null as never)).toThrow(error('TypeError'))
  })
})

import { afterAll, describe, expect, test } from '@jest/globals'
import * as torch from 'node-libtorch'

import { runScript } from './fixtures/run_script'

type Row = [name: string, call: () => unknown, error: string, message: RegExp]
const wrongCalls = require('./fixtures/wrong_calls') as (
  library: typeof torch
) => Record<string, Row[]>

const table = wrongCalls(torch)
const messages: string[] = []

/** What `call` throws; its realm is not this one, so classes are compared by name. */
function thrownBy(call: () => unknown): { name: string; message: string } {
  try {
    call()
  } catch (error) {
    return error as Error
  }
  return { name: 'nothing', message: 'nothing was thrown' }
}

/** 200 steps towards y = 2 x + 1 from zeros. */
function train(): number[] {
  const { nn, optim, tensor } = torch
  const model = new nn.Linear(1, 1)
  torch.noGrad(() => model.parameters().map((parameter) => parameter.zero_()))
  const criterion = new nn.MSELoss()
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 })
  for (let step = 0; step < 200; step++) {
    optimizer.zeroGrad()
    criterion(model(tensor([[0], [1], [2]])), tensor([[1], [3], [5]])).backward()
    optimizer.step()
  }
  return model.parameters().map((parameter) => parameter.item())
}

describe.each(Object.entries(table))('%s', (_topic, rows) => {
  test.each(rows)('%s', (_name, call, error, message) => {
    const thrown = thrownBy(call)
    messages.push(thrown.message)
    expect(thrown.name).toBe(error)
    expect(thrown.message).toMatch(message)
  })
})

describe('after all of them', () => {
  test('there were at least 60', () => {
    expect(messages.length).toBeGreaterThanOrEqual(60)
  })

  test('no message shows a C++ backtrace or a place in C++ source', () => {
    expect(
      messages.filter((message) => /frame #|Exception raised from|\.(cpp|cc|h):\d/.test(message))
    ).toEqual([])
  })

  test('modes and scopes are as before', () => {
    expect(torch.isGradEnabled()).toBe(true)
    const before = torch.memory().liveTensors
    torch.scope(() => torch.zeros(3).add(1).sum())
    expect(torch.memory().liveTensors).toBeLessThanOrEqual(before + 1)
  })

  test('the process still trains', () => {
    const [weight, bias] = train()
    expect(weight).toBeCloseTo(2, 3)
    expect(bias).toBeCloseTo(1, 3)
  })

  test('a bare process survives them and ends with code 0', () => {
    const { status, signal, stdout, stderr } = runScript('bad_input.js')
    expect({ status, signal, stdout, stderr: status === 0 ? '' : stderr }).toEqual({
      status: 0,
      signal: null,
      stdout: `${Object.values(table).flat().length} calls\n`,
      stderr: ''
    })
  })
})

// A row may have left references behind: nothing of it must keep a later file from its memory.
afterAll(() => {
  torch.sweep()
})

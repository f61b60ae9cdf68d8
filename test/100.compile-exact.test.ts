// A compiled step does what the step does: the same bits in losses, gradients, parameters, buffers,
// optimizer state and random numbers.
import { beforeAll, describe, expect, test } from '@jest/globals'
import { compile, setNumThreads } from 'node-libtorch'
import { models } from './fixtures/compiled_steps/models'
import { optimizers } from './fixtures/compiled_steps/optimizers'
import { patterns } from './fixtures/compiled_steps/patterns'
import { type Build, type Compile, differences, outcomeOf } from './fixtures/compiled_steps/trial'

beforeAll(() => setNumThreads(1))

const eagerly: Compile = (fn) => fn

function check(build: Build, steps: number): void {
  const compiled: { recordings: number; explain(): string }[] = []
  const counted: Compile = (fn) => {
    const step = compile(fn)
    compiled.push(step)
    return step
  }
  const wanted = outcomeOf(build, eagerly, steps)
  expect(differences(wanted, outcomeOf(build, counted, steps))).toEqual([])
  for (const step of compiled) {
    // Once as it begins, once or more as it goes on; all others were replayed.
    expect(step.recordings).toBeGreaterThan(0)
    expect(step.recordings).toBeLessThan(8)
    expect(step.explain()).toMatch(/operators recorded/)
  }
}

describe.each(Object.entries({ models, optimizers, patterns }))('%s', (_, builds) => {
  test.each(Object.entries(builds))('%s', (_, build) => check(build, 200))
})

test('10,000 steps of Adam', () => {
  check(optimizers['Adam'] as Build, 10_000)
})

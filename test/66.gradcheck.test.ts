import { describe, expect, test } from '@jest/globals'
import { autograd } from 'node-libtorch'

import { checks } from './gradcheck/operators'

const { gradcheck, gradgradcheck } = autograd

test('there are at least 100 operators', () => {
  expect(new Set(checks.map(({ name }) => name.split('(')[0])).size).toBeGreaterThanOrEqual(100)
})

describe('first and second derivatives agree with finite differences', () => {
  test.each(checks)('$name', ({ run, inputs, second }) => {
    expect(gradcheck(run, inputs)).toBe(true)
    if (second) expect(gradgradcheck(run, inputs)).toBe(true)
  })
})

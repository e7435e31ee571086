import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import type { DrillOutcome } from '../../../src/core/domain/drill.js'
import { leastRate, successRate } from '../../../src/core/domain/success-rate.js'

/** P(X >= k) for n tries at rate p, term by term. */
function atLeast(k: number, n: number, p: number): number {
  let sum = 0
  for (let i = k; i <= n; i++) {
    let term = 1
    for (let j = 0; j < i; j++) term *= ((n - j) / (j + 1)) * p
    sum += term * (1 - p) ** (n - i)
  }
  return sum
}

function boundByTrying(k: number, n: number): number {
  if (k === 0) return 0
  let [low, high] = [0, 1]
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2
    if (atLeast(k, n, middle) < 0.05) low = middle
    else high = middle
  }
  return low
}

const drills = (outcomes: readonly DrillOutcome[]) => outcomes.map((outcome) => ({ outcome }))

describe('the success rate of drills', () => {
  it('shows that 12 of 12 prove 77.9 %, not 99.9 %', () => {
    const rate = successRate(drills(Array.from({ length: 12 }, () => 'succeeded' as const)))
    expect(rate).toMatchObject({ successRate: 100, total: 12, succeeded: 12 })
    expect(rate.lowerBound).toBeCloseTo(77.9, 1)
  })

  it('needs 2995 drills without a failure to prove 99.9 %', () => {
    expect(leastRate(2994, 2994)).toBeLessThan(0.999)
    expect(leastRate(2995, 2995)).toBeGreaterThanOrEqual(0.999)
  })

  it('is null without drills: nothing was shown', () => {
    expect(successRate([])).toEqual({ successRate: null, lowerBound: null, total: 0, succeeded: 0 })
    expect(successRate(drills(['interrupted', 'running']))).toEqual(successRate([]))
  })

  it('counts neither those that were stopped nor those that still run', () => {
    const rate = successRate(drills(['succeeded', 'interrupted', 'failed', 'running', 'succeeded', 'succeeded']))
    expect(rate).toMatchObject({ successRate: 75, total: 4, succeeded: 3 })
  })

  it('has the bound that a plain sum of the binomial gives', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.nat(), (total, some) => {
        const succeeded = some % (total + 1)
        expect(leastRate(succeeded, total)).toBeCloseTo(boundByTrying(succeeded, total), 9)
      }),
      { numRuns: 300 },
    )
  })

  it('is never better than the rate itself, and grows with every success', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.nat(), (total, some) => {
        const succeeded = some % total
        expect(leastRate(succeeded, total)).toBeLessThanOrEqual(succeeded / total)
        expect(leastRate(succeeded + 1, total)).toBeGreaterThan(leastRate(succeeded, total))
      }),
      { numRuns: 200 },
    )
  })
})

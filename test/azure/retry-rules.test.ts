import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { retryAfterMs } from '../../src/azure/policies/retry-after.js'
import { type Attempt, isRepeatable, pauseBeforePoll, pauseBeforeRetry } from '../../src/azure/policies/retry-rules.js'

const anyAttempt: fc.Arbitrary<Attempt> = fc.record({
  trouble: fc.constantFrom('throttled', 'busy', 'unavailable', 'notSent', 'dropped'),
  number: fc.integer({ min: 1, max: 20 }),
  elapsedMs: fc.integer({ min: 0, max: 700_000 }),
  retryAfterMs: fc.option(fc.integer({ min: 0, max: 300_000 }), { nil: undefined }),
  repeatable: fc.boolean(),
  polling: fc.boolean(),
  chance: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
})

describe('retries', () => {
  it('never repeat what may have been carried out and must not be done twice', () => {
    fc.assert(
      fc.property(anyAttempt, (attempt) => {
        const maybeDone = attempt.trouble === 'unavailable' || attempt.trouble === 'dropped'
        if (maybeDone && !attempt.repeatable) expect(pauseBeforeRetry(attempt)).toBeUndefined()
      }),
    )
  })

  it('wait at least as long as they are asked to, at most two minutes, and never past ten', () => {
    fc.assert(
      fc.property(anyAttempt, (attempt) => {
        const pause = pauseBeforeRetry(attempt)
        if (pause === undefined) return
        expect(pause).toBeGreaterThanOrEqual(attempt.retryAfterMs ?? 0)
        expect(pause).toBeLessThanOrEqual(120_250)
        if (attempt.retryAfterMs !== undefined) expect(attempt.elapsedMs + pause).toBeLessThanOrEqual(600_000)
      }),
    )
  })

  it('end, whatever goes wrong', () => {
    fc.assert(
      fc.property(anyAttempt, (first) => {
        let elapsedMs = 0
        for (let number = 1; number < 10_000; number++) {
          const pause = pauseBeforeRetry({ ...first, number, elapsedMs })
          if (pause === undefined) return
          elapsedMs += Math.max(1, pause) + 100
        }
        throw new Error('it goes on for ever')
      }),
    )
  })

  it('leave the pace of polls to the server, which is not flooded where it asks for no pause', () => {
    fc.assert(
      fc.property(
        fc.option(fc.integer({ min: 0, max: 100_000 }), { nil: undefined }),
        fc.integer({ min: 1, max: 60_000 }),
        fc.integer({ min: 1, max: 10_000 }),
        (asked, interval, number) => {
          const pause = pauseBeforePoll(asked, interval, number)
          if (asked !== 0) expect(pause).toBe(asked ?? interval)
          else expect(pause).toBeGreaterThan(0)
          if (asked === 0) expect(pause).toBeLessThanOrEqual(Math.min(interval, 50 * number))
        },
      ),
    )
  })

  it('do not flood who asks for no pause', () => {
    fc.assert(
      fc.property(anyAttempt, ({ chance }) => {
        const asked = { trouble: 'throttled', retryAfterMs: 0, repeatable: true, polling: false, chance } as const
        let elapsedMs = 0
        for (let number = 1; number < 60; number++) {
          const pause = pauseBeforeRetry({ ...asked, number, elapsedMs })
          if (pause === undefined) return
          elapsedMs += pause
        }
        throw new Error('too many')
      }),
    )
  })

  it.each([
    ['GET', '/x', false, true],
    ['DELETE', '/x/snapshots/s', false, true],
    ['PUT', '/x/snapshots/s', false, true],
    ['PUT', '/x/virtualMachines/v', true, false],
    ['POST', '/x/virtualMachines/v/start', false, true],
    ['POST', '/x/virtualMachines/v/deallocate', false, true],
    ['POST', '/x/virtualMachines/v/runCommand', false, false],
    ['POST', '/x/virtualMachines/v/restart', false, false],
    ['PATCH', '/x/providers/Microsoft.Resources/tags/default', false, true],
    ['PATCH', '/x/virtualMachines/v', false, false],
  ])('know of %s %s (conditional: %s) whether it may be sent twice: %s', (method, path, conditional, repeatable) => {
    expect(isRepeatable({ method, url: `https://h${path}?api-version=1`, conditional })).toBe(repeatable)
  })
})

it.each([
  ['7', 7000],
  ['0.5', 500],
  ['99999999999', 86_400_000],
  ['Fri, 31 Dec 9999 23:59:59 GMT', 86_400_000],
  ['Mon, 02 Mar 2026 09:00:00 GMT', 0],
  ['soon', undefined],
  ['', undefined],
])('a Retry-After of %j is a wait that a timer can be set for: %s', (text, ms) => {
  const headers: Record<string, string> = { 'retry-after': text, date: 'Mon, 02 Mar 2026 10:00:00 GMT' }
  expect(retryAfterMs({ get: (name) => headers[name] }, () => new Date(0))).toBe(ms)
})

import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import type { Backup } from '../../../src/core/domain/backup.js'
import { settleTier } from '../../../src/core/domain/rivals.js'
import { backup, snapshot, usualSchedule } from '../support/builders.js'

const begun = (second: number) => new Date(Date.UTC(2026, 10, 23, 1, 0, second))

/** A monthly backup whose snapshot Azure made so many milliseconds after one o'clock. */
function monthly(name: string, madeMs: number, change: Partial<Backup> = {}): Backup {
  const createdAt = new Date(+begun(0) + madeMs)
  const disks = [{ snapshot: snapshot({ name, createdAt }), lun: null, facts: undefined }]
  return backup('monthly', begun(0), { name, disks, ...change })
}

const none: ReadonlySet<string> = new Set()

describe('two backups that want the same place', () => {
  it('leave it to the one that Azure made first; the other becomes the next tier that is due', () => {
    const a = monthly('a', 100)
    const b = monthly('b', 200)
    expect(settleTier({ ours: a, others: [b], settled: none, policy: usualSchedule })).toBe('monthly')
    expect(settleTier({ ours: b, others: [a], settled: none, policy: usualSchedule })).toBe('daily')
  })

  it('step down to weekly where the monthly one of the month lies in another week', () => {
    const first = backup('monthly', new Date('2026-11-02T00:00:00Z'), { name: 'first' })
    const other = backup('weekly', begun(0), { name: 'a' })
    const ours = backup('weekly', begun(1), { name: 'b' })
    expect(settleTier({ ours, others: [other, first], settled: none, policy: usualSchedule })).toBe('daily')
    // One that is only under way serves no lower period than its own.
    const policy = { ...usualSchedule, dailyRetention: 0 }
    expect(settleTier({ ours, others: [other], settled: none, policy })).toBe('weekly')
    expect(settleTier({ ours: monthly('z', 900), others: [monthly('a', 1)], settled: none, policy })).toBe('weekly')
  })

  it('keep both when one of them was complete before the other was begun: then the user forced it', () => {
    const a = monthly('a', 100)
    expect(settleTier({ ours: monthly('b', 200), others: [a], settled: new Set(['a']), policy: usualSchedule })).toBe(
      'monthly',
    )
  })

  it('do not yield to another period, to a lower tier, or to half a backup of long ago', () => {
    const ours = monthly('b', 200_000)
    const others = [
      backup('monthly', new Date('2026-10-31T23:59:59Z'), { name: 'october' }),
      backup('weekly', begun(0), { name: 'week' }),
      monthly('abandoned', 0, { complete: false }),
    ]
    expect(settleTier({ ours, others, settled: none, policy: usualSchedule })).toBe('monthly')
    const underWay = monthly('a', 150_000, { complete: false })
    expect(settleTier({ ours, others: [underWay], settled: none, policy: usualSchedule })).toBe('daily')
  })

  it('come out as exactly one holder of the place, whoever sees whom: who looks after the other was made sees it', () => {
    const contestant = fc.record({
      made: fc.integer({ min: 0, max: 30_000 }),
      took: fc.integer({ min: 1, max: 30_000 }),
    })
    fc.assert(
      fc.property(fc.array(contestant, { minLength: 1, maxLength: 6 }), (contestants) => {
        const all = contestants.map(({ made, took }, index) => ({
          one: monthly(`b${index}`, made),
          looks: made + took,
        }))
        const holders = all.filter(({ one, looks }) => {
          const others = all
            .filter((other) => other.one !== one && +(other.one.disks[0]?.snapshot.createdAt ?? 0) <= +begun(0) + looks)
            // Not yet finished at that moment, or finished: both count.
            .map((other) => ({ ...other.one, complete: other.looks <= looks }))
          return settleTier({ ours: one, others, settled: none, policy: usualSchedule }) === 'monthly'
        })
        expect(holders).toHaveLength(1)
      }),
    )
  })
})

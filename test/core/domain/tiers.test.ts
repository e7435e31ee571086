import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { type Tier, tiers } from '../../../src/core/domain/backup.js'
import { addMonths, periodOf } from '../../../src/core/domain/calendar.js'
import { dueTier, dueToday, type Retentions, tierFor, vanished } from '../../../src/core/domain/tiers.js'
import { usualSchedule } from '../support/builders.js'

const all: Retentions = { dailyRetention: 7, weeklyRetention: 4, monthlyRetention: 12 }
const at = (iso: string) => new Date(iso)
const made = (tier: Tier, iso: string) => ({ tier, createdAt: at(iso) })

const moment = fc.date({ min: at('1999-12-01T00:00:00Z'), max: at('2101-03-01T00:00:00Z'), noInvalidDate: true })

describe('periods', () => {
  it('begin on Sunday and on the 1st, at 00:00 UTC', () => {
    // 2026-11-22 was a Sunday.
    expect(periodOf('weekly', at('2026-11-28T23:59:59.999Z')).from).toEqual(at('2026-11-22T00:00:00Z'))
    expect(periodOf('weekly', at('2026-11-29T00:00:00Z')).from).toEqual(at('2026-11-29T00:00:00Z'))
    expect(periodOf('weekly', at('2026-01-01T12:00:00Z')).from).toEqual(at('2025-12-28T00:00:00Z'))
    expect(periodOf('monthly', at('2026-12-31T23:59:59Z'))).toEqual({
      from: at('2026-12-01T00:00:00Z'),
      to: at('2027-01-01T00:00:00Z'),
    })
  })

  it('are found by counting days one by one, too', () => {
    fc.assert(
      fc.property(moment, fc.constantFrom(...tiers), (when, tier) => {
        const begins = (day: Date) =>
          tier === 'daily' || (tier === 'weekly' ? day.getUTCDay() === 0 : day.getUTCDate() === 1)
        let day = new Date(`${when.toISOString().slice(0, 10)}T00:00:00Z`)
        while (!begins(day)) day = new Date(+day - 86_400_000)
        const { from, to } = periodOf(tier, when)
        expect(from).toEqual(day)
        expect(periodOf(tier, new Date(+to - 1)).from).toEqual(from)
        expect(periodOf(tier, to).from).toEqual(to)
      }),
    )
  })

  it('add months as a calendar does', () => {
    expect(addMonths(at('2026-01-31T03:04:05.006Z'), 1)).toEqual(at('2026-02-28T03:04:05.006Z'))
    expect(addMonths(at('2028-01-31T00:00:00Z'), 1)).toEqual(at('2028-02-29T00:00:00Z'))
    expect(addMonths(at('2024-02-29T00:00:00Z'), 12)).toEqual(at('2025-02-28T00:00:00Z'))
    expect(addMonths(at('2026-11-30T23:59:59Z'), 3)).toEqual(at('2027-02-28T23:59:59Z'))
    fc.assert(
      fc.property(moment, fc.integer({ min: 0, max: 600 }), (when, months) => {
        const moved = addMonths(when, months)
        const index = when.getUTCFullYear() * 12 + when.getUTCMonth() + months
        expect(moved.getUTCFullYear() * 12 + moved.getUTCMonth()).toBe(index)
        expect(moved.toISOString().slice(11)).toBe(when.toISOString().slice(11))
        // The same day, or a smaller one because the next day is another month.
        if (moved.getUTCDate() !== when.getUTCDate()) {
          expect(moved.getUTCDate()).toBeLessThan(when.getUTCDate())
          expect(new Date(+moved + 86_400_000).getUTCDate()).toBe(1)
        }
      }),
    )
  })
})

describe('the tier of the next backup', () => {
  it('is monthly for a VM that has none, on whatever day', () => {
    expect(dueTier([], all, at('2026-11-19T05:00:00Z'))).toBe('monthly')
  })

  it('is served by a higher tier of the same period and by no backup of another', () => {
    const monthly = made('monthly', '2026-11-02T00:00:00Z')
    expect(dueTier([monthly], all, at('2026-11-03T00:00:00Z'))).toBe('daily')
    expect(dueTier([monthly], all, at('2026-11-08T00:00:00Z'))).toBe('weekly')
    expect(dueTier([monthly], all, at('2026-12-01T00:00:00Z'))).toBe('monthly')
    expect(dueTier([made('monthly', '2025-11-02T00:00:00Z')], all, at('2026-11-03T00:00:00Z'))).toBe('monthly')
    expect(dueTier([monthly, made('daily', '2026-11-03T00:00:00Z')], all, at('2026-11-03T09:00:00Z'))).toBeUndefined()
  })

  it('never is one that is off', () => {
    expect(dueTier([], { ...all, monthlyRetention: 0 }, at('2026-11-19T05:00:00Z'))).toBe('weekly')
    expect(dueTier([], { ...all, monthlyRetention: 0, weeklyRetention: 0 }, at('2026-11-19T05:00:00Z'))).toBe('daily')
  })

  it('is what a plain reading of the contract says', () => {
    const backups = fc.array(fc.record({ tier: fc.constantFrom(...tiers), createdAt: moment }), { maxLength: 8 })
    const policy = fc.record({
      dailyRetention: fc.integer({ min: 0, max: 2 }),
      weeklyRetention: fc.integer({ min: 0, max: 2 }),
      monthlyRetention: fc.integer({ min: 0, max: 2 }),
    })
    // Near each other, so that periods are shared.
    const now = at('2026-11-25T12:00:00Z')
    const near = backups.map((list) =>
      list.map((one) => ({ ...one, createdAt: new Date(+now - (+one.createdAt % (40 * 86_400_000))) })),
    )
    fc.assert(
      fc.property(near, policy, (list, policy) => {
        const month = list.filter((one) => one.createdAt.toISOString().startsWith('2026-11'))
        const week = list.filter((one) => one.createdAt >= at('2026-11-22T00:00:00Z'))
        const day = list.filter((one) => one.createdAt.toISOString().startsWith('2026-11-25'))
        let expected: Tier | undefined
        if (policy.dailyRetention && day.length === 0) expected = 'daily'
        if (policy.weeklyRetention && !week.some((one) => one.tier === 'weekly' || one.tier === 'monthly'))
          expected = 'weekly'
        if (policy.monthlyRetention && !month.some((one) => one.tier === 'monthly')) expected = 'monthly'
        expect(dueTier(list, policy, now)).toBe(expected)
      }),
    )
  })

  it('is the lowest that is on where a backup is taken though none is due', () => {
    const today = made('monthly', '2026-11-23T01:00:00Z')
    expect(tierFor([today], all, at('2026-11-23T02:00:00Z'))).toBe('daily')
    expect(tierFor([today], { ...all, dailyRetention: 0 }, at('2026-11-23T02:00:00Z'))).toBe('weekly')
    const off = { dailyRetention: 0, weeklyRetention: 0, monthlyRetention: 0 }
    expect(tierFor([], off, at('2026-11-23T02:00:00Z'))).toBeUndefined()
  })
})

describe('backup run', () => {
  it('takes nothing on a day that has a backup, though a higher tier is due', () => {
    const today = made('daily', '2026-11-23T00:00:00Z')
    expect(dueTier([today], all, at('2026-11-23T23:59:59Z'))).toBe('monthly')
    expect(dueToday([today], all, at('2026-11-23T23:59:59Z'))).toBeUndefined()
    expect(dueToday([today], all, at('2026-11-24T00:00:00Z'))).toBe('monthly')
  })

  it('takes nothing on a day when no tier that is on is due', () => {
    const weekly = { ...all, dailyRetention: 0, monthlyRetention: 0 }
    expect(dueToday([made('weekly', '2026-11-22T03:00:00Z')], weekly, at('2026-11-25T03:00:00Z'))).toBeUndefined()
  })
})

describe('the last-run times of the schedule', () => {
  it('tell of a backup that has vanished, and of nothing else', () => {
    const schedule = {
      ...usualSchedule,
      lastMonthly: at('2026-11-02T00:00:00Z'),
      lastDaily: at('2026-11-22T00:00:00Z'),
    }
    const now = at('2026-11-23T00:00:00Z')
    expect(vanished([], schedule, now)).toEqual(['monthly'])
    expect(vanished([made('monthly', '2026-11-02T00:00:00Z')], schedule, now)).toEqual([])
    expect(vanished([], schedule, at('2026-12-01T00:00:00Z'))).toEqual([])
  })
})

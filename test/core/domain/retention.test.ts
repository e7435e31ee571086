import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { type Backup, type Tier, tiers } from '../../../src/core/domain/backup.js'
import { planRetention, type RetentionInput } from '../../../src/core/domain/retention.js'
import { backup, usualSchedule } from '../support/builders.js'

const day = 86_400_000
const now = new Date('2026-11-23T12:00:00Z')
const ago = (days: number) => new Date(+now - days * day)

function plan(backups: readonly Backup[], change: Partial<RetentionInput> = {}) {
  const sorted = backups.toSorted((a, b) => +b.createdAt - +a.createdAt)
  return planRetention({
    backups: sorted,
    incomplete: [],
    policy: usualSchedule,
    isLocked: () => false,
    now,
    ...change,
  })
}

/** The verdict on one backup that no protection saves: a fresh one stands beside it. */
function alone(tier: Tier, createdAt: Date, at: Date, change: Partial<RetentionInput> = {}) {
  const fresh = backup('daily', new Date(Math.max(+at, +createdAt) + 1))
  const { verdicts } = plan([backup(tier, createdAt), fresh], { now: at, ...change })
  return verdicts.find((verdict) => verdict.backup.createdAt === createdAt)
}

describe('the end of a retention', () => {
  it('comes for a daily backup when it is older than N times 24 hours, and not before', () => {
    const made = new Date('2026-03-28T01:00:00Z')
    expect(alone('daily', made, new Date(+made + 7 * day))?.keep).toBe(true)
    expect(alone('daily', made, new Date(+made + 7 * day + 1))?.keep).toBe(false)
  })

  it('comes for a weekly backup when it is older than N times 7 days, and not before', () => {
    const made = new Date('2026-03-28T01:00:00Z')
    expect(alone('weekly', made, new Date(+made + 28 * day))?.keep).toBe(true)
    expect(alone('weekly', made, new Date(+made + 28 * day + 1))?.keep).toBe(false)
  })

  it('comes for a monthly backup when N calendar months have passed, on the last day of a month that is too short', () => {
    const policy = { ...usualSchedule, monthlyRetention: 1 }
    const made = new Date('2026-01-31T10:00:00Z')
    expect(alone('monthly', made, new Date('2026-02-28T09:59:59.999Z'), { policy })?.keep).toBe(true)
    expect(alone('monthly', made, new Date('2026-02-28T10:00:00Z'), { policy })?.keep).toBe(false)
    const leap = new Date('2028-01-31T10:00:00Z')
    expect(alone('monthly', leap, new Date('2028-02-28T23:00:00Z'), { policy })?.keep).toBe(true)
    expect(alone('monthly', leap, new Date('2028-02-29T10:00:00Z'), { policy })?.keep).toBe(false)
  })

  it('keeps a year-old monthly backup for the whole year', () => {
    const made = new Date('2025-11-23T12:00:01Z')
    expect(alone('monthly', made, now)?.keep).toBe(true)
  })

  it('has come for all backups of a tier that is off', () => {
    const policy = { ...usualSchedule, weeklyRetention: 0 }
    const verdict = alone('weekly', ago(1), now, { policy })
    expect(verdict).toMatchObject({ keep: false, reason: 'weekly backups are off' })
  })

  it('never comes for a backup that is dated in the future', () => {
    const policy = { ...usualSchedule, dailyRetention: 0 }
    const future = backup('daily', new Date(+now + 1_000))
    const { verdicts } = plan([future, backup('monthly', new Date(+now + 2_000))], { policy })
    expect(verdicts.every((verdict) => verdict.keep)).toBe(true)
  })
})

describe('what is kept past its retention', () => {
  const old = (days: number, change: Partial<Backup> = {}) => backup('daily', ago(days), change)
  const reasons = (backups: readonly Backup[], change: Partial<RetentionInput> = {}) =>
    plan(backups, change).verdicts.map(({ keep, reason }) => `${keep ? 'kept' : 'goes'}: ${reason}`)

  it('is the newest complete backup, though it is the only one of an outage of months', () => {
    expect(reasons([old(90), old(91), old(92)])).toEqual([
      expect.stringMatching(/^kept: it is the newest complete backup/),
      expect.stringMatching(/^goes: older than its daily retention of 7 days/),
      expect.stringMatching(/^goes/),
    ])
  })

  it('is the newest of those that are not dated far ahead, which nobody can call newer', () => {
    const ahead = backup('daily', ago(-400), { verifiedAt: now })
    const checked = old(30, { verifiedAt: now })
    expect(reasons([ahead, old(20), checked, old(40)])).toEqual([
      expect.stringMatching(/^kept: it is dated in the future/),
      expect.stringMatching(/^kept: it is the newest complete backup/),
      expect.stringMatching(/^kept: it is the newest verified backup/),
      expect.stringMatching(/^goes/),
    ])
  })

  it('is the newest verified backup and no older one', () => {
    const verifiedAt = ago(1)
    expect(reasons([old(1), old(20), old(21, { verifiedAt }), old(22, { verifiedAt })])).toEqual([
      expect.stringMatching(/^kept: within/),
      expect.stringMatching(/^goes/),
      expect.stringMatching(/^kept: it is the newest verified backup/),
      expect.stringMatching(/^goes/),
    ])
  })

  it('is the newest that is not known to be damaged, where a newer one is', () => {
    const condemned = true
    const backups = [old(8, { condemned }), old(20, { condemned }), old(30), old(31)]
    expect(reasons(backups)).toEqual([
      expect.stringMatching(/^kept: it is the newest complete backup/),
      expect.stringMatching(/^goes/),
      expect.stringMatching(/^kept: it is the newest backup that is not known to be damaged/),
      expect.stringMatching(/^goes/),
    ])
    expect(plan(backups).keepers.map(({ createdAt }) => createdAt)).toEqual([ago(8), ago(30)])
  })

  it('is what is being copied, what waits for its copy, and what is locked', () => {
    const copying = old(20, { copying: true })
    expect(reasons([old(1), copying])[1]).toMatch(/^kept: it is being copied/)
    const policy = { ...usualSchedule, crossRegionEnabled: true, targetRegion: 'WestUS2' }
    const copied = old(21, { replicatedTo: ['westus2'] })
    expect(reasons([old(1), old(20), copied], { policy }).slice(1)).toEqual([
      expect.stringMatching(/^kept: it has no copy in WestUS2 yet/),
      expect.stringMatching(/^goes/),
    ])
    expect(reasons([old(1), old(20)], { isLocked: () => true })[1]).toMatch(/^kept: it is under a lock/)
  })

  it('waits two weeks longer for its copy, and goes then only if a newer one is copied', () => {
    const policy = { ...usualSchedule, crossRegionEnabled: true, targetRegion: 'eastus' }
    const copied = old(1, { replicatedTo: ['eastus'] })
    expect(reasons([copied, old(21)], { policy })[1]).toMatch(/^kept: it has no copy in eastus yet/)
    expect(reasons([copied, old(21.01)], { policy })[1]).toMatch(/^goes/)
    expect(reasons([old(1), old(90)], { policy })[1]).toMatch(/^kept: it has no copy/)
    // Nobody knows that what a wrong clock has dated far ahead is a newer one.
    const ahead = backup('daily', ago(-400), { replicatedTo: ['eastus'] })
    expect(reasons([ahead, old(1), old(90)], { policy })[2]).toMatch(/^kept: it has no copy/)
    expect(plan([old(1), old(20)], { policy }).verdicts.map(({ awaitsReplica }) => awaitsReplica)).toEqual([
      false,
      true,
    ])
  })

  it('never depends on the order of the protections: any one of them saves', () => {
    const one = fc.record({
      tier: fc.constantFrom(...tiers),
      age: fc.integer({ min: -3, max: 500 }),
      hour: fc.integer({ min: 0, max: 23 }),
      verified: fc.boolean(),
      bad: fc.boolean(),
      copying: fc.boolean(),
      copied: fc.boolean(),
      locked: fc.boolean(),
    })
    const numbers = fc.integer({ min: 0, max: 14 })
    const policy = fc.record({ daily: numbers, weekly: numbers, monthly: numbers, crossRegion: fc.boolean() })
    fc.assert(
      fc.property(
        fc.uniqueArray(one, { maxLength: 40, selector: ({ age, hour }) => age * 24 + hour }),
        policy,
        (list, policy) => {
          const locked = new Set<Backup>()
          const backups = list.map((want) => {
            const made = backup(want.tier, new Date(+ago(want.age) - want.hour * 3_600_000), {
              verifiedAt: want.verified ? now : undefined,
              condemned: want.bad,
              copying: want.copying,
              replicatedTo: want.copied ? ['eastus'] : [],
            })
            if (want.locked) locked.add(made)
            return made
          })
          const { verdicts, massive } = plan(backups, {
            policy: {
              dailyRetention: policy.daily,
              weeklyRetention: policy.weekly,
              monthlyRetention: policy.monthly,
              crossRegionEnabled: policy.crossRegion,
              targetRegion: policy.crossRegion ? 'eastus' : undefined,
            },
            isLocked: (one) => locked.has(one),
          })

          // One verdict with a reason for each, and each as this second reading of the contract has it.
          expect(verdicts.map((verdict) => verdict.backup.name).toSorted()).toEqual(
            backups.map(({ name }) => name).toSorted(),
          )
          const byAge = backups.toSorted((a, b) => +b.createdAt - +a.createdAt)
          for (const { backup: one, keep, reason } of verdicts) {
            expect(reason.length).toBeGreaterThan(10)
            const expiredAt = (moment: Date) => {
              const days = (+moment - +one.createdAt) / day
              return (
                days >= 0 &&
                (policy[one.tier] === 0 ||
                  (one.tier === 'daily' && days > policy.daily) ||
                  (one.tier === 'weekly' && days > policy.weekly * 7) ||
                  (one.tier === 'monthly' && monthsPassed(one.createdAt, moment) >= policy.monthly))
              )
            }
            const newerIsCopied = byAge
              .slice(0, byAge.indexOf(one))
              .some((other) => other.createdAt <= ago(-1) && other.replicatedTo.length > 0)
            const longOver = expiredAt(ago(14))
            const saved =
              one === byAge.find((other) => other.createdAt <= ago(-1)) ||
              one === byAge.find((other) => other.createdAt <= ago(-1) && other.verifiedAt) ||
              one === byAge.find((other) => other.createdAt <= ago(-1) && !other.condemned) ||
              one.copying ||
              (policy.crossRegion && one.replicatedTo.length === 0 && !(newerIsCopied && longOver)) ||
              locked.has(one)
            expect(keep).toBe(!expiredAt(now) || saved)
          }
          const gone = verdicts.filter((verdict) => !verdict.keep).length
          expect(massive).toBe(gone > 10 && gone > backups.length / 2)
        },
      ),
    )
  })
})

/** Whole months from one moment to another, counted by walking the calendar. */
function monthsPassed(from: Date, to: Date): number {
  let months = 0
  for (;;) {
    const year = from.getUTCFullYear()
    const month = from.getUTCMonth() + months + 1
    const length = new Date(Date.UTC(year, month + 1, 0)).getUTCDate()
    const next = new Date(from)
    next.setUTCFullYear(year, month, Math.min(from.getUTCDate(), length))
    if (next > to) return months
    months++
  }
}

describe('a run that would remove very much', () => {
  const many = (gone: number, stay: number) => [
    ...Array.from({ length: stay }, (_, index) => backup('daily', ago(index / 100))),
    ...Array.from({ length: gone }, (_, index) => backup('daily', ago(30 + index))),
  ]
  it('is stopped when that is more than half and more than ten', () => {
    expect(plan(many(11, 10)).massive).toBe(true)
    expect(plan(many(11, 11)).massive).toBe(false)
    expect(plan(many(10, 1)).massive).toBe(false)
    expect(plan(many(400, 1)).massive).toBe(true)
  })
})

describe('half a backup', () => {
  const half = (days: number, change: Partial<Backup> = {}) =>
    backup('daily', ago(days), { complete: false, ...change })
  const whole = backup('daily', ago(1))

  it('goes when it is past its own retention and a newer whole one stands', () => {
    expect(plan([whole], { incomplete: [half(8)] }).leftovers).toHaveLength(1)
  })

  it('stays while it may still be of use', () => {
    const off = { ...usualSchedule, dailyRetention: 0 }
    expect(plan([whole], { incomplete: [half(6)] }).leftovers).toEqual([])
    expect(plan([backup('daily', ago(9))], { incomplete: [half(8)] }).leftovers).toEqual([])
    expect(plan([], { incomplete: [half(8)] }).leftovers).toEqual([])
    expect(plan([whole], { incomplete: [half(8, { copying: true })] }).leftovers).toEqual([])
    expect(plan([whole], { incomplete: [half(8)], isLocked: () => true }).leftovers).toEqual([])
    expect(plan([backup('daily', now)], { incomplete: [half(0.9)], policy: off }).leftovers).toEqual([])
  })

  it('is not what is incomplete only while Azure does something to it', () => {
    const inState = (provisioningState: string) =>
      half(8, {
        verifiedAt: ago(8),
        disks: half(8).disks.map((disk) => ({ ...disk, snapshot: { ...disk.snapshot, provisioningState } })),
      })
    const goes = (state: string) => plan([whole], { incomplete: [inState(state)] }).leftovers.length > 0
    expect(['Updating', 'Creating', 'Deleting', 'Succeeded', 'Failed'].filter(goes)).toEqual(['Succeeded', 'Failed'])
  })

  it('is never the newest complete backup that protects itself', () => {
    const { verdicts } = plan([backup('daily', ago(30))], { incomplete: [half(1)] })
    expect(verdicts).toHaveLength(1)
    expect(verdicts[0]?.reason).toContain('newest complete')
  })
})

import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { reportOn, type Verified, type VmFacts } from '../../../src/core/domain/verification-report.js'
import { backup, usualSchedule } from '../support/builders.js'

const now = new Date('2026-11-23T12:00:00Z')
const day = 86_400_000
const daysAgo = (days: number) => new Date(+now - days * day)
const vm = { name: 'web-1', resourceGroup: 'rg' }

function verified(days: number, success = true, name = 'b'): Verified {
  return {
    backup: name,
    vm,
    region: 'westus2',
    verifiedAt: daysAgo(days),
    success,
    diskReadable: success,
    sizeMatches: true,
    testDiskCreated: true,
    testDiskDeleted: true,
    errorMessage: success ? undefined : 'Broken.',
    seconds: 3,
  }
}
const facts = (change: Partial<VmFacts>): VmFacts => ({
  vm,
  backups: [],
  copies: [],
  incomplete: [],
  schedule: undefined,
  verified: [],
  interrupted: [],
  ...change,
})

describe('the report', () => {
  it('counts like a plain loop over all verifications', () => {
    const one = fc.record({ days: fc.double({ min: 0.01, max: 30, noNaN: true }), success: fc.boolean() })
    fc.assert(
      fc.property(fc.array(one, { maxLength: 20 }), fc.integer({ min: 1, max: 20 }), (list, days) => {
        const report = reportOn([facts({ verified: list.map((item) => verified(item.days, item.success)) })], days, now)
        let [total, good, last] = [0, 0, Number.POSITIVE_INFINITY]
        for (const item of list) {
          if (item.success) last = Math.min(last, item.days)
          if (+daysAgo(item.days) < +daysAgo(days)) continue
          total++
          if (item.success) good++
        }
        expect(report.totalVerified).toBe(total)
        expect(report.successRate).toBe(total === 0 ? undefined : (good / total) * 100)
        expect(report.failures).toHaveLength(total - good)
        expect(report.lastVerified).toEqual(last === Number.POSITIVE_INFINITY ? undefined : daysAgo(last))
        expect(report.vms[0]).toMatchObject({ totalVerified: total, failures: report.failures })
      }),
    )
  })

  it('leaves out of the rate what was interrupted, and tells how many', () => {
    const report = reportOn([facts({ verified: [verified(1)], interrupted: [daysAgo(1), daysAgo(9)] })], 7, now)
    expect(report).toMatchObject({ totalVerified: 1, successRate: 100, interrupted: 1 })
  })

  it('names what nobody has verified for more than seven days, oldest first', () => {
    const backups = [
      backup('daily', daysAgo(6.9)),
      backup('daily', daysAgo(8), { verifiedAt: daysAgo(2) }),
      backup('weekly', daysAgo(9)),
      backup('monthly', daysAgo(40), { verifiedAt: daysAgo(7.1) }),
    ]
    const report = reportOn([facts({ backups })], 7, now)
    expect(report.unverified.map((one) => one.backup)).toEqual([backups[3]?.name, backups[2]?.name])
  })

  it('adds what only the tags tell, and nothing twice', () => {
    const here = backup('daily', daysAgo(3), { verifiedAt: daysAgo(1) })
    const there = backup('daily', daysAgo(2), { verifiedAt: daysAgo(1.5) })
    const failed = backup('daily', daysAgo(4), { verifyFailedAt: daysAgo(2) })
    const copy = { ...here, region: 'eastus', verifiedAt: daysAgo(0.5) }
    const mine = verified(1, true, here.name)
    const report = reportOn([facts({ backups: [here, there, failed], copies: [copy], verified: [mine] })], 7, now)
    expect(report).toMatchObject({ totalVerified: 4, successRate: 75, lastVerified: daysAgo(0.5) })
    expect(report.failures[0]?.errorMessage).toMatch(/another computer/)
  })
})

describe('the warning that verification is too rare', () => {
  const schedule = { ...usualSchedule, dailyRetention: 3 }
  const backups = [backup('daily', daysAgo(0.5)), backup('daily', daysAgo(10))]
  const warnings = (change: Partial<VmFacts>) => reportOn([facts({ schedule, backups, ...change })], 7, now).warnings

  it('comes when a pause is longer than the shortest retention', () => {
    expect(warnings({ verified: [verified(9), verified(5), verified(1)] })).toEqual([
      expect.stringMatching(/^web-1: up to 4 days .* daily backups are kept 3 days/),
    ])
    expect(warnings({ verified: [] })[0]).toMatch(/up to 10 days/)
  })

  it('does not come when each pause is shorter, when nothing is kept, or without a schedule', () => {
    expect(warnings({ verified: [verified(8), verified(5.5), verified(3), verified(0.5)] })).toEqual([])
    expect(warnings({ backups: [backup('daily', daysAgo(1))] })).toEqual([])
    expect(warnings({ backups: [] })).toEqual([])
    expect(warnings({ schedule: undefined })).toEqual([])
    expect(warnings({ schedule: { ...schedule, enabled: false } })).toEqual([])
  })

  it('does not count a failure as having looked', () => {
    expect(warnings({ verified: [verified(8), verified(5.5, false), verified(3), verified(0.5)] })).toHaveLength(1)
  })
})

import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import type { Backup, RecoveryDisk } from '../../../src/core/domain/backup.js'
import { filledPercent, isFilling, taken } from '../../../src/core/domain/filling.js'
import { planRetention } from '../../../src/core/domain/retention.js'
import type { Snapshot } from '../../../src/core/domain/snapshot.js'
import { isSettled, whyIncomplete, whyNotVerifiable } from '../../../src/core/domain/verify-plan.js'
import { backup, snapshot, usualSchedule } from '../support/builders.js'

const day = 86_400_000
const at = new Date('2026-11-23T01:00:00Z')

function disk(lun: number | null, change: Partial<Snapshot> = {}, of = 2): RecoveryDisk {
  const facts = { lun, caching: 'None', sku: 'PremiumV2_LRS', sizeGb: 64, zone: '1', of, diskName: `d${lun}` } as const
  return { snapshot: snapshot({ name: `s${lun}`, createdAt: at, ...change }), lun, facts }
}

const half = (...disks: RecoveryDisk[]): Backup => backup('daily', at, { complete: false, disks })

describe('a backup whose data is still arriving', () => {
  it('has all of its disks, and nothing is wrong with any', () => {
    expect(isFilling(half(disk(null), disk(0, { completionPercent: 40 })))).toBe(true)
    expect(isFilling(half(disk(null, { completionPercent: 0 }), disk(0, { completionPercent: 40 })))).toBe(true)
    expect(isFilling(half(disk(null, { completionPercent: 40 })))).toBe(false)
    expect(isFilling(half(disk(null), disk(0)))).toBe(false)
    expect(isFilling({ ...half(disk(null), disk(0)), complete: true })).toBe(false)
    for (const wrong of [{ provisioningState: 'Failed' }, { provisioningState: 'Updating' }, { copyError: 'gone' }])
      expect(isFilling(half(disk(null, { completionPercent: 9 }), disk(0, { completionPercent: 9, ...wrong })))).toBe(
        false,
      )
  })

  it('is as far as the disk that is the furthest back', () => {
    const percent = fc.double({ min: 0, max: 99.99, noNaN: true })
    fc.assert(
      fc.property(percent, percent, (one, other) => {
        const parts = half(disk(null, { completionPercent: one }), disk(0, { completionPercent: other }))
        expect(filledPercent(parts)).toBe(Math.floor(Math.min(one, other)))
        expect(filledPercent(half(disk(null), disk(0, { completionPercent: one })))).toBe(Math.floor(one))
      }),
    )
  })

  it('counts as taken, and half a backup does not', () => {
    const filling = half(disk(null), disk(0, { completionPercent: 40 }))
    const lost = half(disk(null))
    const whole = backup('daily', at)
    expect(taken({ backups: [whole], incomplete: [filling, lost] })).toEqual([whole, filling])
  })

  it('is told from one that will never be complete', () => {
    const filling = half(disk(null), disk(0, { completionPercent: 40.7 }))
    expect(whyIncomplete(filling)).toEqual({
      why: 'Azure is still copying its data in the background (40 % is there)',
      waits: true,
    })
    expect(whyNotVerifiable(filling)?.way).toMatch(/azlin backup list/)
    expect(whyIncomplete(half(disk(null)))).toEqual({ why: 'snapshots of it are missing (1 of 2 are there)' })
    const failed = half(
      disk(null, { completionPercent: 9 }),
      disk(0, { provisioningState: 'Failed', completionPercent: 9 }),
    )
    expect(whyIncomplete(failed)).toEqual({ why: 'its snapshot s0 is Failed' })
  })

  it('is never removed nor given up as long as its data arrives, however long that takes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 400 }), (days) => {
        const now = new Date(+at + days * day)
        const policy = { ...usualSchedule, dailyRetention: 1 }
        const backups = [backup('daily', now)]
        const plan = (one: Backup) => planRetention({ backups, incomplete: [one], policy, isLocked: () => false, now })
        const filling = half(disk(null), disk(0, { completionPercent: 40 }))
        expect(plan(filling).leftovers).toEqual([])
        expect(isSettled(filling, now)).toBe(false)
        expect(plan(half(disk(null))).leftovers).toHaveLength(days > 1 ? 1 : 0)
      }),
    )
  })
})

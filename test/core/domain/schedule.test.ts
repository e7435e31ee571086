import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import type { BackupSchedule } from '../../../src/core/domain/backup.js'
import {
  decodeSchedule,
  encodeSchedule,
  placementTag,
  readSchedule,
  scheduleTag,
  scheduleTags,
} from '../../../src/core/domain/schedule.js'
import {
  decodeSnapshotSchedule,
  encodeSnapshotSchedule,
  readSnapshotSchedule,
  snapshotDueAt,
} from '../../../src/core/domain/snapshot-schedule.js'

const second = fc
  .date({ min: new Date('1970-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
  .map((at) => new Date(Math.floor(+at / 1000) * 1000))
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })
const retention = fc.integer({ min: 0, max: 9_999 })
const group = fc.stringMatching(/^[\p{L}0-9_().-]{0,89}[a-z0-9_()-]$/u).filter((name) => name.length <= 90)

const schedule: fc.Arbitrary<BackupSchedule> = fc
  .record({
    enabled: fc.boolean(),
    dailyRetention: retention,
    weeklyRetention: retention,
    monthlyRetention: retention,
    lastDaily: maybe(second),
    lastWeekly: maybe(second),
    lastMonthly: maybe(second),
    crossRegionEnabled: fc.boolean(),
    targetRegion: maybe(fc.stringMatching(/^[a-z][a-z0-9]{2,49}$/)),
    targetResourceGroup: maybe(group),
    backupResourceGroup: maybe(group),
  })
  .filter((one) => one.targetRegion !== undefined || !one.crossRegionEnabled)

const plain: BackupSchedule = {
  enabled: true,
  dailyRetention: 7,
  weeklyRetention: 4,
  monthlyRetention: 12,
  lastDaily: undefined,
  lastWeekly: undefined,
  lastMonthly: undefined,
  crossRegionEnabled: false,
  targetRegion: undefined,
  targetResourceGroup: undefined,
  backupResourceGroup: undefined,
}

describe('the backup schedule in its tags', () => {
  it('comes back as it was written, and never in more than 256 characters', () => {
    fc.assert(
      fc.property(schedule, (written) => {
        const tags = scheduleTags(written, {})
        for (const value of Object.values(tags)) expect(value.length).toBeLessThanOrEqual(256)
        expect(readSchedule(tags)).toEqual(written)
      }),
    )
  })

  it('fits in its longest form', () => {
    const last = new Date('9999-12-31T23:59:59Z')
    const longest = encodeSchedule({
      ...plain,
      dailyRetention: 9_999,
      weeklyRetention: 9_999,
      monthlyRetention: 9_999,
      lastDaily: last,
      lastWeekly: last,
      lastMonthly: last,
      crossRegionEnabled: true,
      targetRegion: 'r'.repeat(50),
    })
    expect(longest.length).toBeLessThanOrEqual(256)
  })

  it('has one tag unless groups are named, and takes groups back that were named before', () => {
    expect(Object.keys(scheduleTags(plain, {}))).toEqual([scheduleTag])
    const placed = scheduleTags({ ...plain, backupResourceGroup: 'vault-rg' }, {})
    const taken = { ...placed, ...scheduleTags(plain, placed) }
    expect(Object.keys(taken)).toContain(placementTag)
    expect(readSchedule(taken)).toEqual(plain)
  })

  it('is found under a tag name in another case', () => {
    expect(readSchedule({ 'AZLIN:Backup-Schedule': encodeSchedule(plain) })).toEqual(plain)
  })

  it('is read from the long JSON of earlier versions', () => {
    const long = {
      enabled: true,
      daily_retention: 14,
      weekly_retention: 8,
      monthly_retention: 24,
      last_daily: '2025-03-01T02:00:00.123456',
      last_weekly: '2025-03-01T02:00:00+02:00',
      last_monthly: null,
      cross_region_enabled: true,
      target_region: 'westus2',
    }
    expect(decodeSchedule(JSON.stringify(long))).toEqual({
      ...plain,
      dailyRetention: 14,
      weeklyRetention: 8,
      monthlyRetention: 24,
      lastDaily: new Date('2025-03-01T02:00:00.123Z'),
      lastWeekly: new Date('2025-03-01T00:00:00Z'),
      crossRegionEnabled: true,
      targetRegion: 'westus2',
    })
  })

  it('does not want copies of a schedule that names no region for them', () => {
    const text = JSON.stringify({ enabled: true, cross_region_enabled: true, target_region: null })
    expect(decodeSchedule(text)).toMatchObject({ crossRegionEnabled: false, dailyRetention: 7 })
  })

  it.each([
    '',
    'yes',
    '[]',
    'null',
    '{}',
    '{"enabled":"yes"}',
    '{"enabled":true,"daily_retention":-1}',
    '{"enabled":true,"daily_retention":1.5}',
    '{"enabled":true,"weekly_retention":"4"}',
    '{"enabled":true,"monthly_retention":10000}',
    "{'enabled': True}",
    '{"on":1}',
    '{"on":2,"d":7,"w":4,"m":12,"x":0}',
    '{"enabled":true',
  ])('is not made up from %s', (text) => {
    expect(decodeSchedule(text)).toBeUndefined()
    expect(readSchedule({ [scheduleTag]: text })).toBe('unreadable')
  })

  it('is told apart from no schedule at all', () => {
    expect(readSchedule({ other: 'x' })).toBe('none')
  })

  it('never throws, whatever stands in the tag', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => void decodeSchedule(text, text)))
  })
})

describe('the snapshot schedule in its tag', () => {
  const one = { enabled: true, intervalHours: 24, keepCount: 2, lastSnapshot: new Date('2026-01-01T00:00:00Z') }

  it('comes back as it was written, and never in more than 256 characters', () => {
    const any = fc.record({
      enabled: fc.boolean(),
      intervalHours: fc.integer({ min: 1, max: 8_760 }),
      keepCount: fc.integer({ min: 1, max: 9_999 }),
      lastSnapshot: maybe(second),
    })
    fc.assert(
      fc.property(any, (written) => {
        const text = encodeSnapshotSchedule(written)
        expect(text.length).toBeLessThanOrEqual(256)
        expect(decodeSnapshotSchedule(text)).toEqual(written)
      }),
    )
  })

  it('is read from the long JSON of earlier versions', () => {
    const long = { enabled: true, interval_hours: 24, keep_count: 2, last_snapshot_time: '2026-01-01T00:00:00' }
    expect(decodeSnapshotSchedule(JSON.stringify(long))).toEqual(one)
    expect(decodeSnapshotSchedule(JSON.stringify({ ...long, last_snapshot_time: null }))).toEqual({
      ...one,
      lastSnapshot: undefined,
    })
  })

  it.each([
    '',
    '{}',
    '{"on":1,"h":0,"k":2}',
    '{"on":1,"h":24,"k":0}',
    '{"enabled":true,"interval_hours":9000,"keep_count":2}',
  ])('is not made up from %s', (text) =>
    expect(readSnapshotSchedule({ 'azlin:snapshot-schedule': text })).toBe('unreadable'),
  )

  it('is due at once when there was none, and again one interval later', () => {
    const now = new Date('2026-01-01T12:00:00Z')
    expect(snapshotDueAt({ ...one, lastSnapshot: undefined }, now)).toEqual(now)
    expect(+snapshotDueAt(one, now)).toBeGreaterThan(+now)
  })

  it('loses no interval to a timer that fires a little early, in a simulated quarter of a year', () => {
    // Every day at 03:00, up to a minute early or late.
    let last: Date | undefined
    let taken = 0
    for (let day = 0; day < 90; day++) {
      const jitter = ((day * 7_919) % 120_000) - 60_000
      const now = new Date(Date.UTC(2026, 0, 1 + day, 3) + jitter)
      if (snapshotDueAt({ ...one, lastSnapshot: last }, now) <= now) {
        last = now
        taken++
      }
    }
    expect(taken).toBe(90)
  })

  it('goes on after a clock that was wrong has been put back', () => {
    const now = new Date('2025-06-01T00:00:00Z')
    expect(snapshotDueAt(one, now)).toEqual(now)
  })
})

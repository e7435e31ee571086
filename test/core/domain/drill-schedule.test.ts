import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { type ProofLevel, proofLevels, type Tier, tiers } from '../../../src/core/domain/backup.js'
import {
  afterDrill,
  backupToProve,
  type DrillSchedule,
  decodeDrillSchedule,
  encodeDrillSchedule,
  isDrillDue,
  mostDrillDays,
  readDrillSchedule,
} from '../../../src/core/domain/drill-schedule.js'

const day = 86_400_000
const now = new Date('2026-11-23T03:00:00Z')
const usual: DrillSchedule = {
  enabled: true,
  testRegion: 'eastus2',
  everyDays: 7,
  lastDrill: undefined,
  lastProven: {},
}

const second = fc
  .date({ min: new Date('2000-01-01T00:00:00Z'), max: new Date('2099-12-31T00:00:00Z'), noInvalidDate: true })
  .map((at) => new Date(Math.floor(+at / 1000) * 1000))
const schedules: fc.Arbitrary<DrillSchedule> = fc.record({
  enabled: fc.boolean(),
  testRegion: fc.stringMatching(/^[a-z][a-z0-9]{2,49}$/),
  everyDays: fc.integer({ min: 1, max: mostDrillDays }),
  lastDrill: fc.option(second, { nil: undefined }),
  lastProven: fc.record({ daily: second, weekly: second, monthly: second }, { requiredKeys: [] }),
})

describe('the drill schedule in a tag', () => {
  it('comes back as it went in, and always fits the 256 characters of a tag', () => {
    fc.assert(
      fc.property(schedules, (schedule) => {
        const text = encodeDrillSchedule(schedule)
        expect(text.length).toBeLessThanOrEqual(256)
        expect(decodeDrillSchedule(text)).toEqual(schedule)
      }),
    )
  })

  it('is unreadable rather than guessed', () => {
    for (const text of [
      '',
      'null',
      '[]',
      '{"on":1}',
      '{"on":1,"r":"x","e":0}',
      '{"on":2,"r":"x","e":7}',
      '{"on":1,"r":"","e":7}',
    ])
      expect(readDrillSchedule({ 'azlin:dr-schedule': text })).toBe('unreadable')
    expect(readDrillSchedule({})).toBe('none')
    expect(readDrillSchedule({ 'AZLIN:DR-Schedule': encodeDrillSchedule(usual) })).toEqual(usual)
  })
})

describe('a drill', () => {
  it('is due at once, and then after so many days', () => {
    expect(isDrillDue(usual, now)).toBe(true)
    const last = (daysAgo: number) => ({ ...usual, lastDrill: new Date(+now - daysAgo * day) })
    expect(isDrillDue(last(6.5), now)).toBe(false)
    expect(isDrillDue(last(7), now)).toBe(true)
    expect(isDrillDue({ ...last(30), enabled: false }, now)).toBe(false)
  })

  it('is not lost because a timer went off a little early', () => {
    expect(isDrillDue({ ...usual, lastDrill: new Date(+now - 7 * day + 60_000) }, now)).toBe(true)
    expect(isDrillDue({ ...usual, everyDays: 1, lastDrill: new Date(+now - day + 60_000) }, now)).toBe(true)
  })

  it('is due although a clock that was moved says that the last one is still to come', () => {
    expect(isDrillDue({ ...usual, lastDrill: new Date(+now + day) }, now)).toBe(true)
  })
})

interface Point {
  readonly name: string
  readonly tier: Tier
  readonly proof: { readonly level: ProofLevel; readonly at: Date } | undefined
}

const point = (tier: Tier, proof?: Point['proof']): Point => ({ name: `${tier}-1`, tier, proof })

describe('the backup that a scheduled drill takes', () => {
  it('is of the tier that was not shown to work for longest', () => {
    const there = [
      point('daily', { level: 4, at: new Date(+now - 14 * day) }),
      point('weekly', { level: 5, at: new Date(+now - 7 * day) }),
      point('monthly', { level: 3, at: now }),
    ]
    // That a disk was read shows no machine.
    expect(backupToProve(there, [], usual)?.tier).toBe('monthly')
    expect(backupToProve(there, [], { lastProven: { monthly: now } })?.tier).toBe('daily')
  })

  it('is the newest of its tier, and one that need not be copied first', () => {
    const [newest, older] = [
      { ...point('daily'), name: 'newest' },
      { ...point('daily'), name: 'older' },
    ]
    expect(backupToProve([older], [newest, older], usual)).toBe(older)
    expect(backupToProve([], [newest, older], usual)).toBe(newest)
    expect(backupToProve([], [], usual)).toBeUndefined()
  })

  it('comes round to every kind, though daily backups expire before they are drilled again', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 3, max: 40 }),
        fc.uniqueArray(fc.constantFrom(...tiers), { minLength: 1 }),
        (weeks, kinds) => {
          const drilled: Tier[] = []
          let schedule = usual
          for (let week = 0; week < weeks; week++) {
            const at = new Date(+now + week * 7 * day)
            // Each time all backups are new ones, without a proof: only the schedule remembers.
            const taken = backupToProve(
              kinds.map((kind) => point(kind)),
              [],
              schedule,
            )
            if (taken) drilled.push(taken.tier)
            schedule = afterDrill(schedule, { at, provenTier: taken?.tier })
          }
          for (let i = 0; i + kinds.length <= drilled.length; i++)
            expect(new Set(drilled.slice(i, i + kinds.length))).toEqual(new Set(kinds))
        },
      ),
    )
  })

  it('does not count a drill that proved nothing', () => {
    const after = afterDrill({ ...usual, lastProven: { weekly: now } }, { at: now, provenTier: undefined })
    expect(after).toMatchObject({ lastDrill: now, lastProven: { weekly: now } })
    expect(proofLevels).toContain(4)
  })
})

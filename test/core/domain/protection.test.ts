import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import type { Backup, BackupSchedule } from '../../../src/core/domain/backup.js'
import type { DrillSchedule } from '../../../src/core/domain/drill-schedule.js'
import { type ProtectionFacts, protectionOf } from '../../../src/core/domain/protection.js'
import { backup, usualSchedule } from '../support/builders.js'

const now = new Date('2026-11-23T12:00:00Z')
const hour = 3_600_000
const day = 24 * hour
const ago = (ms: number) => new Date(+now - ms)
const vm = { name: 'web-1', resourceGroup: 'rg' }
const weekly: DrillSchedule = {
  enabled: true,
  testRegion: 'eastus2',
  everyDays: 7,
  lastDrill: undefined,
  lastProven: {},
}
const toEast: BackupSchedule = { ...usualSchedule, crossRegionEnabled: true, targetRegion: 'eastus2' }
const daily = (ms: number, change: Partial<Backup> = {}) => backup('daily', ago(ms), change)
const copy = (ms: number, change: Partial<Backup> = {}) => daily(ms, { region: 'eastus2', replicaOf: 'x', ...change })
const verified = { verifiedAt: ago(day) }

const facts = (change: Partial<ProtectionFacts>): ProtectionFacts => ({
  vm,
  gone: false,
  backups: [daily(hour, verified)],
  incomplete: [],
  copies: [],
  schedule: usualSchedule,
  drills: 'none',
  ...change,
})
const codes = (change: Partial<ProtectionFacts>) => {
  const { standing, problems } = protectionOf(facts(change), now)
  return [standing, ...problems.map(({ code }) => code)]
}

describe('the protection of a VM', () => {
  it.each<[string, Partial<ProtectionFacts>, readonly string[]]>([
    ['all is well', {}, ['protected']],
    ['nothing is there', { backups: [] }, ['unprotected', 'NO_BACKUP']],
    ['nobody wants backups', { backups: [], schedule: 'none' }, ['unprotected', 'NO_BACKUP', 'NO_SCHEDULE']],
    ['there are backups and no schedule', { schedule: 'none' }, ['at risk', 'NO_SCHEDULE']],
    ['the schedule is off', { schedule: { ...usualSchedule, enabled: false } }, ['at risk', 'SCHEDULE_OFF']],
    ['the tag is broken', { schedule: 'unreadable' }, ['at risk', 'SCHEDULE_UNREADABLE']],
    ['a timer is late', { backups: [daily(30 * hour, verified)] }, ['protected']],
    ['a timer stands still', { backups: [daily(30 * hour + 1, verified)] }, ['at risk', 'OVERDUE']],
    [
      'only weekly ones are wanted',
      { backups: [daily(7 * day, verified)], schedule: { ...usualSchedule, dailyRetention: 0 } },
      ['protected'],
    ],
    [
      'the newest is known to be damaged',
      { backups: [daily(hour, { verifyFailedAt: ago(1), condemned: true }), daily(day, verified)] },
      ['at risk', 'DAMAGED'],
    ],
    ['it could not be looked at', { backups: [daily(hour, { verifyFailedAt: ago(1), ...verified })] }, ['protected']],
    [
      'all are damaged',
      { backups: [daily(hour, { verifyFailedAt: ago(1), condemned: true })] },
      ['unprotected', 'DAMAGED'],
    ],
    [
      'only a copy is good',
      { backups: [daily(hour, { verifyFailedAt: ago(1), condemned: true })], copies: [copy(day, verified)] },
      ['at risk', 'DAMAGED'],
    ],
    [
      'a copy is not there yet',
      { copies: [copy(hour, { complete: false })], backups: [] },
      ['unprotected', 'NO_BACKUP'],
    ],
    ['copies are wanted since an hour', { schedule: toEast }, ['protected']],
    [
      'no copy came in a day',
      { schedule: toEast, backups: [daily(hour, verified), daily(day + 1)] },
      ['at risk', 'COPY_OVERDUE'],
    ],
    [
      'what is older than the newest copy is not waited for',
      { schedule: toEast, backups: [daily(hour, verified), daily(2 * day), daily(9 * day)], copies: [copy(2 * day)] },
      ['protected'],
    ],
    ['nobody verifies, for a week', { backups: [daily(hour), daily(7 * day)] }, ['protected']],
    ['nobody verifies, for longer', { backups: [daily(hour), daily(7 * day + 1)] }, ['at risk', 'UNVERIFIED']],
    [
      'the last verification is old',
      { backups: [daily(hour, { verifiedAt: ago(8 * day) })] },
      ['at risk', 'UNVERIFIED'],
    ],
    ['the last drill is old', { drills: { ...weekly, lastDrill: ago(8 * day + 1) } }, ['at risk', 'DRILL_OVERDUE']],
    ['the last drill is not that old', { drills: { ...weekly, lastDrill: ago(8 * day) } }, ['protected']],
    ['drills are off', { drills: { ...weekly, enabled: false, lastDrill: ago(99 * day) } }, ['protected']],
    ['the VM is gone', { gone: true, schedule: 'none', backups: [daily(99 * day)] }, ['protected']],
    ['it is gone with all', { gone: true, schedule: 'none', backups: [] }, ['unprotected', 'NO_BACKUP']],
  ])('where %s', (_, change, expected) => {
    expect(codes(change)).toEqual(expected)
  })

  it('goes by no date that a wrong clock has made, unless there is nothing else', () => {
    const ahead = daily(-9 * day)
    const old = daily(3 * day, verified)
    expect(protectionOf(facts({ backups: [ahead, old] }), now)).toMatchObject({
      newest: { name: old.name },
      problems: [{ code: 'OVERDUE' }],
    })
    expect(protectionOf(facts({ backups: [ahead] }), now).newest?.name).toBe(ahead.name)
  })

  it('tells the furthest proof, the last verification and the newest of every other region', () => {
    const found = protectionOf(
      facts({
        backups: [daily(hour), daily(day, { proof: { level: 3, at: ago(hour) } })],
        copies: [
          copy(hour, { complete: false }),
          copy(day, { verifiedAt: ago(2 * hour) }),
          copy(2 * day, { proof: { level: 5, at: ago(day) } }),
          copy(3 * day, { region: 'centralus' }),
        ],
      }),
      now,
    )
    expect(found.proof).toEqual({ level: 5, at: ago(day) })
    expect(found.verifiedAt).toEqual(ago(2 * hour))
    expect(found.elsewhere.map(({ region, createdAt }) => [region, createdAt])).toEqual([
      ['centralus', ago(3 * day)],
      ['eastus2', ago(day)],
    ])
  })

  it('says each thing as a sentence, and what mends it', () => {
    const { problems } = protectionOf(
      facts({
        schedule: toEast,
        backups: [daily(50 * hour), daily(9 * day)],
        copies: [copy(9 * day)],
        drills: { ...weekly, everyDays: 1 },
      }),
      now,
    )
    expect(problems.map(({ message, hint }) => `${message} ${hint}`)).toEqual([
      'Its newest backup is 2 days old, and its schedule wants one every day. azlin backup run web-1 takes it; a timer that runs azlin backup run --all takes all that follow.',
      'The newest backup that eastus2 holds is 9 days old; 1 waits to be copied, since 2 days. azlin backup replicate-all web-1 --target-region eastus2 copies them.',
      'None of its backups was ever verified. azlin backup verify-all web-1 --stale verifies what is due.',
      'No drill of it was ever run, and its schedule wants one every day. azlin dr test web-1 --test-region eastus2 runs it.',
    ])
  })

  it('tells a damaged backup from its copy', () => {
    const [bad, good] = [daily(hour, { condemned: true }), daily(day)]
    const said = (change: Partial<ProtectionFacts>) => protectionOf(facts(change), now).problems[0]?.message
    expect(said({ backups: [bad], copies: [copy(hour, { name: bad.name })] })).toBe(
      `Its newest backup ${bad.name} failed its verification; the newest that is not known to be damaged is ${bad.name} in eastus2.`,
    )
    expect(said({ backups: [bad, good], copies: [copy(hour)] })).toMatch(new RegExp(`is ${good.name}\\.$`))
    expect(said({ backups: [bad] })).toMatch(/there is no other\.$/)
  })

  it('tells of a damaged copy where copies are wanted', () => {
    const said = (copies: readonly Backup[]) =>
      protectionOf(facts({ schedule: toEast, copies }), now).problems.map(({ message }) => message)
    const [bad, good] = [copy(hour, { condemned: true }), copy(day)]
    expect(said([good])).toEqual([])
    expect(said([bad, good])).toEqual([
      `Its newest copy in eastus2, that of ${bad.name}, failed its verification; the newest there that is not known to be damaged is that of ${good.name}.`,
    ])
    expect(said([bad])[0]).toMatch(/there is no other in that region\.$/)
  })

  it('agrees with a plain account of what is there', () => {
    const one = fc.record({
      age: fc.integer({ min: 1, max: 20 * 24 }),
      bad: fc.boolean(),
      seen: fc.option(fc.integer({ min: 0, max: 12 * 24 }), { nil: undefined }),
    })
    const made = ({ age, bad, seen }: { age: number; bad: boolean; seen: number | undefined }, where = {}) =>
      daily(age * hour, {
        ...where,
        condemned: bad,
        verifiedAt: seen === undefined ? undefined : ago(seen * hour),
      })
    const newestFirst = (a: { age: number }, b: { age: number }) => a.age - b.age
    const list = fc.array(one, { maxLength: 5 }).map((items) => items.toSorted(newestFirst))
    fc.assert(
      fc.property(list, list, fc.boolean(), (home, east, copies) => {
        const schedule = copies ? toEast : usualSchedule
        const found = protectionOf(
          facts({
            schedule,
            backups: home.map((item) => made(item)),
            copies: east.map((item) => made(item, { region: 'eastus2' })),
          }),
          now,
        )
        const good = [...home, ...east].filter(({ bad }) => !bad)
        const wrong = new Set<string>()
        if (home[0]?.bad || (copies && east[0]?.bad)) wrong.add('DAMAGED')
        if (home[0]?.bad) expect(found.problems[0]?.code).toBe('DAMAGED')
        else if (good.length === 0) wrong.add('NO_BACKUP')
        if (home[0] && home[0].age > 30) wrong.add('OVERDUE')
        const youngestThere = Math.min(...east.map(({ age }) => age))
        if (copies && home.some(({ age }) => age < youngestThere && age > 24)) wrong.add('COPY_OVERDUE')
        const everything = [...home, ...east]
        const seen = everything.flatMap((item) => item.seen ?? [])
        const quiet = seen.length > 0 ? Math.min(...seen) : Math.max(0, ...everything.map(({ age }) => age))
        if (quiet > 7 * 24) wrong.add('UNVERIFIED')
        expect(new Set(found.problems.map(({ code }) => code))).toEqual(wrong)
        expect(found.standing).toBe(good.length === 0 ? 'unprotected' : wrong.size > 0 ? 'at risk' : 'protected')
      }),
    )
  })
})

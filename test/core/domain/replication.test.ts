import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { planCopies, stillLacking } from '../../../src/core/domain/copy-plan.js'
import { lunIn, replicaName } from '../../../src/core/domain/naming.js'
import { isArriving, isCopyOf, secondsLeft, wantOf } from '../../../src/core/domain/replication.js'
import { backup, snapshot } from '../support/builders.js'

const place = { region: 'eastus2', resourceGroup: 'rg', encryptionSetId: undefined }
const at = (day: number) => new Date(Date.UTC(2026, 10, day, 1, 2, 3))

/** A backup of one disk, taken on that day of the month. */
function taken(day: number, change: Parameters<typeof snapshot>[0] | object = {}) {
  const one = backup('daily', at(day))
  const source = snapshot({ name: one.name, createdAt: at(day), sourceId: 'disk', sourceUniqueId: 'u', ...change })
  return { ...one, disks: [{ snapshot: source, lun: null, facts: undefined }] }
}

function copyOf(source: ReturnType<typeof snapshot>, percent: number) {
  return snapshot({
    name: replicaName(source.name, 'eastus2', null),
    region: 'eastus2',
    createOption: 'CopyStart',
    completionPercent: percent,
    sourceId: source.id,
  })
}

function sources(backups: readonly ReturnType<typeof taken>[]) {
  return backups.flatMap(({ disks }) => disks.map(({ snapshot: source }) => source))
}

const fail = (): never => {
  throw new Error('There is no disk.')
}

const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,78}[A-Za-z0-9_]$/)
const region = fc.stringMatching(/^[a-z]{4,12}[0-9]?$/)
const lun = fc.option(fc.integer({ min: 0, max: 63 }))

describe('the name of a copy', () => {
  it('fits, differs from its source, keeps its LUN, and is legal in Azure', () => {
    fc.assert(
      fc.property(name, region, lun, (source, to, place) => {
        const made = replicaName(source, to, place)
        expect(made).toMatch(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,78}[A-Za-z0-9_]$/)
        expect(made.toLowerCase()).not.toBe(source.toLowerCase())
        if (place !== null) expect(lunIn(made)).toBe(place)
      }),
    )
  })

  it('differs for two sources that differ only at their end', () => {
    const long = 'v'.repeat(70)
    expect(replicaName(`${long}-a`, 'eastus2', null)).not.toBe(replicaName(`${long}-b`, 'eastus2', null))
    expect(replicaName('x', 'eastus', null)).not.toBe(replicaName('x', 'eastus2', null))
  })
})

describe('the plan of copies', () => {
  const plan = (backups: readonly ReturnType<typeof taken>[], copies: readonly ReturnType<typeof snapshot>[] = []) =>
    planCopies({
      backups,
      snapshots: [...backups.flatMap(({ disks }) => disks.map((disk) => disk.snapshot)), ...copies],
      place,
      factsFor: () => ({}),
    })

  it('takes the oldest first, whatever order they come in', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 28 })), (days) => {
        const wanted = plan(days.map((day) => taken(day))).wants.map(({ backupAt }) => +backupAt)
        expect(wanted).toEqual([...days].sort((a, b) => a - b).map((day) => +at(day)))
      }),
    )
  })

  it('wants every backup once: to copy, there already, or never more', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 28 }), { minLength: 1 }),
        fc.func(fc.constantFrom<number | undefined>(undefined, 40, 100)),
        fc.func(fc.constantFrom(undefined, { copyError: 'Broken off.' }, { provisioningState: 'Failed' })),
        (days, stateOf, troubleOf) => {
          const backups = days.map((day) => taken(day))
          const copies = backups.flatMap(({ disks: [disk] }, index) => {
            const percent = stateOf(index)
            if (disk && percent !== undefined) return [copyOf(disk.snapshot, percent)]
            // What broke off is as good as none, and stays where it is.
            const trouble = troubleOf(index)
            return disk && trouble ? [{ ...copyOf(disk.snapshot, 40), ...trouble }] : []
          })
          const { wants, arrived, impossible } = plan(backups, copies)
          expect(wants.length + arrived.length + impossible.length).toBe(backups.length)
          // The plain rule: without a copy, one is possible only after the newest day that has one.
          const newest = Math.max(0, ...days.filter((_, index) => stateOf(index) !== undefined))
          const without = days.filter((_, index) => stateOf(index) === undefined)
          expect(impossible).toHaveLength(without.filter((day) => day < newest).length)
          expect(arrived).toHaveLength(days.filter((_, index) => stateOf(index) === 100).length)
          // And those that a newer one would leave behind are those that could still be copied.
          const lacking = stillLacking(backups, [...sources(backups), ...copies], place.region)
          expect(lacking.map(({ createdAt }) => createdAt.getUTCDate())).toEqual(without.filter((day) => day > newest))
        },
      ),
    )
  })

  it('does not confuse a disk with one made later under the same name', () => {
    const old = taken(2, { sourceUniqueId: 'first' })
    const copied = taken(3, { sourceUniqueId: 'second' })
    const { wants } = plan([old, copied], [copyOf(copied.disks[0]?.snapshot ?? snapshot({ name: 'x' }), 100)])
    expect(wants.map(({ backup: one }) => one)).toEqual([old.name])
  })

  it('refuses a full snapshot, and a customer key without one in the other region', () => {
    const [full] = plan([taken(2, { incremental: false })]).impossible
    expect(full).toMatchObject({ why: expect.stringContaining('full'), final: true })
    const sealed = taken(3, { encryptionSetId: '/subscriptions/s/des' })
    expect(plan([sealed]).impossible[0]).toMatchObject({
      way: expect.stringContaining('--target-disk-encryption-set'),
      final: false,
    })
    const open = planCopies({
      backups: [sealed],
      snapshots: [],
      place: { ...place, encryptionSetId: '/des/east' },
      factsFor: () => ({}),
    })
    expect(open.wants[0]?.encryptionSetId).toBe('/des/east')
  })
})

describe('a copy', () => {
  it('carries the tags of its source, but nothing that was found out about the source', () => {
    const tags = {
      owner: 'shop',
      'azlin:backup': 'b',
      'azlin:replicated-to': 'northeurope',
      'azlin:verified-at': '2026-11-23T01:02:03Z',
      'azlin:proof': 'level=3;at=2026-11-23T01:02:03.000Z',
    }
    const one = taken(2, { tags })
    const [disk] = one.disks
    if (!disk) throw new Error('no disk')
    const want = wantOf(one, disk, place, { 'azlin:machine': 'm' }, () => false)
    expect(want.tags).toEqual({
      owner: 'shop',
      'azlin:backup': 'b',
      'azlin:machine': 'm',
      'azlin:vm-group': 'rg',
      'azlin:replica-of': disk.snapshot.name,
      'azlin:source-region': 'westus2',
    })
    expect(isCopyOf(copyOf(disk.snapshot, 1), disk.snapshot)).toBe(true)
    expect(isCopyOf(disk.snapshot, disk.snapshot)).toBe(false)
  })

  it('carries what was found to be wrong with its source, and not that nobody could look at it', () => {
    const at = '2026-11-23T01:02:03Z'
    const found = { 'azlin:verify-failed-at': at, 'azlin:fault': `fault=changed;depth=deep;at=${at}` }
    const tagsOfCopy = (more: Record<string, string>) => {
      const one = taken(2, { tags: { ...found, ...more } })
      const [disk] = one.disks
      return disk && wantOf(one, disk, place, {}, () => false).tags
    }
    expect(tagsOfCopy({})).toMatchObject(found)
    const open = tagsOfCopy({ 'azlin:verify-inconclusive': at })
    for (const name of [...Object.keys(found), 'azlin:verify-inconclusive']) expect(open).not.toHaveProperty([name])
  })

  it('carries each of the tags of azlin once, in their own case', () => {
    const one = taken(2, { tags: { 'AZLIN:BACKUP': 'b', 'Azlin:VM': 'web', 'AZLIN:Verified-At': 'x', Owner: 'shop' } })
    const [disk] = one.disks
    if (!disk) throw new Error('no disk')
    const { tags } = wantOf(one, disk, place, { 'azlin:vm': 'w', 'azlin:machine': 'm' }, () => false)
    expect(tags).toMatchObject({ 'azlin:backup': 'b', 'azlin:vm': 'web', 'azlin:machine': 'm', Owner: 'shop' })
    expect(Object.keys(tags).filter((name) => name.startsWith('A'))).toEqual([])
    expect(tags['azlin:verified-at']).toBeUndefined()
  })

  it('is one of the snapshot that Azure made it from, and not of another one of its name', () => {
    const { snapshot: mine } = taken(2).disks[0] ?? fail()
    const theirs = { ...mine, id: mine.id.replace('/rg/', '/other/'), tags: { 'azlin:vm-group': 'other' } }
    const copy = { ...copyOf(mine, 1), tags: { 'azlin:replica-of': mine.name, 'azlin:vm-group': 'rg' } }
    expect([isCopyOf(copy, mine), isCopyOf(copy, theirs)]).toEqual([true, false])
    // Where Azure does not say, the names decide.
    const silent = { ...copy, sourceId: undefined }
    const own = { ...mine, tags: { 'azlin:vm-group': 'rg' } }
    expect([isCopyOf(silent, own), isCopyOf(silent, theirs)]).toEqual([true, false])
  })

  it('is on its way until it is there or has failed', () => {
    const copy = copyOf(taken(2).disks[0]?.snapshot ?? fail(), 40)
    expect(isArriving(copy)).toBe(true)
    const ends = [{ completionPercent: 100 }, { copyError: 'Broken off.' }, { provisioningState: 'Failed' }]
    expect(ends.map((end) => isArriving({ ...copy, ...end }))).toEqual([false, false, false])
  })

  it('gets a name of its own where that of another one has the usual one', () => {
    const one = taken(2)
    const disk = one.disks[0] ?? fail()
    const usual = wantOf(one, disk, place, {}, () => false).target.name
    const other = wantOf(one, disk, place, {}, (name) => name === usual).target.name
    expect(other).not.toBe(usual)
    expect(other.length).toBeLessThanOrEqual(80)
  })

  it('tells the time that is left from the time that has passed', () => {
    expect(secondsLeft(25, 60)).toBe(180)
    expect(secondsLeft(0, 60)).toBeUndefined()
    expect(secondsLeft(100, 60)).toBeUndefined()
  })
})

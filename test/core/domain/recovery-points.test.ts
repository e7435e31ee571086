import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { belongsTo, mayBelongTo, recoveryOf } from '../../../src/core/domain/recovery-points.js'
import { diskTags, machineTags } from '../../../src/core/domain/recovery-tags.js'
import type { Snapshot } from '../../../src/core/domain/snapshot.js'
import { idOf, machine, snapshot } from '../support/builders.js'

const web = { name: 'web', resourceGroup: 'rg' }
const name = 'web-backup-daily-20261123-010203'
const facts = {
  size: 'Standard_B2s',
  osType: 'Linux',
  generation: 'V2',
  trustedLaunch: undefined,
  zone: undefined,
  architecture: 'x64',
  licenseType: undefined,
  plan: undefined,
  agent: undefined,
} as const

/** Only the tags that the contract names. */
function seed(change: Partial<Snapshot> & { name: string }, vm = 'web', backup = name, tier = 'daily'): Snapshot {
  const tags = { 'azlin:backup': backup, 'azlin:vm': vm, 'azlin:backup-tier': tier, ...change.tags }
  return snapshot({ osType: 'Linux', ...change, tags })
}

/** As azlin writes it. */
function part(lun: number | null, of: number, change: Partial<Snapshot> = {}, backup = name): Snapshot {
  const disk = { lun, caching: 'ReadWrite', sku: 'Premium_LRS', sizeGb: 30, zone: '1', of, diskName: 'd' } as const
  const tags = { ...machineTags(web, facts), ...diskTags(disk), ...change.tags }
  return seed({ name: lun === null ? backup : `${backup}-lun${lun}`, ...change, tags }, 'web', backup)
}

const names = (points: readonly { readonly name: string }[]) => points.map((point) => point.name)

describe('which snapshots are backups of a VM', () => {
  it('is said by the tags, and by no name', () => {
    const others = [
      seed({ name: 'web-backup-daily-20261123-020202' }, 'web-2', 'web-backup-daily-20261123-020202'),
      snapshot({ name: 'web-backup-daily-20261123-030303' }),
    ]
    const { backups, sets } = recoveryOf([seed({ name }), ...others], web, machine('web'))
    expect(names(backups)).toEqual([name])
    expect(sets).toEqual([])
  })

  it('does not mind the case in which Azure gives names back', () => {
    const shouted = seed({ name: name.toUpperCase(), resourceGroup: 'RG' }, 'WEB')
    const tags = Object.fromEntries(Object.entries(shouted.tags).map(([key, value]) => [key.toUpperCase(), value]))
    expect(names(recoveryOf([{ ...shouted, tags }], web, undefined).backups)).toEqual([name])
  })

  it('tells two VMs of one name apart by their group', () => {
    const mine = part(null, 1, { resourceGroup: 'vault' })
    const theirs = part(null, 1, { resourceGroup: 'vault', tags: { 'azlin:vm-group': 'other' } }, `${name}x`)
    expect(names(recoveryOf([mine, theirs], web, machine('web')).backups)).toEqual([name])
    expect(names(recoveryOf([mine, theirs], { ...web, resourceGroup: 'OTHER' }, undefined).backups)).toEqual([
      `${name}x`,
    ])
  })

  it('asks the source disk where the tags leave the group out, else the group the snapshot lies in', () => {
    const vm = machine('web')
    const elsewhere = seed({ name, resourceGroup: 'vault' })
    const ofItsDisk = { ...elsewhere, sourceId: vm.disks[0]?.id.toUpperCase() }
    expect(recoveryOf([elsewhere], web, vm).backups).toEqual([])
    expect(names(recoveryOf([ofItsDisk], web, vm).backups)).toEqual([name])
    expect(names(recoveryOf([seed({ name })], web, undefined).backups)).toEqual([name])
  })

  it('leaves alone what has a tier that nobody knows', () => {
    const odd = seed({ name: 'x' }, 'web', 'x', 'yearly')
    expect(recoveryOf([odd], web, machine('web'))).toEqual({ backups: [], incomplete: [], replicas: [], sets: [] })
  })
})

describe('what is left out of a long list while it is read', () => {
  const vm = machine('web', 1)
  const group = fc.constantFrom('rg', 'RG', 'other')
  const some = fc.record({
    resourceGroup: group,
    sourceId: fc.option(fc.constantFrom(...vm.disks.map(({ id }) => id), idOf('snapshots', 'rg', 'x'), 'x'), {
      nil: undefined,
    }),
    createOption: fc.constantFrom('Copy', 'CopyStart'),
    tags: fc.dictionary(
      fc.constantFrom('azlin:vm', 'AZLIN:VM', 'azlin:vm-group', 'azlin:replica-of', 'azlin:backup', 'x'),
      fc.constantFrom('web', 'WEB', 'web-2', 'rg', 'other', ''),
    ),
  })

  it('is never the VM’s, whether or not the VM is known by then', () => {
    let left = 0
    fc.assert(
      fc.property(some, group, fc.boolean(), (change, resourceGroup, there) => {
        const one = snapshot({ name: 's', ...change })
        const ref = { name: 'web', resourceGroup }
        const known = there ? vm : undefined
        if (!mayBelongTo(one, ref, undefined) || !mayBelongTo(one, ref, known)) {
          left++
          expect(belongsTo(one, ref, known)).toBe(false)
        }
      }),
      { numRuns: 2000 },
    )
    expect(left).toBeGreaterThan(100)
  })

  it('is what another VM’s name stands on, and without one what another disk was copied to', () => {
    const theirs = seed({ name: 'x' }, 'web-2')
    const plain = snapshot({ name: 'y', sourceId: idOf('disks', 'rg', 'web-2-os') })
    expect([theirs, plain].map((one) => mayBelongTo(one, web, vm))).toEqual([false, false])
    expect([theirs, plain].map((one) => mayBelongTo(one, web, undefined))).toEqual([false, true])
  })
})

describe('the disks of a backup', () => {
  it('have their place from the tag, then from the source disk, then from the name', () => {
    const vm = machine('web', 3)
    const parts = [
      seed({ name: 'a', osType: undefined, sourceId: vm.disks[2]?.id }),
      seed({ name: 'b-lun7', osType: undefined }),
      part(0, 4, { name: 'c-lun63', osType: undefined }),
      seed({ name }),
    ]
    const [backup] = recoveryOf(parts, web, vm).backups
    expect(backup?.disks.map(({ lun }) => lun)).toEqual([null, 0, 1, 7])
    expect(backup?.disks[0]?.snapshot.name).toBe(name)
    expect(backup?.machine).toEqual(facts)
  })

  it('are all there, or it is no backup that one may restore', () => {
    const whole = [part(null, 3), part(0, 3), part(1, 3)]
    expect(recoveryOf(whole, web, undefined).backups[0]?.disks).toHaveLength(3)
    fc.assert(
      fc.property(fc.subarray(whole, { minLength: 1, maxLength: 2 }), (some) => {
        const { backups, incomplete } = recoveryOf(some, web, undefined)
        expect(backups).toEqual([])
        expect(incomplete[0]?.disks).toHaveLength(some.length)
      }),
    )
  })

  it.each([
    { provisioningState: 'Creating' },
    { provisioningState: 'Failed' },
    { completionPercent: 99.9 },
    { copyError: 'CopySourceNotFound' },
  ])('must have their data: %j is not enough', (change) => {
    const { backups, incomplete } = recoveryOf([part(null, 2), part(0, 2, change)], web, undefined)
    expect([backups.length, incomplete.length]).toEqual([0, 1])
  })

  it('must include an OS disk where nothing says how many there were', () => {
    const data = seed({ name: `${name}-lun0`, osType: undefined })
    expect(names(recoveryOf([data], web, undefined).incomplete)).toEqual([name])
    expect(names(recoveryOf([seed({ name }), data], web, undefined).backups)).toEqual([name])
  })

  it('must have places that can be told', () => {
    const unknown = seed({ name: 'something', osType: undefined })
    expect(names(recoveryOf([seed({ name }), unknown], web, undefined).incomplete)).toEqual([name])
    const twice = [seed({ name }), seed({ name: 'second-os' })]
    expect(names(recoveryOf(twice, web, undefined).incomplete)).toEqual([name])
  })
})

describe('a backup', () => {
  it('was begun when its name says, not when Azure made the snapshot', () => {
    const late = seed({ name, createdAt: new Date('2026-11-24T00:00:00Z') })
    expect(recoveryOf([late], web, undefined).backups[0]?.createdAt).toEqual(new Date('2026-11-23T01:02:03Z'))
    const unstamped = seed({ name: 'old', createdAt: new Date('2025-01-01T00:00:00Z') }, 'web', 'old')
    expect(recoveryOf([unstamped], web, undefined).backups[0]?.createdAt).toEqual(new Date('2025-01-01T00:00:00Z'))
  })

  it('comes newest first', () => {
    const stamps = ['20251231-235959', '20261123-010203', '20260101-000000']
    const all = stamps.map((stamp) => seed({ name: `web-${stamp}` }, 'web', `web-backup-daily-${stamp}`))
    expect(names(recoveryOf(all, web, undefined).backups).map((one) => one.slice(-15))).toEqual([
      '20261123-010203',
      '20260101-000000',
      '20251231-235959',
    ])
  })

  it('has the lower tier when stepping down was interrupted', () => {
    const parts = [part(null, 2, { tags: { 'azlin:backup-tier': 'daily' } }), part(0, 2)]
    const high = { ...parts[1], tags: { ...parts[1]?.tags, 'azlin:backup-tier': 'monthly' } } as Snapshot
    expect(recoveryOf([...parts.slice(0, 1), high], web, undefined).backups[0]?.tier).toBe('daily')
  })

  it('is verified and copied only when all of its disks are', () => {
    const done = { 'azlin:verified-at': '2026-11-24T00:00:00Z', 'azlin:replicated-to': 'eastus westeurope' }
    const whole = recoveryOf([part(null, 2, { tags: done }), part(0, 2, { tags: done })], web, undefined)
    expect(whole.backups[0]).toMatchObject({
      verifiedAt: new Date('2026-11-24T00:00:00Z'),
      replicatedTo: ['eastus', 'westeurope'],
    })
    const half = { 'azlin:replicated-to': 'westeurope' }
    const part1 = recoveryOf([part(null, 2, { tags: done }), part(0, 2, { tags: half })], web, undefined)
    expect(part1.backups[0]).toMatchObject({ verifiedAt: undefined, replicatedTo: ['westeurope'] })
  })
})

describe('copies', () => {
  const copy = (change: Partial<Snapshot> = {}) =>
    part(null, 1, {
      name: `${name}-eastus`,
      region: 'eastus',
      createOption: 'CopyStart',
      completionPercent: 100,
      ...change,
      tags: { 'azlin:replica-of': name },
    })

  it('are kept apart from the backups they were made of, and make them replicated when they are whole', () => {
    const { backups, replicas } = recoveryOf([part(null, 1), copy()], web, machine('web'))
    expect(names(backups)).toEqual([name])
    expect(backups[0]).toMatchObject({ region: 'westus2', replicatedTo: ['eastus'], copying: false })
    expect(replicas[0]).toMatchObject({ region: 'eastus', replicaOf: name, createdAt: backups[0]?.createdAt })
  })

  it('protect their source while they are under way, and no longer when they have failed', () => {
    const half = recoveryOf([part(null, 1), copy({ completionPercent: 40 })], web, machine('web'))
    expect(half.backups[0]).toMatchObject({ replicatedTo: [], copying: true })
    const failed = copy({ completionPercent: 40, copyError: 'CopySourceNotFound' })
    expect(recoveryOf([part(null, 1), failed], web, machine('web')).backups[0]?.copying).toBe(false)
  })

  it('are told from backups when the VM is gone as well', () => {
    expect(names(recoveryOf([copy()], web, undefined).replicas)).toEqual([name])
    expect(recoveryOf([copy()], web, undefined).backups).toEqual([])
  })

  it('also are what lies in another region than the VM', () => {
    const far = part(null, 1, { region: 'eastus' })
    expect(recoveryOf([far], web, machine('web')).backups).toEqual([])
    expect(names(recoveryOf([far], web, undefined).backups)).toEqual([name])
  })
})

describe('snapshots that are no backups', () => {
  it('belong together by their tag, and are azlin’s own', () => {
    const set = 'web-snapshot-20261123-010203'
    const own = [null, 0].map((lun) => {
      const one = part(lun, 2, { name: lun === null ? set : `${set}-lun0` })
      const { 'azlin:backup': _backup, 'azlin:backup-tier': _tier, ...tags } = one.tags
      return { ...one, tags: { ...tags, 'azlin:snapshot': set } }
    })
    const { sets, backups } = recoveryOf(own, web, machine('web', 1))
    expect(backups).toEqual([])
    expect(sets).toMatchObject([{ name: set, own: true, complete: true, createdAt: new Date('2026-11-23T01:02:03Z') }])
    expect(sets[0]?.disks).toHaveLength(2)
  })

  it('of other makers are the VM’s when they were taken of one of its disks', () => {
    const vm = machine('web')
    const mine = snapshot({ name: 'before-upgrade', sourceId: vm.disks[0]?.id })
    const not = snapshot({ name: 'web-snapshot-1', sourceId: idOf('disks', 'rg', 'web-2-os') })
    expect(recoveryOf([mine, not], web, vm).sets).toMatchObject([{ name: 'before-upgrade', own: false }])
  })
})

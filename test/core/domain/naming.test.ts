import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { tiers } from '../../../src/core/domain/backup.js'
import {
  backupName,
  lunIn,
  momentIn,
  restoredDiskName,
  restoredNicName,
  shortened,
  snapshotSetName,
  stampOf,
} from '../../../src/core/domain/naming.js'

const at = new Date('2026-11-23T01:02:03.987Z')
const legal = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,78}[A-Za-z0-9_]$/

const vmName = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}[A-Za-z0-9_]$/)
const anyName = fc.oneof(
  vmName,
  fc.string({ minLength: 1, maxLength: 80 }),
  fc.string({ unit: 'binary', minLength: 1 }),
)
const moment = fc.date({ min: new Date('1970-01-01'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true })
const tier = fc.constantFrom(...tiers)
const lun = fc.oneof(fc.constant(null), fc.integer({ min: 0, max: 63 }))

describe('names', () => {
  it('follow the contract where the VM has an ordinary name', () => {
    expect(backupName('web-1', 'daily', at)).toBe('web-1-backup-daily-20261123-010203')
    expect(backupName('db-1', 'monthly', at, 12)).toBe('db-1-backup-monthly-20261123-010203-lun12')
    expect(snapshotSetName('web-1', at)).toBe('web-1-snapshot-20261123-010203')
    expect(restoredDiskName('web-1', null, at)).toBe('web-1-os-20261123-010203')
    expect(restoredDiskName('web-1', 3, at)).toBe('web-1-lun3-20261123-010203')
    expect(restoredDiskName('web-1', 3, at, 'a1b2c3')).toBe('web-1-lun3-20261123-010203-a1b2c3')
    expect(restoredNicName('web-1')).toBe('web-1-nic')
  })

  it('are legal snapshot names of at most 80 characters, whatever the VM is called', () => {
    fc.assert(
      fc.property(anyName, tier, moment, lun, (vm, tier, at, lun) => {
        for (const name of [
          backupName(vm, tier, at, lun),
          snapshotSetName(vm, at, lun),
          restoredDiskName(vm, lun, at),
          restoredNicName(vm),
        ])
          expect(name).toMatch(legal)
      }),
    )
  })

  it('keep the whole name of the VM wherever there is room for it', () => {
    fc.assert(
      fc.property(vmName, tier, (vm, tier) => {
        const full = `${vm}-backup-${tier}-20261123-010203`
        const name = backupName(vm, tier, at)
        expect(name === full).toBe(full.length <= 80)
        expect(name.endsWith(`-backup-${tier}-20261123-010203`)).toBe(true)
      }),
    )
  })

  it('differ for different VMs and for different disks of one, also where they were shortened', () => {
    const long = fc.tuple(fc.constantFrom('a'.repeat(60), 'prod-westeurope-billing-database-primary-node-'), vmName)
    const names = fc.uniqueArray(
      long.map(([prefix, rest]) => `${prefix}${rest}`),
      {
        minLength: 2,
        comparator: (a, b) => a.toLowerCase() === b.toLowerCase(),
      },
    )
    fc.assert(
      fc.property(names, fc.uniqueArray(lun, { minLength: 1, maxLength: 5 }), (vms, luns) => {
        const made = vms.flatMap((vm) => luns.map((lun) => backupName(vm, 'weekly', at, lun).toLowerCase()))
        expect(new Set(made).size).toBe(made.length)
      }),
    )
  })

  it('are the same for a VM whose name Azure gives back in another case', () => {
    const vm = `Billing-${'x'.repeat(56)}`
    expect(shortened(vm.toUpperCase(), 40).toLowerCase()).toBe(shortened(vm, 40).toLowerCase())
  })

  it('tell the moment and the LUN they were made for', () => {
    fc.assert(
      fc.property(vmName, tier, moment, fc.integer({ min: 0, max: 63 }), (vm, tier, at, lun) => {
        const second = new Date(Math.floor(+at / 1000) * 1000)
        expect(momentIn(backupName(vm, tier, at))).toEqual(second)
        expect(momentIn(backupName(vm, tier, at, lun))).toEqual(second)
        expect(lunIn(backupName(vm, tier, at, lun))).toBe(lun)
        expect(lunIn(backupName(vm, tier, at))).toBeUndefined()
      }),
    )
  })
})

describe('momentIn', () => {
  it('takes the last stamp, so that a VM may be called like one', () => {
    expect(momentIn('vm-20200101-000000-backup-daily-20261123-010203')).toEqual(new Date('2026-11-23T01:02:03Z'))
  })

  it.each(['web-1', 'x-20260230-000000', 'x-20261301-000000', 'x-20260101-250000', 'x-120260101-000000'])(
    'finds no moment in %s',
    (name) => expect(momentIn(name)).toBeUndefined(),
  )

  it('writes the stamp in UTC', () => {
    expect(stampOf(new Date('2026-03-29T02:30:00+02:00'))).toBe('20260329-003000')
  })
})

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { DiskVerdict, Verification } from '../../src/core/domain/verification.js'
import { type OpenRecords, openRecords } from '../../src/db/open.js'
import { diskVerdict } from '../core/support/builders.js'
import { rawDatabase } from '../support/raw-database.js'

const at = (hour: number) => new Date(Date.UTC(2026, 10, 23, hour))
const vm = { name: 'web-1', resourceGroup: 'rg' }
const what = { backup: 'b-1', vm, region: 'westus2', depth: 'deep' }
let home: string
let records: OpenRecords

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'azlin-db-'))
  records = await openRecords(home)
})
afterEach(async () => {
  await records.close()
  rmSync(home, { recursive: true, force: true })
})

const disk = (change: Partial<DiskVerdict> = {}) => diskVerdict({ digest: 'aa', ...change })

function result(change: Partial<Verification> = {}): Verification {
  return {
    ...what,
    verifiedAt: at(2),
    success: true,
    diskReadable: true,
    sizeMatches: true,
    testDiskCreated: true,
    testDiskDeleted: true,
    errorMessage: undefined,
    seconds: 1.5,
    disks: [disk()],
    ...change,
  }
}

async function recorded(change: Partial<Verification> = {}): Promise<number> {
  const whole = result(change)
  const id = await records.verifications.begin(whole, at(1))
  await records.verifications.end(id, whole)
  return id
}

describe('the record of verifications', () => {
  it('has a row from the beginning on, which is neither success nor failure', async () => {
    const id = await records.verifications.begin(what, at(1))
    const [running] = await records.verifications.list({})
    expect(running).toMatchObject({
      id,
      ...what,
      verifiedAt: at(1),
      outcome: 'running',
      success: false,
      ownerAlive: true,
    })
    await records.verifications.interrupted(id, at(3), 7)
    expect(await records.verifications.list({})).toMatchObject([
      { outcome: 'interrupted', verifiedAt: at(3), seconds: 7 },
    ])
  })

  it('gives back how it ended, newest first', async () => {
    await recorded()
    await recorded({
      backup: 'b-2',
      verifiedAt: at(5),
      success: false,
      diskReadable: undefined,
      errorMessage: 'Broken.',
    })
    const list = await records.verifications.list({ vm: 'WEB-1', resourceGroup: 'RG' })
    expect(list).toMatchObject([
      { backup: 'b-2', outcome: 'failed', success: false, diskReadable: undefined, errorMessage: 'Broken.' },
      { backup: 'b-1', outcome: 'passed', success: true, diskReadable: true, seconds: 1.5 },
    ])
    expect(await records.verifications.list({ since: at(3) })).toHaveLength(1)
    expect(await records.verifications.list({ vm: 'web' })).toEqual([])
  })

  it('fills the columns of the contract', async () => {
    await recorded({ diskReadable: undefined })
    const row = rawDatabase(join(home, 'azlin.db'), { readonly: true }).prepare('select * from verifications').get()
    expect(row).toMatchObject({
      backup_name: 'b-1',
      vm_name: 'web-1',
      verified_at: at(2).toISOString(),
      success: 1,
      disk_readable: null,
      size_matches: 1,
      test_disk_created: 1,
      test_disk_deleted: 1,
      error_message: null,
      verification_time_seconds: 1.5,
    })
  })

  it('remembers the first digest of a snapshot, for each way of reading, and not of another one of its name', async () => {
    await recorded()
    await recorded({ verifiedAt: at(4), disks: [disk({ digest: 'bb' })] })
    const snapshot = { id: '/snapshots/s-1', createdAt: at(0) }
    const { verifications } = records
    expect(await verifications.digestOf(snapshot, 'deep')).toEqual({ digest: 'aa', at: at(2) })
    expect(await verifications.digestOf(snapshot, '1/2')).toBeUndefined()
    expect(await verifications.digestOf({ ...snapshot, createdAt: at(1) }, 'deep')).toBeUndefined()
  })

  it('remembers that a snapshot held data, and not what another one of its name did', async () => {
    await recorded()
    await recorded({ disks: [disk({ blank: true, content: 'nothing' })] })
    const { verifications } = records
    expect(await verifications.contentIn({ id: '/snapshots/s-1', createdAt: at(0) })).toEqual({
      backup: 'b-1',
      content: 'GPT with ext4',
      at: at(2),
    })
    expect(await verifications.contentIn({ id: '/snapshots/s-1', createdAt: at(1) })).toBeUndefined()
  })

  it('remembers what a disk held last in an older backup, if it was not allowed to be blank since', async () => {
    const data = (change: Partial<DiskVerdict>) => disk({ lun: 0, diskName: 'data', content: 'ext4', ...change })
    await recorded({ disks: [disk(), data({ takenAt: at(1) })] })
    await recorded({ backup: 'b-2', disks: [data({ takenAt: at(3), content: 'xfs' })] })
    await recorded({ backup: 'b-3', disks: [data({ takenAt: at(4), blank: true })] })
    await recorded({ backup: 'b-4', disks: [data({ takenAt: at(5), content: 'broken', readable: false })] })
    const { verifications } = records
    const last = (hour: number, change: { lun?: number | null; diskName?: string | undefined } = {}) =>
      verifications.contentBefore({ vm, lun: 0, diskName: 'DATA', ...change }, at(hour))
    expect(await last(9)).toMatchObject({ backup: 'b-2', content: 'xfs' })
    expect(await last(3)).toMatchObject({ backup: 'b-1', content: 'ext4' })
    expect(await last(1)).toBeUndefined()
    expect(await last(9, { diskName: 'another' })).toBeUndefined()
    expect(await last(9, { diskName: undefined })).toMatchObject({ backup: 'b-2' })
    expect(await last(9, { lun: 7 })).toBeUndefined()
    expect(await last(9, { lun: null, diskName: 'd-1' })).toMatchObject({ content: 'GPT with ext4' })
    await recorded({ backup: 'b-5', disks: [data({ takenAt: at(6), blank: true, blankAllowed: true })] })
    expect(await last(9)).toBeUndefined()
    expect(await last(5)).toMatchObject({ backup: 'b-2' })
  })
})

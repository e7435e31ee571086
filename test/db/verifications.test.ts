import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import Database from 'better-sqlite3'
import type { DiskVerdict, Verification } from '../../src/core/domain/verification.js'
import { type OpenRecords, openRecords } from '../../src/db/open.js'

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

function disk(change: Partial<DiskVerdict> = {}): DiskVerdict {
  return {
    snapshot: { id: '/Snapshots/S-1', name: 's-1', createdAt: at(0) },
    lun: null,
    sizeGb: 30,
    testDisk: 't',
    created: true,
    deleted: true,
    sizeMatches: true,
    readable: true,
    unread: undefined,
    content: 'GPT with ext4',
    blank: false,
    problems: [],
    notes: [],
    bytesRead: 5,
    allocatedBytes: 9,
    requests: 2,
    digest: 'aa',
    condemned: false,
    error: undefined,
    ...change,
  }
}

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
    const row = new Database(join(home, 'azlin.db'), { readonly: true }).prepare('select * from verifications').get()
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

  it('remembers what a disk held last in another backup that was good', async () => {
    await recorded({ disks: [disk(), disk({ lun: 0, content: 'ext4' })] })
    await recorded({ backup: 'b-2', success: false, disks: [disk({ lun: 0, content: 'nothing', blank: true })] })
    const { verifications } = records
    expect(await verifications.contentOf(vm, 0, 'b-3')).toEqual({ backup: 'b-1', content: 'ext4', blank: false })
    expect(await verifications.contentOf(vm, null, 'b-3')).toMatchObject({ content: 'GPT with ext4' })
    expect(await verifications.contentOf(vm, 0, 'B-1')).toBeUndefined()
    expect(await verifications.contentOf(vm, 7, 'b-3')).toBeUndefined()
  })
})

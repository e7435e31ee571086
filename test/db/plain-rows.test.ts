/** Rows that a script wrote into azlin's tables, with the columns that scripts are promised and no others. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { successRate } from '../../src/core/domain/success-rate.js'
import { type OpenRecords, openRecords } from '../../src/db/open.js'
import { rawDatabase } from '../support/raw-database.js'

const backup = 'web-1-backup-daily-20261120-010203'
const at = (day: number) => `2026-11-${day}T01:02:03.000Z`
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

function insert(table: string, row: Readonly<Record<string, string | number | null>>): void {
  const names = Object.keys(row)
  const raw = rawDatabase(join(home, 'azlin.db'))
  raw
    .prepare(`insert into ${table} (${names.join()}) values (${names.map(() => '?').join()})`)
    .run(...Object.values(row))
  raw.close()
}

describe('a drill', () => {
  it('has ended as its success says, and counts', async () => {
    const row = { vm_name: 'web-1', backup_name: backup, test_region: 'eastus2', started_at: at(20) }
    for (const success of [1, 1, 1, 0]) insert('dr_tests', { ...row, completed_at: at(20), success })
    insert('dr_tests', { ...row, vm_name: 'web-2', success: null })
    const drills = await records.drills.list({ vm: 'WEB-1', resourceGroup: 'rg' })
    expect(drills.map(({ outcome }) => outcome)).toEqual(['failed', 'succeeded', 'succeeded', 'succeeded'])
    expect(successRate(drills)).toMatchObject({ successRate: 75, total: 4 })
    expect(successRate(await records.drills.list({ vm: 'web-2' }))).toMatchObject({ total: 0 })
  })
})

describe('a verification', () => {
  it('has ended as its success says', async () => {
    const row = { backup_name: backup, vm_name: 'web-1', verified_at: at(20) }
    insert('verifications', { ...row, success: 1, disk_readable: 1, verification_time_seconds: 2.5 })
    insert('verifications', { ...row, success: 0, error_message: 'It is unreadable.' })
    expect(await records.verifications.list({ vm: 'web-1', resourceGroup: 'rg' })).toMatchObject([
      { outcome: 'failed', success: false, errorMessage: 'It is unreadable.' },
      { outcome: 'passed', success: true, seconds: 2.5 },
    ])
  })
})

describe('a replication job', () => {
  it('is of the VM and the backup that its source is named for', async () => {
    const row = (source: string, status: string) => ({
      source_snapshot: source,
      target_snapshot: `${source}-eastus2-${status}`,
      source_region: 'westus2',
      target_region: 'eastus2',
      source_resource_group: 'rg',
      target_resource_group: 'rg',
      status,
      started_at: at(20),
    })
    insert('replication_jobs', row(`${backup}-lun3`, 'completed'))
    insert('replication_jobs', row('web-1-db-backup-daily-20261120-010203', 'failed'))
    insert('replication_jobs', row('something-else', 'pending'))
    const of = async (vm: string, resourceGroup: string) =>
      (await records.replications.list({ vm, resourceGroup })).map(({ vm, backup, status }) => [vm, backup, status])
    expect(await of('WEB-1', 'RG')).toEqual([[{ name: 'web-1', resourceGroup: 'rg' }, backup, 'completed']])
    expect(await of('web-1', 'other')).toEqual([])
    expect(await records.replications.list({ status: 'pending' })).toHaveLength(1)
  })
})

describe('tables that a script made from the specification before azlin did', () => {
  const made = `
    create table replication_jobs (id integer primary key autoincrement, source_snapshot text not null,
      target_snapshot text not null, source_region text not null, target_region text not null,
      source_resource_group text not null, target_resource_group text not null, status text not null,
      started_at datetime not null, completed_at datetime, error_message text,
      created_at datetime default current_timestamp);
    create index idx_snapshot on replication_jobs(source_snapshot);
    create table verifications (id integer primary key autoincrement, backup_name text not null, vm_name text not null,
      verified_at datetime not null, success boolean not null, disk_readable boolean, size_matches boolean,
      test_disk_created boolean, test_disk_deleted boolean, error_message text, verification_time_seconds real,
      created_at datetime default current_timestamp);
    create table dr_tests (id integer primary key autoincrement, vm_name text not null, backup_name text not null,
      test_region text not null, started_at datetime not null, completed_at datetime, success boolean,
      restore_succeeded boolean, boot_succeeded boolean, connectivity_succeeded boolean, cleanup_succeeded boolean,
      rto_seconds real, error_message text, created_at datetime default current_timestamp);`
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'azlin-db-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  it('are taken over with what is in them', async () => {
    const raw = rawDatabase(join(folder, 'azlin.db'))
    raw.exec(made)
    raw.exec(`insert into dr_tests (vm_name, backup_name, test_region, started_at, completed_at, success)
      values ('web-1', '${backup}', 'eastus2', '${at(20)}', '${at(20)}', 1)`)
    raw.close()
    const theirs = await openRecords(folder)
    try {
      expect(successRate(await theirs.drills.list({ vm: 'web-1' }))).toMatchObject({ successRate: 100, total: 1 })
      await theirs.audit.begin('backup trigger', 'web-1', new Date(at(21)))
    } finally {
      await theirs.close()
    }
    const indexes = rawDatabase(join(folder, 'azlin.db'))
    const names = indexes.prepare("select name from sqlite_master where type = 'index'").pluck().all()
    indexes.close()
    expect(names).toEqual(expect.arrayContaining(['idx_snapshot', 'idx_status', 'idx_verified_at', 'idx_success_test']))
  })

  it('are left alone where columns are missing', async () => {
    const raw = rawDatabase(join(folder, 'azlin.db'))
    raw.exec('create table dr_tests (id integer primary key, vm_name text)')
    raw.close()
    await expect(openRecords(folder)).rejects.toMatchObject({ code: 'DATABASE_UNUSABLE' })
    const after = rawDatabase(join(folder, 'azlin.db'))
    expect(after.prepare("select name from sqlite_master where type = 'table'").pluck().all()).toEqual(['dr_tests'])
    after.close()
  })
})

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { documentOf } from '../support/azlin.js'
import { Sandboxed } from '../support/sandboxed.js'

interface Backup {
  readonly snapshotName: string
  readonly retentionTier: string
  readonly creationTime: string
  readonly disks: readonly { readonly snapshotName: string; readonly lun: number | null; readonly sizeGb: number }[]
}
interface Failure {
  readonly error: { readonly code: string; readonly message: string; readonly hint: string }
}
const snapshots = 'Microsoft.Compute/snapshots'
const disks = 'Microsoft.Compute/disks'

let azure: Sandboxed
beforeAll(async () => {
  azure = await Sandboxed.start()
})
afterAll(() => azure.stop())

describe('a VM that is protected from its first day on', () => {
  it('gets a schedule, with the numbers of the contract', async () => {
    expect((await azure.run('backup', 'config-show', 'web-1', '--json')).code).toBe(4)
    const schedule = {
      enabled: true,
      dailyRetention: 7,
      weeklyRetention: 4,
      monthlyRetention: 12,
      lastDaily: null,
      lastWeekly: null,
      lastMonthly: null,
      crossRegionEnabled: false,
      targetRegion: null,
    }
    expect(await azure.ok('backup', 'configure', 'web-1')).toMatchObject(schedule)
    expect(await azure.ok('backup', 'config-show', 'web-1')).toMatchObject(schedule)
  })

  it('gets its first backup as a monthly one, in JSON as the contract has it', async () => {
    const backup = await azure.ok<Backup>('backup', 'trigger', 'web-1')
    expect(backup).toMatchObject({
      snapshotName: expect.stringMatching(/^web-1-backup-monthly-\d{8}-\d{6}$/),
      vmName: 'web-1',
      resourceGroup: 'demo-rg',
      creationTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/),
      retentionTier: 'monthly',
      replicated: false,
      verified: false,
      sizeGb: expect.any(Number),
    })
    expect(backup.disks).toEqual([{ snapshotName: backup.snapshotName, lun: null, sizeGb: expect.any(Number) }])
  })

  it('is not backed up twice on one day by `run`, and is backed up again on the next', async () => {
    const first = await azure.ok<{ results: { outcome: string }[] }>('backup', 'run', '--all')
    expect(first.results.map(({ outcome }) => outcome)).toEqual(['skipped'])
    await azure.advance(1)
    const dry = await azure.ok<{ results: { outcome: string }[] }>('backup', 'run', 'web-1', '--dry-run')
    expect(dry.results.map(({ outcome }) => outcome)).toEqual(['due'])
    const second = await azure.ok<{ results: { outcome: string }[] }>('backup', 'run', 'web-1', 'WEB-1')
    expect(second.results.map(({ outcome }) => outcome)).toEqual(['taken'])
  })

  it('lists its backups, newest first, and filters them', async () => {
    await azure.ok('backup', 'trigger', 'web-1', '--tier', 'weekly')
    const { backups } = await azure.ok<{ backups: Backup[] }>('backup', 'list', 'web-1')
    expect(backups).toHaveLength(3)
    const times = backups.map(({ creationTime }) => creationTime)
    expect(times).toEqual([...times].sort().reverse())
    const weekly = await azure.ok<{ backups: Backup[] }>(
      'backup',
      'list',
      'web-1',
      '--tier',
      'weekly',
      '--since',
      '12h',
    )
    expect(weekly.backups.map(({ retentionTier }) => retentionTier)).not.toContain('monthly')

    const table = await azure.run('backup', 'list', 'web-1')
    for (const { snapshotName } of backups) expect(table.stdout).toContain(snapshotName)
    expect(table.stdout).not.toContain('\u001b')
  })

  it('lets a daily backup go when its days are over, and says why the others stay', async () => {
    const daily = await azure.ok<Backup>('backup', 'trigger', 'web-1', '--tier', 'daily')
    await azure.advance(8)
    const newest = await azure.ok<Backup>('backup', 'trigger', 'web-1', '--tier', 'weekly')
    expect(azure.names(snapshots)).not.toContain(daily.snapshotName)

    const preview = await azure.ok<{ deleted: string[]; kept: { name: string; reason: string }[] }>(
      ...['backup', 'cleanup', 'web-1', '--dry-run'],
    )
    expect(preview.deleted).toEqual([])
    expect(preview.kept.map(({ name }) => name)).toContain(newest.snapshotName)
    expect(preview.kept.every(({ reason }) => reason.length > 3)).toBe(true)
  })

  it('keeps what a dry run says it will keep', async () => {
    await azure.ok('backup', 'trigger', 'web-1', '--tier', 'daily')
    await azure.advance(30)
    const preview = await azure.ok<{ deleted: string[] }>('backup', 'cleanup', 'web-1', '--dry-run')
    const before = azure.names(snapshots)
    const done = await azure.ok<{ deleted: string[]; daily: number; weekly: number }>('backup', 'cleanup', 'web-1')
    expect(done.deleted).toEqual(preview.deleted)
    expect(done.daily + done.weekly).toBe(done.deleted.length)
    expect(azure.names(snapshots).sort()).toEqual(before.filter((name) => !done.deleted.includes(name)).sort())
  })

  it('is put back in place, and its old disk is kept', async () => {
    const [newest] = (await azure.ok<{ backups: Backup[] }>('backup', 'list', 'web-1')).backups
    const before = azure.names(disks)
    const restored = await azure.ok<{ restoredDisks: string[]; previousDisks: string[]; rtoSeconds: number }>(
      ...['backup', 'restore', 'web-1', '--backup', newest?.snapshotName ?? '', '--yes'],
    )
    expect(restored).toMatchObject({
      vmName: 'web-1',
      backupName: newest?.snapshotName,
      rtoSeconds: expect.any(Number),
    })
    expect(restored.restoredDisks).toHaveLength(1)
    expect(restored.previousDisks).toHaveLength(1)
    expect(azure.names(disks).sort()).toEqual([...before, ...restored.restoredDisks].sort())
  })

  it('is restored beside itself under a new name', async () => {
    const at = new Date(azure.sandbox.world.now()).toISOString()
    const restored = await azure.ok('backup', 'restore', 'web-1', '--at', at, '--new-vm', 'web-copy')
    expect(restored).toMatchObject({ vmName: 'web-copy', previousDisks: [] })
    expect(azure.names('Microsoft.Compute/virtualMachines')).toContain('web-copy')
  })

  it('says in words how long a restore took and what became of the disks', async () => {
    const at = new Date(azure.sandbox.world.now()).toISOString()
    const { code, stdout } = await azure.run(
      'backup',
      'restore',
      'web-1',
      '--at',
      at,
      '--yes',
      '--delete-previous-disks',
    )
    expect(code).toBe(0)
    expect(stdout).toMatch(/target of 15 minutes/)
    expect(stdout).toMatch(/previous disks .*\(deleted\)/)
  })

  it('is no longer backed up once that is switched off, and keeps its backups', async () => {
    const { backups } = await azure.ok<{ backups: Backup[] }>('backup', 'list', 'web-1')
    expect(await azure.ok('backup', 'disable', 'web-1')).toMatchObject({ enabled: false, dailyRetention: 7 })
    const { results } = await azure.ok<{ results: unknown[] }>('backup', 'run', '--all')
    expect(results).toEqual([])
    expect(await azure.ok('backup', 'list', 'web-1')).toEqual({ backups })
  })
})

describe('a VM with data disks', () => {
  it('is backed up whole: one snapshot a disk, with its LUN', async () => {
    await azure.ok('backup', 'configure', 'db-1')
    const backup = await azure.ok<Backup>('backup', 'trigger', 'db-1')
    expect(backup.disks[0]).toMatchObject({ snapshotName: backup.snapshotName, lun: null })
    expect(backup.disks.map(({ lun }) => lun)).toEqual([null, expect.any(Number), expect.any(Number)])
  })

  it('is refused a second backup while one is being taken', async () => {
    await azure.fault({ kind: 'delay', ms: 2_000, method: 'PUT', path: '/snapshots/' })
    const both = await Promise.all([
      azure.run('backup', 'trigger', 'db-1', '--json'),
      azure.run('backup', 'trigger', 'db-1', '--json'),
    ])
    await azure.clearFaults()
    expect(both.map(({ code }) => code).sort()).toEqual([0, 1])
    const refused = both.find(({ code }) => code === 1)
    expect(refused && documentOf<Failure>(refused).error.code).toBe('BACKUP_IN_PROGRESS')
  })
})

describe('snapshots that are no backups', () => {
  it('are taken, listed, restored and deleted', async () => {
    const taken = await azure.ok<{ name: string }>('snapshot', 'create', 'web-1')
    const { snapshots } = await azure.ok<{ snapshots: { name: string }[] }>('snapshot', 'list', 'web-1')
    expect(snapshots.map(({ name }) => name)).toEqual([taken.name])
    const restored = await azure.ok('snapshot', 'restore', 'web-1', taken.name, '--yes')
    expect(restored).toMatchObject({ vmName: 'web-1', backupName: taken.name })
    expect(await azure.ok('snapshot', 'delete', taken.name, '--yes')).toEqual({ deleted: [taken.name] })
  })

  it('are taken by schedule, and the oldest makes room', async () => {
    for (let i = 0; i < 2; i++) await azure.ok('snapshot', 'create', 'web-1')
    const { stderr } = await azure.run('snapshot', 'enable', 'web-1', '--every', '6', '--keep', '2')
    expect(stderr).not.toContain('removes')
    const enabled = await azure.run('snapshot', 'enable', 'web-1', '--every', '6', '--keep', '1', '--json')
    expect(documentOf(enabled)).toMatchObject({ enabled: true })
    expect(enabled.stderr).toContain('web-1 has 2 snapshots')
    await azure.ok('snapshot', 'sync', '--vm', 'web-1')
    await azure.advance(1)
    expect(await azure.ok('snapshot', 'status', 'web-1')).toMatchObject({ intervalHours: 6, keepCount: 1, count: 1 })
    const { results } = await azure.ok<{ results: { taken: string; removed: string[] }[] }>('snapshot', 'sync')
    expect(results).toEqual([expect.objectContaining({ taken: expect.any(String), removed: [expect.any(String)] })])
    expect(await azure.ok('snapshot', 'disable', 'web-1')).toMatchObject({ enabled: false })
  })

  it('are not to be mistaken for backups', async () => {
    const [backup] = (await azure.ok<{ backups: Backup[] }>('backup', 'list', 'db-1')).backups
    const ended = await azure.run('snapshot', 'delete', backup?.snapshotName ?? '', '--yes', '--json')
    expect(documentOf<Failure>(ended).error.code).toBe('NOT_A_SNAPSHOT')
    expect(azure.names(snapshots)).toContain(backup?.snapshotName)
  })
})

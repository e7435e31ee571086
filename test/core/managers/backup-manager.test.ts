import { describe, expect, it } from '@jest/globals'
import { AzlinError } from '../../../src/core/errors.js'
import { bench, codeOf, computer, configured, usualPolicy } from '../support/bench.js'
import { replicationOf } from '../support/replication.js'

const web = { name: 'web-1', resourceGroup: 'rg' }
const db = { name: 'db-1', resourceGroup: 'rg' }

describe('taking a backup', () => {
  it('makes one recovery point of all disks, described well enough to rebuild the VM without it', async () => {
    const { backups, azure, events, run } = await configured()
    const { backup } = await backups.trigger(db, {}, run)

    expect(backup).toMatchObject({ name: 'db-1-backup-monthly-20261123-010203', tier: 'monthly', complete: true })
    expect(backup.disks.map(({ lun, snapshot, facts }) => [lun, snapshot.name, facts?.sku, facts?.of])).toEqual([
      [null, 'db-1-backup-monthly-20261123-010203', 'Premium_LRS', 3],
      [0, 'db-1-backup-monthly-20261123-010203-lun0', 'StandardSSD_LRS', 3],
      [1, 'db-1-backup-monthly-20261123-010203-lun1', 'StandardSSD_LRS', 3],
    ])
    expect(backup.machine).toMatchObject({
      size: 'Standard_D2s_v5',
      osType: 'Linux',
      generation: 'V2',
      architecture: 'x64',
    })
    expect(azure.all.map(({ tags }) => [tags['azlin:backup'], tags['azlin:vm'], tags['azlin:backup-tier']])).toEqual(
      Array(3).fill(['db-1-backup-monthly-20261123-010203', 'db-1', 'monthly']),
    )
    expect(events).toContainEqual(expect.objectContaining({ type: 'notice', code: 'DISKS_NOT_IN_STEP' }))
  })

  it('sends no request that it does not need', async () => {
    const { backups, azure, run } = await configured()
    await backups.trigger(web, {}, run)
    const name = 'web-1-backup-monthly-20261123-010203'
    expect(azure.requests).toEqual([
      'list snapshots rg',
      'get vm web-1',
      'get disk web-1-os',
      `get snapshot ${name}`,
      `put snapshot ${name}`,
      `get snapshot ${name}`,
      'list snapshots rg',
      'get vm web-1',
      'merge tags web-1',
    ])
  })

  it('takes the place of one that was complete and has lost a disk since, however young it is', async () => {
    const { backups, azure, clock, run } = await configured()
    const { backup } = await backups.trigger(db, {}, run)
    await azure.snapshots.remove({ name: `${backup.name}-lun1`, resourceGroup: 'rg' }, run.signal)
    clock.advance(5_000)
    expect((await backups.trigger(db, {}, run)).backup.tier).toBe('monthly')
  })

  it('starts all disks together, after every one of them is in the journal', async () => {
    const { backups, azure, records, run } = await configured()
    const seen: number[] = []
    azure.trouble = { before: (request) => void (request === 'put snapshot' && seen.push(records.entries.length)) }
    await backups.trigger(db, {}, run)
    expect(seen).toEqual([3, 3, 3])
    expect(azure.requests.findIndex((one) => one.startsWith('put'))).toBeGreaterThan(
      azure.requests.indexOf('get snapshot db-1-backup-monthly-20261123-010203-lun1'),
    )
    expect(records.entries).toEqual([])
    expect(records.lines.at(-1)).toMatchObject({ operation: 'backup trigger', outcome: 'succeeded' })
  })

  it('writes the time of the run into the schedule, and keeps what was configured meanwhile', async () => {
    const { backups, schedules, azure, run } = await configured()
    azure.trouble = {
      before: async (request) => {
        if (request !== 'put snapshot') return
        azure.trouble = {}
        await schedules.configure(web, { ...usualPolicy, dailyRetention: 30 }, run)
      },
    }
    const { backup } = await backups.trigger(web, {}, run)
    expect(await schedules.show(web, run)).toMatchObject({
      dailyRetention: 30,
      lastMonthly: backup.createdAt,
      lastDaily: undefined,
    })
  })

  it('stands though the time of the run cannot be written', async () => {
    const { backups, azure, events, run } = await configured()
    azure.trouble = {
      before: (request) => {
        if (request === 'merge tags') throw new AzlinError('FORBIDDEN', { what: 'tagging', action: '', scope: '' })
      },
    }
    await backups.trigger(web, {}, run)
    expect(events).toContainEqual(expect.objectContaining({ type: 'notice', code: 'LAST_RUN_NOT_WRITTEN' }))
    expect(await backups.list(web, {}, run)).toHaveLength(1)
  })

  it('takes the tier that it is told, unless that tier is off', async () => {
    const { backups, run } = await configured({}, { weeklyRetention: 0 })
    expect((await backups.trigger(web, { tier: 'daily' }, run)).backup.tier).toBe('daily')
    expect(await codeOf(backups.trigger(web, { tier: 'weekly' }, run))).toBe('TIER_OFF')
  })

  it('always takes one, in a second of its own', async () => {
    const { backups, run } = await configured()
    const made = []
    for (let count = 0; count < 4; count++) made.push((await backups.trigger(web, {}, run)).backup)
    expect(made.map(({ tier }) => tier)).toEqual(['monthly', 'daily', 'daily', 'daily'])
    expect(new Set(made.map(({ createdAt }) => +createdAt)).size).toBe(4)
    const forced = [
      await backups.trigger(web, { tier: 'monthly' }, run),
      await backups.trigger(web, { tier: 'monthly' }, run),
    ]
    expect(forced.map(({ backup }) => backup.tier)).toEqual(['monthly', 'monthly'])
  })

  it('is refused while another is being taken on this computer, or a restore runs', async () => {
    const { backups, azure, records, run } = await configured()
    const first = backups.trigger(web, {}, run)
    expect(await codeOf(backups.trigger({ ...web, name: 'WEB-1' }, {}, run))).toBe('BACKUP_IN_PROGRESS')
    expect((await first).backup.complete).toBe(true)
    await backups.trigger(web, {}, run)

    const id = `/subscriptions/${azure.subscriptionId}/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/web-1`
    await records.turnstile.enter('restore', id, new Date())
    expect(await codeOf(backups.trigger(web, {}, run))).toBe('VM_BUSY')
  })

  it('wants a schedule that can be read', async () => {
    const { backups, azure, run } = await configured()
    azure.addMachine('plain')
    azure.addMachine('odd', 0, { tags: { 'azlin:backup-schedule': 'whatever' } })
    const at = (name: string) => ({ name, resourceGroup: 'rg' })
    expect(await codeOf(backups.trigger(at('plain'), {}, run))).toBe('BACKUP_NOT_CONFIGURED')
    expect(await codeOf(backups.trigger(at('odd'), {}, run))).toBe('SCHEDULE_UNREADABLE')
    expect(await codeOf(backups.trigger(at('nobody'), {}, run))).toBe('VM_NOT_FOUND')
  })

  it.each([
    { osDiskKind: 'ephemeral' },
    { osDiskKind: 'unmanaged' },
    { unmanagedDataDisks: 1 },
    { securityType: 'ConfidentialVM' },
  ] as const)('refuses a VM with %j before anything is sent', async (change) => {
    const { backups, schedules, azure, run } = await configured()
    const vm = { name: 'odd', resourceGroup: 'rg' }
    azure.addMachine('odd', 0, change)
    await schedules.configure(vm, usualPolicy, run)
    expect(await codeOf(backups.trigger(vm, {}, run))).toBe('UNSUPPORTED_DISK')
    expect(azure.all).toEqual([])
  })

  it('keeps backups in the group that was named for them', async () => {
    const { backups, run } = await configured({ groups: ['rg', 'vault'] }, { backupResourceGroup: 'vault' })
    const { backup } = await backups.trigger(db, {}, run)
    expect(backup.disks.map(({ snapshot }) => snapshot.resourceGroup)).toEqual(['vault', 'vault', 'vault'])
    expect((await backups.list(db, {}, run)).map(({ name }) => name)).toEqual([backup.name])
  })
})

describe('finding backups', () => {
  it('lists them newest first, by tier and age', async () => {
    const { backups, clock, run } = await configured()
    for (let night = 0; night < 3; night++) {
      await backups.trigger(web, {}, run)
      clock.advance(86_400_000)
    }
    const tiersOf = async (filter: Parameters<typeof backups.list>[1]) =>
      (await backups.list(web, filter, run)).map(({ tier }) => tier)
    expect(await tiersOf({})).toEqual(['daily', 'daily', 'monthly'])
    expect(await tiersOf({ tier: 'monthly' })).toEqual(['monthly'])
    expect(await tiersOf({ since: new Date('2026-11-24T01:02:04Z') })).toEqual(['daily'])
  })

  it('finds backups in another group though somebody took the tags of their VM away', async () => {
    const { backups, azure, run } = await configured({ groups: ['rg', 'vault'] }, { backupResourceGroup: 'vault' })
    const { backup } = await backups.trigger(web, {}, run)
    azure.removeMachine('web-1')
    azure.addMachine('web-1')
    expect(await backups.list(web, {}, run)).toMatchObject([{ name: backup.name }])
    expect(await backups.find(web, backup.name, run)).toMatchObject({ name: backup.name, complete: true })
  })

  it('needs neither database nor schedule nor VM', async () => {
    const { backups, azure, run } = await configured({ groups: ['rg', 'vault'] }, { backupResourceGroup: 'vault' })
    const { backup } = await backups.trigger(db, {}, run)
    azure.removeMachine('db-1')
    const { deps } = computer(azure, bench().clock)
    const { BackupManager } = await import('../../../src/core/managers/backup-manager.js')
    const bare = new BackupManager({ ...deps, records: undefined }, replicationOf(deps))
    expect((await bare.list(db, {}, run)).map(({ name }) => name)).toEqual([backup.name])
    expect((await bare.find(db, backup.name.toUpperCase(), run)).machine?.size).toBe('Standard_D2s_v5')
    expect(await codeOf(bare.list({ ...db, name: 'nobody' }, {}, run))).toBe('VM_NOT_FOUND')
    expect(await codeOf(bare.list({ ...db, name: 'nobody', resourceGroup: 'gone' }, {}, run))).toBe(
      'RESOURCE_GROUP_NOT_FOUND',
    )
  })

  it('finds one by name or by time, and says why not', async () => {
    const { backups, azure, run } = await configured()
    expect(await codeOf(backups.newestAt(web, new Date(), undefined, run))).toBe('NO_BACKUPS')
    const { backup } = await backups.trigger(db, {}, run)
    expect((await backups.newestAt(db, backup.createdAt, undefined, run)).name).toBe(backup.name)
    expect(await codeOf(backups.newestAt(db, new Date(+backup.createdAt - 1), undefined, run))).toBe('NO_BACKUP_AT')
    expect(await codeOf(backups.find(web, backup.name, run))).toBe('BACKUP_NOT_FOUND')
    await azure.snapshots.remove({ name: `${backup.name}-lun1`, resourceGroup: 'rg' }, run.signal)
    expect(await codeOf(backups.find(db, backup.name, run))).toBe('BACKUP_INCOMPLETE')
    expect(await backups.list(db, {}, run)).toEqual([])
  })
})

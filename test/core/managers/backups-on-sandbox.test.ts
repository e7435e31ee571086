/** The managers as they ship: over the SDK, with the real database, against the embedded Azure. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { VmRef } from '../../../src/core/domain/machine.js'
import { BackupManager } from '../../../src/core/managers/backup-manager.js'
import { RetentionManager } from '../../../src/core/managers/retention-manager.js'
import { SnapshotManager } from '../../../src/core/managers/snapshot-manager.js'
import { SnapshotSchedules } from '../../../src/core/managers/snapshot-schedules.js'
import { openRecords } from '../../../src/db/open.js'
import { snapshotType } from '../../../src/sandbox/compute/disk-model.js'
import { type CoreOnSandbox, coreOnSandbox, endServer } from '../../support/core-on-sandbox.js'
import { usualPolicy } from '../support/bench.js'
import { portsContract } from '../support/ports-contract.js'
import { replicationOf } from '../support/replication.js'

const group = 'demo-rg'
const web = { name: 'web-1', resourceGroup: group }
const db = { name: 'db-1', resourceGroup: group }

let core: CoreOnSandbox

beforeEach(async () => {
  core = await coreOnSandbox()
})

afterEach(() => core.close())
afterAll(endServer)

/** Puts a lock on something; the lock's ARM id. */
function hold(id: string): string {
  const lock = `${id}/providers/Microsoft.Authorization/locks/hold`
  core.sandbox.world.put({
    id: lock,
    name: 'hold',
    type: 'Microsoft.Authorization/locks',
    location: '',
    properties: { level: 'CanNotDelete' },
    hidden: {},
  })
  return lock
}

portsContract('Azure over the SDK and the sandbox', async () => {
  const machine = await core.azure.machines.get(db, AbortSignal.timeout(30_000))
  return { azure: core.azure, resourceGroup: group, machine }
})

const others = () => {
  const { azure, records, clock } = core
  const deps = { azure, records, clock, limit: <T>(work: () => Promise<T>) => work() }
  const snapshots = new SnapshotManager(deps)
  return { snapshots, retention: new RetentionManager(deps), snapshotSchedules: new SnapshotSchedules(deps, snapshots) }
}

describe('backups on the embedded Azure', () => {
  it('are taken, listed, and expire as the days go by', async () => {
    const { schedules, backups, sandbox } = core
    const run = core.run()
    await schedules.configure(db, { ...usualPolicy, dailyRetention: 2 }, run)
    const names: string[] = []
    for (let day = 0; day < 4; day++) {
      const { backup } = await backups.trigger(db, { tier: day === 0 ? undefined : 'daily' }, run)
      names.push(backup.name)
      expect(backup.disks.map(({ lun }) => lun)).toEqual([null, 0, 2])
      sandbox.world.advance(86_400_000)
    }
    // When the fourth was taken, the second was a little older than two days; the first is monthly.
    expect((await backups.list(db, {}, run)).map(({ name }) => name)).toEqual([names[3], names[2], names[0]])
    const { cleanup } = await backups.trigger(db, { tier: 'daily' }, run)
    expect(cleanup?.deleted).toEqual([names[2]])
    const [newest] = await backups.list(db, {}, run)
    expect(newest).toMatchObject({ tier: 'daily', complete: true, machine: { size: 'Standard_E4s_v5', zone: '1' } })
    expect((await schedules.show(db, run)).lastDaily).toEqual(newest?.createdAt)
    expect(await core.records.journal.list()).toEqual([])
  })

  it('leave nothing behind when the snapshot of one disk fails after it was accepted', async () => {
    const { schedules, backups, azure, sandbox } = core
    const run = core.run()
    await schedules.configure(db, usualPolicy, run)
    sandbox.faults.add({
      kind: 'failOperation',
      code: 'InvalidParameter',
      message: 'The disk is of a kind that cannot be copied.',
      method: 'PUT',
      path: 'snapshots/.*-lun2',
      times: 1,
    })
    await expect(backups.trigger(db, {}, run)).rejects.toMatchObject({ code: 'BACKUP_FAILED' })
    expect(await azure.snapshots.inGroup(group, run.signal)).toEqual([])
    expect(await core.records.journal.list()).toEqual([])
  })

  it('that fail under a lock leave what the lock holds to the journal, and do not say that it is gone', async () => {
    const { schedules, backups, azure, sandbox, records } = core
    const run = core.run()
    await schedules.configure(db, usualPolicy, run)
    hold(`/subscriptions/${sandbox.subscriptionId}/resourceGroups/${group}`)
    const fault = { kind: 'failOperation', code: 'InvalidParameter', message: 'No.', method: 'PUT' } as const
    sandbox.faults.add({ ...fault, path: 'snapshots/.*-lun2', times: 1 })
    await expect(backups.trigger(db, {}, run)).rejects.toMatchObject({
      code: 'BACKUP_FAILED',
      hint: expect.stringContaining('azlin cleanup'),
    })
    const left = (await azure.snapshots.inGroup(group, run.signal)).map(({ id }) => id.toLowerCase())
    expect(left).toHaveLength(2)
    expect((await records.journal.list()).map(({ resourceId }) => resourceId.toLowerCase()).sort()).toEqual(left.sort())
    expect(await backups.list(db, {}, run)).toEqual([])
  })

  it('are not left in halves when the user stops in the middle', async () => {
    const { schedules, backups, azure, sandbox, events } = core
    await schedules.configure(db, usualPolicy, core.run())
    sandbox.faults.add({ kind: 'delay', ms: 300, method: 'GET', path: 'operations', times: 20 })
    const stop = new AbortController()
    const reason = new Error('Ctrl-C')
    const taking = setInterval(() => sandbox.world.list(snapshotType).length === 3 && stop.abort(reason), 5)
    try {
      await expect(backups.trigger(db, {}, core.run(stop))).rejects.toBe(reason)
    } finally {
      clearInterval(taking)
    }
    expect(await azure.snapshots.inGroup(group, core.run().signal)).toEqual([])
    expect(events.some(({ type }) => type === 'snapshot.removed')).toBe(true)
  })

  it('say what they are under a lock, and stay', async () => {
    const { schedules, backups, sandbox } = core
    const { retention } = others()
    const run = core.run()
    await schedules.configure(web, { ...usualPolicy, dailyRetention: 1 }, run)
    const first = await backups.trigger(web, { tier: 'daily' }, run)
    sandbox.world.advance(2 * 86_400_000)
    const id = first.backup.disks[0]?.snapshot.id ?? ''
    const lock = hold(id)
    const { cleanup } = await backups.trigger(web, { tier: 'daily' }, run)
    expect(cleanup?.deleted).toEqual([])
    expect(cleanup?.kept.find(({ name }) => name === first.backup.name)?.reason).toContain('under a lock')
    sandbox.world.remove(lock)
    expect(retention.preview(await retention.plan(web, run)).deleted).toEqual([first.backup.name])
  })

  it('are untouched by the schedule of snapshots', async () => {
    const { schedules, backups, sandbox } = core
    const { snapshots, snapshotSchedules } = others()
    const run = core.run()
    await schedules.configure(web, usualPolicy, run)
    await backups.trigger(web, {}, run)
    await snapshotSchedules.enable(web, { everyHours: 1, keep: 1 }, run)
    for (let step = 0; step < 3; step++) {
      const [item] = await snapshotSchedules.sync({ vm: web }, run)
      expect(item).toMatchObject({ taken: expect.any(String), error: undefined })
      sandbox.world.advance(3_600_000)
    }
    expect(await snapshots.list(web, run)).toHaveLength(1)
    expect(await backups.list(web, {}, run)).toHaveLength(1)
  })

  it('from two computers at once are two, of which one is the monthly one', async () => {
    const { azure, clock, schedules, backups } = core
    const run = core.run()
    await schedules.configure(db, usualPolicy, run)
    const home = mkdtempSync(join(tmpdir(), 'azlin-second-'))
    const records = await openRecords(home)
    try {
      const others = { azure, records, clock, limit: <T>(work: () => Promise<T>) => work() }
      const second = new BackupManager(others, replicationOf(others))
      await Promise.all([backups.trigger(db, {}, run), second.trigger(db, {}, run)])
      const tiers = (await backups.list(db, {}, run)).map(({ tier }) => tier)
      expect(tiers.filter((tier) => tier === 'monthly')).toHaveLength(1)
      expect((await azure.snapshots.inGroup(group, run.signal)).length).toBe(3 * tiers.length)
    } finally {
      await records.close()
      rmSync(home, { recursive: true, force: true })
    }
  })

  it('say whether the VM showed a working guest agent, without one request more', async () => {
    const { schedules, backups } = core
    await core.seedLab()
    const run = core.run()
    const before = (await core.requests()).length
    const agentOf = async (vm: VmRef) => {
      await schedules.configure(vm, usualPolicy, run)
      const { backup } = await backups.trigger(vm, {}, run)
      const tags = backup.disks.map(({ snapshot }) => /agent=./.exec(snapshot.tags['azlin:machine'] ?? '')?.[0])
      return [backup.machine?.agent, ...new Set(tags)]
    }
    expect(await agentOf(db)).toEqual([true, 'agent=1'])
    expect(await agentOf({ name: 'quiet-1', resourceGroup: 'lab-rg' })).toEqual([false, 'agent=0'])
    expect(await agentOf({ name: 'idle-1', resourceGroup: group })).toEqual([undefined, undefined])
    expect((await core.requests()).slice(before).filter((one) => /instanceView$/i.test(one))).toEqual([])
  })

  it('survive the VM they were taken of', async () => {
    const { schedules, backups, azure } = core
    const run = core.run()
    await schedules.configure(web, usualPolicy, run)
    const { backup } = await backups.trigger(web, {}, run)
    await azure.machines.remove(web, run.signal)
    expect((await backups.find(web, backup.name, run)).machine?.size).toBe('Standard_D2s_v5')
  })
})

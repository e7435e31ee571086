/** What `azlin cleanup` removes, and what it must never touch. */
import { hostname } from 'node:os'
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { encodeTemporary, temporaryTag } from '../../../src/core/domain/temporary.js'
import { TemporaryManager } from '../../../src/core/managers/temporary-manager.js'
import { type CoreOnSandbox, coreOnSandbox, endServer } from '../../support/core-on-sandbox.js'

const group = 'demo-rg'
const db = { name: 'db-1', resourceGroup: group }
let core: CoreOnSandbox

beforeEach(async () => {
  core = await coreOnSandbox()
  await core.schedules.configure(db, { dailyRetention: 7, weeklyRetention: 4, monthlyRetention: 12 }, core.run())
})
afterEach(() => core.close())
afterAll(endServer)

const idOf = (kind: string, name: string) =>
  `/subscriptions/${core.sandbox.subscriptionId}/resourceGroups/${group}/providers/Microsoft.Compute/${kind}/${name}`
const exists = (id: string) => core.sandbox.world.get(id) !== undefined
const tagsOf = (id: string) => core.sandbox.world.get(id)?.tags ?? {}
const sweep = (dryRun = false) => core.temporary.sweep({ dryRun }, core.run())

async function leftoverDisk(name: string, untilMs: number, owner = 'other-host') {
  const { backup } = await core.backups.trigger(db, {}, core.run())
  const [source] = backup.disks
  const until = new Date(+core.clock.now() + untilMs)
  const since = new Date(+core.clock.now() - 7_200_000)
  const disk = await core.azure.disks.create(
    {
      name,
      resourceGroup: group,
      region: backup.region,
      zone: '1',
      sku: 'Premium_LRS',
      sizeGb: source?.snapshot.sizeGb ?? 0,
      tier: undefined,
      encryptionSetId: undefined,
      sourceSnapshotId: source?.snapshot.id ?? '',
      tags: { [temporaryTag]: encodeTemporary({ purpose: 'restore db-1', owner, since, until }) },
    },
    core.run().signal,
  )
  return disk.id
}
const entry = (kind: 'disk' | 'snapshot' | 'vm' | 'restore', resourceId: string, details = {}) =>
  ({ kind, resourceId, purpose: 'restore db-1', details }) as const

describe('the sweep', () => {
  it('removes what a dead command has journalled, and closes the entry', async () => {
    const id = await leftoverDisk('left', 3_600_000, hostname())
    await core.journalOfTheDead(entry('disk', id))
    const origin = { owner: expect.any(String), purpose: expect.any(String), ageSeconds: expect.any(Number) }
    expect((await sweep(true)).removed).toEqual([{ resource: id, kind: 'disk', ...origin }])
    expect(exists(id)).toBe(true)
    expect((await sweep()).removed).toEqual([{ resource: id, kind: 'disk', ...origin }])
    expect(exists(id)).toBe(false)
    expect(await core.records.journal.list()).toEqual([])
    expect(await sweep()).toEqual({ removed: [], left: [], unmarked: [], settled: [] })
  })

  it('leaves what another computer makes of a name that a dead command has journalled', async () => {
    const id = await leftoverDisk('theirs', 3_600_000)
    await core.journalOfTheDead(entry('disk', id))
    expect(await sweep()).toMatchObject({
      removed: [],
      left: [{ resource: id, reason: expect.stringContaining('other-host') }],
    })
    expect(exists(id)).toBe(true)
  })

  it('leaves what another command has made of the name since the sweep began', async () => {
    const first = await leftoverDisk('first', -1, hostname())
    const second = await leftoverDisk('second', -1, hostname())
    for (const id of [first, second]) await core.journalOfTheDead(entry('disk', id))
    core.sandbox.faults.add({ kind: 'delay', ms: 300, method: 'DELETE', path: 'disks/first' })
    const sweeping = sweep()
    while (!core.sandbox.faults.list().some(({ hits }) => hits > 0))
      await new Promise((resolve) => setTimeout(resolve, 5))
    const [since, until] = [60_000, 3_600_000].map((ms) => new Date(+core.clock.now() + ms))
    if (!since || !until) throw new Error('no time')
    const note = encodeTemporary({ purpose: 'restore web-1', owner: hostname(), since, until })
    await core.azure.tags.merge(second, { [temporaryTag]: note }, core.run().signal)
    expect(await sweeping).toMatchObject({
      removed: [{ resource: first }],
      left: [{ resource: second, reason: expect.stringContaining('restore web-1'), failed: false }],
    })
    expect([exists(first), exists(second)]).toEqual([false, true])
  })

  it('leaves what a living command has journalled', async () => {
    const id = await leftoverDisk('busy', 3_600_000)
    await core.records.journal.open(entry('disk', id), new Date())
    expect(await sweep()).toMatchObject({
      removed: [],
      left: [{ resource: id, reason: expect.stringContaining('still running'), failed: false }],
    })
    expect(exists(id)).toBe(true)
  })

  it('goes by the tag for what another computer made', async () => {
    const young = await leftoverDisk('young', 3_600_000)
    const old = await leftoverDisk('old', -1)
    const { removed, left } = await sweep()
    expect(removed.map((one) => one.resource.toLowerCase())).toEqual([old.toLowerCase()])
    expect(removed[0]).toMatchObject({ purpose: 'restore db-1', owner: expect.any(String) })
    expect(Math.round((removed[0]?.ageSeconds ?? 0) / 60)).toBe(120)
    expect(left.map((one) => one.resource.toLowerCase())).toEqual([young.toLowerCase()])
    expect([exists(young), exists(old)]).toEqual([true, false])
  })

  it('never removes a disk that a lasting VM uses: only its mark goes', async () => {
    const [os] = (await core.azure.machines.get(db, core.run().signal)).disks
    const id = os?.id ?? ''
    const note = encodeTemporary({ purpose: 'restore db-1', owner: hostname(), until: new Date(0) })
    await core.azure.tags.merge(id, { [temporaryTag]: note }, core.run().signal)
    await core.journalOfTheDead(entry('disk', id))
    const only = { removed: [], left: [], unmarked: [expect.objectContaining({ resource: id, kind: 'disk' })] }
    expect(await sweep(true)).toMatchObject(only)
    expect(core.sandbox.world.get(id)?.tags).toHaveProperty(temporaryTag)
    expect(await sweep()).toMatchObject(only)
    expect(core.sandbox.world.get(id)?.tags).not.toHaveProperty(temporaryTag)
    expect(await core.records.journal.list()).toEqual([])
  })

  it('never removes what is journalled and not marked in Azure', async () => {
    const [os] = (await core.azure.machines.get(db, core.run().signal)).disks
    await core.journalOfTheDead(entry('disk', os?.id ?? ''))
    await core.journalOfTheDead(entry('vm', idOf('virtualMachines', 'web-1')))
    expect((await sweep()).removed).toEqual([])
    expect(exists(idOf('virtualMachines', 'web-1'))).toBe(true)
    expect(exists(os?.id ?? '')).toBe(true)
    expect(await core.records.journal.list()).toEqual([])
  })

  it('keeps a backup that was whole when its command died, and removes the half of one', async () => {
    const { backup } = await core.backups.trigger(db, {}, core.run())
    const ids = backup.disks.map((disk) => disk.snapshot.id)
    for (const id of ids) await core.journalOfTheDead(entry('snapshot', id, { set: backup.name, of: 3 }))
    expect((await sweep()).removed).toEqual([])
    expect(ids.every(exists)).toBe(true)

    const [, gone = ''] = ids
    core.sandbox.world.remove(gone)
    for (const id of ids) await core.journalOfTheDead(entry('snapshot', id, { set: backup.name, of: 3 }))
    expect((await sweep()).removed).toHaveLength(2)
    expect(ids.some(exists)).toBe(false)
  })

  it('keeps a backup whose data Azure still copies in the background', async () => {
    const { backup } = await core.backups.trigger(db, {}, core.run())
    const ids = backup.disks.map((disk) => disk.snapshot.id)
    const [last] = core.sandbox.world.list('Microsoft.Compute/snapshots').slice(-1)
    if (!last) throw new Error('no snapshot')
    // As that of a Premium SSD v2 disk is for a while.
    const startedAt = core.sandbox.world.now().toISOString()
    last.hidden.copy = { sourceId: '', sourceFamily: '', startedAt, workMs: 1e9, doneMs: 4e8 }
    const ref = { name: last.name, resourceGroup: group }
    expect((await core.azure.snapshots.find(ref, core.run().signal))?.completionPercent).toBe(40)

    for (const id of ids) await core.journalOfTheDead(entry('snapshot', id, { set: backup.name, of: 3 }))
    expect((await sweep()).removed).toEqual([])
    expect(ids.every(exists)).toBe(true)
  })

  it('keeps a whole backup whose tags somebody is changing just then', async () => {
    const { backup } = await core.backups.trigger(db, {}, core.run())
    const ids = backup.disks.map((disk) => disk.snapshot.id)
    const [first = ''] = ids
    const resource = core.sandbox.world.get(first)
    if (!resource) throw new Error('no snapshot')
    resource.properties = { ...resource.properties, provisioningState: 'Updating' }
    for (const id of ids) await core.journalOfTheDead(entry('snapshot', id, { set: backup.name, of: 3 }))
    expect((await sweep()).removed).toEqual([])
    expect(ids.filter(exists)).toEqual(ids)
  })

  it('never removes a part of the very same backup that another computer takes', async () => {
    const { backup } = await core.backups.trigger(db, {}, core.run())
    const [os, ...rest] = backup.disks.map((disk) => disk.snapshot.id)
    for (const id of rest) core.sandbox.world.remove(id)
    const token = tagsOf(os ?? '')['azlin:capture']
    await core.journalOfTheDead(entry('snapshot', os ?? '', { set: backup.name, of: 3, token: 'of-the-dead' }))
    expect((await sweep()).removed).toEqual([])
    expect(exists(os ?? '')).toBe(true)
    await core.journalOfTheDead(entry('snapshot', os ?? '', { set: backup.name, of: 3, token }))
    expect((await sweep()).removed).toHaveLength(1)
  })

  it('keeps a whole backup of which a list does not show all yet', async () => {
    const { backup } = await core.backups.trigger(db, {}, core.run())
    const ids = backup.disks.map((disk) => disk.snapshot.id)
    const names = backup.disks.map(({ snapshot }) => snapshot.name)
    // The process died while it struck them off.
    for (const id of ids.slice(1))
      await core.journalOfTheDead(entry('snapshot', id, { set: backup.name, of: 3, names }))
    const { snapshots } = core.azure
    const lagging: typeof snapshots = {
      inGroup: async (name, signal) => (await snapshots.inGroup(name, signal)).slice(1),
      inSubscription: (signal) => snapshots.inSubscription(signal),
      find: (ref, signal) => snapshots.find(ref, signal),
      create: (want, signal) => snapshots.create(want, signal),
      startCopy: (want, signal) => snapshots.startCopy(want, signal),
      remove: (ref, signal) => snapshots.remove(ref, signal),
    }
    const { records, clock } = core
    const deps = { records, clock, arrivalMs: 200, azure: { ...core.azure, snapshots: lagging } }
    expect(await new TemporaryManager(deps).sweep({ dryRun: false }, core.run())).toMatchObject({ removed: [] })
    expect(ids.filter(exists)).toEqual(ids)
    expect(await core.records.journal.list()).toEqual([])
  })

  it('never removes a snapshot that the journal names and another command made', async () => {
    const { backup } = await core.backups.trigger(db, {}, core.run())
    const id = backup.disks[0]?.snapshot.id ?? ''
    await core.journalOfTheDead(entry('snapshot', id, { set: 'another-set', of: 3 }))
    expect((await sweep()).removed).toEqual([])
    expect(exists(id)).toBe(true)
  })

  it('starts a VM again that a dead restore has left stopped', async () => {
    const { signal } = core.run()
    const { id } = await core.azure.machines.get(db, signal)
    await core.azure.machines.deallocate(db, signal)
    await core.journalOfTheDead(entry('restore', id, { wasRunning: true, newDisks: [] }))
    expect((await sweep(true)).settled).toEqual([expect.stringContaining('is to be started')])
    expect((await core.azure.machines.status(db, signal)).power).toBe('deallocated')
    expect((await sweep()).settled).toEqual([expect.stringContaining('runs again')])
    expect((await core.azure.machines.status(db, signal)).power).toBe('running')
    expect(await core.records.journal.list()).toEqual([])
  })

  it('leaves a VM stopped that a dead restore has started, and somebody has stopped since', async () => {
    const { signal } = core.run()
    const { id } = await core.azure.machines.get(db, signal)
    await core.azure.machines.deallocate(db, signal)
    await core.journalOfTheDead(entry('restore', id, { wasRunning: true, newDisks: [], kept: true }))
    expect((await sweep()).settled).toEqual([])
    expect((await core.azure.machines.status(db, signal)).power).toBe('deallocated')
    expect(await core.records.journal.list()).toEqual([])
  })

  it('leaves a VM stopped that has neither disk of a dead restore any more', async () => {
    const { signal } = core.run()
    const { id } = await core.azure.machines.get(db, signal)
    await core.azure.machines.deallocate(db, signal)
    const previousDisks = [idOf('disks', 'deleted-since')]
    await core.journalOfTheDead(entry('restore', id, { wasRunning: true, newDisks: [], previousDisks }))
    expect((await sweep()).settled).toEqual([])
    expect((await core.azure.machines.status(db, signal)).power).toBe('deallocated')
    expect(await core.records.journal.list()).toEqual([])
  })

  it('leaves to another subscription what is of that one, whatever has the same name in this one', async () => {
    const { signal } = core.run()
    const { id, disks } = await core.azure.machines.get(db, signal)
    await core.azure.machines.deallocate(db, signal)
    const there = (one: string) => one.replace(core.sandbox.subscriptionId, '11111111-2222-3333-4444-555555555555')
    const previousDisks = disks.map((disk) => there(disk.id))
    await core.journalOfTheDead(entry('restore', there(id), { wasRunning: true, newDisks: [], previousDisks }))
    await core.journalOfTheDead(entry('snapshot', there(idOf('snapshots', 'half')), { set: 'half', of: 3 }))
    const told = (kind: string) => ({
      kind,
      reason: expect.stringContaining('cleanup --subscription 11111111-2222-3333-4444-555555555555'),
      failed: false,
    })
    expect(await sweep()).toMatchObject({ settled: [], left: [told('restore'), told('snapshot')] })
    expect((await core.azure.machines.status(db, signal)).power).toBe('deallocated')
    expect(await core.records.journal.list()).toHaveLength(2)
  })

  it('waits for the end of a swap that is under way, which may fail, before it says which disks the VM has', async () => {
    const { signal } = core.run()
    const { id, disks } = await core.azure.machines.get(db, signal)
    await core.azure.machines.deallocate(db, signal)
    const [os] = disks
    const made = idOf('disks', 'made')
    await core.journalOfTheDead(entry('restore', id, { wasRunning: false, newDisks: [made], previousDisks: [os?.id] }))
    const { machines } = core.azure
    let looks = 0
    const find: typeof machines.find = async (vm, by) => {
      const there = await machines.find(vm, by)
      const swapping = looks++ < 2 && there && os && { provisioningState: 'Updating', disks: [{ ...os, id: made }] }
      return there && { ...there, ...swapping }
    }
    const busy = new Proxy(machines, {
      get: (target, name) => {
        const value: unknown = name === 'find' ? find : Reflect.get(target, name)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
    const { records, clock } = core
    const sweeper = new TemporaryManager({ records, clock, arrivalMs: 200, azure: { ...core.azure, machines: busy } })
    expect(await sweeper.sweep({ dryRun: false }, core.run())).toMatchObject({ settled: [], left: [] })
    expect(looks).toBeGreaterThan(2)
    expect((await machines.status(db, signal)).power).toBe('deallocated')
  })

  it('leaves a VM stopped that was stopped before its restore', async () => {
    const { signal } = core.run()
    const { id } = await core.azure.machines.get(db, signal)
    await core.azure.machines.deallocate(db, signal)
    await core.journalOfTheDead(entry('restore', id, { wasRunning: false, newDisks: [] }))
    expect((await sweep()).settled).toEqual([])
    expect((await core.azure.machines.status(db, signal)).power).toBe('deallocated')
  })

  it('never removes a disk that a restore was told to keep, though an earlier one that was cut off had made it', async () => {
    const { signal } = core.run()
    const { id } = await core.azure.machines.get(db, signal)
    const [kept, cutOff] = [await leftoverDisk('kept', -1, hostname()), await leftoverDisk('cut-off', -1, hostname())]
    await core.azure.tags.merge(kept, { 'azlin:previous-disk-of': 'db-1' }, signal)
    for (const disk of [kept, cutOff]) await core.journalOfTheDead(entry('disk', disk))
    // Killed after the swap, and replaced since; that its old disk is one is written on it only now, or not at all.
    await core.azure.machines.deallocate(db, signal)
    await core.journalOfTheDead(entry('restore', id, { wasRunning: true, newDisks: [], previousDisks: [cutOff] }))
    core.sandbox.faults.add({
      kind: 'status',
      status: 403,
      code: 'AuthorizationFailed',
      message: 'no',
      times: 1,
      method: 'PATCH',
      path: 'disks/cut-off',
    })

    const both = [kept, cutOff].map((resource) => expect.objectContaining({ resource, kind: 'disk' }))
    for (const dryRun of [true, false]) {
      const { removed, unmarked, settled } = await sweep(dryRun)
      expect({ removed, unmarked: unmarked.toSorted((a, b) => (a.resource > b.resource ? -1 : 1)) }).toEqual({
        removed: [],
        unmarked: both,
      })
      expect(settled).toEqual(['db-1 has other disks; its old disks are kept: cut-off'])
    }
    expect([kept, cutOff].map((disk) => Object.keys(tagsOf(disk)).includes(temporaryTag))).toEqual([false, false])
    expect(await core.records.journal.list()).toEqual([])
  })

  it('never removes a disk that a dead restore has started its VM with, wherever it is by now', async () => {
    const id = await leftoverDisk('ran', -1, hostname())
    await core.journalOfTheDead(entry('disk', id))
    const details = { wasRunning: true, newDisks: [id], previousDisks: [], kept: true }
    await core.journalOfTheDead(entry('restore', idOf('virtualMachines', 'deleted-since'), details))
    expect(await sweep()).toMatchObject({ removed: [], unmarked: [{ resource: id }] })
    expect(exists(id)).toBe(true)
  })

  it('leaves a disk that a VM has had, and that another computer made for it', async () => {
    const { signal } = core.run()
    const id = await leftoverDisk('ran-elsewhere', -1)
    const { disks } = await core.azure.machines.get(db, signal)
    await core.azure.machines.deallocate(db, signal)
    const place = { id, name: 'ran-elsewhere', lun: null, caching: 'ReadWrite' } as const
    await core.azure.machines.swapDisks(db, [place], undefined, signal)
    await core.azure.machines.swapDisks(db, disks.slice(0, 1), undefined, signal)
    for (const dryRun of [true, false])
      expect(await sweep(dryRun)).toMatchObject({
        removed: [],
        left: [{ resource: id, reason: expect.stringContaining('a VM has run with it'), failed: false }],
      })
    expect(exists(id)).toBe(true)
  })

  it('says why something would not go, and tries again next time', async () => {
    const id = await leftoverDisk('locked', -1)
    core.sandbox.faults.add({
      kind: 'status',
      status: 409,
      code: 'ScopeLocked',
      message: 'locked',
      method: 'DELETE',
      path: 'disks/locked',
    })
    expect((await sweep()).left).toEqual([
      expect.objectContaining({ resource: id, kind: 'disk', reason: expect.stringContaining('lock'), failed: true }),
    ])
    core.sandbox.faults.clear()
    expect((await sweep()).removed).toHaveLength(1)
    expect(exists(id)).toBe(false)
  })
})

/** Restores over the real adapters on the embedded Azure. */
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { type CoreOnSandbox, coreOnSandbox, endServer } from '../../support/core-on-sandbox.js'
import { db, RestoreScene } from '../support/restore-scene.js'

let core: CoreOnSandbox
let scene: RestoreScene

beforeEach(async () => {
  core = await coreOnSandbox()
  scene = new RestoreScene(core)
})
afterEach(() => core.close())
afterAll(endServer)

describe('a restore in place', () => {
  it('gives the VM the data of the backup on all its disks, at their LUNs, and keeps the old disks', async () => {
    const backup = await scene.backedUp()
    const before = await scene.picture()
    const result = await scene.restore(backup)
    const after = await scene.picture()

    expect(after.power).toBe('running')
    expect(after.disks.map(({ lun, caching }) => ({ lun, caching }))).toEqual(
      before.disks.map(({ lun, caching }) => ({ lun, caching })),
    )
    expect(after.disks.map((disk) => disk.rounds)).toEqual(before.disks.map((disk) => (disk.rounds ?? 0) - 1))
    expect(result.restoredDisks).toHaveLength(3)
    expect(result.rtoSeconds).toBeGreaterThan(0)
    for (const old of before.disks) {
      expect(scene.roundsOf(old.id)).toBe(old.rounds)
      expect(scene.resource(old.id).tags).toMatchObject({ 'azlin:previous-disk-of': 'db-1' })
    }
    expect(result.previousDisks.toSorted()).toEqual(before.disks.map(({ id }) => scene.resource(id).name).toSorted())
  })

  it('leaves neither a temporary mark nor a journal entry behind', async () => {
    await scene.restore(await scene.backedUp())
    expect(scene.temporaryThings()).toEqual([])
    expect(await core.records.journal.list()).toEqual([])
  })

  it('makes disks of the SKU, zone and tags of those they replace', async () => {
    const backup = await scene.backedUp()
    const [os] = (await scene.picture()).disks
    scene.resource(os?.id ?? '').tags = { team: 'db' }
    await scene.restore(backup)
    const [now] = (await scene.picture()).disks
    const [old, fresh] = [scene.resource(os?.id ?? ''), scene.resource(now?.id ?? '')]
    expect(fresh).toMatchObject({
      sku: { name: old.sku?.['name'] },
      tags: { team: 'db', 'azlin:restored-from': backup.name },
    })
    expect(fresh.zones).toEqual(old.zones)
  })

  it('can be done twice, and removes the old disks when asked to', async () => {
    const backup = await scene.backedUp()
    await scene.restore(backup)
    const second = await scene.restore(backup, { deletePreviousDisks: true })
    expect(second.deletedDisks).toEqual(second.previousDisks)
    for (const name of second.previousDisks) expect(scene.disks()).not.toContain(name)
    expect((await scene.picture()).power).toBe('running')
  })

  it('stays in the journal until the old disks are marked: who is killed before leaves that to azlin cleanup', async () => {
    const backup = await scene.backedUp()
    core.sandbox.faults.add({ kind: 'delay', ms: 300, method: 'PATCH', path: 'disks/.*OsDisk' })
    const restoring = scene.restore(backup)
    while (!core.sandbox.faults.list().some(({ hits }) => hits > 0))
      await new Promise((resolve) => setTimeout(resolve, 5))
    expect(await core.records.journal.list()).toMatchObject([{ kind: 'restore' }])
    await restoring
    expect(await core.records.journal.list()).toEqual([])
  })

  it('says which of the old disks would not go', async () => {
    const backup = await scene.backedUp()
    const locked = { status: 409, code: 'ScopeLocked', message: 'locked' }
    core.sandbox.faults.add({ kind: 'status', ...locked, method: 'DELETE', path: 'disks/.*OsDisk' })
    const { previousDisks, deletedDisks } = await scene.restore(backup, { deletePreviousDisks: true })
    expect([previousDisks, deletedDisks].map((list) => list.length)).toEqual([3, 2])
    expect(scene.disks()).toContain(previousDisks.find((name) => !deletedDisks.includes(name)))
  })

  it('restores a Trusted Launch VM', async () => {
    const vm = { name: 'tl-1', resourceGroup: 'demo-rg' }
    const result = await scene.restore(await scene.backedUp(vm), {}, vm)
    expect(result.restoredDisks).toHaveLength(1)
    expect((await scene.picture(vm)).power).toBe('running')
  })

  it('starts a VM that was stopped, and says so beforehand; a failed restore leaves it stopped', async () => {
    const vm = { name: 'idle-1', resourceGroup: 'demo-rg' }
    const backup = await scene.backedUp(vm)
    const before = await scene.picture(vm)
    expect(before.power).toBe('deallocated')
    core.sandbox.faults.add({
      kind: 'failOperation',
      code: 'InternalExecutionError',
      message: 'An internal execution error occurred.',
      method: 'POST',
      path: 'idle-1/start',
      times: 1,
    })
    await expect(scene.restore(backup, {}, vm)).rejects.toMatchObject({ code: 'RESTORE_ROLLED_BACK' })
    expect(await scene.picture(vm)).toEqual(before)

    core.events.length = 0
    await scene.restore(backup, {}, vm)
    expect((await scene.picture(vm)).power).toBe('running')
    expect(core.events.find((event) => event.type === 'notice')).toMatchObject({ code: 'WILL_START' })
  })

  it('succeeds although the answer to the swap is lost', async () => {
    const backup = await scene.backedUp()
    core.sandbox.faults.add({ kind: 'drop', when: 'after', method: 'PUT', path: 'virtualMachines/db-1', times: 1 })
    const result = await scene.restore(backup)
    expect(result.previousDisks).toHaveLength(3)
    expect((await scene.picture()).disks.every((disk) => disk.id.includes('db-1-'))).toBe(true)
  })
})

describe('a restore beside the VM', () => {
  it('makes a second VM of the backup and leaves the first alone', async () => {
    const backup = await scene.backedUp()
    const before = await scene.picture()
    const result = await scene.restore(backup, { newVm: 'db-2' })
    const after = await scene.picture({ ...db, name: 'db-2' })

    expect(await scene.picture()).toEqual(before)
    expect(result).toMatchObject({ vmName: 'db-2', previousDisks: [] })
    expect(after.power).toBe('running')
    expect(after.disks.map(({ lun, caching }) => ({ lun, caching }))).toEqual(
      before.disks.map(({ lun, caching }) => ({ lun, caching })),
    )
    expect(after.disks.map((disk) => disk.rounds)).toEqual(before.disks.map((disk) => (disk.rounds ?? 0) - 1))
    expect(scene.temporaryThings()).toEqual([])
    expect(await core.records.journal.list()).toEqual([])
  })

  it('needs no source VM when the tags say what to build and the user says where', async () => {
    const backup = await scene.backedUp()
    const nic = (await core.azure.machines.get(db, core.run().signal)).nicIds[0] ?? ''
    const settings = scene.resource(nic).properties['ipConfigurations'] as { properties: { subnet: { id: string } } }[]
    await core.azure.machines.remove(db, core.run().signal)
    const [found] = await core.backups.list(db, {}, core.run())
    expect(found?.name).toBe(backup.name)
    await expect(core.restores.plan(db, backup, { newVm: 'db-2' }, core.run())).rejects.toMatchObject({
      message: expect.stringContaining('--subnet'),
    })
    await scene.restore(backup, { newVm: 'db-2', subnetId: settings[0]?.properties.subnet.id })
    expect((await scene.picture({ ...db, name: 'db-2' })).power).toBe('running')
  })
})

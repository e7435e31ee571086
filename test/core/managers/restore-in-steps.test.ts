/** Restores in place where Azure wants the places of data disks made free before other disks take them. */
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { DiskAt } from '../../../src/core/ports/azure.js'
import { type CoreOnSandbox, coreOnSandbox, endServer } from '../../support/core-on-sandbox.js'
import { db, RestoreScene } from '../support/restore-scene.js'

const put = { method: 'PUT', path: 'virtualMachines/db-1' } as const
const fixed = {
  ...put,
  kind: 'status',
  status: 409,
  code: 'PropertyChangeNotAllowed',
  message: "Changing property 'dataDisk.managedDisk.id' is not allowed.",
  times: 1,
} as const
const failing = { ...put, kind: 'failOperation', code: 'InternalExecutionError', message: 'no', times: 1 } as const

let core: CoreOnSandbox
let scene: RestoreScene

beforeEach(async () => {
  core = await coreOnSandbox()
  scene = new RestoreScene(core)
})
afterEach(() => core.close())
afterAll(endServer)

const puts = async () => (await core.requests()).filter((line) => /^PUT .*virtualMachines\/db-1$/.test(line)).length

interface Profile {
  readonly osDisk: object
  readonly dataDisks: readonly { readonly lun: number }[]
}

/** As somebody else would, at this very moment. */
function changeProfile(change: (profile: Profile) => Profile): void {
  const vm = core.sandbox.world.list('Microsoft.Compute/virtualMachines').find(({ name }) => name === db.name)
  if (!vm) throw new Error('no VM')
  const storageProfile = change(vm.properties['storageProfile'] as Profile)
  core.sandbox.world.put({ ...vm, properties: { ...vm.properties, storageProfile } })
}

describe('a restore in place in steps', () => {
  it('comes to the same end', async () => {
    const backup = await scene.backedUp()
    const before = await core.azure.machines.get(db, core.run().signal)
    core.sandbox.faults.add(fixed)
    const { restoredDisks, previousDisks } = await scene.restore(backup)
    expect(await puts()).toBe(3)
    const { disks } = await core.azure.machines.get(db, core.run().signal)
    expect(disks.map(({ name }) => name)).toEqual(restoredDisks)
    expect(previousDisks).toEqual(before.disks.map(({ name }) => name))
    const kept = (list: typeof disks) => list.map(({ lun, caching, deleteOption }) => ({ lun, caching, deleteOption }))
    expect(kept(disks)).toEqual(kept(before.disks))
    expect((await scene.picture()).power).toBe('running')
    expect(await core.records.journal.list()).toEqual([])
  })

  it('is written down before the places are made free', async () => {
    const backup = await scene.backedUp()
    core.sandbox.faults.add(fixed)
    const run = core.run()
    let journal: ReturnType<typeof core.records.journal.list> | undefined
    const report: typeof run.report = (event) => {
      run.report(event)
      if (event.type === 'vm.swapped') journal = core.records.journal.list()
    }
    const plan = await core.restores.plan(db, backup, {}, run)
    await core.restores.execute(plan, { ...run, report })
    const restores = (await journal)?.filter(({ kind }) => kind === 'restore')
    expect(restores).toMatchObject([{ details: { freed: true } }])
  })

  it.each([1, 2])('puts everything back when step %d of two fails', async (step) => {
    const backup = await scene.backedUp()
    const before = await scene.picture()
    const disks = scene.disks()
    core.sandbox.faults.add(fixed)
    core.sandbox.faults.add({ ...failing, after: step })
    await expect(scene.restore(backup)).rejects.toMatchObject({ code: 'RESTORE_ROLLED_BACK' })
    expect(await scene.picture()).toEqual(before)
    expect(scene.disks().toSorted()).toEqual(disks.toSorted())
    expect(await core.records.journal.list()).toEqual([])
  })
})

describe('a restore that failed', () => {
  it('leaves off what somebody else took off the VM meanwhile', async () => {
    const backup = await scene.backedUp()
    core.sandbox.faults.add({
      ...put,
      kind: 'status',
      status: 409,
      code: 'OperationNotAllowed',
      message: 'no',
      times: 1,
    })
    const run = core.run()
    const report: typeof run.report = (event) => {
      run.report(event)
      if (event.type === 'vm.swapping') takeOff()
    }
    const plan = await core.restores.plan(db, backup, {}, run)
    await expect(core.restores.execute(plan, { ...run, report })).rejects.toMatchObject({ code: expect.any(String) })
    expect((await core.azure.machines.get(db, run.signal)).disks.map(({ lun }) => lun)).toEqual([null, 0])
  })

  const takeOff = () =>
    changeProfile(({ dataDisks, ...profile }) => ({ ...profile, dataDisks: dataDisks.filter(({ lun }) => lun !== 2) }))
})

describe('a cleanup between the steps', () => {
  const signal = () => core.run().signal

  /** As a restore leaves it that was killed before its data disks were attached: `withOs`, after the OS disk was swapped. */
  async function half({ withOs, freed = true }: { readonly withOs: boolean; readonly freed?: boolean }) {
    const backup = await scene.backedUp()
    const { id, disks } = await core.azure.machines.get(db, signal())
    const plan = await core.restores.plan(db, backup, {}, core.run())
    if (plan.mode !== 'in-place') throw new Error('it is in place')
    const places: { made: DiskAt; previous: DiskAt }[] = []
    for (const { lun, caching, source, sku, sizeGb, zone, previous } of plan.work.disks) {
      if (!previous) throw new Error('no old disk')
      const shape = { sku, sizeGb, zone, tier: undefined, encryptionSetId: undefined, tags: {} }
      const ref = { name: `made-${lun ?? 'os'}`, resourceGroup: db.resourceGroup, region: backup.region }
      const made = await core.azure.disks.create({ ...ref, ...shape, sourceSnapshotId: source.snapshot.id }, signal())
      places.push({ made: { id: made.id, name: made.name, lun, caching }, previous })
    }
    await core.azure.machines.deallocate(db, signal())
    await core.azure.machines.detachDisks(db, [0, 2], undefined, signal())
    const os = places.filter(({ made: { lun } }) => lun === null).map(({ made }) => made)
    if (withOs) await core.azure.machines.swapDisks(db, os, undefined, signal())
    const [newDisks, previousDisks] = [places.map(({ made }) => made.id), disks.map((disk) => disk.id)]
    const details = { wasRunning: true, newDisks, previousDisks, places, freed }
    await core.journalOfTheDead({ kind: 'restore', resourceId: id, purpose: 'restore db-1', details })
    return disks.map(({ name }) => name)
  }

  it.each([
    [true, 'restored'],
    [false, 'old'],
  ])('gives a VM the rest of its disks, and starts it (OS disk swapped: %s)', async (withOs, kind) => {
    const old = await half({ withOs })
    const said = expect.stringMatching(`^db-1 was left stopped with its ${kind} disks, and `)
    expect((await core.temporary.sweep({ dryRun: true }, core.run())).settled).toEqual([said])
    expect((await core.azure.machines.get(db, signal())).disks).toHaveLength(1)
    expect(await core.temporary.sweep({ dryRun: false }, core.run())).toMatchObject({ settled: [said], left: [] })
    const { disks } = await core.azure.machines.get(db, signal())
    expect(disks.map(({ name }) => name)).toEqual(withOs ? ['made-os', 'made-0', 'made-2'] : old)
    expect((await scene.picture()).power).toBe('running')
    expect(await core.records.journal.list()).toEqual([])
  })

  it('attaches nothing that the restore has not taken off', async () => {
    await half({ withOs: false, freed: false })
    await core.temporary.sweep({ dryRun: false }, core.run())
    expect((await core.azure.machines.get(db, signal())).disks.map(({ lun }) => lun)).toEqual([null])
  })

  it('attaches nothing to another VM that was made under the name', async () => {
    await half({ withOs: false })
    const { disks } = await core.azure.machines.get({ ...db, name: 'web-1' }, signal())
    const os = disks.find(({ lun }) => lun === null)
    if (!os) throw new Error('no disk')
    const { id, name } = os
    changeProfile((profile) => ({ ...profile, osDisk: { ...profile.osDisk, name, managedDisk: { id } } }))
    await core.temporary.sweep({ dryRun: false }, core.run())
    expect((await core.azure.machines.get(db, signal())).disks.map(({ id }) => id)).toEqual([id])
  })
})

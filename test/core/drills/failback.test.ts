import { afterAll, afterEach, describe, expect, it } from '@jest/globals'
import type { VmRef } from '../../../src/core/domain/machine.js'
import { type CoreOnSandbox, endServer } from '../../support/core-on-sandbox.js'
import { codeOf } from '../support/bench.js'
import { backedUp, db, home, leftovers, ready, region, web } from './support.js'

let core: CoreOnSandbox
afterEach(() => core.close())
afterAll(endServer)

const { signal } = new AbortController()

async function failedOver(vm: VmRef): Promise<VmRef> {
  const plan = await core.failovers.plan({ vm, targetRegion: region, allowSizeChange: false }, core.run())
  await core.failovers.execute(plan, core.run())
  return plan.newVm
}

describe('a failback', () => {
  it('brings what the failover VM holds home, and leaves both to the operator', async () => {
    core = await ready(db)
    const newVm = await failedOver(db)
    const before = await core.azure.machines.get(db, signal)

    const back = await core.failbacks.plan(newVm, undefined, core.run())
    expect(back.home.name).toBe(db.name)
    const result = await core.failbacks.execute(back, core.run())
    expect(result).toMatchObject({ vmName: db.name, resourceGroup: home, region: 'westus2' })
    expect(result.previousDisks.toSorted()).toEqual(before.disks.map(({ name }) => name).toSorted())
    const after = await core.azure.machines.get(db, signal)
    expect(after.disks.map(({ lun }) => lun)).toEqual(before.disks.map(({ lun }) => lun))
    for (const vm of [db, newVm]) expect((await core.azure.machines.status(vm, signal)).power).toBe('running')
    expect(leftovers(core)).toEqual([])
  })

  it('waits for the data of a Premium SSD v2 disk before it is copied home', async () => {
    core = await ready()
    await core.seedLab()
    const raw = { name: 'raw-1', resourceGroup: 'lab-rg' }
    const name = await backedUp(core, raw, { copied: false })
    core.sandbox.world.advance(3_600_000)
    const backup = await core.backups.find(raw, name, core.run())
    await core.replication.replicate(raw, backup, { region }, core.run())
    const newVm = await failedOver(raw)
    core.events.length = 0
    // Until azlin has seen that it is on its way.
    core.sandbox.faults.add({ kind: 'stallCopy', path: 'snapshots/raw-1-backup' })
    const run = core.run()
    const report: typeof run.report = (event) => {
      run.report(event)
      if (event.type === 'data.arriving') core.sandbox.faults.clear()
    }
    const back = await core.failbacks.plan(newVm, undefined, core.run())
    const result = await core.failbacks.execute(back, { ...run, report })
    expect(result).toMatchObject({ vmName: raw.name, region: 'westus2' })
    expect(core.events).toContainEqual({ type: 'data.arrived', backup: result.backupName })
  })

  it('asks where to when the VM is not of a failover, and refuses what cannot be', async () => {
    core = await ready(web)
    expect(await codeOf(core.failbacks.plan(web, undefined, core.run()))).toBe('NOT_READY')
    expect(await codeOf(core.failbacks.plan(web, db, core.run()))).toBe('NOT_READY')
    expect(await codeOf(core.failbacks.plan({ ...web, name: 'nobody' }, undefined, core.run()))).toBe('VM_NOT_FOUND')
  })
})

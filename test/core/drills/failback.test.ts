import { afterAll, afterEach, describe, expect, it } from '@jest/globals'
import { type CoreOnSandbox, endServer } from '../../support/core-on-sandbox.js'
import { codeOf } from '../support/bench.js'
import { db, home, leftovers, ready, region, web } from './support.js'

let core: CoreOnSandbox
afterEach(() => core.close())
afterAll(endServer)

const { signal } = new AbortController()

describe('a failback', () => {
  it('brings what the failover VM holds home, and leaves both to the operator', async () => {
    core = await ready(db)
    const wish = { vm: db, targetRegion: region, allowSizeChange: false }
    const plan = await core.failovers.plan(wish, core.run())
    await core.failovers.execute(plan, core.run())
    const before = await core.azure.machines.get(db, signal)

    const back = await core.failbacks.plan(plan.newVm, undefined, core.run())
    expect(back.home.name).toBe(db.name)
    const result = await core.failbacks.execute(back, core.run())
    expect(result).toMatchObject({ vmName: db.name, resourceGroup: home, region: 'westus2' })
    expect(result.previousDisks.toSorted()).toEqual(before.disks.map(({ name }) => name).toSorted())
    const after = await core.azure.machines.get(db, signal)
    expect(after.disks.map(({ lun }) => lun)).toEqual(before.disks.map(({ lun }) => lun))
    for (const vm of [db, plan.newVm]) expect((await core.azure.machines.status(vm, signal)).power).toBe('running')
    expect(leftovers(core)).toEqual([])
  })

  it('asks where to when the VM is not of a failover, and refuses what cannot be', async () => {
    core = await ready(web)
    expect(await codeOf(core.failbacks.plan(web, undefined, core.run()))).toBe('NOT_READY')
    expect(await codeOf(core.failbacks.plan(web, db, core.run()))).toBe('NOT_READY')
    expect(await codeOf(core.failbacks.plan({ ...web, name: 'nobody' }, undefined, core.run()))).toBe('VM_NOT_FOUND')
  })
})

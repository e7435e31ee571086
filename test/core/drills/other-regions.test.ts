import { afterAll, afterEach, describe, expect, it } from '@jest/globals'
import type { VmRef } from '../../../src/core/domain/machine.js'
import { replicasIn } from '../../../src/core/managers/replica-inventory.js'
import { type CoreOnSandbox, endServer } from '../../support/core-on-sandbox.js'
import { db, home, leftovers, offline, ready, usual } from './support.js'

/** It has no zones, and so neither disks that are kept in all of them nor Premium SSD v2. */
const region = 'westus'
const raw: VmRef = { name: 'raw-1', resourceGroup: 'lab-rg' }
const { signal } = new AbortController()

let core: CoreOnSandbox
afterEach(() => core.close())
afterAll(endServer)

/** db-1 is in zone 1, and its disk at LUN 2 is kept in all zones. */
async function copied(): Promise<void> {
  core = await ready()
  const disk = core.sandbox.world.list('Microsoft.Compute/disks').find(({ name }) => name === 'db-1_data_2')
  if (!disk) throw new Error('no disk')
  disk.sku = { name: 'Premium_ZRS' }
  delete disk.zones
  await backUpAndCopy(db)
}

async function backUpAndCopy(vm: VmRef): Promise<void> {
  await core.schedules.configure(vm, { dailyRetention: 7, weeklyRetention: 4, monthlyRetention: 12 }, core.run())
  const { backup } = await core.backups.trigger(vm, { tier: undefined }, core.run())
  // The data of Premium SSD v2 take their time.
  core.sandbox.world.advance(600_000)
  await core.replication.replicate(vm, backup, { region }, core.run())
}

const kindsOf = async (vm: VmRef) => {
  const { disks } = await core.azure.machines.get(vm, signal)
  const found = disks.map(({ name }) => core.azure.disks.find({ name, resourceGroup: vm.resourceGroup }, signal))
  return (await Promise.all(found)).map((disk) => [disk?.sku, disk?.zone])
}
const inOnePlace = Array.from({ length: 3 }, () => ['Premium_LRS', undefined])
const notice = expect.stringMatching(
  /no Premium_ZRS disks in westus: the data disk at LUN 2 becomes a Premium_LRS disk/,
)

describe('a region without the zones of the first', () => {
  it('gets a machine by failover, with disks that it has', async () => {
    await copied()
    const plan = await core.failovers.plan({ vm: db, targetRegion: region, allowSizeChange: false }, core.run())
    expect(plan.notices).toContainEqual(notice)
    await core.failovers.execute(plan, core.run())
    expect(await kindsOf(plan.newVm)).toEqual(inOnePlace)
  })

  it('is good for a drill, which says what is not as at home', async () => {
    await copied()
    const before = (await core.requests()).length
    const drill = await core.drills.test({ ...usual, ...offline, vm: db, testRegion: region }, core.run())
    expect(drill).toMatchObject({ outcome: 'succeeded', notes: expect.arrayContaining([notice]) })
    expect(leftovers(core)).toEqual([])
    // Of a real region the list is megabytes.
    const lists = (await core.requests()).slice(before).filter((one) => one.endsWith('/skus'))
    expect(lists).toHaveLength(1)
  })

  it('gets a machine beside the VM of the copies there', async () => {
    await copied()
    const [copy] = await replicasIn(core.azure, db, region, core.run())
    if (!copy) throw new Error('no copy')
    const subnetId = await core.subnetIn(home, region)
    const options = { newVm: 'db-there', subnetId, withoutOriginal: true }
    const plan = await core.restores.plan(db, copy, options, core.run())
    expect(plan.notices).toContainEqual(notice)
    await core.restores.execute(plan, core.run())
    expect(await kindsOf({ name: 'db-there', resourceGroup: home })).toEqual(inOnePlace)
    expect((await core.azure.machines.get({ name: 'db-there', resourceGroup: home }, signal)).zone).toBeUndefined()
  })

  it('is refused beforehand for a disk that nothing can take the place of', async () => {
    core = await ready()
    await core.seedLab()
    await backUpAndCopy(raw)
    const why = /data disk at LUN 2 was a PremiumV2_LRS disk, and westus has none of that kind/
    const failover = { vm: raw, targetRegion: region, allowSizeChange: false }
    await expect(core.failovers.plan(failover, core.run())).rejects.toThrow(why)
    const drill = { ...usual, ...offline, vm: raw, testRegion: region }
    await expect(core.drills.test(drill, core.run())).rejects.toThrow(why)
  })
})

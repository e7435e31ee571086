/** What a VM that is to stay owes: a word of its guest agent, where the backup says that it had a working one. */
import { afterAll, afterEach, describe, expect, it } from '@jest/globals'
import type { VmRef } from '../../../src/core/domain/machine.js'
import type { RestoreOptions } from '../../../src/core/managers/restore-manager.js'
import { type CoreOnSandbox, endServer } from '../../support/core-on-sandbox.js'
import { backedUp, home, hurry, idle, leftovers, ready, region, web } from './support.js'

let core: CoreOnSandbox
afterEach(async () => {
  expect(leftovers(core)).toEqual([])
  expect(await core.records.journal.list()).toEqual([])
  await core.close()
})
afterAll(endServer)

const quiet: VmRef = { name: 'quiet-1', resourceGroup: 'lab-rg' }
const { signal } = new AbortController()
const silent = () => void core.sandbox.faults.add({ kind: 'noAgent', path: 'virtualMachines/' })
/** How often azlin looked for the agent of a VM that it knew to run: its patience, however slow this machine is. */
function looks(name: string): number {
  const from = core.events.findLastIndex((event) => event.type === 'vm.waiting' && event.for === 'agent')
  if (from === -1) throw new Error('azlin never came to the agent')
  const path = `/${name}/instanceView`
  return core.events.slice(from).filter((event) => event.type === 'azure.request' && event.path.endsWith(path)).length
}
const runs = async (vm: VmRef) => (await core.azure.machines.status(vm, signal)).power === 'running'

async function restored(vm: VmRef, options: RestoreOptions = {}) {
  const [backup] = await core.backups.list(vm, {}, core.run())
  if (!backup) throw new Error('no backup')
  return core.restores.execute(await core.restores.plan(vm, backup, options, core.run()), core.run())
}

async function failedOver(vm: VmRef) {
  const plan = await core.failovers.plan({ vm, targetRegion: region, allowSizeChange: false }, core.run())
  return { newVm: plan.newVm, result: await core.failovers.execute(plan, core.run()) }
}

describe('a restore beside the VM', () => {
  it('says that the guest has reported; it is undone where it must and does not', async () => {
    core = await ready(web)
    expect(await restored(web, { newVm: 'web-2' })).toMatchObject({ guestReported: true })
    silent()
    await expect(restored(web, { newVm: 'web-3' })).rejects.toMatchObject({ code: 'TIMED_OUT' })
    expect(await core.azure.machines.find({ ...web, name: 'web-3' }, signal)).toBeUndefined()
  })

  it('stays where nobody knows of an agent, and says that none has reported', async () => {
    core = await ready(idle)
    silent()
    expect(await restored(idle, { newVm: 'idle-2' })).toMatchObject({ guestReported: false })
    expect(await runs({ name: 'idle-2', resourceGroup: home })).toBe(true)
  })
})

describe('a restore in place', () => {
  it('of a VM that never had an agent waits for none, and says that none has reported', async () => {
    core = await ready()
    await core.seedLab()
    await backedUp(core, quiet, { copied: false })
    const result = await restored(quiet)
    expect(result).toMatchObject({ guestReported: false })
    expect(looks('quiet-1')).toBe(0)
    expect(await runs(quiet)).toBe(true)
    expect(await restored(quiet, { newVm: 'quiet-2' })).toMatchObject({ guestReported: false })
    expect(looks('quiet-2')).toBe(0)
  })

  it('keeps the old disks where no agent showed that the system came up, though they were to go', async () => {
    core = await ready()
    await core.seedLab()
    await backedUp(core, quiet, { copied: false })
    const before = await core.azure.machines.get(quiet, signal)
    const result = await restored(quiet, { deletePreviousDisks: true })
    expect(result).toMatchObject({ guestReported: false, deletedDisks: [] })
    for (const { id } of before.disks)
      expect(core.sandbox.world.get(id)?.tags).toMatchObject({ 'azlin:previous-disk-of': quiet.name })
    expect(core.events).toContainEqual(
      expect.objectContaining({
        type: 'notice',
        code: 'PREVIOUS_DISK',
        text: expect.stringContaining('kept all the same'),
      }),
    )
  })

  it('goes by the backup and not by the VM of today, which may be off', async () => {
    core = await ready(web)
    await core.azure.machines.deallocate(web, signal)
    const before = await core.azure.machines.get(web, signal)
    silent()
    await expect(restored(web)).rejects.toMatchObject({ code: 'RESTORE_ROLLED_BACK' })
    expect((await core.azure.machines.get(web, signal)).disks).toEqual(before.disks)
  })
})

describe('a failover', () => {
  it('says that the guest has reported', async () => {
    core = await ready(web)
    expect((await failedOver(web)).result).toMatchObject({ guestReported: true })
  })

  it('waits long for an agent that the backup knows of, and leaves the VM for somebody to look at', async () => {
    core = await ready(web)
    silent()
    const { newVm, result } = await failedOver(web)
    expect(result).toMatchObject({ guestReported: false })
    expect(result.rtoSeconds).toBeGreaterThan(540)
    expect(await runs(newVm)).toBe(true)
    expect(core.events.map((event) => (event.type === 'notice' ? event.code : ''))).toContain('NO_GUEST_AGENT')
  })

  it('leaves the VM, too, where this account may not look at how it is', async () => {
    core = await ready(web)
    const notActions = ['Microsoft.Compute/virtualMachines/instanceView/read']
    core.sandbox.faults.add({ kind: 'role', actions: ['*'], notActions })
    const { newVm, result } = await failedOver(web)
    expect(result).toMatchObject({ guestReported: false, stillMarked: [] })
    core.sandbox.faults.clear()
    expect(await runs(newVm)).toBe(true)
  })

  it('waits for none where the VM had none that worked', async () => {
    core = await ready()
    await core.seedLab()
    await backedUp(core, quiet)
    const { newVm, result } = await failedOver(quiet)
    expect(result).toMatchObject({ guestReported: false })
    expect(looks(newVm.name)).toBe(0)
  })

  it('waits shortly where nobody knows of one', async () => {
    core = await ready(idle)
    silent()
    const { newVm, result } = await failedOver(idle)
    expect(result).toMatchObject({ guestReported: false })
    // In three minutes, one every 20 ms of this machine's time.
    expect(looks(newVm.name)).toBeGreaterThan(0)
    expect(looks(newVm.name)).toBeLessThanOrEqual(180 / (0.02 * hurry) + 1)
  })
})

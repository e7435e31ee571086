import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { DiskMaker, group, minute } from './disk-maker.js'
import { quick, Running, refusal } from './running.js'

let running: Running
let make: DiskMaker
beforeAll(async () => {
  running = await Running.start()
  make = new DiskMaker(running)
})
afterAll(() => running.end())
// Out of the five minutes in which only seven incremental snapshots of a disk are allowed.
beforeEach(() => running.sandbox.world.advance(10 * minute))

describe('virtual machines', () => {
  it('are there from the start', async () => {
    const names: (string | undefined)[] = []
    for await (const { name } of running.compute.virtualMachines.listAll()) names.push(name)
    expect(names).toEqual(['web-1', 'db-1', 'tl-1', 'idle-1'])
    const db = await running.compute.virtualMachines.get(group, 'db-1')
    expect(db.zones).toEqual(['1'])
    expect(db.storageProfile?.dataDisks?.map(({ lun, caching }) => [lun, caching])).toEqual([
      [0, 'ReadOnly'],
      [2, 'None'],
    ])
  })

  it('go off and on, and the agent reports some time after the start', async () => {
    const { virtualMachines } = running.compute
    const state = async () => (await virtualMachines.instanceView(group, 'tl-1')).statuses?.map(({ code }) => code)
    await virtualMachines.powerOff(group, 'tl-1', quick)
    expect(await state()).toContain('PowerState/stopped')
    await virtualMachines.deallocate(group, 'tl-1', quick)
    expect(await state()).toContain('PowerState/deallocated')
    expect(await refusal(virtualMachines.restart(group, 'tl-1', quick))).toMatchObject({ statusCode: 409 })
    const before = running.sandbox.world.now()
    await virtualMachines.start(group, 'tl-1', quick)
    running.sandbox.world.advance(minute)
    const [agent] = (await virtualMachines.instanceView(group, 'tl-1')).vmAgent?.statuses ?? []
    expect(agent?.displayStatus).toBe('Ready')
    expect(agent?.time?.getTime()).toBeGreaterThan(before.getTime())
  })

  it('change under an ETag only when it is the newest', async () => {
    const { virtualMachines } = running.compute
    const before = await virtualMachines.get(group, 'web-1')
    const changed = { ...before, tags: { ...before.tags, extra: 'yes' } }
    const after = await virtualMachines.createOrUpdate(group, 'web-1', changed, {
      ...quick,
      ifMatch: before.etag ?? '',
    })
    expect(after.tags).toMatchObject({ extra: 'yes', app: 'shop' })
    const late = await refusal(
      virtualMachines.createOrUpdate(group, 'web-1', before, { ...quick, ifMatch: before.etag ?? '' }),
    )
    expect(late).toMatchObject({ statusCode: 412, code: 'PreconditionFailed' })
  })

  it('swap the OS disk only when deallocated, with name and id, for one of the same size', async () => {
    const { virtualMachines } = running.compute
    await make.snapshot('swap', { from: make.diskId('idle-1_OsDisk_1') })
    await make.disk('swapped', make.snapshotId('swap'), { sku: 'Standard_LRS' })
    await make.disk('too-large', make.snapshotId('swap'), { sku: 'Standard_LRS', diskSizeGB: 64 })
    const before = await virtualMachines.get(group, 'idle-1')
    const swap = (id: string, name: string | undefined) => {
      const osDisk = {
        ...before.storageProfile?.osDisk,
        managedDisk: { id },
        createOption: 'FromImage',
        ...(name !== undefined && { name }),
      }
      return virtualMachines.createOrUpdate(
        group,
        'idle-1',
        { ...before, storageProfile: { ...before.storageProfile, osDisk } },
        quick,
      )
    }
    await virtualMachines.start(group, 'idle-1', quick)
    expect(await refusal(swap(make.diskId('swapped'), 'swapped'))).toMatchObject({
      statusCode: 409,
      code: 'OperationNotAllowed',
    })
    await virtualMachines.deallocate(group, 'idle-1', quick)
    expect(await refusal(swap(make.diskId('swapped'), 'idle-1_OsDisk_1'))).toMatchObject({ statusCode: 400 })
    expect(await refusal(swap(make.diskId('too-large'), 'too-large'))).toMatchObject({ statusCode: 400 })
    const after = await swap(make.diskId('swapped'), 'swapped')
    expect(after.vmId).toBe(before.vmId)
    expect(after.storageProfile?.osDisk).toMatchObject({ name: 'swapped', createOption: 'FromImage' })
    expect((await running.compute.disks.get(group, 'idle-1_OsDisk_1')).diskState).toBe('Unattached')
    expect((await running.compute.disks.get(group, 'swapped')).diskState).toBe('Reserved')
  })

  it('are made from special disks without osProfile, with the security of the disk, and deleted with what goes with them', async () => {
    const { virtualMachines } = running.compute
    await make.snapshot('tl', { from: make.diskId('tl-1_OsDisk_1') })
    await make.disk('tl-os', make.snapshotId('tl'), { sku: 'StandardSSD_LRS' })
    const subnet = { id: running.id('Microsoft.Network/virtualNetworks/demo-vnet/subnets/default') }
    const ipConfigurations = [{ name: 'ip', properties: { subnet } }]
    const nic = running.id('Microsoft.Network/networkInterfaces/tl-2-nic')
    await running.raw('PUT', `${nic}?api-version=2025-05-01`, { location: 'westus2', properties: { ipConfigurations } })
    const body = {
      location: 'westus2',
      hardwareProfile: { vmSize: 'Standard_D2s_v5' },
      storageProfile: {
        osDisk: {
          osType: 'Linux' as const,
          createOption: 'Attach',
          deleteOption: 'Delete',
          managedDisk: { id: make.diskId('tl-os') },
        },
      },
      networkProfile: { networkInterfaces: [{ id: nic, deleteOption: 'Delete' }] },
    }
    const makeIt = (more: object) => virtualMachines.createOrUpdate(group, 'tl-2', { ...body, ...more }, quick)
    const security = {
      securityProfile: { securityType: 'TrustedLaunch', uefiSettings: { secureBootEnabled: true, vTpmEnabled: true } },
    }
    expect(await refusal(makeIt({}))).toMatchObject({ statusCode: 400, code: 'BadRequest' })
    const osProfile = { computerName: 'tl-2', adminUsername: 'azureuser' }
    expect(await refusal(makeIt({ ...security, osProfile }))).toMatchObject({
      statusCode: 400,
      code: 'InvalidParameter',
    })
    const made = await makeIt(security)
    expect(made).toMatchObject({ provisioningState: 'Succeeded', storageProfile: { osDisk: { name: 'tl-os' } } })
    await virtualMachines.delete(group, 'tl-2', quick)
    expect(await refusal(running.compute.disks.get(group, 'tl-os'))).toMatchObject({ statusCode: 404 })
    expect((await running.raw('GET', `${nic}?api-version=2025-05-01`)).status).toBe(404)
  })

  it('of a region are counted, and its sizes listed', async () => {
    const skus: (string | undefined)[] = []
    for await (const { name } of running.compute.resourceSkus.list({ filter: "location eq 'westus2'" })) skus.push(name)
    expect(skus).toContain('Standard_D2s_v5')
    const usages = new Map<string | undefined, number>()
    for await (const { name, currentValue } of running.compute.usage.list('westus2'))
      usages.set(name?.value, currentValue)
    expect(usages.get('virtualMachines')).toBe(4)
    expect(usages.get('cores')).toBeGreaterThan(0)
  })
})

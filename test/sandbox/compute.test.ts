import type { Snapshot } from '@azure/arm-compute'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { quick, Running, refusal } from './running.js'

const group = 'demo-rg'
const minute = 60_000
let running: Running
beforeAll(async () => {
  running = await Running.start()
})
afterAll(() => running.end())
// Out of the five minutes in which only seven incremental snapshots of a disk are allowed.
beforeEach(() => running.sandbox.world.advance(10 * minute))

const diskId = (name: string) => running.id(`Microsoft.Compute/disks/${name}`)
const snapshotId = (name: string) => running.id(`Microsoft.Compute/snapshots/${name}`)

function snapshot(
  name: string,
  more: { from?: string; location?: string; option?: string; incremental?: boolean } = {},
) {
  const { from = diskId('web-1_OsDisk_1'), location = 'westus2', option = 'Copy', incremental = true } = more
  const body: Snapshot = { location, incremental, creationData: { createOption: option, sourceResourceId: from } }
  return running.compute.snapshots.createOrUpdate(group, name, body, quick)
}

function diskFrom(
  name: string,
  source: string,
  more: { location?: string; diskSizeGB?: number; zones?: string[]; sku?: string } = {},
) {
  const { location = 'westus2', sku = 'Premium_LRS', ...rest } = more
  const creationData = { createOption: 'Copy', sourceResourceId: source }
  const body = { location, creationData, sku: { name: sku }, ...rest }
  return running.compute.disks.createOrUpdate(group, name, body, quick)
}

describe('snapshots', () => {
  it('are taken of a disk in the moment of the PUT, with what the disk is', async () => {
    const made = await snapshot('first')
    expect(made).toMatchObject({
      name: 'first',
      incremental: true,
      osType: 'Linux',
      hyperVGeneration: 'V2',
      diskSizeGB: 30,
    })
    expect(made).toMatchObject({
      snapshotAccessState: 'Available',
      diskState: 'Unattached',
      sku: { name: 'Standard_LRS' },
    })
    expect(made.completionPercent).toBeUndefined()
    const disk = await running.compute.disks.get(group, 'web-1_OsDisk_1')
    expect(made.creationData?.sourceUniqueId).toBe(disk.uniqueId)
  })

  it('answer a PUT with 202, two URLs, and less than the whole resource', async () => {
    const path = `${snapshotId('raw')}?api-version=2025-01-02`
    const creationData = { createOption: 'Copy', sourceResourceId: diskId('web-1_OsDisk_1') }
    const answer = await running.raw('PUT', path, { location: 'westus2', properties: { creationData } })
    expect(answer).toMatchObject({ status: 202, body: { name: 'raw', properties: { provisioningState: 'Updating' } } })
    expect(answer.body['properties']).not.toHaveProperty('timeCreated')
    const url = answer.headers['azure-asyncoperation'] ?? ''
    expect(url.length).toBeGreaterThan(1500)
    const changed = await running.raw('GET', url.replace('&t=', '&t=1'))
    expect(changed.status).toBe(403)
    running.sandbox.world.advance(minute)
    expect(await running.raw('GET', url)).toMatchObject({
      status: 200,
      body: { status: 'Succeeded', properties: { output: { name: 'raw' } } },
    })
    expect(await running.raw('GET', answer.headers['location'] ?? '')).toMatchObject({
      status: 200,
      body: { name: 'raw' },
    })
    running.sandbox.world.advance(25 * 60 * minute)
    expect((await running.raw('GET', url)).status).toBe(404)
  })

  it('keep the old data when the name is used again, and refuse another source under it', async () => {
    const before = await snapshot('again')
    running.sandbox.world.advance(minute)
    const after = await snapshot('again')
    expect(after.timeCreated).toEqual(before.timeCreated)
    expect(after.uniqueId).toBe(before.uniqueId)
    const refused = await refusal(snapshot('again', { from: diskId('db-1_OsDisk_1') }))
    expect(refused).toMatchObject({ statusCode: 409 })
    expect(refused.message).toContain('existing disk')
    expect(await refusal(snapshot('again', { location: 'eastus' }))).toMatchObject({
      statusCode: 409,
      code: 'InvalidResourceLocation',
    })
  })

  it('refuse names that are too long and the eighth of a disk in five minutes', async () => {
    expect(await refusal(snapshot('x'.repeat(81)))).toMatchObject({ statusCode: 400, code: 'InvalidParameter' })
    const from = diskId('idle-1_OsDisk_1')
    for (let index = 0; index < 7; index++) await snapshot(`pace-${index}`, { from })
    expect(await refusal(snapshot('pace-7', { from }))).toMatchObject({ statusCode: 409, code: 'OperationNotAllowed' })
    running.sandbox.world.advance(6 * minute)
    expect((await snapshot('pace-7', { from })).name).toBe('pace-7')
  })

  it('are not copied to another region without CopyStart, from a full one or from a disk', async () => {
    await snapshot('full', { incremental: false })
    const away = (from: string, option: string) => refusal(snapshot('away', { from, location: 'eastus', option }))
    expect(await away(diskId('web-1_OsDisk_1'), 'Copy')).toMatchObject({ statusCode: 400 })
    expect(await away(snapshotId('full'), 'CopyStart')).toMatchObject({ statusCode: 400 })
    const disk = await away(diskId('web-1_OsDisk_1'), 'CopyStart')
    expect(disk.message).toContain('Entity not of expected type')
  })

  it('open their bytes with a SAS, and cannot be deleted until it is closed', async () => {
    await snapshot('open')
    const { accessSAS } = await running.compute.snapshots.grantAccess(
      group,
      'open',
      { access: 'Read', durationInSeconds: 600 },
      quick,
    )
    expect(accessSAS).toMatch(/^https:\/\/127\.0\.0\.1.*sig=/)
    expect((await running.compute.snapshots.get(group, 'open')).diskState).toBe('ActiveSAS')
    const refused = await refusal(running.compute.snapshots.delete(group, 'open', quick))
    expect(refused).toMatchObject({ statusCode: 409, code: 'OperationNotAllowed' })
    const end = 30 * 1024 ** 3
    const footer = await running.raw('GET', accessSAS ?? '', undefined, { range: `bytes=${end}-${end + 7}` })
    expect(footer).toMatchObject({ status: 206, text: 'conectix' })
    await running.compute.snapshots.revokeAccess(group, 'open', quick)
    await running.compute.snapshots.delete(group, 'open', quick)
    expect(await refusal(running.compute.snapshots.get(group, 'open'))).toMatchObject({ statusCode: 404 })
  })

  it('are listed by group', async () => {
    const names: (string | undefined)[] = []
    for await (const { name } of running.compute.snapshots.listByResourceGroup(group)) names.push(name)
    expect(names).toContain('first')
    expect(await refusal(running.compute.snapshots.listByResourceGroup('nowhere').next())).toMatchObject({
      code: 'ResourceGroupNotFound',
    })
  })
})

describe('disks', () => {
  it('made from a snapshot hold what it holds; they may be larger and not smaller', async () => {
    await snapshot('seed')
    const disk = await diskFrom('grown', snapshotId('seed'), { diskSizeGB: 64 })
    expect(disk).toMatchObject({
      diskSizeGB: 64,
      diskState: 'Unattached',
      osType: 'Linux',
      sku: { name: 'Premium_LRS' },
    })
    const content = (id: string) => running.sandbox.world.get(id)?.hidden.content
    expect(content(diskId('grown'))).toEqual({
      ...content(snapshotId('seed')),
      sizeBytes: 64 * 1024 ** 3,
      partitionedBytes: 30 * 1024 ** 3,
    })
    const shrunk = await refusal(diskFrom('shrunk', snapshotId('seed'), { diskSizeGB: 10 }))
    expect(shrunk.message).toContain('cannot be resized down')
    expect(shrunk.statusCode).toBeUndefined()
  })

  it('are not made in another region than the snapshot, nor with a security profile', async () => {
    await snapshot('here')
    expect(await refusal(diskFrom('elsewhere', snapshotId('here'), { location: 'eastus' }))).toMatchObject({
      statusCode: 400,
    })
    const creationData = { createOption: 'Copy', sourceResourceId: snapshotId('here') }
    const body = { location: 'westus2', creationData, securityProfile: { securityType: 'TrustedLaunch' } }
    expect(await refusal(running.compute.disks.createOrUpdate(group, 'secure', body, quick))).toMatchObject({
      statusCode: 400,
      code: 'BadRequest',
    })
  })

  it('that are attached name their machine and cannot be deleted', async () => {
    expect(await running.compute.disks.get(group, 'web-1_OsDisk_1')).toMatchObject({
      diskState: 'Attached',
      managedBy: running.id('Microsoft.Compute/virtualMachines/web-1'),
    })
    expect((await running.compute.disks.get(group, 'idle-1_OsDisk_1')).diskState).toBe('Reserved')
    const refused = await refusal(running.compute.disks.delete(group, 'db-1_data_0', quick))
    expect(refused).toMatchObject({ statusCode: 409, code: 'OperationNotAllowed' })
    expect(refused.message).toMatch(/^Disk db-1_data_0 is attached to VM .*db-1\.$/)
  })
})

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
    await snapshot('swap', { from: diskId('idle-1_OsDisk_1') })
    await diskFrom('swapped', snapshotId('swap'), { sku: 'Standard_LRS' })
    await diskFrom('too-large', snapshotId('swap'), { sku: 'Standard_LRS', diskSizeGB: 64 })
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
    expect(await refusal(swap(diskId('swapped'), 'swapped'))).toMatchObject({
      statusCode: 409,
      code: 'OperationNotAllowed',
    })
    await virtualMachines.deallocate(group, 'idle-1', quick)
    expect(await refusal(swap(diskId('swapped'), 'idle-1_OsDisk_1'))).toMatchObject({ statusCode: 400 })
    expect(await refusal(swap(diskId('too-large'), 'too-large'))).toMatchObject({ statusCode: 400 })
    const after = await swap(diskId('swapped'), 'swapped')
    expect(after.vmId).toBe(before.vmId)
    expect(after.storageProfile?.osDisk).toMatchObject({ name: 'swapped', createOption: 'FromImage' })
    expect((await running.compute.disks.get(group, 'idle-1_OsDisk_1')).diskState).toBe('Unattached')
    expect((await running.compute.disks.get(group, 'swapped')).diskState).toBe('Reserved')
  })

  it('are made from special disks without osProfile, with the security of the disk, and deleted with what goes with them', async () => {
    const { virtualMachines } = running.compute
    await snapshot('tl', { from: diskId('tl-1_OsDisk_1') })
    await diskFrom('tl-os', snapshotId('tl'), { sku: 'StandardSSD_LRS' })
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
          managedDisk: { id: diskId('tl-os') },
        },
      },
      networkProfile: { networkInterfaces: [{ id: nic, deleteOption: 'Delete' }] },
    }
    const make = (more: object) => virtualMachines.createOrUpdate(group, 'tl-2', { ...body, ...more }, quick)
    const security = {
      securityProfile: { securityType: 'TrustedLaunch', uefiSettings: { secureBootEnabled: true, vTpmEnabled: true } },
    }
    expect(await refusal(make({}))).toMatchObject({ statusCode: 400, code: 'BadRequest' })
    const osProfile = { computerName: 'tl-2', adminUsername: 'azureuser' }
    expect(await refusal(make({ ...security, osProfile }))).toMatchObject({ statusCode: 400, code: 'InvalidParameter' })
    const made = await make(security)
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

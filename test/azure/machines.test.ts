import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { connected, rejection } from './support/connected.js'
import { type Asked, ScriptedAzure } from './support/scripted-azure.js'
import { disk, model } from './support/vm-body.js'

const { signal } = new AbortController()
const vm = { name: 'web', resourceGroup: 'rg' }
const path = /\/virtualMachines\/web$/
const swapped = () => model({ os: 'os-new', data: 'data-new', etag: '"8"' })
const places = [
  { id: disk('os-new'), name: 'os-new', lun: null, caching: 'ReadOnly' },
  { id: disk('data-new'), name: 'data-new', lun: 0, caching: 'None' },
] as const
const gone = { status: 404, body: { error: { code: 'ResourceNotFound', message: 'not there' } } }

let cloud: ScriptedAzure
beforeAll(async () => {
  cloud = await ScriptedAzure.start()
})
beforeEach(() => cloud.reset())
afterAll(() => cloud.stop())

const sent = (method: string): Asked[] => cloud.asked.filter((asked) => asked.method === method)

describe('virtual machines', () => {
  it('are read with all that a restore has to put back', async () => {
    const { azure } = await connected(cloud)
    cloud.on('GET', path, { body: model() })
    expect(await azure.machines.get(vm, signal)).toMatchObject({
      name: 'web',
      resourceGroup: 'rg',
      zone: '1',
      size: 'Standard_D2s_v5',
      osDiskKind: 'managed',
      disks: [
        { name: 'os-old', lun: null, caching: 'ReadWrite', deleteOption: 'Delete' },
        { name: 'data-old', lun: 0, caching: 'None', deleteOption: 'Delete' },
        { name: 'keep', lun: 5, deleteOption: 'Detach' },
      ],
      trustedLaunch: { secureBoot: true, vTpm: true },
      plan: { name: 'p', product: 'q', publisher: 'r' },
      nicIds: ['/n/first', '/n/second'],
      etag: '"7"',
    })
  })

  it('are read with what they are doing in one request, where that is wanted', async () => {
    const { azure } = await connected(cloud)
    const { properties, ...rest } = model()
    const vmAgent = { statuses: [{ code: 'ProvisioningState/succeeded', time: '2026-11-23T01:02:03Z' }] }
    const instanceView = { statuses: [{ code: 'PowerState/running' }], vmAgent }
    cloud.on('GET', path, { body: { ...rest, properties: { ...properties, instanceView } } }, { body: model() })
    expect(await azure.machines.getWithStatus(vm, signal)).toMatchObject({
      size: 'Standard_D2s_v5',
      status: { power: 'running', agent: { ready: true, at: new Date('2026-11-23T01:02:03Z') } },
    })
    expect(await azure.machines.get(vm, signal)).not.toHaveProperty('status')
    expect(sent('GET').map(({ url }) => /expand=(\w+)/.exec(url)?.[1])).toEqual(['instanceView', undefined])
  })

  it('are told apart by the kind of their OS disk', async () => {
    const { azure } = await connected(cloud)
    const osDisk = (fields: object) => ({ body: { ...model(), properties: { storageProfile: { osDisk: fields } } } })
    cloud.on(
      'GET',
      path,
      osDisk({ name: 'o', vhd: { uri: 'https://x/o.vhd' } }),
      osDisk({ name: 'o', diffDiskSettings: { option: 'Local' }, managedDisk: { id: disk('o') } }),
    )
    expect(await azure.machines.get(vm, signal)).toMatchObject({ osDiskKind: 'unmanaged', disks: [] })
    expect(await azure.machines.get(vm, signal)).toMatchObject({ osDiskKind: 'ephemeral' })
  })

  it('are not found in the same words whether the VM or its group is missing', async () => {
    const { azure } = await connected(cloud)
    const noGroup = { error: { code: 'ResourceGroupNotFound', message: "Resource group 'rg' could not be found." } }
    cloud.on('GET', path, gone, { status: 404, body: noGroup })
    for (let time = 0; time < 2; time++)
      expect(await rejection(azure.machines.get(vm, signal))).toMatchObject({ code: 'VM_NOT_FOUND' })
    expect(await azure.machines.find(vm, signal)).toBeUndefined()
  })

  it.each([
    [[{ code: 'PowerState/running' }, { code: 'ProvisioningState/succeeded' }], 'running'],
    [[{ code: 'ProvisioningState/updating' }], 'unknown'],
    [[{ code: 'ProvisioningState/succeeded' }, { code: 'PowerState/deallocated' }], 'deallocated'],
  ])('have the power state that stands anywhere in %j', async (statuses, power) => {
    const { azure } = await connected(cloud)
    cloud.on('GET', /\/instanceView$/, { body: { statuses } })
    expect(await azure.machines.status(vm, signal)).toEqual({ power, agent: undefined })
  })

  it('have an agent that is ready, or not, since some time', async () => {
    const { azure } = await connected(cloud)
    const agent = (code: string, displayStatus: string) => ({
      body: { vmAgent: { statuses: [{ code, displayStatus, time: '2026-11-23T01:02:03Z' }] } },
    })
    cloud.on(
      'GET',
      /\/instanceView$/,
      agent('ProvisioningState/succeeded', 'Ready'),
      agent('ProvisioningState/Unavailable', 'Not Ready'),
    )
    const at = new Date('2026-11-23T01:02:03Z')
    expect((await azure.machines.status(vm, signal)).agent).toEqual({ ready: true, at })
    expect((await azure.machines.status(vm, signal)).agent).toEqual({ ready: false, at })
  })

  it('get all their new disks in one conditional request that keeps the rest', async () => {
    const { azure } = await connected(cloud)
    cloud.on('GET', path, { body: model() }, { body: swapped() })
    cloud.on('PUT', path, {
      status: 200,
      headers: { 'azure-asyncoperation': `${cloud.endpoint}/ops/1` },
      body: model(),
    })
    cloud.on('GET', /\/ops\/1$/, { body: { status: 'Succeeded' } })
    await azure.machines.swapDisks(vm, places, undefined, signal)

    const [put] = sent('PUT')
    expect(put?.headers['if-match']).toBe('"7"')
    expect(put?.body).toMatchObject({
      zones: ['1'],
      plan: { name: 'p' },
      tags: { owner: 'x' },
      properties: { osProfile: { computerName: 'web' }, securityProfile: { securityType: 'TrustedLaunch' } },
    })
    expect(put?.body).toHaveProperty('properties.storageProfile', {
      imageReference: { publisher: 'Canonical' },
      osDisk: {
        osType: 'Linux',
        name: 'os-new',
        createOption: 'FromImage',
        caching: 'ReadOnly',
        deleteOption: 'Delete',
        managedDisk: { id: disk('os-new') },
      },
      dataDisks: [
        {
          lun: 0,
          name: 'data-new',
          caching: 'None',
          createOption: 'Attach',
          deleteOption: 'Delete',
          managedDisk: { id: disk('data-new') },
        },
        { lun: 5, name: 'keep', createOption: 'Attach', managedDisk: { id: disk('keep') } },
      ],
    })
    expect(JSON.stringify(put?.body)).not.toMatch(/provisioningState|an-extension|vm-id/)
  })

  it('are not touched when somebody else changed them since', async () => {
    const { azure } = await connected(cloud)
    cloud.on('GET', path, { body: model() })
    expect(await rejection(azure.machines.swapDisks(vm, places, '"6"', signal))).toMatchObject({ code: 'CONFLICT' })
    expect(sent('PUT')).toEqual([])

    const stale = { error: { code: 'PreconditionFailed', message: 'Etag provided in if-match header does not match.' } }
    cloud.on('PUT', path, { status: 412, body: stale })
    expect(await rejection(azure.machines.swapDisks(vm, places, '"7"', signal))).toMatchObject({ code: 'CONFLICT' })
    expect(sent('PUT')).toHaveLength(1)
  })

  it('are looked at when the answer to a swap is lost, and the swap is not sent again', async () => {
    const { azure } = await connected(cloud)
    const underway = model({ os: 'os-new', data: 'data-new', provisioningState: 'Updating' })
    cloud.on('GET', path, { body: model() }, { body: underway }, { body: swapped() }).on('PUT', path, 'drop')
    await azure.machines.swapDisks(vm, places, undefined, signal)
    expect(sent('PUT')).toHaveLength(1)
  })

  it('are looked at when what ends the swap has no body', async () => {
    const { azure } = await connected(cloud)
    const headers = { location: `${cloud.endpoint}/ops/swap` }
    cloud
      .on('GET', path, { body: model() }, { body: swapped() })
      .on('PUT', path, { status: 201, headers, body: model() })
    cloud.on('GET', /\/ops\/swap$/, { status: 202, headers }, { status: 200 })
    await azure.machines.swapDisks(vm, places, '"7"', signal)
    expect(sent('PUT')).toHaveLength(1)
    expect(cloud.lines.at(-1)).toMatch(path)
  })

  it('are swapped after all when a swap was lost and did not happen, on the same condition', async () => {
    const { azure } = await connected(cloud)
    const before = { body: model() }
    cloud
      .on('GET', path, before, before, before, before, { body: swapped() })
      .on('PUT', path, 'drop', { body: swapped() })
    await azure.machines.swapDisks(vm, places, undefined, signal)
    expect(sent('PUT').map(({ headers }) => headers['if-match'])).toEqual(['"7"', '"7"'])
  })

  it('are looked at when the second of two swaps is refused, as the first one took effect late', async () => {
    const { azure } = await connected(cloud)
    const before = { body: model() }
    const stale = { error: { code: 'PreconditionFailed', message: 'Etag provided in if-match header does not match.' } }
    cloud.on('GET', path, before, before, before, before, { body: swapped() })
    cloud.on('PUT', path, 'drop', { status: 412, body: stale })
    await azure.machines.swapDisks(vm, places, undefined, signal)
    expect(sent('PUT')).toHaveLength(2)
  })

  it('are left with a clear word when swaps are lost again and again', async () => {
    const { azure } = await connected(cloud)
    cloud.on('GET', path, { body: model() }).on('PUT', path, 'drop')
    expect(await rejection(azure.machines.swapDisks(vm, places, undefined, signal))).toMatchObject({ code: 'NETWORK' })
    expect(sent('PUT')).toHaveLength(3)
  })

  it('are left after one lost swap where nothing says that they are the same still', async () => {
    const { azure } = await connected(cloud)
    const { etag: _, ...without } = model()
    cloud.on('GET', path, { body: without }).on('PUT', path, 'drop')
    expect(await rejection(azure.machines.swapDisks(vm, places, undefined, signal))).toMatchObject({ code: 'NETWORK' })
    expect(sent('PUT')).toHaveLength(5)
  })

  it('do not count as swapped when Azure said yes and did nothing', async () => {
    const { azure } = await connected(cloud)
    cloud.on('GET', path, { body: model() }).on('PUT', path, { body: model() })
    const error = await rejection(azure.machines.swapDisks(vm, places, undefined, signal))
    expect(error).toMatchObject({ code: 'AZURE_REJECTED' })
  })

  it('lose only the data disks that were named', async () => {
    const { azure } = await connected(cloud)
    const without = model()
    without.properties.storageProfile.dataDisks.pop()
    cloud.on('GET', path, { body: model() }, { body: without }).on('PUT', path, { body: without })
    await azure.machines.detachDisks(vm, [0, 9], undefined, signal)
    expect(sent('PUT')[0]?.body).toMatchObject({ properties: { storageProfile: { dataDisks: [{ lun: 5 }] } } })

    cloud.reset()
    cloud.on('GET', path, { body: without })
    await azure.machines.detachDisks(vm, [0], undefined, signal)
    expect(sent('PUT')).toEqual([])
  })

  it('are made of attached disks without a profile or an image', async () => {
    const { azure } = await connected(cloud)
    cloud.on('GET', path, gone, { body: model() }).on('PUT', path, { status: 201, body: model() })
    const facts = {
      size: 'Standard_D2s_v5',
      osType: 'Linux',
      generation: 'V2',
      trustedLaunch: { secureBoot: true, vTpm: false },
      zone: '2',
      architecture: undefined,
      licenseType: undefined,
      plan: { name: 'p', product: 'q', publisher: 'r' },
      agent: undefined,
    } as const
    const want = {
      ...vm,
      region: 'westus2',
      zone: '2',
      facts,
      disks: places,
      nicId: '/n/1',
      tags: { a: 'b' },
      throwAway: false,
    }
    await azure.machines.create(want, signal)
    expect(sent('PUT')[0]?.body).toEqual({
      location: 'westus2',
      tags: { a: 'b' },
      zones: ['2'],
      plan: { name: 'p', product: 'q', publisher: 'r' },
      properties: {
        hardwareProfile: { vmSize: 'Standard_D2s_v5' },
        securityProfile: {
          securityType: 'TrustedLaunch',
          uefiSettings: { secureBootEnabled: true, vTpmEnabled: false },
        },
        storageProfile: {
          osDisk: {
            osType: 'Linux',
            name: 'os-new',
            caching: 'ReadOnly',
            createOption: 'Attach',
            deleteOption: 'Detach',
            managedDisk: { id: disk('os-new') },
          },
          dataDisks: [
            {
              lun: 0,
              name: 'data-new',
              caching: 'None',
              createOption: 'Attach',
              deleteOption: 'Detach',
              managedDisk: { id: disk('data-new') },
            },
          ],
        },
        networkProfile: { networkInterfaces: [{ id: '/n/1', properties: { primary: true, deleteOption: 'Detach' } }] },
      },
    })
  })

  it('say when there was no room to start them', async () => {
    const { azure } = await connected(cloud)
    cloud.on('POST', /\/start$/, { status: 202, headers: { 'azure-asyncoperation': `${cloud.endpoint}/ops/1` } })
    cloud.on('GET', /\/ops\/1$/, {
      body: { status: 'Failed', error: { code: 'AllocationFailed', message: 'No room.' } },
    })
    expect(await rejection(azure.machines.start(vm, signal))).toMatchObject({ code: 'CAPACITY' })
  })

  it('count as deallocated when the operation is forgotten and they are', async () => {
    const { azure } = await connected(cloud)
    cloud.on('POST', /\/deallocate$/, { status: 202, headers: { 'azure-asyncoperation': `${cloud.endpoint}/ops/1` } })
    cloud.on('GET', /\/ops\/1$/, gone)
    const power = (code: string) => ({ body: { statuses: [{ code }] } })
    cloud.on('GET', /\/instanceView$/, power('PowerState/deallocating'), power('PowerState/deallocated'))
    await azure.machines.deallocate(vm, signal)
  })
})

import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { connected, group, rejection, subscriptionId } from './support/connected.js'
import { ScriptedAzure } from './support/scripted-azure.js'

const { signal } = new AbortController()
const vmId = `${group}/providers/Microsoft.Compute/virtualMachines/web`
const tagsPath = /virtualMachines\/web\/providers\/Microsoft\.Resources\/tags\/default$/
const gone = { status: 404, body: { error: { code: 'ResourceNotFound', message: 'not there' } } }

let cloud: ScriptedAzure
beforeAll(async () => {
  cloud = await ScriptedAzure.start()
})
beforeEach(() => cloud.reset())
afterAll(() => cloud.stop())

describe('tags', () => {
  it('are merged in one request that names no other tag', async () => {
    const { azure } = await connected(cloud)
    cloud.on('PATCH', tagsPath, { body: { properties: { tags: { a: '1', foreign: 'x' } } } })
    await azure.tags.merge(vmId, { a: '1' }, signal)
    expect(cloud.lines).toEqual([`PATCH ${vmId}/providers/Microsoft.Resources/tags/default`])
    expect(cloud.asked[0]?.body).toEqual({ operation: 'Merge', properties: { tags: { a: '1' } } })
  })

  it('are taken away by name, whatever their case, with the value they have', async () => {
    const { azure } = await connected(cloud)
    const tags = (now: object) => ({ body: { properties: { tags: now } } })
    cloud.on('GET', tagsPath, tags({ 'Azlin:X': 'v', foreign: 'y' }), tags({ foreign: 'y' })).on('PATCH', tagsPath, {})
    await azure.tags.remove(vmId, ['azlin:x', 'never-there'], signal)
    const [patch] = cloud.asked.filter(({ method }) => method === 'PATCH')
    expect(patch?.body).toEqual({ operation: 'Delete', properties: { tags: { 'Azlin:X': 'v' } } })

    cloud.reset()
    cloud.on('GET', tagsPath, tags({ foreign: 'y' }))
    await azure.tags.remove(vmId, ['azlin:x'], signal)
    expect(cloud.lines).toHaveLength(1)
  })

  it('of something that is gone are an error', async () => {
    const { azure } = await connected(cloud)
    cloud.on('PATCH', tagsPath, gone)
    expect(await rejection(azure.tags.merge(vmId, { a: '1' }, signal))).toMatchObject({ code: 'AZURE_NOT_FOUND' })
  })
})

describe('network interfaces', () => {
  const nic = /networkInterfaces\/new$/
  const want = { name: 'new', resourceGroup: 'rg', region: 'westus2', tags: { t: '1' } }
  const newId = `${group}/providers/Microsoft.Network/networkInterfaces/new`

  it('are copied with subnet, guard and speed, and without any address', async () => {
    const { azure } = await connected(cloud)
    const source = {
      location: 'westus2',
      properties: {
        enableAcceleratedNetworking: true,
        networkSecurityGroup: { id: '/nsg/1' },
        ipConfigurations: [
          { name: 'b', properties: { primary: false, subnet: { id: '/net/other' } } },
          {
            name: 'a',
            properties: {
              primary: true,
              privateIPAddress: '10.0.0.4',
              privateIPAllocationMethod: 'Static',
              subnet: { id: '/net/sub' },
              publicIPAddress: { id: '/pip/1' },
            },
          },
        ],
      },
    }
    cloud.on('GET', /networkInterfaces\/old$/, { body: source }).on('GET', nic, gone, { body: { id: newId } })
    cloud.on('PUT', nic, { status: 201, body: { id: newId, properties: { provisioningState: 'Succeeded' } } })
    const sourceId = `${group.toUpperCase()}/providers/Microsoft.Network/networkInterfaces/old`
    expect(await azure.networks.cloneNic(sourceId, want, signal)).toBe(newId)
    const sent = cloud.asked.find(({ method }) => method === 'PUT')?.body
    expect(JSON.stringify(sent)).not.toMatch(/10\.0\.0\.4|publicIPAddress/)
    expect(sent).toMatchObject({
      location: 'westus2',
      tags: { t: '1' },
      properties: {
        enableAcceleratedNetworking: true,
        networkSecurityGroup: { id: '/nsg/1' },
        ipConfigurations: [
          {
            name: 'ipconfig1',
            properties: { primary: true, privateIPAllocationMethod: 'Dynamic', subnet: { id: '/net/sub' } },
          },
        ],
      },
    })
  })

  it('that Azure keeps for a failed VM are removed once it lets go of them', async () => {
    const { azure, clock } = await connected(cloud)
    const held = { status: 400, body: { error: { code: 'NicReservedForAnotherVm', message: 'for 180 seconds' } } }
    cloud.on('DELETE', nic, held, held, held, { status: 204 })
    await azure.networks.removeNic({ name: 'new', resourceGroup: 'rg' }, signal)
    expect(clock.waits).toEqual([15_000, 15_000, 15_000])
    cloud.on('DELETE', nic, held)
    const error = await rejection(azure.networks.removeNic({ name: 'new', resourceGroup: 'rg' }, signal))
    expect(error).toMatchObject({ code: 'CONFLICT' })
  })

  it('are never made over one that has the name', async () => {
    const { azure } = await connected(cloud)
    cloud.on('GET', nic, { body: { id: newId, tags: { owner: 'ops' } } })
    expect(await rejection(azure.networks.createNic('/net/sub', want, signal))).toMatchObject({ code: 'NAME_TAKEN' })
    expect(cloud.asked.map(({ method }) => method)).toEqual(['GET'])
  })

  it('fail to be made with a typed error when the operation fails', async () => {
    const { azure } = await connected(cloud)
    cloud.on('GET', nic, gone)
    cloud.on('PUT', nic, { status: 201, headers: { 'azure-asyncoperation': `${cloud.endpoint}/ops/1` }, body: {} })
    cloud.on('GET', /\/ops\/1$/, { body: { status: 'Failed', error: { code: 'QuotaExceeded', message: 'Too many.' } } })
    expect(await rejection(azure.networks.createNic('/net/sub', want, signal))).toMatchObject({
      code: 'QUOTA_EXCEEDED',
    })
  })
})

describe('the subscription', () => {
  it('knows its regions and resource groups', async () => {
    const { azure } = await connected(cloud)
    cloud.on('GET', /\/locations$/, { body: { value: [{ name: 'westus2' }, { name: 'eastus' }] } })
    cloud.on('GET', /resourcegroups\/rg$/i, {
      status: 404,
      body: { error: { code: 'ResourceGroupNotFound', message: 'x' } },
    })
    expect(await azure.regions.list(signal)).toEqual(['westus2', 'eastus'])
    expect(await azure.groups.find('rg', signal)).toBeUndefined()
  })

  it('says why a size is not to be had', async () => {
    const { azure } = await connected(cloud)
    const size = (name: string, restrictions: object[] = []) => ({
      resourceType: 'virtualMachines',
      name,
      locations: ['westus2'],
      locationInfo: [{ location: 'westus2', zones: ['1', '2'] }],
      restrictions,
    })
    const info = { locations: ['westus2'] }
    const barred = {
      type: 'Location',
      values: ['westus2'],
      restrictionInfo: info,
      reasonCode: 'NotAvailableForSubscription',
    }
    const shut = {
      type: 'Zone',
      values: ['westus2'],
      restrictionInfo: { ...info, zones: ['2'] },
      reasonCode: 'QuotaId',
    }
    cloud.on('GET', /\/skus$/, {
      body: { value: [size('Standard_A'), size('Standard_B', [barred]), size('Standard_C', [shut])] },
    })
    const why = (name: string, zone?: string) => azure.regions.whyNotSize(name, 'westus2', zone, signal)
    expect(await why('standard_a', '1')).toBeUndefined()
    expect(await why('Standard_A', '3')).toContain('not offered in zone 3')
    expect(await why('Standard_B')).toContain('NotAvailableForSubscription')
    expect(await why('Standard_C', '1')).toBeUndefined()
    expect(await why('Standard_C', '2')).toContain('zone 2')
    expect(await why('Standard_D')).toBe('Standard_D is not offered in westus2')
    expect(decodeURIComponent(cloud.asked[0]?.url ?? '')).toContain("$filter=location eq 'westus2'")
  })

  it.each([
    ['is not there', { status: 404, body: { error: { code: 'NotFound', message: 'nothing at this path' } } }],
    ['is no type of this endpoint', { status: 404, body: { error: { code: 'InvalidResourceType', message: 'x' } } }],
    ['may not be read', { status: 403, body: { error: { code: 'AuthorizationFailed', message: 'no' } } }],
    ['is empty', { body: { value: [] } }],
  ])('leaves regions, sizes, quotas and rights to Azure itself where the list of them %s', async (_, answer) => {
    const { azure } = await connected(cloud)
    cloud.on('GET', /\/(locations|skus|usages|permissions)$/, answer)
    expect(await azure.regions.list(signal)).toBeUndefined()
    expect(await azure.regions.whyNotSize('Standard_A', 'westus2', '1', signal)).toBeUndefined()
    expect(await azure.capacity.whyNoQuota('Standard_A', 'westus2', signal)).toBeUndefined()
    expect(await azure.capacity.sizesLike('Standard_A', 'westus2', signal)).toEqual([])
    expect(await azure.capacity.zonesOf('Standard_A', 'westus2', signal)).toEqual([])
    expect(await azure.permissions.missing('rg', ['Microsoft.Compute/disks/write'], signal)).toBeUndefined()
    expect(cloud.lines.filter((line) => line.endsWith('/skus'))).toHaveLength(1)
  })

  it('is asked once for its sizes and kinds of disks, by however many at the same time', async () => {
    const { azure } = await connected(cloud)
    const locations = ['westus2']
    const restrictions = [{ type: 'Location', values: locations, reasonCode: 'NotAvailableForSubscription' }]
    const value = [
      { resourceType: 'virtualMachines', name: 'Standard_A', locations },
      { resourceType: 'disks', name: 'Premium_LRS', locations, size: 'P4' },
      { resourceType: 'disks', name: 'Premium_LRS', locations, size: 'P6' },
      { resourceType: 'disks', name: 'UltraSSD_LRS', locations, restrictions },
    ]
    const gone = { status: 401, body: { error: { code: 'ExpiredAuthenticationToken', message: 'expired' } } }
    cloud.on('GET', /\/skus$/, gone, { body: { value } })
    const { regions } = azure
    const ask = () =>
      Promise.all([
        regions.whyNotSize('Standard_A', 'westus2', undefined, signal),
        regions.diskKinds('westus2', signal),
      ])
    expect(await rejection(ask())).toMatchObject({ code: 'NOT_SIGNED_IN' })
    expect(await ask()).toEqual([undefined, ['Premium_LRS']])
    expect(cloud.lines.filter((line) => line.endsWith('/skus'))).toHaveLength(2)
  })

  it('is not taken for one without regions or sizes while it is out of order', async () => {
    const { azure } = await connected(cloud)
    cloud.on('GET', /\/(locations|skus)$/, { status: 503, body: {} })
    expect(await rejection(azure.regions.list(signal))).toMatchObject({ code: 'AZURE_UNAVAILABLE' })
    const size = azure.regions.whyNotSize('Standard_A', 'westus2', undefined, signal)
    expect(await rejection(size)).toMatchObject({ code: 'AZURE_UNAVAILABLE' })
  })

  it('is not taken for one without locks when the sign-in is gone', async () => {
    const { azure } = await connected(cloud)
    const body = { error: { code: 'ExpiredAuthenticationToken', message: 'The access token expired.' } }
    cloud.on('GET', /\/locks$/, { status: 401, body })
    expect(await rejection(azure.locks.inGroup('rg', signal))).toMatchObject({ code: 'NOT_SIGNED_IN' })
  })

  it('offers no size in a region of whose resources none is a VM', async () => {
    const { azure } = await connected(cloud)
    cloud.on('GET', /\/skus$/, { body: { value: [{ resourceType: 'disks', name: 'P', locations: ['westus2'] }] } })
    expect(await azure.regions.whyNotSize('Standard_A', 'westus2', undefined, signal)).toContain('not offered')
    expect(await azure.regions.diskKinds('westus2', signal)).toEqual(['P'])
  })

  it.each([404, 403])(
    'finds what carries a tag kind by kind where the list of everything answers %i',
    async (status) => {
      const { azure } = await connected(cloud)
      const named = (name: string, tags?: object) => ({ id: `/x/${name}`, name, type: `T/${name}`, tags })
      cloud
        .on('GET', /\/resources$/, { status, body: { error: { code: 'NotFound', message: 'nothing at this path' } } })
        .on('GET', /\/disks$/, { body: { value: [named('d', { 'Azlin:T': '1' }), named('untagged')] } })
        .on('GET', /\/networkInterfaces$/, {
          body: { value: [named('n', { 'azlin:t': '2' }), named('m', { b: '3' })] },
        })
        .on('GET', /\/virtualMachines$/, { body: { value: [] } })
        .on('GET', /\/(publicIPAddresses|virtualNetworks|networkSecurityGroups)$/, gone)
        .on('GET', /\/resourcegroups$/i, { body: { value: [] } })
      expect(await azure.inventory.taggedWith('azlin:t', signal)).toEqual([
        { id: '/x/d', type: 'T/d', tags: { 'Azlin:T': '1' } },
        { id: '/x/n', type: 'T/n', tags: { 'azlin:t': '2' } },
      ])
    },
  )

  it('finds what carries a tag, also where the list leaves the tags out', async () => {
    const { azure } = await connected(cloud)
    const disk = `${group}/providers/Microsoft.Compute/disks/d`
    const rgPath = `/subscriptions/${subscriptionId}/resourcegroups`
    cloud.on('GET', /\/resources$/, {
      body: {
        value: [
          { id: disk, type: 'Microsoft.Compute/disks' },
          { id: vmId, type: 'Microsoft.Compute/virtualMachines', tags: { other: '1' } },
          { id: `${disk}-gone`, type: 'Microsoft.Compute/disks' },
        ],
      },
    })
    cloud.on('GET', new RegExp(`${rgPath}$`, 'i'), {
      body: { value: [{ id: group, location: 'x', tags: { 'Azlin:T': 'g' } }] },
    })
    cloud.on('GET', /disks\/d\/providers/, { body: { properties: { tags: { 'azlin:t': 'v' } } } })
    cloud.on('GET', /disks\/d-gone\/providers/, gone)
    expect(await azure.inventory.taggedWith('azlin:t', signal)).toEqual([
      { id: disk, type: 'Microsoft.Compute/disks', tags: { 'azlin:t': 'v' } },
      { id: group, type: 'Microsoft.Resources/resourceGroups', tags: { 'Azlin:T': 'g' } },
    ])
  })
})

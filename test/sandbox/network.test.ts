import { readFileSync } from 'node:fs'
import { NetworkManagementClient } from '@azure/arm-network'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { reserveInterfaces } from '../../src/sandbox/network/network-interfaces.js'
import { quick, Running, refusal } from './running.js'

const location = 'westus2'
const group = 'net-rg'
let running: Running
let client: NetworkManagementClient
let subnetId: string

beforeAll(async () => {
  running = await Running.start()
  const { url, subscriptionId, caFile } = running.sandbox
  client = new NetworkManagementClient(running.credential, subscriptionId, {
    endpoint: url,
    tlsOptions: { ca: readFileSync(caFile, 'utf8') },
    retryOptions: { maxRetries: 0 },
  })
  await running.resources.resourceGroups.createOrUpdate(group, { location })
  await putNetwork('net', ['one', 'two'])
  subnetId = running.id('Microsoft.Network/virtualNetworks/net/subnets/one', group)
})
afterAll(() => running.end())

function putNetwork(name: string, subnets: readonly string[]) {
  return client.virtualNetworks.beginCreateOrUpdateAndWait(
    group,
    name,
    {
      location,
      addressSpace: { addressPrefixes: ['10.0.0.0/16'] },
      subnets: subnets.map((subnet, index) => ({ name: subnet, addressPrefix: `10.0.${index}.0/28` })),
    },
    quick,
  )
}

function putInterface(name: string, address: { privateIPAddress?: string; publicIPAddress?: { id: string } } = {}) {
  const { privateIPAddress } = address
  const method = privateIPAddress === undefined ? 'Dynamic' : 'Static'
  const ipConfigurations = [{ name: 'main', subnet: { id: subnetId }, privateIPAllocationMethod: method, ...address }]
  return client.networkInterfaces.beginCreateOrUpdateAndWait(group, name, { location, ipConfigurations }, quick)
}

describe('virtual networks and subnets', () => {
  it('are made by the SDK and come back with a state, a guid and an ETag', async () => {
    const network = await client.virtualNetworks.get(group, 'net')
    expect(network).toMatchObject({ name: 'net', location, provisioningState: 'Succeeded' })
    expect(network.etag).toMatch(/^W\/"[0-9a-f-]{36}"$/)
    expect(network.subnets?.map(({ name }) => name)).toEqual(['one', 'two'])
  })

  it('lose the subnets that a PUT leaves out, and gain one by a PUT of its own', async () => {
    await putNetwork('replaced', ['a', 'b'])
    const replaced = await putNetwork('replaced', ['a'])
    expect(replaced.subnets?.map(({ name }) => name)).toEqual(['a'])
    await client.subnets.beginCreateOrUpdateAndWait(group, 'replaced', 'c', { addressPrefix: '10.0.9.0/24' }, quick)
    const names = (await client.virtualNetworks.get(group, 'replaced')).subnets?.map(({ name }) => name)
    expect(names).toEqual(['a', 'c'])
    await client.subnets.beginDeleteAndWait(group, 'replaced', 'a', quick)
    expect(await refusal(client.subnets.get(group, 'replaced', 'a'))).toMatchObject({
      statusCode: 404,
      code: 'NotFound',
    })
  })

  it('stay while an interface is in them', async () => {
    await putInterface('holder')
    for (const work of [
      () => client.virtualNetworks.beginDeleteAndWait(group, 'net', quick),
      () => client.subnets.beginDeleteAndWait(group, 'net', 'one', quick),
      () => putNetwork('net', ['two']),
    ]) {
      expect(await refusal(work())).toMatchObject({ statusCode: 400, code: 'InUseSubnetCannotBeDeleted' })
    }
    await client.networkInterfaces.beginDeleteAndWait(group, 'holder', quick)
  })

  it('are refused when another location is named, or none', async () => {
    const path = `${running.id('Microsoft.Network/virtualNetworks/net', group)}?api-version=2025-05-01`
    const properties = { addressSpace: { addressPrefixes: ['10.0.0.0/16'] } }
    const moved = await running.raw('PUT', path, { location: 'eastus', properties })
    expect(moved).toMatchObject({ status: 409, body: { error: { code: 'InvalidResourceLocation' } } })
    const nowhere = await running.raw('PUT', path, { properties })
    expect(nowhere).toMatchObject({ status: 400, body: { error: { code: 'LocationRequired' } } })
  })
})

describe('network interfaces', () => {
  it('get the next free address and give it back', async () => {
    const first = await putInterface('nic-a')
    const second = await putInterface('nic-b')
    expect(first.ipConfigurations?.[0]?.privateIPAddress).toBe('10.0.0.4')
    expect(second.ipConfigurations?.[0]?.privateIPAddress).toBe('10.0.0.5')
    expect((await putInterface('nic-b')).ipConfigurations?.[0]?.privateIPAddress).toBe('10.0.0.5')
    await client.networkInterfaces.beginDeleteAndWait(group, 'nic-a', quick)
    expect((await putInterface('nic-c')).ipConfigurations?.[0]?.privateIPAddress).toBe('10.0.0.4')
    await client.networkInterfaces.beginDeleteAndWait(group, 'nic-c', quick)
  })

  it('cannot take a fixed address that is taken, or is not of the subnet', async () => {
    expect(await refusal(putInterface('nic-d', { privateIPAddress: '10.0.0.5' }))).toMatchObject({
      code: 'PrivateIPAddressInUse',
    })
    expect(await refusal(putInterface('nic-d', { privateIPAddress: '10.0.7.5' }))).toMatchObject({
      code: 'PrivateIPAddressNotInSubnet',
    })
  })

  it('find no room in a full subnet', async () => {
    const names = Array.from({ length: 10 }, (_, index) => `full-${index}`)
    for (const name of names) await putInterface(name)
    expect(await refusal(putInterface('full-10'))).toMatchObject({ statusCode: 400, code: 'SubnetIsFull' })
    for (const name of names) await client.networkInterfaces.beginDeleteAndWait(group, name, quick)
  })

  it('want a subnet that exists in their own region and is ready', async () => {
    const elsewhere = client.networkInterfaces.beginCreateOrUpdateAndWait(group, 'far', {
      location: 'eastus',
      ipConfigurations: [{ name: 'main', subnet: { id: subnetId } }],
    })
    expect(await refusal(elsewhere)).toMatchObject({ statusCode: 400, code: 'InvalidResourceReference' })
  })

  it('stay for three minutes after the machine that wanted them failed', async () => {
    const nic = await putInterface('wanted')
    const { world } = running.sandbox
    reserveInterfaces(world, [nic.id ?? ''], '/the/machine')
    const path = `${nic.id}?api-version=2025-05-01`
    expect(await running.raw('DELETE', path)).toMatchObject({
      status: 400,
      body: { error: { code: 'NicReservedForAnotherVm', message: expect.stringContaining('/the/machine') } },
    })
    world.advance(180_000)
    const deleted = await running.raw('DELETE', path)
    expect(deleted.status).toBe(200)
    expect(deleted.headers['azure-asyncoperation']).toMatch(/^https:/)
    expect(deleted.headers['location']).toMatch(/operationResults/)
  })

  it('are held by the machine that uses them', async () => {
    const nic = [...running.sandbox.world.list('Microsoft.Network/networkInterfaces', 'demo-rg')][0]
    expect(await refusal(client.networkInterfaces.beginDeleteAndWait('demo-rg', nic?.name ?? '', quick))).toMatchObject(
      {
        statusCode: 400,
        code: 'NicInUse',
      },
    )
  })
})

describe('security groups and public addresses', () => {
  it('have six rules that nobody sent, and keep those that were sent', async () => {
    const rule = { priority: 200, direction: 'Inbound', access: 'Deny', protocol: '*' } as const
    const everywhere = {
      sourceAddressPrefix: '*',
      sourcePortRange: '*',
      destinationAddressPrefix: '*',
      destinationPortRange: '*',
    }
    const securityRules = [{ name: 'deny', ...rule, ...everywhere }]
    await client.networkSecurityGroups.beginCreateOrUpdateAndWait(group, 'nsg', { location, securityRules }, quick)
    const made = await client.networkSecurityGroups.get(group, 'nsg')
    expect(made.securityRules).toMatchObject([{ name: 'deny', provisioningState: 'Succeeded', ...rule }])
    expect(made.defaultSecurityRules?.map(({ priority }) => priority)).toEqual([
      65000, 65001, 65500, 65000, 65001, 65500,
    ])
    const twin = client.securityRules.beginCreateOrUpdateAndWait(
      group,
      'nsg',
      'twin',
      { ...rule, ...everywhere },
      quick,
    )
    expect(await refusal(twin)).toMatchObject({ code: 'SecurityRuleConflict' })
    await client.securityRules.beginDeleteAndWait(group, 'nsg', 'deny', quick)
    expect((await client.networkSecurityGroups.get(group, 'nsg')).securityRules).toEqual([])
  })

  it('stay while something refers to them', async () => {
    const id = running.id('Microsoft.Network/networkSecurityGroups/nsg', group)
    await client.subnets.beginCreateOrUpdateAndWait(
      group,
      'net',
      'two',
      { addressPrefix: '10.0.1.0/28', networkSecurityGroup: { id } },
      quick,
    )
    expect(await refusal(client.networkSecurityGroups.beginDeleteAndWait(group, 'nsg', quick))).toMatchObject({
      code: 'InUseNetworkSecurityGroupCannotBeDeleted',
    })
    const sku = { name: 'Standard' }
    const address = await client.publicIPAddresses.beginCreateOrUpdateAndWait(
      group,
      'pip',
      { location, sku, publicIPAllocationMethod: 'Static' },
      quick,
    )
    expect(address.ipAddress).toMatch(/^127\.(1[2-9]\d|2[0-4]\d)\./)
    await putInterface('open', { publicIPAddress: { id: address.id ?? '' } })
    expect(await refusal(client.publicIPAddresses.beginDeleteAndWait(group, 'pip', quick))).toMatchObject({
      code: 'PublicIPAddressCannotBeDeleted',
    })
    const second = putInterface('second', { publicIPAddress: { id: address.id ?? '' } })
    expect(await refusal(second)).toMatchObject({ code: 'PublicIPAddressInUse' })
    await client.networkInterfaces.beginDeleteAndWait(group, 'open', quick)
    await client.publicIPAddresses.beginDeleteAndWait(group, 'pip', quick)
    expect(await refusal(client.publicIPAddresses.get(group, 'pip'))).toMatchObject({ code: 'ResourceNotFound' })
  })

  it('refuse a change on an outdated ETag and change nothing', async () => {
    const path = `${running.id('Microsoft.Network/networkSecurityGroups/nsg', group)}?api-version=2025-05-01`
    const refused = await running.raw('PUT', path, { location, tags: { a: 'b' } }, { 'if-match': 'W/"old"' })
    const details = [{ code: 'PreconditionFailedEtagMismatch' }]
    expect(refused).toMatchObject({ status: 412, body: { error: { code: 'PreconditionFailed', details } } })
    expect((await running.raw('GET', path)).body['tags']).toBeUndefined()
  })

  it('come in pages that can all be followed', async () => {
    const { world } = running.sandbox
    const one = world.list('Microsoft.Network/networkSecurityGroups', group)[0]
    for (let index = 0; one && index < 300; index++) {
      world.put({ ...one, id: `${one.id}-${index}`, name: `${one.name}-${index}`, hidden: {} })
    }
    const names: string[] = []
    for await (const { name } of client.networkSecurityGroups.list(group)) names.push(name ?? '')
    expect(new Set(names).size).toBe(301)
  })
})

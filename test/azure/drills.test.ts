/** What drills ask of Azure, over the unchanged SDK, against an Azure that says what a test tells it to. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import type { SecurityRule } from '../../src/core/domain/drill-quarantine.js'
import { connected, group, HurriedClock, rejection, subscriptionId } from './support/connected.js'
import { ScriptedAzure } from './support/scripted-azure.js'

const { signal } = new AbortController()
const at = (name: string) => ({ name, resourceGroup: 'rg', region: 'westus2', tags: { t: '1' } })
const network = (type: string, name: string) => `${group}/providers/Microsoft.Network/${type}/${name}`
const gone = { status: 404, body: { error: { code: 'ResourceNotFound', message: 'not there' } } }
const operation = () => ({ 'azure-asyncoperation': `${cloud.endpoint}/ops/1` })
const succeeded = { body: { status: 'Succeeded' } }

let cloud: ScriptedAzure
beforeAll(async () => {
  cloud = await ScriptedAzure.start()
})
beforeEach(() => cloud.reset())
afterAll(() => cloud.stop())

const sent = (method: string) => cloud.asked.filter((asked) => asked.method === method)

describe('the network of a drill', () => {
  const rule: SecurityRule = {
    name: 'deny-out',
    direction: 'Outbound',
    access: 'Deny',
    priority: 4000,
    protocol: '*',
    source: '*',
    destination: '*',
    port: '*',
  }

  it('is guarded by a group whose rules are part of the request that makes it', async () => {
    const { azure } = await connected(cloud)
    const id = network('networkSecurityGroups', 'guard')
    const full = { body: { id, properties: { provisioningState: 'Succeeded' } } }
    cloud.on('GET', /networkSecurityGroups\/guard$/, gone, full)
    cloud.on('PUT', /networkSecurityGroups\/guard$/, { status: 201, headers: operation(), body: {} })
    cloud.on('GET', /\/ops\/1$/, succeeded)
    expect(await azure.testNetworks.createSecurityGroup({ ...at('guard'), rules: [rule] }, signal)).toBe(id)
    expect(sent('PUT')[0]?.body).toEqual({
      location: 'westus2',
      tags: { t: '1' },
      properties: {
        securityRules: [
          {
            name: 'deny-out',
            properties: {
              direction: 'Outbound',
              access: 'Deny',
              priority: 4000,
              protocol: '*',
              sourceAddressPrefix: '*',
              sourcePortRange: '*',
              destinationAddressPrefix: '*',
              destinationPortRange: '*',
            },
          },
        ],
      },
    })
  })

  it('has a subnet with that guard from the first moment, and no way out by default', async () => {
    const { azure } = await connected(cloud)
    const id = network('virtualNetworks', 'net')
    const full = { body: { id, properties: { subnets: [{ id: `${id}/subnets/drill` }] } } }
    cloud.on('GET', /virtualNetworks\/net$/, gone, full)
    cloud.on('PUT', /virtualNetworks\/net$/, { status: 201, headers: operation(), body: {} })
    cloud.on('GET', /\/ops\/1$/, succeeded)
    const want = { ...at('net'), prefix: '10.0.0.0/28', securityGroupId: '/nsg/1' }
    expect(await azure.testNetworks.createNetwork(want, signal)).toEqual({ id, subnetId: `${id}/subnets/drill` })
    expect(sent('PUT')[0]?.body).toMatchObject({
      properties: {
        addressSpace: { addressPrefixes: ['10.0.0.0/28'] },
        subnets: [
          {
            properties: {
              addressPrefix: '10.0.0.0/28',
              networkSecurityGroup: { id: '/nsg/1' },
              defaultOutboundAccess: false,
              serviceEndpoints: [{ service: 'Microsoft.Storage' }],
            },
          },
        ],
      },
    })
  })

  it('gives a public address that goes with the interface, and says both addresses', async () => {
    const { azure } = await connected(cloud)
    const ip = network('publicIPAddresses', 'ip')
    const nic = network('networkInterfaces', 'nic')
    cloud.on('GET', /publicIPAddresses\/ip$/, gone, { body: { id: ip, properties: { ipAddress: '203.0.113.7' } } })
    cloud.on('PUT', /publicIPAddresses\/ip$/, { status: 201, headers: operation(), body: {} })
    cloud.on('GET', /\/ops\/1$/, succeeded)
    const address = await azure.testNetworks.createPublicAddress({ ...at('ip'), zone: undefined }, signal)
    expect(address).toEqual({ id: ip, address: '203.0.113.7' })
    expect(sent('PUT')[0]?.body).toMatchObject({
      sku: { name: 'Standard' },
      properties: { publicIPAllocationMethod: 'Static' },
    })

    const answer = {
      id: nic,
      properties: { ipConfigurations: [{ properties: { privateIPAddress: '10.0.0.4' } }] },
    }
    cloud.on('GET', /networkInterfaces\/nic$/, gone, { body: answer })
    cloud.on('PUT', /networkInterfaces\/nic$/, { status: 201, body: answer })
    const want = { ...at('nic'), subnetId: '/s/1', securityGroupId: undefined, publicAddressId: ip }
    expect(await azure.testNetworks.createNic(want, signal)).toEqual({ id: nic, privateAddress: '10.0.0.4' })
    expect(sent('PUT')[1]?.body).toMatchObject({
      properties: {
        ipConfigurations: [
          {
            properties: { subnet: { id: '/s/1' }, publicIPAddress: { id: ip, properties: { deleteOption: 'Delete' } } },
          },
        ],
      },
    })
  })

  it('is not made over one of the same name', async () => {
    const { azure } = await connected(cloud)
    cloud.on('GET', /networkSecurityGroups\/guard$/, { body: { id: '/x', tags: { a: 'b' } } })
    const making = azure.testNetworks.createSecurityGroup({ ...at('guard'), rules: [rule] }, signal)
    expect(await rejection(making)).toMatchObject({ code: 'NAME_TAKEN' })
    expect(await azure.testNetworks.find('nsg', at('guard'), signal)).toEqual({ tags: { a: 'b' } })
    expect(sent('PUT')).toEqual([])
  })

  it('is taken away once what hangs on it is gone', async () => {
    const { azure, clock } = await connected(cloud)
    const inUse = { status: 400, body: { error: { code: 'InUseSubnetCannotBeDeleted', message: 'in use' } } }
    cloud.on('DELETE', /virtualNetworks\/net$/, inUse, inUse, { status: 202, headers: operation() })
    cloud.on('GET', /\/ops\/1$/, succeeded)
    await azure.testNetworks.remove('vnet', at('net'), signal)
    expect(sent('DELETE')).toHaveLength(3)
    expect(clock.waits.filter((ms) => ms >= 10_000)).toHaveLength(2)
  })

  it('waits out the 180 s for which Azure keeps an interface, and takes 200 with a header as a beginning', async () => {
    const { azure, clock } = await connected(cloud)
    const reserved = { status: 400, body: { error: { code: 'NicReservedForAnotherVm', message: '180 seconds' } } }
    const begun = clock.elapsed()
    cloud.on('DELETE', /networkInterfaces\/nic$/, () =>
      clock.elapsed() - begun < 180_000 ? reserved : { status: 200, headers: operation() },
    )
    cloud.on('GET', /\/ops\/1$/, { body: { status: 'InProgress' } }, succeeded)
    await azure.testNetworks.remove('nic', at('nic'), signal)
    expect(clock.elapsed() - begun).toBeGreaterThan(180_000)
    expect(cloud.asked.filter(({ path }) => path === '/ops/1')).toHaveLength(2)
  })

  it('says so when something never lets go of it', async () => {
    const { azure } = await connected(cloud)
    const stuck = { status: 400, body: { error: { code: 'PublicIPAddressCannotBeDeleted', message: 'in use' } } }
    cloud.on('DELETE', /publicIPAddresses\/ip$/, stuck)
    expect(await rejection(azure.testNetworks.remove('pip', at('ip'), signal))).toMatchObject({ code: 'CONFLICT' })
  })

  it("knows the region of somebody's subnet by its network", async () => {
    const { azure } = await connected(cloud)
    const id = network('virtualNetworks', 'net')
    cloud.on('GET', /virtualNetworks\/net$/, {
      body: { id, location: 'West US 2', properties: { subnets: [{ name: 'Apps' }] } },
    })
    cloud.on('GET', /virtualNetworks\/other$/, gone)
    expect(await azure.testNetworks.subnetRegion(`${id}/subnets/apps`, signal)).toBe('westus2')
    expect(await azure.testNetworks.subnetRegion(`${id}/subnets/none`, signal)).toBeUndefined()
    expect(
      await azure.testNetworks.subnetRegion(`${network('virtualNetworks', 'other')}/subnets/apps`, signal),
    ).toBeUndefined()
  })
})

describe('the group of a drill', () => {
  const path = /\/resource[gG]roups\/drill$/

  it('is made with its tags, and never over one that is there', async () => {
    const { azure } = await connected(cloud)
    cloud.on('GET', path, gone).on('PUT', path, { status: 201, body: { location: 'westus2' } })
    await azure.testGroups.create('drill', 'westus2', { t: '1' }, signal)
    expect(sent('PUT')[0]?.body).toEqual({ location: 'westus2', tags: { t: '1' } })

    cloud.on('GET', path, { body: { location: 'westus2' } })
    const again = azure.testGroups.create('drill', 'westus2', {}, signal)
    expect(await rejection(again)).toMatchObject({ code: 'NAME_TAKEN' })
  })

  it('is gone when its Location says so, whatever it answered before', async () => {
    const { azure } = await connected(cloud)
    const location = { location: `${cloud.endpoint}/results/1`, 'retry-after': '15' }
    cloud.on('DELETE', path, { status: 202, headers: location })
    cloud.on('GET', /\/results\/1$/, { status: 202, headers: location }, { status: 200 })
    await azure.testGroups.remove('drill', signal)
    expect(sent('DELETE')[0]?.url).toContain('forceDeletionTypes=Microsoft.Compute%2FvirtualMachines')
  })

  it('names what stood in the way, though Azure says it as JSON inside a text', async () => {
    const { azure } = await connected(cloud)
    const inner = { error: { code: 'ScopeLocked', message: "scope(s) are locked: '/subscriptions/s/x'." } }
    cloud.on('DELETE', path, { status: 202, headers: { location: `${cloud.endpoint}/results/1` } })
    cloud.on('GET', /\/results\/1$/, {
      status: 409,
      body: {
        Error: {
          Code: 'ResourceGroupDeletionBlocked',
          Message: "Deletion of resource group 'drill' failed.",
          Details: [
            { Target: `${group}/providers/Microsoft.Compute/disks/stuck-disk`, Message: JSON.stringify(inner) },
          ],
        },
      },
    })
    expect(await rejection(azure.testGroups.remove('drill', signal))).toMatchObject({
      code: 'LOCKED',
      details: { what: 'removing resource group drill (because of stuck-disk)', scope: '/subscriptions/s/x' },
    })
  })

  it('is tried again while an interface in it is reserved', async () => {
    const { azure, clock } = await connected(cloud)
    const inner = { error: { code: 'NicReservedForAnotherVm', message: 'reserved for 180 seconds' } }
    const blocked = {
      status: 409,
      body: { Error: { Code: 'ResourceGroupDeletionBlocked', Details: [{ Message: JSON.stringify(inner) }] } },
    }
    cloud.on('DELETE', path, { status: 202, headers: { location: `${cloud.endpoint}/results/1` } })
    const begun = clock.elapsed()
    cloud.on('GET', /\/results\/1$/, () => (clock.elapsed() - begun < 180_000 ? blocked : { status: 200 }))
    await azure.testGroups.remove('drill', signal)
    expect(sent('DELETE').length).toBeGreaterThan(3)
  })

  it('that is gone already is fine, and has no members', async () => {
    const { azure } = await connected(cloud)
    const missing = { status: 404, body: { error: { code: 'ResourceGroupNotFound', message: "group 'drill'" } } }
    cloud.on('DELETE', path, missing).on('GET', /drill\/resources$/, missing)
    await azure.testGroups.remove('drill', signal)
    expect(await azure.testGroups.members('drill', signal)).toEqual([])
    cloud.on('GET', /drill\/resources$/, { body: { value: [{ id: '/a/1' }, { id: '/a/2' }] } })
    expect(await azure.testGroups.members('drill', signal)).toEqual(['/a/1', '/a/2'])
  })
})

describe('a look into the guest', () => {
  const vm = { name: 'web', resourceGroup: 'rg' }

  it('gives what the script printed, from one message or from two', async () => {
    const { azure } = await connected(cloud)
    cloud.on('POST', /\/runCommand$/, { status: 202, headers: operation() })
    const output = (...messages: string[]) => ({
      body: { status: 'Succeeded', properties: { output: { value: messages.map((message) => ({ message })) } } },
    })
    cloud.on('GET', /\/ops\/1$/, { body: { status: 'InProgress' } }, output('Enable succeeded: \n[stdout]\nhi\n'))
    expect(await azure.guests.run(vm, 'Linux', ['echo hi'], 5, signal)).toBe('Enable succeeded: \n[stdout]\nhi\n')
    expect(sent('POST')[0]?.body).toEqual({ commandId: 'RunShellScript', script: ['echo hi'] })

    cloud.on('GET', /\/ops\/1$/, output('out', ''))
    expect(await azure.guests.run(vm, 'Windows', ['dir'], 5, signal)).toBe('out')
    expect(sent('POST')[1]?.body).toMatchObject({ commandId: 'RunPowerShellScript' })
  })

  it('ends when no result comes back, as from behind a closed port 443', async () => {
    const { azure } = await connected(cloud)
    cloud.on('POST', /\/runCommand$/, { status: 202, headers: operation() })
    cloud.on('GET', /\/ops\/1$/, { body: { status: 'InProgress' } })
    const asked = azure.guests.run(vm, 'Linux', ['true'], 0.01, signal)
    expect(await rejection(asked)).toMatchObject({ code: 'TIMED_OUT' })
  })

  it('shows the end of the serial log, plain', async () => {
    const { azure } = await connected(cloud)
    cloud.on('POST', /\/retrieveBootDiagnosticsData$/, {
      body: { serialConsoleLogBlobUri: `${cloud.endpoint}/serial/log?sig=s` },
    })
    cloud.on('GET', /\/serial\/log$/, {
      headers: { 'content-type': 'text/plain' },
      body: '\u001b[2J[ 0.1] one\r\n[ 0.2] \u001b[31mtwo\u001b[0m\r\n\r\n[ 0.3] Kernel panic\r\n',
    })
    expect(await azure.guests.bootLog(vm, 2, signal)).toEqual(['[ 0.2] two', '[ 0.3] Kernel panic'])
    const asked = cloud.asked.find(({ path }) => path === '/serial/log')
    expect(asked?.url).toContain('sig=s')
    expect(asked?.headers['authorization']).toBeUndefined()
  })

  it('is undefined where there is no log', async () => {
    const { azure } = await connected(cloud)
    cloud.on('POST', /\/retrieveBootDiagnosticsData$/, { body: {} })
    expect(await azure.guests.bootLog(vm, 5, signal)).toBeUndefined()
    cloud.on('POST', /\/retrieveBootDiagnosticsData$/, gone)
    expect(await azure.guests.bootLog(vm, 5, signal)).toBeUndefined()
  })
})

describe('what is allowed', () => {
  const path = /Microsoft\.Authorization\/permissions$/
  const actions = ['Microsoft.Compute/disks/write', 'Microsoft.Compute/disks/delete', 'Microsoft.Network/x/join/action']

  it('is what some assignment allows and does not take back itself', async () => {
    const { azure } = await connected(cloud)
    const entries = [
      { actions: ['microsoft.compute/*'], notActions: ['Microsoft.Compute/disks/delete'] },
      { actions: ['*/read'], notActions: [] },
    ]
    cloud.on('GET', path, { body: { value: entries } })
    expect(await azure.permissions.missing('rg', actions, signal)).toEqual([actions[1], actions[2]])
    expect(cloud.lines[0]).toBe(`GET ${group}/providers/Microsoft.Authorization/permissions`)

    cloud.on('GET', path, { body: { value: [...entries, { actions: ['*'], notActions: ['Microsoft.Network/*'] }] } })
    expect(await azure.permissions.missing(undefined, actions, signal)).toEqual([actions[2]])
    expect(cloud.lines[1]).toBe(`GET /subscriptions/${subscriptionId}/providers/Microsoft.Authorization/permissions`)
  })

  it('is unknown to an account that may not even ask', async () => {
    const { azure } = await connected(cloud)
    cloud.on('GET', path, { status: 403, body: { error: { code: 'AuthorizationFailed', message: 'no' } } })
    expect(await azure.permissions.missing('rg', actions, signal)).toBeUndefined()
  })
})

describe('room in a region', () => {
  const size = (name: string, cores: number, more: object = {}, capabilities: Record<string, string> = {}) => ({
    resourceType: 'virtualMachines',
    name,
    family: 'standardDSv5Family',
    locations: ['WestUS2'],
    locationInfo: [{ location: 'westus2', zones: ['3', '1', '2'] }],
    capabilities: Object.entries({
      vCPUs: String(cores),
      MemoryGB: String(cores * 4),
      MaxDataDiskCount: String(cores * 2),
      HyperVGenerations: 'V1,V2',
      CpuArchitectureType: 'x64',
      ...capabilities,
    }).map(([key, value]) => ({ name: key, value })),
    restrictions: [],
    ...more,
  })
  const noZone2 = [{ type: 'Zone', values: ['westus2'], restrictionInfo: { locations: ['westus2'], zones: ['2'] } }]
  const barred = [{ type: 'Location', values: ['westus2'], restrictionInfo: { locations: ['westus2'] } }]
  const skus = [
    size('D16', 16),
    size('D4', 4, { restrictions: noZone2 }),
    size('D8', 8),
    size('D2', 2),
    size('D8arm', 8, {}, { CpuArchitectureType: 'Arm64' }),
    size('D8old', 8, {}, { HyperVGenerations: 'V1' }),
    size('D32', 32, { restrictions: barred }),
    size('E8', 8, { family: 'standardESv5Family' }),
    { ...size('D8', 8), resourceType: 'disks' },
  ]

  it('shows zones, and sizes that can do the same, the next larger first', async () => {
    const { azure } = await connected(cloud)
    cloud.on('GET', /Microsoft\.Compute\/skus$/, { body: { value: skus } })
    expect(await azure.capacity.zonesOf('d4', 'westus2', signal)).toEqual(['1', '3'])
    expect(await azure.capacity.sizesLike('D4', 'westus2', signal)).toEqual(['D8', 'D16'])
    expect(await azure.capacity.sizesLike('D99', 'westus2', signal)).toEqual([])
    expect(await azure.regions.whyNotSize('D32', 'westus2', undefined, signal)).toContain('cannot be had')
    expect(cloud.lines).toHaveLength(1)
  })

  it('looks at the cores of the region and at those of the family', async () => {
    const { azure } = await connected(cloud)
    const usages = (cores: number, family: number) => ({
      body: {
        value: [
          { unit: 'Count', currentValue: cores, limit: 100, name: { value: 'cores' } },
          { unit: 'Count', currentValue: family, limit: 50, name: { value: 'StandardDSv5Family' } },
        ],
      },
    })
    cloud.on('GET', /Microsoft\.Compute\/skus$/, { body: { value: skus } })
    cloud.on('GET', /locations\/westus2\/usages$/, usages(96, 46), usages(97, 0), usages(0, 47))
    expect(await azure.capacity.whyNoQuota('D4', 'westus2', signal)).toBeUndefined()
    expect(await azure.capacity.whyNoQuota('D4', 'westus2', signal)).toContain('100 cores of all sizes')
    expect(await azure.capacity.whyNoQuota('D4', 'westus2', signal)).toContain('50 cores of standardDSv5Family')
  })

  it('is left to Azure to say where quotas may not be read', async () => {
    const { azure } = await connected(cloud)
    cloud.on('GET', /Microsoft\.Compute\/skus$/, { body: { value: skus } })
    const refusal = { status: 403, body: { error: { code: 'AuthorizationFailed', message: 'no' } } }
    cloud.on('GET', /locations\/westus2\/usages$/, refusal)
    expect(await azure.capacity.whyNoQuota('D4', 'westus2', signal)).toBeUndefined()
  })
})

describe('a VM that is thrown away', () => {
  const vm = { name: 'web-drill', resourceGroup: 'rg' }
  const path = /virtualMachines\/web-drill$/
  const facts = {
    size: 'D2',
    osType: 'Linux',
    generation: 'V2',
    trustedLaunch: undefined,
    zone: undefined,
    architecture: undefined,
    licenseType: 'RHEL_BYOS',
    plan: undefined,
    agent: undefined,
  } as const
  const disks = [
    { id: '/d/os', name: 'os', lun: null, caching: 'ReadWrite' },
    { id: '/d/0', name: 'data', lun: 4, caching: 'None' },
  ] as const
  const want = { ...vm, region: 'westus2', zone: undefined, facts, disks, nicId: '/n/1', tags: {}, throwAway: true }

  it('takes its disks and its interface along, records its boot and has no identity', async () => {
    const { azure } = await connected(cloud)
    const full = { body: { id: `${group}/x/web-drill`, properties: { provisioningState: 'Succeeded' } } }
    cloud.on('GET', path, gone, full).on('PUT', path, { status: 201, body: full.body })
    await azure.machines.create(want, signal)
    const { body } = sent('PUT')[0] ?? {}
    expect(body).toMatchObject({
      properties: {
        licenseType: 'RHEL_BYOS',
        diagnosticsProfile: { bootDiagnostics: { enabled: true } },
        storageProfile: { osDisk: { deleteOption: 'Delete' }, dataDisks: [{ lun: 4, deleteOption: 'Delete' }] },
        networkProfile: { networkInterfaces: [{ properties: { deleteOption: 'Delete' } }] },
      },
    })
    expect(Object.keys(body as object)).not.toContain('identity')
  })

  it.each(['AllocationFailed', 'ZonalAllocationFailed', 'OverconstrainedAllocationRequest', 'SkuNotAvailable'])(
    'that Azure has no room for says so: %s after it was accepted',
    async (code) => {
      const { azure } = await connected(cloud, { clock: new HurriedClock() })
      cloud.on('GET', path, gone).on('PUT', path, { status: 201, headers: operation(), body: {} })
      cloud.on('GET', /\/ops\/1$/, { body: { status: 'Failed', error: { code, message: 'no room' } } })
      expect(await rejection(azure.machines.create(want, signal))).toMatchObject({ code: 'CAPACITY' })
    },
  )

  it('beyond a quota is told apart from that, though it comes with a code of many meanings', async () => {
    const { azure } = await connected(cloud)
    const message = 'Operation could not be completed as it results in exceeding approved Total Regional Cores quota.'
    cloud.on('GET', path, gone).on('PUT', path, {
      status: 409,
      body: { error: { code: 'OperationNotAllowed', message } },
    })
    expect(await rejection(azure.machines.create(want, signal))).toMatchObject({ code: 'QUOTA_EXCEEDED' })
  })
})

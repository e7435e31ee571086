import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { Running } from './running.js'

let running: Running
beforeAll(async () => {
  running = await Running.start({ speed: 1 })
})
afterAll(() => running.end())

const compute = (rest: string) => `${running.id(`Microsoft.Compute/${rest}`)}?api-version=2025-01-02`
const network = (rest: string) => `${running.id(`Microsoft.Network/${rest}`)}?api-version=2025-05-01`
const later = () => running.sandbox.world.advance(300_000)
const refusal = (status: number, code: string, message?: RegExp) => ({
  status,
  body: { error: { code, ...(message && { message: expect.stringMatching(message) }) } },
})
const disk = (name: string, sku: string, location: string, zones?: string[]) =>
  running.raw('PUT', compute(`disks/${name}`), {
    location,
    sku: { name: sku },
    ...(zones && { zones }),
    properties: { creationData: { createOption: 'Empty' }, diskSizeGB: 4 },
  })

describe('a region', () => {
  it('has kinds of disks, and no other than its list of SKUs says', async () => {
    expect(await disk('in-all-zones', 'Premium_ZRS', 'westus2')).toMatchObject({ status: 202 })
    const refused = refusal(400, 'InvalidParameter', /^SKU Premium_ZRS is not available\.$/)
    expect(await disk('nowhere', 'Premium_ZRS', 'westus')).toMatchObject(refused)
    expect(await disk('nowhere', 'PremiumV2_LRS', 'westus')).toMatchObject({ status: 400 })
    later()
    const changed = await running.raw('PATCH', compute('disks/in-all-zones'), { sku: { name: 'Foo_LRS' } })
    expect(changed).toMatchObject(refusal(400, 'InvalidParameter'))
  })

  it('measures a Premium SSD by its size, or by a higher tier that was asked for', async () => {
    const sized = (diskSizeGB: number, sku: string, tier?: string) =>
      running.raw('PUT', compute('disks/tiered'), {
        location: 'westus2',
        sku: { name: sku },
        properties: { creationData: { createOption: 'Empty' }, diskSizeGB, tier },
      })
    expect(await sized(64, 'Premium_LRS', 'P4')).toMatchObject(refusal(400, 'InvalidParameter'))
    expect(await sized(64, 'StandardSSD_LRS', 'P10')).toMatchObject(refusal(400, 'InvalidParameter'))
    expect(await sized(64, 'Premium_LRS', 'P20')).toMatchObject({ status: 202 })
    later()
    const shown = () => running.raw('GET', compute('disks/tiered'))
    expect(await shown()).toMatchObject({ body: { properties: { tier: 'P20' } } })
    const back = await running.raw('PUT', compute('disks/tiered'), (await shown()).body)
    expect(back).toMatchObject({ status: 202 })
    later()
    expect(await sized(1024, 'Premium_LRS')).toMatchObject({ status: 202 })
    later()
    expect(await shown()).toMatchObject({ body: { properties: { tier: 'P30' } } })
  })

  it('gives a public address a zone that it has', async () => {
    const address = (name: string, location: string, zone: string) =>
      running.raw('PUT', network(`publicIPAddresses/${name}`), {
        location,
        zones: [zone],
        sku: { name: 'Standard' },
        properties: { publicIPAllocationMethod: 'Static' },
      })
    expect(await address('a', 'westus2', '9')).toMatchObject(refusal(400, 'InvalidAvailabilityZone'))
    expect(await address('a', 'westus', '1')).toMatchObject(refusal(400, 'InvalidAvailabilityZone'))
    expect(await address('a', 'westus2', '2')).toMatchObject({ status: 201, body: { zones: ['2'] } })
  })

  it('has zones or none; a disk is in one of them, or kept in all', async () => {
    expect(await disk('z', 'Premium_LRS', 'westus2', ['9'])).toMatchObject(
      refusal(400, 'InvalidAvailabilityZone', /'1,2,3'/),
    )
    expect(await disk('z', 'Premium_LRS', 'westus', ['1'])).toMatchObject(
      refusal(400, 'InvalidAvailabilityZone', /''$/),
    )
    expect(await disk('z', 'Premium_LRS', 'westus2', ['1', '2'])).toMatchObject(
      refusal(400, 'ResourceTypeNotSupportMultiZones'),
    )
    expect(await disk('z', 'Premium_ZRS', 'westus2', ['1'])).toMatchObject(
      refusal(409, 'OperationNotAllowed', /sku 'Premium_ZRS' cannot be created in an availability zone/),
    )
    expect(await disk('z', 'Premium_LRS', 'westus2', ['2'])).toMatchObject({ status: 202 })
    later()
    const moved = await running.raw('PATCH', compute('disks/z'), { zones: ['1'] })
    expect(moved).toMatchObject(refusal(409, 'PropertyChangeNotAllowed'))
    expect(await running.raw('PATCH', compute('disks/z'), { zones: ['2'], tags: { a: 'b' } })).toMatchObject({
      status: 202,
    })
  })
})

describe('an incremental snapshot', () => {
  const snapshot = (name: string, source: string, more: object = {}) =>
    running.raw('PUT', compute(`snapshots/${name}`), {
      location: 'westus2',
      ...more,
      properties: { incremental: true, creationData: { createOption: 'Copy', sourceResourceId: running.id(source) } },
    })
  const skuOf = async (name: string) => {
    later()
    return (await running.raw('GET', compute(`snapshots/${name}`))).body
  }

  it('is kept as the one before it, the first one in all zones where there are any', async () => {
    await disk('near', 'Standard_LRS', 'westus2')
    later()
    await snapshot('near-1', 'Microsoft.Compute/disks/near')
    expect(await skuOf('near-1')).toMatchObject({ sku: { name: 'Standard_ZRS' } })
    await snapshot('db-1-a', 'Microsoft.Compute/disks/db-1_OsDisk_1', { sku: { name: 'Standard_LRS' } })
    later()
    await snapshot('db-1-b', 'Microsoft.Compute/disks/db-1_OsDisk_1')
    expect(await skuOf('db-1-b')).toMatchObject({ sku: { name: 'Standard_LRS' } })
    await disk('far', 'Standard_LRS', 'westus')
    later()
    await snapshot('far-1', 'Microsoft.Compute/disks/far', { location: 'westus' })
    expect(await skuOf('far-1')).toMatchObject({ sku: { name: 'Standard_LRS' } })
  })

  it('takes no SKU that it could not be made with later either', async () => {
    for (const name of ['Premium_LRS', 'Foo_LRS'])
      expect(await snapshot('near-1', 'Microsoft.Compute/disks/near', { sku: { name } })).toMatchObject(
        refusal(400, 'InvalidParameter'),
      )
    const far = { location: 'westus', sku: { name: 'Standard_ZRS' } }
    expect(await snapshot('far-2', 'Microsoft.Compute/disks/far', far)).toMatchObject(refusal(400, 'InvalidParameter'))
  })
})

describe('a machine that is there', () => {
  const change = (body: object) => running.raw('PATCH', compute('virtualMachines/web-1'), body)

  it('keeps its zone, its name and its user', async () => {
    for (const body of [
      { zones: ['1'] },
      { properties: { osProfile: { computerName: 'other' } } },
      { properties: { osProfile: { adminUsername: 'other' } } },
    ])
      expect(await change(body)).toMatchObject(refusal(409, 'PropertyChangeNotAllowed'))
    const same = { properties: { osProfile: { computerName: 'web-1', adminUsername: 'azureuser' } } }
    expect(await change(same)).toMatchObject({ status: 200 })
  })

  it('has an interface that exists, and gets others only while it is deallocated', async () => {
    const nics = (...ids: string[]) => ({
      properties: {
        networkProfile: {
          networkInterfaces: ids.map((id) => ({ id: running.id(`Microsoft.Network/networkInterfaces/${id}`) })),
        },
      },
    })
    expect(await change(nics())).toMatchObject(refusal(400, 'InvalidParameter'))
    expect(await change(nics('no-nic'))).toMatchObject(refusal(404, 'ResourceNotFound'))
    expect(await change(nics('db-1-nic'))).toMatchObject(refusal(400, 'NicInUse'))
    const subnet = { id: running.id('Microsoft.Network/virtualNetworks/demo-vnet/subnets/default') }
    await running.raw('PUT', network('networkInterfaces/second'), {
      location: 'westus2',
      properties: { ipConfigurations: [{ name: 'ip', properties: { subnet } }] },
    })
    expect(await change(nics('web-1-nic', 'second'))).toMatchObject(
      refusal(400, 'AddingOrDeletingNetworkInterfacesOnARunningVirtualMachineNotSupported'),
    )
    await running.raw('POST', compute('virtualMachines/web-1/deallocate'))
    later()
    expect(await change(nics('web-1-nic', 'second'))).toMatchObject({ status: 200 })
  })
})

describe('a network', () => {
  it('is changed by one at a time, and an interface waits for it', async () => {
    const subnet = (name: string, addressPrefix: string) =>
      running.raw('PUT', network(`virtualNetworks/demo-vnet/subnets/${name}`), { properties: { addressPrefix } })
    expect(await subnet('one', '10.10.1.0/24')).toMatchObject({ status: 201 })
    const busy = refusal(429, 'RetryableErrorDueToAnotherOperation')
    expect(await subnet('two', '10.10.2.0/24')).toMatchObject(busy)
    expect(await running.raw('DELETE', network('virtualNetworks/demo-vnet/subnets/one'))).toMatchObject(busy)
    later()
    expect(await running.raw('DELETE', network('virtualNetworks/demo-vnet/subnets/one'))).toMatchObject({ status: 202 })
    expect(await subnet('two', '10.10.2.0/24')).toMatchObject(busy)
    later()
    expect(await subnet('two', '10.10.2.0/24')).toMatchObject({ status: 201 })
    later()
    const seen = (await running.raw('GET', network('virtualNetworks/demo-vnet'))).body
    expect(seen).toMatchObject({
      properties: { provisioningState: 'Succeeded', subnets: [{ name: 'default' }, { name: 'two' }] },
    })
  })

  it('takes no security rule with a word that there is not, or without an end', async () => {
    const rule = {
      priority: 200,
      access: 'Allow',
      direction: 'Inbound',
      protocol: 'Tcp',
      sourceAddressPrefix: '*',
      destinationAddressPrefix: '*',
      sourcePortRange: '*',
      destinationPortRanges: ['22'],
    }
    const put = (change: object) =>
      running.raw('PUT', network('networkSecurityGroups/rules'), {
        location: 'westus2',
        properties: { securityRules: [{ name: 'x', properties: { ...rule, ...change } }] },
      })
    expect(await put({ protocol: 'Nope' })).toMatchObject(refusal(400, 'InvalidRequestFormat'))
    expect(await put({ access: 'Maybe' })).toMatchObject(refusal(400, 'InvalidRequestFormat'))
    expect(await put({ destinationPortRanges: [] })).toMatchObject(refusal(400, 'SecurityRuleParameterMissing'))
    expect(await put({ protocol: 'TCP' })).toMatchObject({ status: 201 })
  })
})

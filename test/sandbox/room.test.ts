/** Capacity, quota and rights that a machine can lack. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import type { FaultRequest } from '../../src/sandbox/faults.js'
import { DrillGround } from './drill-ground.js'
import { quick, Running, refusal } from './running.js'

let running: Running
const ground = new DrillGround(() => running)
const group = 'demo-rg'
beforeAll(async () => {
  running = await Running.start({ speed: 10 })
})
afterEach(() => running.sandbox.faults.clear())
afterAll(() => running.end())

const fault = (request: FaultRequest) => running.sandbox.faults.add(request)
const state = async (name: string) =>
  ((await running.raw('GET', ground.machine(name))).body['properties'] as Record<string, unknown> | undefined)?.[
    'provisioningState'
  ]
const nicPath = (name: string) =>
  `${ground.id(`Microsoft.Network/networkInterfaces/${name}-nic`)}?api-version=2025-05-01`

describe('capacity', () => {
  it('that is missing fails the creation in the end; the machine stays, its interface is reserved for a while', async () => {
    fault({ kind: 'capacity', code: 'AllocationFailed', region: 'westus2', size: 'standard_d2s_v5', times: 1 })
    await ground.nic({ name: 'full' })
    const { status, headers } = await ground.askForMachine({ name: 'full' })
    expect(status).toBe(201)
    ground.advance(6)
    expect((await running.raw('GET', headers['azure-asyncoperation'] ?? '')).body).toMatchObject({
      status: 'Failed',
      error: { code: 'AllocationFailed' },
    })
    expect(await state('full')).toBe('Failed')
    expect((await running.raw('DELETE', ground.machine('full'))).status).toBe(202)
    ground.advance(6)
    expect(await state('full')).toBeUndefined()
    expect(await running.raw('DELETE', nicPath('full'))).toMatchObject({
      status: 400,
      body: { error: { code: 'NicReservedForAnotherVm' } },
    })
    ground.advance(18)
    expect((await running.raw('DELETE', nicPath('full'))).status).toBeLessThan(300)
  })

  it('can be there in another zone, and in another size', async () => {
    fault({ kind: 'capacity', code: 'ZonalAllocationFailed', zone: '1' })
    fault({ kind: 'capacity', code: 'SkuNotAvailable', size: 'Standard_D4s_v5', restricted: true })
    const { virtualMachines, disks } = running.compute
    for (const zone of ['1', '2']) {
      await ground.nic({ name: `zone-${zone}` })
      const os = await ground.disk(`zone-${zone}-source`)
      const body = { location: 'westus2', zones: [zone], creationData: { createOption: 'Copy', sourceResourceId: os } }
      const disk = await disks.createOrUpdate(group, `zone-${zone}-os`, body, quick)
      const machine = { zones: [zone] }
      const { status } = await ground.askForMachine({ name: `zone-${zone}`, osDisk: disk.id ?? '', machine })
      expect(status).toBe(201)
      ground.advance(10)
      expect(await state(`zone-${zone}`)).toBe(zone === '1' ? 'Failed' : 'Succeeded')
    }
    const hardwareProfile = { vmSize: 'Standard_D4s_v5' }
    await ground.nic({ name: 'sized' })
    expect(await ground.askForMachine({ name: 'sized', properties: { hardwareProfile } })).toMatchObject({
      status: 409,
      body: { error: { code: 'SkuNotAvailable' } },
    })
    const listed: unknown[] = []
    for await (const sku of running.compute.resourceSkus.list({ filter: "location eq 'westus2'" })) {
      if (sku.restrictions?.length) listed.push([sku.name, sku.restrictions[0]?.reasonCode])
    }
    expect(listed).toEqual([['Standard_D4s_v5', 'NotAvailableForSubscription']])
    fault({ kind: 'capacity', code: 'AllocationFailed' })
    const start = virtualMachines.start(group, 'idle-1', quick)
    expect((await refusal(start)).message).toContain('AllocationFailed')
  })

  it('of the quota is counted against the limit that is set', async () => {
    const cores = async () => {
      for await (const usage of running.compute.usage.list('westus2')) if (usage.name?.value === 'cores') return usage
      return undefined
    }
    const { currentValue = 0 } = (await cores()) ?? {}
    fault({ kind: 'quota', region: 'westus2', name: 'cores', limit: currentValue + 1 })
    expect((await cores())?.limit).toBe(currentValue + 1)
    await ground.nic({ name: 'over' })
    const refused = await ground.askForMachine({ name: 'over' })
    expect(refused).toMatchObject({ status: 409, body: { error: { code: 'OperationNotAllowed' } } })
    expect(refused.text).toContain(`Total Regional Cores quota`)
    expect(refused.text).toContain(`Current Limit: ${currentValue + 1}, Current Usage: ${currentValue}`)
    running.sandbox.faults.clear()
    fault({ kind: 'quota', region: 'westus2', name: 'standardDSv5Family', limit: 0 })
    expect((await ground.askForMachine({ name: 'over' })).text).toContain('standardDSv5Family Cores quota')
  })
})

describe('a machine that goes', () => {
  it('takes along what says so: disk, interface, public address', async () => {
    await ground.boot({ name: 'whole', publicAddress: true, rules: [] })
    await ground.must('DELETE', ground.machine('whole'))
    const left = running.sandbox.world.all().filter(({ id }) => /whole-(os|nic|pip|nsg)$/.test(id))
    expect(left.map(({ name }) => name)).toEqual(['whole-nsg'])
  })
})

describe('rights', () => {
  const permissions = async () => {
    const path = `/subscriptions/${running.sandbox.subscriptionId}/resourceGroups/${group}/providers/Microsoft.Authorization/permissions`
    return (await running.raw('GET', `${path}?api-version=2022-04-01`)).body['value']
  }

  it('are all of them, or those that are set', async () => {
    const none = { dataActions: [], notDataActions: [] }
    expect(await permissions()).toEqual([{ actions: ['*'], notActions: [], ...none }])
    const role = { actions: ['*/read'], notActions: ['Microsoft.Compute/disks/read'] }
    fault({ kind: 'role', ...role })
    expect(await permissions()).toEqual([{ ...role, ...none }])
    expect((await running.raw('GET', ground.machine('web-1'))).status).toBe(200)
    expect((await running.raw('GET', ground.machine('web-1', '/instanceView'))).status).toBe(200)
    const { disks, virtualMachines } = running.compute
    expect(await refusal(disks.get(group, 'web-1_OsDisk_1'))).toMatchObject({ statusCode: 403 })
    const refused = await refusal(virtualMachines.start(group, 'web-1', quick))
    expect(refused).toMatchObject({ statusCode: 403, code: 'AuthorizationFailed' })
    expect(refused.message).toMatch(
      /^The client '[^']+' with object id '[^']+' does not have authorization to perform action 'Microsoft.Compute\/virtualMachines\/start\/action' over scope '\/subscriptions/,
    )
  })

  it('are wanted on what a request refers to as well', async () => {
    fault({
      kind: 'role',
      actions: [
        '*/read',
        'Microsoft.Compute/snapshots/write',
        'Microsoft.Compute/locations/*',
        'Microsoft.Compute/virtualMachines/*',
        'Microsoft.Network/*/write',
      ],
    })
    const creationData = { createOption: 'Copy', sourceResourceId: ground.id('Microsoft.Compute/disks/web-1_OsDisk_1') }
    const taken = running.compute.snapshots.createOrUpdate(group, 's', { location: 'westus2', creationData }, quick)
    const refused = await refusal(taken)
    expect(refused).toMatchObject({ statusCode: 403, code: 'LinkedAuthorizationFailed' })
    expect(refused.message).toContain("'Microsoft.Compute/disks/beginGetAccess/action'")
    await expect(ground.nic({ name: 'linked', rules: [] })).rejects.toThrow('networkSecurityGroups/join/action')
  })

  it.each([
    ['GET', 'Microsoft.Compute/skus', 'Microsoft.Compute/skus/read'],
    ['GET', 'Microsoft.Compute/locations/westus2/usages', 'Microsoft.Compute/locations/usages/read'],
    ['GET', 'Microsoft.Compute/snapshots', 'Microsoft.Compute/snapshots/read'],
  ])('%s %s wants %s', async (method, path, action) => {
    fault({ kind: 'role', actions: ['Nothing/at/all'] })
    const url = `/subscriptions/${running.sandbox.subscriptionId}/providers/${path}?api-version=2025-04-01`
    expect((await running.raw(method, url)).text).toContain(`'${action}'`)
  })

  it.each([
    ['PUT', 'Microsoft.Network/virtualNetworks/v/subnets/s', 'Microsoft.Network/virtualNetworks/subnets/write'],
    ['POST', 'Microsoft.Compute/disks/d/beginGetAccess', 'Microsoft.Compute/disks/beginGetAccess/action'],
    ['DELETE', 'Microsoft.Compute/virtualMachines/v', 'Microsoft.Compute/virtualMachines/delete'],
    ['PATCH', 'Microsoft.Compute/disks/d/providers/Microsoft.Resources/tags/default', 'Microsoft.Resources/tags/write'],
    ['GET', 'Microsoft.Compute/virtualMachines/v/instanceView', 'Microsoft.Compute/virtualMachines/instanceView/read'],
  ])('%s %s in a group wants %s', async (method, path, action) => {
    fault({ kind: 'role', actions: ['Nothing/at/all'] })
    expect((await running.raw(method, `${ground.id(path)}?api-version=2025-04-01`, {})).text).toContain(`'${action}'`)
  })
})

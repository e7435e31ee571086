/** What drills ask of Azure, over the unchanged SDK, against the embedded Azure, which refuses what Azure refuses. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { connectAzure } from '../../src/azure/connect.js'
import { systemClock } from '../../src/core/clock.js'
import type { SecurityRule } from '../../src/core/domain/drill-quarantine.js'
import type { DrillAzure } from '../../src/core/ports/drill-azure.js'
import { type RunningSandbox, startSandbox } from '../../src/sandbox/server.js'
import { rejection } from './support/connected.js'

const { signal } = new AbortController()
const home = { resourceGroup: 'demo-rg', region: 'westus2' }
const tags = { 'azlin:temporary': 'test' }

let folder: string
let sandbox: RunningSandbox
let azure: DrillAzure

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'azlin-drills-'))
  sandbox = await startSandbox({ home: folder, speed: 600 })
  const target = {
    subscriptionId: sandbox.subscriptionId,
    cloud: 'sandbox',
    armEndpoint: sandbox.url,
    pollIntervalMs: 20,
    caPem: await readFile(sandbox.caFile, 'utf8'),
    identity: { endpoint: sandbox.identityEndpoint, header: sandbox.identityHeader },
  } as const
  azure = await connectAzure(target, () => {}, systemClock())
})
afterAll(async () => {
  await sandbox.close()
  await rm(folder, { recursive: true, force: true })
})

const rules: SecurityRule[] = (['Inbound', 'Outbound'] as const).map((direction) => ({
  name: `deny-${direction.toLowerCase()}`,
  direction,
  access: 'Deny',
  priority: 4096,
  protocol: '*',
  source: '*',
  destination: '*',
  port: '*',
}))

/** A quarantine with an interface that has a public address, in a group of its own. */
async function quarantine(resourceGroup: string) {
  await azure.testGroups.create(resourceGroup, home.region, tags, signal)
  const at = (name: string) => ({ name, resourceGroup, region: home.region, tags })
  const securityGroupId = await azure.testNetworks.createSecurityGroup({ ...at('guard'), rules }, signal)
  const want = { ...at('net'), prefix: '10.254.0.0/24', securityGroupId }
  const { subnetId } = await azure.testNetworks.createNetwork(want, signal)
  const ip = await azure.testNetworks.createPublicAddress({ ...at('ip'), zone: undefined }, signal)
  const nic = await azure.testNetworks.createNic(
    { ...at('nic'), subnetId, securityGroupId: undefined, publicAddressId: ip.id },
    signal,
  )
  return { at, subnetId, ip, nic }
}

describe('a quarantine in the embedded Azure', () => {
  it('is made, known by its tags, and taken away part by part', async () => {
    const { at, subnetId, ip, nic } = await quarantine('drill-1')
    expect(ip.address).toMatch(/^\d+\.\d+\.\d+\.\d+$/)
    expect(nic.privateAddress).toMatch(/^10\.254\.0\.\d+$/)
    expect(await azure.testNetworks.subnetRegion(subnetId, signal)).toBe(home.region)
    for (const [part, name] of [
      ['nsg', 'guard'],
      ['vnet', 'net'],
      ['pip', 'ip'],
      ['nic', 'nic'],
    ] as const)
      expect(await azure.testNetworks.find(part, at(name), signal)).toEqual({ tags })
    expect(await azure.testGroups.members('drill-1', signal)).toHaveLength(4)

    for (const [part, name] of [
      ['nic', 'nic'],
      ['pip', 'ip'],
      ['vnet', 'net'],
      ['nsg', 'guard'],
    ] as const) {
      await azure.testNetworks.remove(part, at(name), signal)
      expect(await azure.testNetworks.find(part, at(name), signal)).toBeUndefined()
    }
    expect(await azure.testGroups.members('drill-1', signal)).toEqual([])
    await azure.testGroups.remove('drill-1', signal)
    expect(await azure.groups.find('drill-1', signal)).toBeUndefined()
  })

  it('goes as a whole with its group, and again when it is gone', async () => {
    await quarantine('drill-2')
    const again = azure.testGroups.create('drill-2', home.region, tags, signal)
    expect(await rejection(again)).toMatchObject({ code: 'NAME_TAKEN' })
    await azure.testGroups.remove('drill-2', signal)
    await azure.testGroups.remove('drill-2', signal)
    expect(await azure.testGroups.members('drill-2', signal)).toEqual([])
  })
})

describe('room and rights in the embedded Azure', () => {
  it('there is room for a size, zones for it, and others of its family', async () => {
    const { size } = await azure.machines.get({ name: 'web-1', resourceGroup: home.resourceGroup }, signal)
    expect(await azure.capacity.whyNoQuota(size, home.region, signal)).toBeUndefined()
    expect(await azure.capacity.zonesOf(size, home.region, signal)).toEqual(['1', '2', '3'])
    const others = await azure.capacity.sizesLike('Standard_D2s_v5', home.region, signal)
    expect(others).toEqual(['Standard_D4s_v5', 'Standard_D8s_v5', 'Standard_D16s_v5'])
  })

  it('this account may do everything', async () => {
    const actions = ['Microsoft.Compute/disks/write', 'Microsoft.Compute/virtualMachines/runCommand/action']
    expect(await azure.permissions.missing(home.resourceGroup, actions, signal)).toEqual([])
  })
})

describe('a guest in the embedded Azure', () => {
  const web = { name: 'web-1', resourceGroup: home.resourceGroup }

  it('runs a script and hands over what it printed, whatever its exit code', async () => {
    const text = await azure.guests.run(web, 'Linux', ['echo "$((40 + 2))"', 'exit 3'], 2, signal)
    expect(text).toContain('[stdout]\n42\n')
  })

  it('shows the end of its serial log', async () => {
    expect((await azure.guests.bootLog(web, 1, signal))?.[0]).toContain('web-1 login:')
  })
})

/** Group and network of a VM that is to stay. Temporary until it is up, so that a failed failover leaves nothing. */
import type { ResourceRef, VmRef } from '../domain/machine.js'
import { shortened } from '../domain/naming.js'
import type { DrillAzure } from '../ports/drill-azure.js'
import type { TemporaryMade } from '../ports/records.js'
import type { Run } from '../run.js'
import { nicFor } from './beside-restore.js'
import { makeMarked } from './temporary-removal.js'
import type { TemporaryResources } from './temporary-resources.js'

export interface LastingGround {
  readonly newVm: VmRef
  readonly targetRegion: string
  readonly subnetId: string | undefined
  readonly makesGroup: boolean
}

const prefix = '10.253.0.0/24'

/**
 * Which of the names that the VM and its ground would take are taken: a sentence for each. A group that is going to be
 * made has nothing in it yet.
 */
export async function takenNames(
  azure: DrillAzure,
  { newVm, subnetId, makesGroup }: Omit<LastingGround, 'targetRegion'>,
  run: Run,
): Promise<readonly string[]> {
  if (makesGroup) return []
  const { nsg, vnet } = groundOf(newVm)
  const { machines, networks, testNetworks } = azure
  const own: readonly Named[] = [
    ['VM', newVm, machines.find(newVm, run.signal)],
    ['network interface', nicFor(newVm), networks.findNic(nicFor(newVm), run.signal)],
  ]
  const ground: readonly Named[] =
    subnetId !== undefined
      ? []
      : [
          ['virtual network', vnet, testNetworks.find('vnet', vnet, run.signal)],
          ['network security group', nsg, testNetworks.find('nsg', nsg, run.signal)],
        ]
  const found = await Promise.all(
    [...own, ...ground].map(async ([what, { name }, there]) => ((await there) ? [`${what} ${name}`] : [])),
  )
  return found
    .flat()
    .map((what) => `there is already a ${what} in ${newVm.resourceGroup}: choose another name with --name`)
}

type Named = readonly [what: string, ref: ResourceRef, there: Promise<object | undefined>]

function groundOf({ name, resourceGroup }: VmRef) {
  const base = shortened(name, 60)
  return { nsg: { name: `${base}-nsg`, resourceGroup }, vnet: { name: `${base}-vnet`, resourceGroup } }
}

/** @returns the ARM id of the subnet. */
export async function makeLastingGround(
  azure: DrillAzure,
  { newVm, targetRegion: region, subnetId, makesGroup }: LastingGround,
  ground: TemporaryResources,
  run: Run,
): Promise<string> {
  const { resourceGroup } = newVm
  const make = <T>(kind: TemporaryMade, ref: ResourceRef, create: (sent: () => void) => Promise<T>) =>
    makeMarked(azure, ground, kind, ref, create)
  if (makesGroup)
    await make('group', { name: resourceGroup, resourceGroup }, (sent) =>
      azure.testGroups.create(resourceGroup, region, ground.tags(), run.signal, sent),
    )
  if (subnetId !== undefined) return subnetId

  const { nsg, vnet } = groundOf(newVm)
  // Azure's own rules let the network speak to itself, and nobody in from outside.
  const securityGroupId = await make('nsg', nsg, (sent) =>
    azure.testNetworks.createSecurityGroup({ ...nsg, region, rules: [], tags: ground.tags() }, run.signal, sent),
  )
  const made = await make('vnet', vnet, (sent) => {
    const want = { ...vnet, region, prefix, securityGroupId, tags: ground.tags() }
    return azure.testNetworks.createNetwork(want, run.signal, sent)
  })
  return made.subnetId
}

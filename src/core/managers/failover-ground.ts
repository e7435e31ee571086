/** Group and network of a VM that is to stay. Temporary until it is up, so that a failed failover leaves nothing. */
import type { VmRef } from '../domain/machine.js'
import { shortened } from '../domain/naming.js'
import type { DrillAzure } from '../ports/drill-azure.js'
import type { Run } from '../run.js'
import { removeTemporary } from './temporary-removal.js'
import type { TemporaryResources } from './temporary-resources.js'

export interface LastingGround {
  readonly newVm: VmRef
  readonly targetRegion: string
  readonly subnetId: string | undefined
  readonly makesGroup: boolean
}

const prefix = '10.253.0.0/24'

/** @returns the ARM id of the subnet. */
export async function makeLastingGround(
  azure: DrillAzure,
  { newVm, targetRegion: region, subnetId, makesGroup }: LastingGround,
  ground: TemporaryResources,
  run: Run,
): Promise<string> {
  const { resourceGroup } = newVm
  if (makesGroup) {
    const ref = { name: resourceGroup, resourceGroup }
    await ground.make(
      'group',
      ref,
      () => azure.testGroups.create(resourceGroup, region, ground.tags(), run.signal),
      (signal) => removeTemporary(azure, 'group', ref, signal),
    )
  }
  if (subnetId !== undefined) return subnetId

  const nsg = { name: `${shortened(newVm.name, 60)}-nsg`, resourceGroup }
  // Azure's own rules let the network speak to itself, and nobody in from outside.
  const securityGroupId = await ground.make(
    'nsg',
    nsg,
    () => azure.testNetworks.createSecurityGroup({ ...nsg, region, rules: [], tags: ground.tags() }, run.signal),
    (signal) => removeTemporary(azure, 'nsg', nsg, signal),
  )
  const vnet = { name: `${shortened(newVm.name, 60)}-vnet`, resourceGroup }
  const made = await ground.make(
    'vnet',
    vnet,
    () =>
      azure.testNetworks.createNetwork({ ...vnet, region, prefix, securityGroupId, tags: ground.tags() }, run.signal),
    (signal) => removeTemporary(azure, 'vnet', vnet, signal),
  )
  return made.subnetId
}

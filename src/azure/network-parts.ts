/** The four kinds of network resources, and what the SDK calls the deeds on them. */
import type { NetworkManagementClient } from '@azure/arm-network'
import type { ResourceRef } from '../core/domain/machine.js'
import type { NetworkPart } from '../core/ports/drill-azure.js'
import type { CallOptions, Poller } from './calls.js'

interface Model {
  readonly provisioningState?: string
  readonly tags?: Readonly<Record<string, string>>
}

interface Kind {
  readonly words: string
  get(client: NetworkManagementClient, ref: ResourceRef, options: CallOptions): Promise<Model>
  remove(client: NetworkManagementClient, ref: ResourceRef, options: CallOptions): Promise<Poller<unknown>>
}

export const networkKinds: Readonly<Record<NetworkPart, Kind>> = {
  nsg: {
    words: 'network security group',
    get: (client, { resourceGroup, name }, options) => client.networkSecurityGroups.get(resourceGroup, name, options),
    remove: (client, { resourceGroup, name }, options) =>
      client.networkSecurityGroups.beginDelete(resourceGroup, name, options),
  },
  vnet: {
    words: 'virtual network',
    get: (client, { resourceGroup, name }, options) => client.virtualNetworks.get(resourceGroup, name, options),
    remove: (client, { resourceGroup, name }, options) =>
      client.virtualNetworks.beginDelete(resourceGroup, name, options),
  },
  pip: {
    words: 'public address',
    get: (client, { resourceGroup, name }, options) => client.publicIPAddresses.get(resourceGroup, name, options),
    remove: (client, { resourceGroup, name }, options) =>
      client.publicIPAddresses.beginDelete(resourceGroup, name, options),
  },
  nic: {
    words: 'network interface',
    get: (client, { resourceGroup, name }, options) => client.networkInterfaces.get(resourceGroup, name, options),
    remove: (client, { resourceGroup, name }, options) =>
      client.networkInterfaces.beginDelete(resourceGroup, name, options),
  },
}

/**
 * Refusals of a deletion that pass: an interface kept for a VM that could not be made (180 s), and whatever still
 * hangs on something that is being deleted.
 */
export const passingRefusals =
  /^(NicReservedForAnotherVm|NicInUse|PublicIPAddressCannotBeDeleted|InUseSubnetCannotBeDeleted|InUseNetworkSecurityGroupCannotBeDeleted|RetryableErrorDueToAnotherOperation|ReferencedResourceNotProvisioned|AnotherOperationInProgress)$/i

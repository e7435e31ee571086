/** What is sent to Azure for the parts of a network. Pure. */
import type { NetworkInterface, NetworkSecurityGroup, PublicIPAddress, VirtualNetwork } from '@azure/arm-network'
import type { SecurityRule } from '../core/domain/drill-quarantine.js'

interface Placed {
  readonly region: string
  readonly tags: Readonly<Record<string, string>>
}

/** An address of the subnet, and one from outside only if it is given: that one goes with the interface. */
export function newNic({
  region,
  tags,
  subnetId,
  securityGroupId,
  publicAddressId,
  accelerated,
}: Placed & {
  readonly subnetId: string
  readonly securityGroupId: string | undefined
  readonly publicAddressId?: string | undefined
  readonly accelerated?: boolean | undefined
}): NetworkInterface {
  return {
    location: region,
    tags: { ...tags },
    ipConfigurations: [
      {
        name: 'ipconfig1',
        subnet: { id: subnetId },
        privateIPAllocationMethod: 'Dynamic',
        primary: true,
        ...(publicAddressId !== undefined && { publicIPAddress: { id: publicAddressId, deleteOption: 'Delete' } }),
      },
    ],
    ...(securityGroupId !== undefined && { networkSecurityGroup: { id: securityGroupId } }),
    ...(accelerated !== undefined && { enableAcceleratedNetworking: accelerated }),
  }
}

export function newSecurityGroup({
  region,
  tags,
  rules,
}: Placed & { readonly rules: readonly SecurityRule[] }): NetworkSecurityGroup {
  return {
    location: region,
    tags: { ...tags },
    securityRules: rules.map(({ name, direction, access, priority, protocol, source, destination, port }) => ({
      name,
      direction,
      access,
      priority,
      protocol,
      sourceAddressPrefix: source,
      sourcePortRange: '*',
      destinationAddressPrefix: destination,
      destinationPortRange: port,
    })),
  }
}

/** Its subnet is part of the same request: one that is added later would stand open for a moment. */
export function newNetwork({
  region,
  tags,
  prefix,
  securityGroupId,
}: Placed & { readonly prefix: string; readonly securityGroupId: string }): VirtualNetwork {
  return {
    location: region,
    tags: { ...tags },
    addressSpace: { addressPrefixes: [prefix] },
    subnets: [
      {
        name: 'drill',
        addressPrefix: prefix,
        networkSecurityGroup: { id: securityGroupId },
        defaultOutboundAccess: false,
        // The one way that Run Command's result can take out of such a subnet; the security group decides whether it may.
        serviceEndpoints: [{ service: 'Microsoft.Storage' }],
      },
    ],
  }
}

export function newPublicAddress({
  region,
  tags,
  zone,
}: Placed & { readonly zone: string | undefined }): PublicIPAddress {
  return {
    location: region,
    tags: { ...tags },
    sku: { name: 'Standard' },
    publicIPAllocationMethod: 'Static',
    publicIPAddressVersion: 'IPv4',
    ...(zone !== undefined && { zones: [zone] }),
  }
}

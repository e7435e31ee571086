import { type Cidr, contains, overlap, parseCidr } from './addresses.js'
import { type Json, listAt, objectAt, same, textAt, textsAt } from './json.js'
import { type Refusal, refuse } from './refusal.js'

/** A subnet as Azure shows it: the sent properties over the defaults of Microsoft.Network 2025-05-01. */
export function subnet(networkId: string, name: string, etag: string, sent: Json): Json {
  const { ipConfigurations: _computed, ...properties } = sent
  return {
    name,
    id: `${networkId}/subnets/${name}`,
    etag,
    properties: {
      delegations: [],
      privateEndpointNetworkPolicies: 'Disabled',
      privateLinkServiceNetworkPolicies: 'Enabled',
      ...properties,
      provisioningState: 'Succeeded',
    },
    type: 'Microsoft.Network/virtualNetworks/subnets',
  }
}

/** Azure takes one prefix either as `addressPrefix` or as a list of one. */
export function subnetPrefix(subnet: Json): string | undefined {
  const properties = objectAt(subnet, 'properties')
  return textAt(properties, 'addressPrefix') ?? textsAt(properties, 'addressPrefixes')[0]
}

interface Network {
  readonly id: string
  readonly name: string
  readonly properties: Json
}

/** Why Azure would not have these subnets in a network with these address ranges. */
export function subnetsFault(network: Network, subnets: readonly Json[]): Refusal | undefined {
  const spaces: Cidr[] = []
  for (const prefix of textsAt(objectAt(network.properties, 'addressSpace'), 'addressPrefixes')) {
    const space = parseCidr(prefix)
    if (space === undefined) return invalidNotation(prefix, network.id)
    spaces.push(space)
  }
  if (spaces.length === 0) {
    return refuse('InvalidRequestFormat', 'Cannot parse the request: addressSpace.addressPrefixes is empty or missing.')
  }
  const seen: Cidr[] = []
  for (const one of subnets) {
    const name = textAt(one, 'name') ?? ''
    const prefix = subnetPrefix(one) ?? ''
    const range = parseCidr(prefix)
    if (range === undefined) return invalidNotation(prefix, `${network.id}/subnets/${name}`)
    if (!spaces.some((space) => contains(space, range))) {
      return refuse(
        'NetcfgSubnetRangeOutsideVnet',
        `Subnet '${name}' is not valid because its IP address range is outside the IP address range of virtual network '${network.name}'.`,
      )
    }
    if (seen.some((earlier) => overlap(earlier, range))) {
      return refuse(
        'NetcfgSubnetRangesOverlap',
        `Subnet '${name}' is not valid because its IP address range overlaps with that of an existing subnet in virtual network '${network.name}'.`,
      )
    }
    seen.push(range)
  }
  return undefined
}

/** A PUT of a network replaces its subnets. One that holds interfaces can neither go nor change its range. */
export function replacementFault(
  before: readonly Json[],
  after: readonly Json[],
  usersOf: (subnetId: string) => readonly string[],
): Refusal | undefined {
  for (const old of before) {
    const id = textAt(old, 'id') ?? ''
    const user = usersOf(id)[0]
    if (user === undefined) continue
    const kept = after.find((candidate) => same(textAt(candidate, 'name'), textAt(old, 'name')))
    if (kept === undefined) return subnetInUse(textAt(old, 'name') ?? '', user)
    if (subnetPrefix(kept) !== subnetPrefix(old)) {
      return refuse(
        'InUsePrefixCannotBeDeleted',
        `IpPrefix ${subnetPrefix(old)} on Subnet ${textAt(old, 'name')} has active allocations and cannot be deleted.`,
      )
    }
  }
  return undefined
}

export function subnetInUse(name: string, user: string): Refusal {
  return refuse(
    'InUseSubnetCannotBeDeleted',
    `Subnet ${name} is in use by ${user} and cannot be deleted. In order to delete the subnet, delete all the resources within the subnet. See aka.ms/deletesubnet.`,
  )
}

export function subnetsOf(network: { readonly properties?: unknown }): Json[] {
  return listAt(objectAt(network, 'properties'), 'subnets')
}

function invalidNotation(prefix: string, resource: string): Refusal {
  return refuse(
    'InvalidCIDRNotation',
    `The address prefix ${prefix} in resource ${resource} has an invalid CIDR notation.`,
  )
}

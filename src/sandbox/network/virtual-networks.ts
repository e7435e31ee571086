import { type Json, listAt, objectAt, textAt } from './json.js'
import { isRefusal, type Kind, shown, shownPart, type Wanted } from './kind.js'
import { surroundings, usersOfSubnet } from './references.js'
import { replacementFault, subnet, subnetInUse, subnetsFault, subnetsOf } from './subnets.js'

export const virtualNetworks: Kind = {
  type: 'virtualNetworks',
  make: (wanted) => makeNetwork(wanted, listAt(objectAt(wanted.body, 'properties'), 'subnets')),
  show: (world, resource) => {
    const all = surroundings(world)
    const subnets = subnetsOf(resource).map((part) => {
      const users = usersOfSubnet(all, textAt(part, 'id') ?? '')
      return shownPart(resource, part, users.length > 0 ? { ipConfigurations: users.map((id) => ({ id })) } : {})
    })
    return shown(resource, { ...resource.properties, subnets })
  },
  held: (world, resource) => {
    for (const part of subnetsOf(resource)) {
      const user = usersOfSubnet(surroundings(world), textAt(part, 'id') ?? '')[0]
      if (user !== undefined) return subnetInUse(textAt(part, 'name') ?? '', user)
    }
    return undefined
  },
  seconds: { create: 4, remove: 11 },
  retryAfter: 3,
  removal: () => 202,
}

/** Shared with the PUT of a single subnet, which is a PUT of the network with that subnet among the others. */
export function makeNetwork(wanted: Wanted, sentSubnets: readonly Json[]): ReturnType<Kind['make']> {
  const { world, id, name, etag, before } = wanted
  const subnets = sentSubnets.map((sent) => subnet(id, textAt(sent, 'name') ?? '', etag, objectAt(sent, 'properties')))
  const { provisioningState: _state, ...sent } = objectAt(wanted.body, 'properties')
  const properties: Json = {
    provisioningState: 'Succeeded',
    resourceGuid: textAt(before?.properties, 'resourceGuid') ?? world.uuid(),
    privateEndpointVNetPolicies: 'Disabled',
    virtualNetworkPeerings: [],
    enableDdosProtection: false,
    ...sent,
    subnets,
  }
  const all = surroundings(world)
  const fault =
    subnetsFault({ id, name, properties }, subnets) ??
    (before && replacementFault(subnetsOf(before), subnets, (subnetId) => usersOfSubnet(all, subnetId)))
  return fault && isRefusal(fault) ? fault : { properties }
}

/** Microsoft.Network as far as machines need it. Source: recorded answers of 2025-05-01. */
import { type AddRoute, ok, type Sandbox } from '../routes.js'
import { textAt } from './json.js'
import { networkInterfaces } from './network-interfaces.js'
import { type PartKind, partRoutes } from './part-routes.js'
import { publicIPAddresses } from './public-ip-addresses.js'
import { surroundings, usersOfSubnet } from './references.js'
import { resourceRoutes } from './resource-routes.js'
import { makeGroup, networkSecurityGroups } from './security-groups.js'
import { subnetInUse } from './subnets.js'
import { networkUsages } from './usages.js'
import { makeNetwork, virtualNetworks } from './virtual-networks.js'

const subnets: PartKind = {
  whole: virtualNetworks,
  key: 'subnets',
  make: makeNetwork,
  held: ({ world }, part) => {
    const user = usersOfSubnet(surroundings(world), textAt(part, 'id') ?? '')[0]
    return user === undefined ? undefined : subnetInUse(textAt(part, 'name') ?? '', user)
  },
}

const securityRules: PartKind = {
  whole: networkSecurityGroups,
  key: 'securityRules',
  make: makeGroup,
  held: () => undefined,
}

export function networkRoutes(route: AddRoute, sandbox: Sandbox): void {
  for (const kind of [virtualNetworks, networkSecurityGroups, networkInterfaces, publicIPAddresses]) {
    resourceRoutes(route, sandbox, kind)
  }
  partRoutes(route, sandbox, subnets)
  partRoutes(route, sandbox, securityRules)
  route('GET', '/subscriptions/:subscription/providers/Microsoft.Network/locations/:location/usages', ({ params }) =>
    ok({ value: networkUsages(sandbox.world, params['subscription'] ?? '', params['location'] ?? '') }),
  )
}

import { publicLoopback } from '../guest/addresses.js'
import { regions } from '../regions.js'
import { objectAt, textAt, textsAt } from './json.js'
import { type Kind, shown } from './kind.js'
import { publicAddress } from './public-addresses.js'
import { surroundings, userOfAddress } from './references.js'
import { refuse } from './refusal.js'

export const publicIPAddresses: Kind = {
  type: 'publicIPAddresses',
  make: ({ world, id, name, location, before, body }) => {
    const sku = { name: 'Basic', tier: 'Regional', ...before?.sku, ...objectAt(body, 'sku') }
    const sent = objectAt(body, 'properties')
    if (sku.name === 'Standard' && textAt(sent, 'publicIPAllocationMethod') === 'Dynamic') {
      return refuse(
        'StandardSkuPublicIPAddressesMustBeStatic',
        `Standard sku publicIp ${id} must have AllocationMethod set to Static.`,
      )
    }
    const zones = textsAt(body, 'zones')
    const there = regions.some((region) => region.name === location && region.zones) ? ['1', '2', '3'] : []
    if (!zones.every((zone) => there.includes(zone))) {
      return refuse(
        'InvalidAvailabilityZone',
        `The zone(s) '${zones.join(',')}' for resource 'Microsoft.Network/publicIPAddresses/${name}' is not supported. The supported zones for location '${location}' are '${there.join(',')}'`,
      )
    }
    const resourceGuid = textAt(before?.properties, 'resourceGuid') ?? world.uuid()
    return {
      properties: publicAddress({ address: publicLoopback(world.secret, id), resourceGuid, sku: sku.name }, sent),
      sku,
      ...(zones.length > 0 && { zones }),
    }
  },
  show: (world, resource) => {
    const user = userOfAddress(surroundings(world), resource.id)
    return shown(resource, {
      ...resource.properties,
      ...(user !== undefined && {
        ipConfiguration: { id: user },
        ipAddress: textAt(resource.properties, 'ipAddress') ?? publicLoopback(world.secret, resource.id),
      }),
    })
  },
  held: (world, resource) => {
    const user = userOfAddress(surroundings(world), resource.id)
    if (user === undefined) return undefined
    return refuse(
      'PublicIPAddressCannotBeDeleted',
      `Public IP address ${resource.id} can not be deleted since it is still allocated to resource ${user}. In order to delete the public IP, disassociate/detach the Public IP address from the resource. To learn how to do this, see aka.ms/deletepublicip.`,
    )
  },
  seconds: { create: 2, remove: 11 },
  retryAfter: 1,
  removal: () => 202,
}

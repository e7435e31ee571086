import type { World } from '../world.js'
import { same } from './json.js'

const counted = [
  ['VirtualNetworks', 'Virtual Networks', 'virtualNetworks', 1000],
  ['StaticPublicIPAddresses', 'Static Public IP Addresses', undefined, 1000],
  ['NetworkSecurityGroups', 'Network Security Groups', 'networkSecurityGroups', 5000],
  ['PublicIPAddresses', 'Public IP Addresses', 'publicIPAddresses', 1000],
  ['NetworkInterfaces', 'Network Interfaces', 'networkInterfaces', 65536],
] as const

/** What Microsoft.Network counts in a region, with the limits of an ordinary subscription. */
export function networkUsages(world: World, subscription: string, location: string): unknown[] {
  return counted.map(([value, localizedValue, type, limit]) => ({
    id: `/subscriptions/${subscription}/providers/Microsoft.Network/locations/${location}/usages/${value}`,
    currentValue: inRegion(world, type ?? 'publicIPAddresses', location).filter(
      ({ properties }) => type !== undefined || properties['publicIPAllocationMethod'] === 'Static',
    ).length,
    limit,
    unit: 'Count',
    name: { value, localizedValue },
  }))
}

function inRegion(world: World, type: string, location: string) {
  return world.list(`Microsoft.Network/${type}`).filter((resource) => same(resource.location, location))
}

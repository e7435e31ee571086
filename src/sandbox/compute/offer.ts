/** What a region has: kinds of disks and snapshots, and zones. What it has not is refused. */
import { ArmError, invalidParameter, notAllowed } from '../errors.js'
import { type Json, textsAt } from '../network/json.js'
import { regions } from '../regions.js'
import type { Resource } from '../resource.js'

export const zoneNames: readonly string[] = ['1', '2', '3']

const everywhere = {
  disks: ['Standard_LRS', 'StandardSSD_LRS', 'Premium_LRS'],
  snapshots: ['Standard_LRS', 'Premium_LRS'],
}
const withZones = {
  disks: ['StandardSSD_ZRS', 'Premium_ZRS', 'PremiumV2_LRS', 'UltraSSD_LRS'],
  snapshots: ['Standard_ZRS'],
}

export function hasZones(location: string): boolean {
  return regions.some(({ name, zones }) => name === location && zones)
}

/** Names of the SKUs of disks or snapshots that are to be had in the region. */
export function kindsIn(location: string, of: 'disks' | 'snapshots'): readonly string[] {
  return [...everywhere[of], ...(hasZones(location) ? withZones[of] : [])]
}

/** The words are Azure's, as its users report them. */
export function checkKind(name: string, location: string, of: 'disks' | 'snapshots'): void {
  if (!kindsIn(location, of).includes(name)) throw invalidParameter(`SKU ${name} is not available.`, 'sku')
}

/** `resource` as in `disks/data-1`. Codes and words are those that Azure's users report. */
export function checkZones(resource: string, zones: readonly string[], location: string): void {
  const [type = ''] = resource.split('/')
  if (zones.length > 1) {
    throw new ArmError(
      400,
      'ResourceTypeNotSupportMultiZones',
      `The resource type '${type}' does not support multiple availability zones. The provided zones are '${zones.join(',')}'. Please provide a single availability zone.`,
    )
  }
  const there = hasZones(location) ? zoneNames : []
  if (zones.every((zone) => there.includes(zone))) return
  throw new ArmError(
    400,
    'InvalidAvailabilityZone',
    `The zone(s) '${zones.join(',')}' for resource 'Microsoft.Compute/${resource}' is not supported. The supported zones for location '${location}' are '${there.join(',')}'`,
  )
}

/** A disk that is kept in all zones is in none. */
export function checkZonal(sku: string, zones: readonly string[]): void {
  if (zones.length === 0 || !sku.endsWith('_ZRS')) return
  throw notAllowed(`A disk with sku '${sku}' cannot be created in an availability zone.`)
}

/** Nothing moves to another zone. What is not sent stays as it is. */
export function checkSameZones({ zones = [] }: Resource, body: Json): void {
  const sent = textsAt(body, 'zones')
  if (sent.length === 0 || (sent.length === zones.length && sent.every((zone) => zones.includes(zone)))) return
  const target = 'zones'
  throw new ArmError(409, 'PropertyChangeNotAllowed', `Changing property '${target}' is not allowed.`, {
    more: { target },
  })
}

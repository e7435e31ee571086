/** Whether there is room for a machine: what a fault says of a size, region and zone. */
import { ArmError } from '../errors.js'
import type { CapacityCode, Faults } from '../faults.js'
import { same } from '../network/json.js'

export interface Room {
  readonly id: string
  readonly size: string
  readonly region: string
  readonly zone: string | undefined
}

/** For what was accepted to fail with in the end, or undefined. Thrown: what is refused at once. */
export function checkCapacity(faults: Faults, { id, ...room }: Room): ArmError | undefined {
  const wanted = faults.ofKind('capacity').some((fault) => concerns(fault, room))
  const struck = wanted ? faults.strike(['capacity'], { path: id }).find((fault) => concerns(fault, room)) : undefined
  if (!struck) return undefined
  const error = new ArmError(409, struck.code, messages[struck.code](room))
  if (struck.code === 'SkuNotAvailable') throw error
  return error
}

/** Why the list of SKUs warns of a size in a region. */
export function restrictionsOf(faults: Faults, size: string, region: string): unknown[] {
  return faults
    .ofKind('capacity')
    .filter(
      (fault) =>
        fault.restricted === true && concerns({ ...fault, zone: undefined }, { size, region, zone: undefined }),
    )
    .map(({ zone }) => ({
      type: zone === undefined ? 'Location' : 'Zone',
      values: [region],
      restrictionInfo: { locations: [region], ...(zone !== undefined && { zones: [zone] }) },
      reasonCode: 'NotAvailableForSubscription',
    }))
}

interface Concern {
  readonly region?: string | undefined
  readonly size?: string | undefined
  readonly zone?: string | undefined
}

function concerns(fault: Concern, { size, region, zone }: Omit<Room, 'id'>): boolean {
  return (
    (fault.region === undefined || fault.region === region) &&
    (fault.size === undefined || same(fault.size, size)) &&
    (fault.zone === undefined || fault.zone === zone)
  )
}

const guidance = 'Read more about improving likelihood of allocation success at https://aka.ms/allocation-guidance'
const messages: Readonly<Record<CapacityCode, (room: Omit<Room, 'id'>) => string>> = {
  AllocationFailed: ({ size }) =>
    `Allocation failed. We do not have sufficient capacity for the requested VM size ${size} in this region. ${guidance}`,
  ZonalAllocationFailed: ({ size }) =>
    `Allocation failed. We do not have sufficient capacity for the requested VM size ${size} in this zone. ${guidance}`,
  OverconstrainedAllocationRequest: () =>
    'Allocation failed. VM(s) with the following constraints cannot be allocated, because the condition is too restrictive. Please remove some constraints and try again.',
  SkuNotAvailable: ({ size, region }) =>
    `The requested VM size for resource 'Following SKUs have failed for Capacity Restrictions: ${size}' is currently not available in location '${region}'. Please try another size or deploy to a different location or different zone. See https://aka.ms/azureskunotavailable for details.`,
}

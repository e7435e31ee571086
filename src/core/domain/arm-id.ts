/**
 * ARM resource ids. Azure answers sometimes in another case than it was asked
 * (resource groups in capitals), so ids are never compared as they stand.
 */
import type { ResourceRef } from './machine.js'

const typePath = {
  disk: 'Microsoft.Compute/disks',
  nic: 'Microsoft.Network/networkInterfaces',
  snapshot: 'Microsoft.Compute/snapshots',
  vm: 'Microsoft.Compute/virtualMachines',
} as const

/** `/subscriptions/{s}/resourceGroups/{g}/providers/{type}/{name}` */
export function armId(
  subscriptionId: string,
  kind: keyof typeof typePath,
  { name, resourceGroup }: ResourceRef,
): string {
  return `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/${typePath[kind]}/${name}`
}

export function sameId(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined && a.toLowerCase() === b.toLowerCase()
}

/** Group and name of a top-level resource; undefined when the id is not of that shape. */
export function resourceRefOf(id: string): ResourceRef | undefined {
  const shape =
    /^\/subscriptions\/[^/]+\/resourceGroups\/(?<resourceGroup>[^/]+)\/providers\/[^/]+\/[^/]+\/(?<name>[^/]+)$/i
  const { resourceGroup, name } = shape.exec(id)?.groups ?? {}
  return resourceGroup !== undefined && name !== undefined ? { name, resourceGroup } : undefined
}

/**
 * ARM resource ids. Azure answers sometimes in another case than it was asked
 * (resource groups in capitals), so ids are never compared as they stand.
 */
import type { ResourceRef } from './machine.js'

const typePath = {
  disk: 'Microsoft.Compute/disks',
  nic: 'Microsoft.Network/networkInterfaces',
  nsg: 'Microsoft.Network/networkSecurityGroups',
  pip: 'Microsoft.Network/publicIPAddresses',
  snapshot: 'Microsoft.Compute/snapshots',
  vm: 'Microsoft.Compute/virtualMachines',
  vnet: 'Microsoft.Network/virtualNetworks',
} as const
export type ArmKind = keyof typeof typePath

/** `/subscriptions/{s}/resourceGroups/{g}/providers/{type}/{name}` */
export function armId(subscriptionId: string, kind: ArmKind, { name, resourceGroup }: ResourceRef): string {
  return `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/${typePath[kind]}/${name}`
}

export function sameId(a: string | undefined, b: string | undefined): boolean {
  if (a === undefined || b === undefined || a.length !== b.length) return false
  return a === b || a.toLowerCase() === b.toLowerCase()
}

/** Undefined when the id is of no subscription. */
export function subscriptionOf(id: string): string | undefined {
  return /^\/subscriptions\/([^/]+)/i.exec(id)?.[1]
}

export function isIn(subscriptionId: string, id: string): boolean {
  return subscriptionOf(id)?.toLowerCase() === subscriptionId.toLowerCase()
}

/** Group and name of a top-level resource; undefined when the id is not of that shape. */
export function resourceRefOf(id: string): ResourceRef | undefined {
  const shape =
    /^\/subscriptions\/[^/]+\/resourceGroups\/(?<resourceGroup>[^/]+)\/providers\/[^/]+\/[^/]+\/(?<name>[^/]+)$/i
  const { resourceGroup, name } = shape.exec(id)?.groups ?? {}
  return resourceGroup !== undefined && name !== undefined ? { name, resourceGroup } : undefined
}

/** `/subscriptions/{s}/resourceGroups/{g}` */
export function groupId(subscriptionId: string, resourceGroup: string): string {
  return `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}`
}

/** The name in a resource group's own id; undefined when it is the id of something else. */
export function groupNameOf(id: string): string | undefined {
  return /^\/subscriptions\/[^/]+\/resourceGroups\/([^/]+)$/i.exec(id)?.[1]
}

/** The top-level resource that an id is of, or is inside of (an extension of a VM). Undefined for other kinds. */
export function ownerOf(id: string): (ResourceRef & { readonly kind: ArmKind }) | undefined {
  const shape =
    /^\/subscriptions\/[^/]+\/resourceGroups\/(?<group>[^/]+)\/providers\/(?<type>[^/]+\/[^/]+)\/(?<name>[^/]+)(?:\/|$)/i
  const { group = '', type = '', name = '' } = shape.exec(id)?.groups ?? {}
  const [kind] = Object.entries(typePath).find(([, path]) => path.toLowerCase() === type.toLowerCase()) ?? []
  return kind === undefined ? undefined : { kind: kind as ArmKind, name, resourceGroup: group }
}

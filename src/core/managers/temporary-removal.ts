/**
 * Takes temporary things away, and nothing with them: Azure deletes with a group whatever is in it, and with a VM
 * whatever is attached to it for deletion, whoever made it.
 */
import { ownerOf, resourceRefOf } from '../domain/arm-id.js'
import type { ResourceRef } from '../domain/machine.js'
import { temporaryTag } from '../domain/temporary.js'
import { AzlinError } from '../errors.js'
import type { Disks } from '../ports/azure.js'
import type { DrillAzure } from '../ports/drill-azure.js'
import type { TemporaryMade } from '../ports/records.js'
import type { TemporaryResources } from './temporary-resources.js'

interface Tagged {
  readonly tags: Readonly<Record<string, string>>
}

/** Tags are part of every create request, so what is not marked is not, or no longer, temporary. */
export function isMarked({ tags }: Tagged): boolean {
  return Object.keys(tags).some((name) => name.toLowerCase() === temporaryTag)
}

/** Waits until it is gone; one that is gone is fine. HOLDS_OTHERS when something would go along that azlin did not make. */
export async function removeTemporary(
  azure: DrillAzure,
  kind: TemporaryMade,
  ref: ResourceRef,
  signal: AbortSignal,
): Promise<void> {
  switch (kind) {
    case 'vm':
      return removeMachine(azure, ref, signal)
    case 'disk':
      return removeDisk(azure.disks, ref, signal)
    case 'group':
      return removeGroup(azure, ref.name, signal)
    default:
      return azure.testNetworks.remove(kind, ref, signal)
  }
}

/**
 * Makes a thing of this operation. Where somebody else has taken its name at the last moment, theirs is not removed; and
 * what may have been made though nobody said so is looked for.
 */
export function makeMarked<T>(
  azure: DrillAzure,
  temporary: TemporaryResources,
  kind: TemporaryMade,
  ref: ResourceRef,
  create: (sent: () => void) => Promise<T>,
): Promise<T> {
  const find = (signal: AbortSignal) => findTemporary(azure, kind, ref, signal)
  const remove = async (signal: AbortSignal, isMade: boolean) => {
    const there = isMade ? undefined : await find(signal)
    if (isMade || (there && temporary.isOurs(there.tags))) await removeTemporary(azure, kind, ref, signal)
  }
  return temporary.make(kind, ref, create, remove, find)
}

/** What is there of that kind and name; undefined when nothing is. */
export async function findTemporary(
  azure: DrillAzure,
  kind: TemporaryMade,
  ref: ResourceRef,
  signal: AbortSignal,
): Promise<Tagged | undefined> {
  switch (kind) {
    case 'vm':
      return azure.machines.find(ref, signal)
    case 'disk':
      return azure.disks.find(ref, signal)
    case 'group':
      return azure.groups.find(ref.name, signal)
    default:
      return azure.testNetworks.find(kind, ref, signal)
  }
}

/**
 * ARM ids of a group's members, without those in `except` (lower-case ids) and without those that are gone: Azure
 * goes on listing them for a while.
 */
export async function membersLeft(
  azure: DrillAzure,
  group: string,
  except: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const left: string[] = []
  for (const id of await azure.testGroups.members(group, signal)) {
    const owner = ownerOf(id)
    // Of other kinds nobody here can say more than that they are listed.
    const there = !owner || owner.kind === 'snapshot' || (await findTemporary(azure, owner.kind, owner, signal))
    const known = except.has(id.toLowerCase()) || (owner !== undefined && [...except].some((one) => isPartOf(id, one)))
    if (there && !known) left.push(id)
  }
  return left
}

function isPartOf(id: string, parent: string): boolean {
  return id.toLowerCase().startsWith(`${parent}/`)
}

/** Azure does not delete what somebody may still read. */
export async function removeDisk(disks: Disks, ref: ResourceRef, signal: AbortSignal): Promise<void> {
  try {
    await disks.remove(ref, signal)
  } catch (error) {
    if (!AzlinError.is(error, 'ACTIVE_SAS')) throw error
    await disks.revokeRead(ref, signal)
    await disks.remove(ref, signal)
  }
}

async function removeMachine(azure: DrillAzure, ref: ResourceRef, signal: AbortSignal): Promise<void> {
  const machine = await azure.machines.find(ref, signal)
  if (!machine) return
  const others = await othersDisks(azure, machine, signal)
  if (others.length > 0) throw new AzlinError('HOLDS_OTHERS', { what: `The VM ${ref.name}`, others })
  await azure.machines.remove(ref, signal)
}

/** Names of disks that would go with a VM and are not marked. */
export async function othersDisks(
  { disks }: DrillAzure,
  machine: { readonly disks: readonly { readonly id: string; readonly name: string; readonly deleteOption: string }[] },
  signal: AbortSignal,
): Promise<readonly string[]> {
  const others: string[] = []
  for (const { id, name, deleteOption } of machine.disks) {
    const ref = deleteOption === 'Delete' ? resourceRefOf(id) : undefined
    const disk = ref && (await disks.find(ref, signal))
    if (disk && !isMarked(disk)) others.push(name)
  }
  return others
}

async function removeGroup(azure: DrillAzure, name: string, signal: AbortSignal): Promise<void> {
  const group = await azure.groups.find(name, signal)
  if (!group || !isMarked(group)) return
  const others = await membersLeft(azure, name, new Set(), signal)
  if (others.length > 0) throw new AzlinError('HOLDS_OTHERS', { what: `The resource group ${name}`, others })
  await azure.testGroups.remove(name, signal)
}

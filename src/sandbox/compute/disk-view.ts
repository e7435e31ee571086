import { type Json, objectAt, same, textAt } from '../network/json.js'
import type { Resource } from '../resource.js'
import type { World } from '../world.js'
import { completionPercent, copyCompletionError } from './copy-progress.js'
import { diskType, hasAccess, machinesWith, performanceTier, sizeGB, tierOf } from './disk-model.js'

/** A disk as GET shows it; whom it is attached to is read from the machines. */
export function shownDisk(world: World, disk: Resource): Json {
  const owner = machinesWith(world, disk.id)[0]
  return {
    ...common(disk),
    ...(owner && { managedBy: owner.id }),
    properties: {
      ...disk.properties,
      ...(settled(disk) && { diskState: diskState(world, disk, owner) }),
      ...(textAt(disk.sku, 'name')?.startsWith('Premium_') && {
        tier: performanceTier(sizeGB(disk), disk.properties['tier']),
      }),
    },
  }
}

/** `progress`: with completionPercent, which the output of the operation lacks. */
export function shownSnapshot(world: World, snapshot: Resource, { progress }: { progress: boolean }): Json {
  const percent = completionPercent(world, snapshot)
  const failure = copyCompletionError(world, snapshot)
  const state = hasAccess(world, snapshot) ? 'ActiveSAS' : 'Unattached'
  return {
    ...common(snapshot),
    properties: {
      ...snapshot.properties,
      ...(settled(snapshot) && {
        diskState: state,
        snapshotAccessState: percent === undefined || percent >= 100 ? 'Available' : 'Pending',
        ...(progress && percent !== undefined && { completionPercent: percent }),
        ...(failure && {
          copyCompletionError: { errorCode: failure.errorCode, errorMessage: failure.errorMessage },
        }),
      }),
    },
  }
}

/** The first answer to a PUT: not yet the resource. Versions before 2022 hardly said which it is. */
export function partial(resource: Resource, sent: Json, version: string): Json {
  const { id, name, type, location, tags, sku, zones } = resource
  const fields = {
    location,
    ...(tags && { tags }),
    ...(sku && sent['sku'] ? { sku: sent['sku'] } : {}),
    ...(zones && { zones }),
  }
  const asked = sent['properties'] as Json
  const properties = { ...asked, creationData: resource.properties['creationData'], provisioningState: 'Updating' }
  if (version >= '2022-01-01') return { name, id, type, ...fields, properties }
  const named = same(type, diskType) ? { name } : {}
  return { ...named, ...fields, properties: { ...properties, isArmResource: true } }
}

/** The first answer to a PUT of a name that exists: a little more than that. */
export function partialUpdate(resource: Resource, sent: Json, version: string, diskSizeBytes: unknown): Json {
  const first = partial(resource, sent, version)
  return { ...first, sku: shownSku(resource), properties: { ...objectAt(first, 'properties'), diskSizeBytes } }
}

function common(resource: Resource): Json {
  const { id, name, type, location, tags, zones } = resource
  return {
    name,
    id,
    type,
    location,
    ...(tags && { tags }),
    sku: shownSku(resource),
    ...(zones && { zones }),
  }
}

function shownSku({ sku }: Resource): Json {
  const name = textAt(sku, 'name') ?? 'Standard_LRS'
  return { name, tier: tierOf(name) }
}

function diskState(world: World, disk: Resource, owner: Resource | undefined): string {
  if (hasAccess(world, disk)) return 'ActiveSAS'
  if (!owner) return 'Unattached'
  return owner.hidden.power?.code === 'deallocated' ? 'Reserved' : 'Attached'
}

function settled({ properties }: Resource): boolean {
  return properties['timeCreated'] !== undefined
}

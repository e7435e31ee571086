/** What accepted changes make of a disk or snapshot in the end. Kept with it, so that the end may come after a restart. */
import type { Becoming, Resource } from '../resource.js'
import type { World } from '../world.js'
import { failArrivals } from './copy-progress.js'
import { bytesPerGiB, diskType, grown, sizeGB } from './disk-model.js'

/** A change was accepted. Its operation ends with one of those below. */
export function willBecome({ hidden }: Resource, change: Becoming): Becoming {
  hidden.becoming = [...(hidden.becoming ?? []), change]
  return change
}

export function become(world: World, resource: Resource, change: Becoming): void {
  giveUpBecoming(resource, change)
  const before = sizeGB(resource)
  resource.properties = { ...resource.properties, ...change.properties }
  const size = sizeGB(resource)
  if (resource.type === diskType && size > before) {
    failArrivals(world, resource)
    resource.properties = { ...resource.properties, diskSizeBytes: size * bytesPerGiB }
    if (resource.hidden.content) resource.hidden.content = grown(resource.hidden.content, size)
  }
  if (change.sku !== undefined) resource.sku = { name: change.sku }
  if (change.tags) resource.tags = change.tags
  else if (change.tags === null) delete resource.tags
}

export function giveUpBecoming({ hidden }: Resource, change: Becoming): void {
  const others = hidden.becoming?.filter((other) => other !== change) ?? []
  if (others.length > 0) hidden.becoming = others
  else delete hidden.becoming
}

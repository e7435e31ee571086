/** What a disk or snapshot is made from, and whether it may be. */
import { ArmError, invalidParameter, notAllowed, resourceNotFound } from '../errors.js'
import { textAt } from '../network/json.js'
import { groupOf, type Resource } from '../resource.js'
import type { World } from '../world.js'
import { completionPercent } from './copy-progress.js'
import { diskType, snapshotType } from './disk-model.js'

/** The disk or snapshot with this id, ready to be copied within the region. */
export function copySource(world: World, id: string | undefined, location: string): Resource {
  const source = existingSource(world, id)
  if (source.location !== location) {
    throw invalidParameter(
      `The source resource '${source.id}' is in location '${source.location}' and cannot be copied to location '${location}'. Copy an incremental snapshot with createOption CopyStart.`,
      'creationData.sourceResourceId',
    )
  }
  return source
}

export function existingSource(world: World, id: string | undefined): Resource {
  if (id === undefined) {
    throw invalidParameter("Required parameter 'sourceResourceId' is missing (null).", 'creationData.sourceResourceId')
  }
  const source = world.get(id)
  if (!source) {
    const [, kindAndName = id] = id.split(/\/providers\//i)
    throw resourceNotFound(kindAndName, groupOf(id) ?? '')
  }
  if (source.type !== diskType && source.type !== snapshotType) {
    throw invalidParameter(`Entity not of expected type: '${source.id}'.`, 'creationData.sourceResourceId')
  }
  if (textAt(source.properties, 'provisioningState') === 'Deleting') {
    throw new ArmError(409, 'Conflict', `The resource '${source.id}' is being deleted.`)
  }
  if (source.properties['timeCreated'] === undefined) {
    throw new ArmError(409, 'Conflict', `The resource '${source.id}' is still being created and cannot be used yet.`)
  }
  checkComplete(world, source)
  return source
}

/** Data that are not there yet can be neither copied nor read. That it is refused is documented, how is not. */
function checkComplete(world: World, source: Resource): void {
  const percent = completionPercent(world, source)
  if (percent === undefined || percent >= 100) return
  throw notAllowed(
    `Snapshot ${source.name} cannot be used because its background copy is not complete. Its completionPercent is ${percent}; wait until it is 100.`,
  )
}

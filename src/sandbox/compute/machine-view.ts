import { type Json, textAt } from '../network/json.js'
import type { Resource } from '../resource.js'
import type { World } from '../world.js'
import { instanceView } from './instance-view.js'

/** A machine as GET shows it. */
export function shownMachine(world: World, machine: Resource, { withView = false } = {}): Json {
  const { id, name, type, location, tags, zones, plan, identity, properties, etag } = machine
  return {
    name,
    id,
    type,
    location,
    ...(tags && { tags }),
    ...(zones && { zones }),
    ...(plan && { plan }),
    ...(identity && textAt(identity, 'type') !== 'None' && { identity }),
    properties: { ...properties, ...(withView && { instanceView: instanceView(world, machine) }) },
    etag,
  }
}

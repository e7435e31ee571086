import type { Resource } from '../resource.js'
import type { Answer } from '../routes.js'
import type { World } from '../world.js'
import type { Json } from './json.js'
import type { Refusal } from './refusal.js'

/** What a PUT wants, after the checks that all types share. */
export interface Wanted {
  readonly world: World
  readonly id: string
  readonly name: string
  readonly location: string
  readonly body: Json
  readonly etag: string
  readonly before: Resource | undefined
}

/** One resource type of Microsoft.Network: what is special about it. */
export interface Kind {
  /** As Azure writes it, like `networkInterfaces`. */
  readonly type: string
  /** The properties to store (and other fields), or why it is refused. */
  readonly make: (wanted: Wanted) => Pick<Resource, 'properties' | 'sku' | 'zones'> | Refusal
  /** What Azure shows of it: the stored and the computed. */
  readonly show: (world: World, resource: Resource) => Json
  /** Why it cannot be deleted now. */
  readonly held: (world: World, resource: Resource) => Refusal | undefined
  /** How long Azure takes to create and to delete it, in seconds. Undefined: done when answered. */
  readonly seconds: { readonly create: number | undefined; readonly remove: number }
  /** Seconds to wait that the answer to a create asks for. */
  readonly retryAfter: number | undefined
  /** Status of the answer to a delete. */
  readonly removal: (resource: Resource) => Answer['status']
}

export function isRefusal(value: object): value is Refusal {
  return 'code' in value && 'message' in value
}

/** The fields that all of them have, under the computed ones. */
export function shown(resource: Resource, properties: Json): Json {
  const { id, name, type, location, tags, sku, zones, etag } = resource
  return {
    name,
    id,
    etag,
    type,
    location,
    ...(tags && { tags }),
    ...(zones && { zones }),
    properties,
    ...(sku && { sku }),
  }
}

/** Parts have no state and no ETag of their own: they follow what they are part of. */
export function shownPart(parent: Resource, part: Json, computed: Json = {}): Json {
  const { properties } = part
  return {
    ...part,
    etag: parent.etag,
    properties: {
      ...(properties as Json),
      ...computed,
      provisioningState: parent.properties['provisioningState'],
    },
  }
}

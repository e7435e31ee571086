import { resourceNotFound } from './errors.js'
import { checkLocks } from './locks.js'
import { groupOf, type Resource } from './resource.js'
import type { World } from './world.js'

/** Takes a resource away with all that follows from it; throws an ArmError when something stands against it. */
export type Remover = (resource: Resource) => void

/** How each type of resource is removed, for the deletion of whole groups and by generic id. */
export class Removal {
  readonly #world: World
  readonly #removers = new Map<string, Remover>()

  constructor(world: World) {
    this.#world = world
  }

  register(type: string, remover: Remover): void {
    this.#removers.set(type.toLowerCase(), remover)
  }

  remove(id: string): void {
    const resource = this.#world.get(id)
    if (!resource) throw resourceNotFound(id, groupOf(id) ?? '')
    checkLocks(this.#world, { method: 'DELETE', path: resource.id })
    const remover = this.#removers.get(resource.type.toLowerCase())
    if (remover) remover(resource)
    else this.#world.remove(id)
  }
}

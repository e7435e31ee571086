/** Tags through the tags API: a merge touches no tag that it does not name, whoever else writes at that moment. */
import type { TagsResource } from '@azure/arm-resources'
import { AzlinError } from '../core/errors.js'
import type { Tags } from '../core/ports/azure.js'
import type { Task } from './call.js'
import type { CallOptions, Calls, Seen } from './calls.js'
import type { Clients } from './clients.js'

const minutes = 5
/** A value may change between reading it and naming it; then it is read again. */
const removalAttempts = 3

type TagMap = Readonly<Record<string, string>>

export class AzureTags implements Tags {
  readonly #clients: Clients
  readonly #calls: Calls

  constructor(clients: Clients, calls: Calls) {
    this.#clients = clients
    this.#calls = calls
  }

  async merge(resourceId: string, tags: TagMap, signal: AbortSignal): Promise<void> {
    if (Object.keys(tags).length === 0) return
    await this.#patch('Merge', resourceId, tags, signal)
  }

  async remove(resourceId: string, names: readonly string[], signal: AbortSignal): Promise<void> {
    const gone = new Set(names.map((name) => name.toLowerCase()))
    const among = (tags: TagMap) =>
      Object.fromEntries(Object.entries(tags).filter(([name]) => gone.has(name.toLowerCase())))

    // Azure deletes pairs of name and value, so the values are read first.
    let left = among(await this.#read(resourceId, signal))
    for (let attempt = 1; Object.keys(left).length > 0; attempt++) {
      if (attempt > removalAttempts)
        throw new AzlinError('CONFLICT', { what: taskOn(resourceId).subject, reason: 'its tags change all the time' })
      const now = await this.#patch('Delete', resourceId, left, signal)
      left = among(now ?? (await this.#read(resourceId, signal)))
    }
  }

  #read(resourceId: string, signal: AbortSignal): Promise<TagMap> {
    const task = { ...taskOn(resourceId), doing: `reading the tags of ${nameIn(resourceId)}` }
    return this.#calls.request(task, signal, async (options) => {
      const { tagsOperations } = await this.#clients.resources()
      return tagsIn(await tagsOperations.getAtScope(scopeOf(resourceId), options))
    })
  }

  /** The tags afterwards, where the answer says them. */
  async #patch(
    operation: 'Merge' | 'Delete',
    resourceId: string,
    tags: TagMap,
    signal: AbortSignal,
  ): Promise<TagMap | undefined> {
    const scope = scopeOf(resourceId)
    const holds = (now: TagMap) =>
      Object.entries(tags).every(([name, value]) => (now[name] === value) === (operation === 'Merge'))
    const { value } = await this.#calls.operate<TagsResource | undefined>(
      {
        task: taskOn(resourceId),
        minutes,
        start: async (options) => {
          const { tagsOperations } = await this.#clients.resources()
          return tagsOperations.beginUpdateAtScope(scope, { operation, properties: { tags: { ...tags } } }, options)
        },
        look: async (options: CallOptions): Promise<Seen<TagsResource | undefined>> => {
          const { tagsOperations } = await this.#clients.resources()
          const now = await tagsOperations.getAtScope(scope, options)
          return holds(tagsIn(now)) ? { done: now } : 'absent'
        },
      },
      signal,
    )
    return value?.properties?.tags
  }
}

function taskOn(resourceId: string): Task {
  const name = nameIn(resourceId)
  return { doing: `changing the tags of ${name}`, subject: name }
}

function nameIn(resourceId: string): string {
  return resourceId.slice(resourceId.lastIndexOf('/') + 1)
}

/** The SDK puts a slash before it. */
function scopeOf(resourceId: string): string {
  return resourceId.replace(/^\/+/, '')
}

export function tagsIn({ properties }: TagsResource): TagMap {
  return properties?.tags ?? {}
}

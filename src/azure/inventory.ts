/** Generic lists of resources through arm-resources. */
import { AzlinError } from '../core/errors.js'
import type { Inventory, TaggedResource } from '../core/ports/azure.js'
import type { CallOptions, Calls } from './calls.js'
import type { Clients } from './clients.js'
import { tagsIn } from './tags.js'

const groupType = 'Microsoft.Resources/resourceGroups'

interface Listed {
  readonly id?: string
  readonly type?: string
  readonly tags?: Readonly<Record<string, string>>
}

export class AzureInventory implements Inventory {
  readonly #clients: Clients
  readonly #calls: Calls

  constructor(clients: Clients, calls: Calls) {
    this.#clients = clients
    this.#calls = calls
  }

  async taggedWith(tag: string, signal: AbortSignal): Promise<readonly TaggedResource[]> {
    const task = { doing: `looking for resources with the tag ${tag}`, subject: `resources with the tag ${tag}` }
    const listed = await this.#calls.request(task, signal, async (options) => {
      const { resources, resourceGroups } = await this.#clients.resources()
      const filter = `tagName eq '${tag.replaceAll("'", "''")}'`
      const found: Listed[] = []
      for await (const one of resources.list({ ...options, filter })) found.push(one)
      for await (const one of resourceGroups.list({ ...options, filter })) found.push({ ...one, type: groupType })
      return found
    })

    const tagged: TaggedResource[] = []
    for (const { id = '', type = '', tags } of listed) {
      // A list that is filtered by a tag may come without the tags.
      const known = tags ?? (await this.#tagsOf(id, signal))
      if (known && has(known, tag)) tagged.push({ id, type, tags: known })
    }
    return tagged
  }

  async #tagsOf(id: string, signal: AbortSignal): Promise<Readonly<Record<string, string>> | undefined> {
    const task = { doing: `reading the tags of ${id}`, subject: id }
    try {
      return await this.#calls.find(task, signal, async (options: CallOptions) => {
        const { tagsOperations } = await this.#clients.resources()
        return tagsIn(await tagsOperations.getAtScope(id.replace(/^\/+/, ''), options))
      })
    } catch (error) {
      // The index lags: a group that is gone, or a type that carries no tags, is not what was looked for.
      if (AzlinError.is(error, 'AZURE_REJECTED') || AzlinError.is(error, 'FORBIDDEN')) return undefined
      throw error
    }
  }
}

function has(tags: Readonly<Record<string, string>>, tag: string): boolean {
  return Object.keys(tags).some((name) => name.toLowerCase() === tag.toLowerCase())
}

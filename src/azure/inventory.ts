/** Generic lists of resources through arm-resources. */
import { AzlinError } from '../core/errors.js'
import type { Inventory, TaggedResource } from '../core/ports/azure.js'
import type { Task } from './call.js'
import type { CallOptions, Calls } from './calls.js'
import type { Clients } from './clients.js'
import { ifReadable } from './if-readable.js'
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
    const filter = `tagName eq '${tag.replaceAll("'", "''")}'`
    const resources = await ifReadable(signal, () =>
      this.#calls.request(task, signal, async (options) => {
        const { resources: all } = await this.#clients.resources()
        return collected(all.list({ ...options, filter }))
      }),
    )
    const kinds = resources ?? (await this.#kindByKind(task, signal))
    const groups = await this.#calls.request(task, signal, async (options) => {
      const { resourceGroups } = await this.#clients.resources()
      return collected(resourceGroups.list({ ...options, filter }))
    })
    const listed: readonly Listed[] = [...kinds, ...groups.map((one) => ({ ...one, type: groupType }))]

    const tagged: TaggedResource[] = []
    for (const { id = '', type = '', tags } of listed) {
      // A list that is filtered by a tag may come without the tags.
      const known = tags ?? (await this.#tagsOf(id, signal))
      if (known && has(known, tag)) tagged.push({ id, type, tags: known })
    }
    return tagged
  }

  /** Where the list of everything cannot be read: the lists of all kinds that azlin makes. These have the tags, if any. */
  async #kindByKind(task: Task, signal: AbortSignal): Promise<readonly Listed[]> {
    const lists: readonly ((options: CallOptions) => Promise<readonly Listed[]>)[] = [
      async (options) => collected((await this.#clients.compute()).virtualMachines.listAll(options)),
      async (options) => collected((await this.#clients.compute()).disks.list(options)),
      async (options) => collected((await this.#clients.network()).networkInterfaces.listAll(options)),
      async (options) => collected((await this.#clients.network()).publicIPAddresses.listAll(options)),
      async (options) => collected((await this.#clients.network()).virtualNetworks.listAll(options)),
      async (options) => collected((await this.#clients.network()).networkSecurityGroups.listAll(options)),
    ]
    const found = await Promise.all(lists.map((list) => this.#calls.find(task, signal, list)))
    return found.flatMap((one) => one ?? []).map(({ id = '', type = '', tags = {} }) => ({ id, type, tags }))
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

async function collected<T>(pages: AsyncIterable<T>): Promise<readonly T[]> {
  const found: T[] = []
  for await (const one of pages) found.push(one)
  return found
}

function has(tags: Readonly<Record<string, string>>, tag: string): boolean {
  return Object.keys(tags).some((name) => name.toLowerCase() === tag.toLowerCase())
}

/** Management locks. The installed SDK clients have no words for them, so they are read as they are. */

import type { Locks } from '../core/ports/azure.js'
import type { Calls } from './calls.js'
import type { Clients } from './clients.js'
import { isFields } from './error-body.js'
import { ifReadable } from './if-readable.js'
import { readPages } from './pages.js'

const version = '2016-09-01'

export class AzureLocks implements Locks {
  readonly #clients: Clients
  readonly #calls: Calls

  constructor(clients: Clients, calls: Calls) {
    this.#clients = clients
    this.#calls = calls
  }

  async inGroup(resourceGroup: string, signal: AbortSignal): Promise<readonly string[] | undefined> {
    const task = { doing: `reading the locks of ${resourceGroup}`, subject: `locks of resource group ${resourceGroup}` }
    const group = `/subscriptions/${this.#clients.subscriptionId}/resourceGroups/${encodeURIComponent(resourceGroup)}`
    const path = `${group}/providers/Microsoft.Authorization/locks?api-version=${version}`
    // Unread: to delete is then refused by Azure itself, where there is a lock.
    const locks = await ifReadable(signal, () =>
      this.#calls.request(task, signal, (options) => readPages(this.#clients, path, options)),
    )
    return locks && [...new Set(locks.flatMap(scopeOf))]
  }
}

/** Both levels, CanNotDelete and ReadOnly, stand against deletion. A lock's own id ends with the lock. */
function scopeOf(lock: unknown): string[] {
  const id = isFields(lock) ? lock['id'] : undefined
  if (typeof id !== 'string') return []
  const scope = decodeURIComponent(id).toLowerCase().split('/providers/microsoft.authorization/locks/')[0]
  return scope ? [scope] : []
}

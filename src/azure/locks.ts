/** Management locks. The installed SDK clients have no words for them, so they are read as they are. */

import { AzlinError } from '../core/errors.js'
import type { Locks } from '../core/ports/azure.js'
import type { Calls } from './calls.js'
import type { Clients } from './clients.js'
import { isFields } from './error-body.js'
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
    try {
      const locks = await this.#calls.request(task, signal, (options) => readPages(this.#clients, path, options))
      return [...new Set(locks.flatMap(scopeOf))]
    } catch (error) {
      // To delete is then refused by Azure itself, where there is a lock. Not being let in is one thing; an outage another.
      if (AzlinError.is(error) && !signal.aborted && !error.retryable) return undefined
      throw error
    }
  }
}

/** Both levels, CanNotDelete and ReadOnly, stand against deletion. A lock's own id ends with the lock. */
function scopeOf(lock: unknown): string[] {
  const id = isFields(lock) ? lock['id'] : undefined
  if (typeof id !== 'string') return []
  const scope = decodeURIComponent(id).toLowerCase().split('/providers/microsoft.authorization/locks/')[0]
  return scope ? [scope] : []
}

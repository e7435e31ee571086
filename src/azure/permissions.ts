/** What this account may do. The installed SDK clients have no words for it, so it is read as it is. */
import type { Permissions } from '../core/ports/drill-azure.js'
import type { Calls } from './calls.js'
import type { Clients } from './clients.js'
import { isFields } from './error-body.js'
import { ifReadable } from './if-readable.js'
import { readPages } from './pages.js'

const version = '2022-04-01'

export class AzurePermissions implements Permissions {
  readonly #clients: Clients
  readonly #calls: Calls

  constructor(clients: Clients, calls: Calls) {
    this.#clients = clients
    this.#calls = calls
  }

  async missing(
    resourceGroup: string | undefined,
    actions: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly string[] | undefined> {
    const subscription = `/subscriptions/${this.#clients.subscriptionId}`
    const where =
      resourceGroup === undefined ? subscription : `${subscription}/resourceGroups/${encodeURIComponent(resourceGroup)}`
    const named = resourceGroup === undefined ? 'the subscription' : `resource group ${resourceGroup}`
    const task = { doing: `reading what is allowed in ${named}`, subject: named }
    const path = `${where}/providers/Microsoft.Authorization/permissions?api-version=${version}`
    const entries = await ifReadable(signal, () =>
      this.#calls.request(task, signal, (options) => readPages(this.#clients, path, options)),
    )
    // Who has come so far may read at least: an empty list says nothing. Azure itself refuses what is not allowed.
    if (!entries?.length) return undefined
    return actions.filter((action) => !entries.some((entry) => allows(entry, action)))
  }
}

/**
 * Each entry is one assignment, and its `notActions` take away only from its own `actions`. Deny assignments, locks
 * and policies are not in it.
 */
function allows(entry: unknown, action: string): boolean {
  if (!isFields(entry)) return false
  const matches = (key: string) => patterns(entry[key]).some((pattern) => matching(pattern).test(action))
  return matches('actions') && !matches('notActions')
}

function patterns(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : []
}

/** `*` stands for anything, slashes too. */
function matching(pattern: string): RegExp {
  const text = pattern.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')
  return new RegExp(`^${text}$`, 'i')
}

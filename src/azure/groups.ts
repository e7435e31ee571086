/** Resource groups through arm-resources. */
import type { ResourceGroups } from '../core/ports/azure.js'
import type { Calls } from './calls.js'
import type { Clients } from './clients.js'
import { regionName } from './disk-fields.js'

export class AzureGroups implements ResourceGroups {
  readonly #clients: Clients
  readonly #calls: Calls

  constructor(clients: Clients, calls: Calls) {
    this.#clients = clients
    this.#calls = calls
  }

  find(name: string, signal: AbortSignal) {
    const task = { doing: `reading resource group ${name}`, subject: `resource group ${name}` }
    return this.#calls.find(task, signal, async (options) => {
      const { resourceGroups } = await this.#clients.resources()
      const { location, tags = {} } = await resourceGroups.get(name, options)
      return { region: regionName(location), tags }
    })
  }

  async create(name: string, region: string, signal: AbortSignal): Promise<void> {
    if (await this.find(name, signal)) return
    const task = { doing: `making resource group ${name}`, subject: `resource group ${name}` }
    await this.#calls.request(task, signal, async (options) => {
      const { resourceGroups } = await this.#clients.resources()
      await resourceGroups.createOrUpdate(name, { location: region }, options)
    })
  }
}

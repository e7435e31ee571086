/** Regions of the subscription, and what is to be had in them. */
import type { Regions } from '../core/ports/azure.js'
import type { Calls } from './calls.js'
import type { Clients } from './clients.js'
import { regionName } from './disk-fields.js'
import { isFields } from './error-body.js'
import { ifReadable } from './if-readable.js'
import { readPages } from './pages.js'
import { type SizeLists, sizeNamed, whyNotThere } from './sizes.js'

const version = '2022-12-01'

export class AzureRegions implements Regions {
  readonly #clients: Clients
  readonly #calls: Calls
  readonly #sizes: SizeLists

  constructor(clients: Clients, calls: Calls, sizes: SizeLists) {
    this.#clients = clients
    this.#calls = calls
    this.#sizes = sizes
  }

  async list(signal: AbortSignal): Promise<readonly string[] | undefined> {
    const { subscriptionId } = this.#clients
    const task = { doing: 'listing the regions', subject: `subscription ${subscriptionId}` }
    const path = `/subscriptions/${subscriptionId}/locations?api-version=${version}`
    const locations = await ifReadable(signal, () =>
      this.#calls.request(task, signal, (options) => readPages(this.#clients, path, options)),
    )
    const names = locations?.flatMap((location) => {
      const name = isFields(location) ? location['name'] : undefined
      return typeof name === 'string' ? [regionName(name)] : []
    })
    return names?.length ? names : undefined
  }

  async whyNotSize(
    size: string,
    region: string,
    zone: string | undefined,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const sizes = await this.#sizes.in(region, signal)
    if (!sizes) return undefined
    const sku = sizeNamed(sizes, size)
    return sku ? whyNotThere(sku, region, zone) : `${size} is not offered in ${region}`
  }

  diskKinds(region: string, signal: AbortSignal): Promise<readonly string[] | undefined> {
    return this.#sizes.diskKindsIn(region, signal)
  }
}

/** Whether there is room in a region: quotas, and what could take a size's place. */
import type { Usage } from '@azure/arm-compute'
import { AzlinError } from '../core/errors.js'
import type { Capacity } from '../core/ports/drill-azure.js'
import type { Calls } from './calls.js'
import type { Clients } from './clients.js'
import { namesLike, numberOf, type SizeLists, sizeNamed, zonesWith } from './sizes.js'

export class AzureCapacity implements Capacity {
  readonly #clients: Clients
  readonly #calls: Calls
  readonly #sizes: SizeLists

  constructor(clients: Clients, calls: Calls, sizes: SizeLists) {
    this.#clients = clients
    this.#calls = calls
    this.#sizes = sizes
  }

  async whyNoQuota(size: string, region: string, signal: AbortSignal): Promise<string | undefined> {
    const sku = sizeNamed(await this.#sizes.in(region, signal), size)
    if (!sku) return undefined
    const cores = numberOf(sku, 'vCPUs')
    const counted = [{ name: 'cores', words: 'cores of all sizes' }]
    if (sku.family) counted.push({ name: sku.family, words: `cores of ${sku.family}` })

    const usages = (await this.#usages(region, signal)) ?? []
    for (const { name, words } of counted) {
      const { currentValue = 0, limit } = usages.find((usage) => same(usage.name?.value, name)) ?? {}
      if (limit !== undefined && currentValue + cores > limit)
        return `${size} needs ${cores} cores, and of the ${limit} ${words} that the subscription has in ${region} ${currentValue} are in use`
    }
    return undefined
  }

  async sizesLike(size: string, region: string, signal: AbortSignal): Promise<readonly string[]> {
    return namesLike((await this.#sizes.in(region, signal)) ?? [], size, region)
  }

  async zonesOf(size: string, region: string, signal: AbortSignal): Promise<readonly string[]> {
    const sku = sizeNamed(await this.#sizes.in(region, signal), size)
    return sku ? zonesWith(sku, region) : []
  }

  /** Undefined where this account may not read them: Azure itself will then refuse what is too much. */
  async #usages(region: string, signal: AbortSignal): Promise<readonly Usage[] | undefined> {
    const task = { doing: `reading the quotas of ${region}`, subject: `quotas of ${region}` }
    try {
      return await this.#calls.find(task, signal, async (options) => {
        const { usage } = await this.#clients.compute()
        const found: Usage[] = []
        for await (const one of usage.list(region, options)) found.push(one)
        return found
      })
    } catch (error) {
      if (AzlinError.is(error, 'FORBIDDEN')) return undefined
      throw error
    }
  }
}

function same(a: string | undefined, b: string): boolean {
  return a?.toLowerCase() === b.toLowerCase()
}

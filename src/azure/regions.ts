/** Regions of the subscription, and what is to be had in them. */
import type { ResourceSku } from '@azure/arm-compute'
import type { Regions } from '../core/ports/azure.js'
import type { Calls } from './calls.js'
import type { Clients } from './clients.js'
import { regionName } from './disk-fields.js'
import { isFields } from './error-body.js'
import { readPages } from './pages.js'

const version = '2022-12-01'

export class AzureRegions implements Regions {
  readonly #clients: Clients
  readonly #calls: Calls

  constructor(clients: Clients, calls: Calls) {
    this.#clients = clients
    this.#calls = calls
  }

  async list(signal: AbortSignal): Promise<readonly string[]> {
    const { subscriptionId } = this.#clients
    const task = { doing: 'listing the regions', subject: `subscription ${subscriptionId}` }
    const path = `/subscriptions/${subscriptionId}/locations?api-version=${version}`
    const locations = await this.#calls.request(task, signal, (options) => readPages(this.#clients, path, options))
    return locations.flatMap((location) => {
      const name = isFields(location) ? location['name'] : undefined
      return typeof name === 'string' ? [regionName(name)] : []
    })
  }

  whyNotSize(size: string, region: string, zone: string | undefined, signal: AbortSignal): Promise<string | undefined> {
    const task = { doing: `looking for size ${size} in ${region}`, subject: `VM sizes of ${region}` }
    return this.#calls.request(task, signal, async (options) => {
      const { resourceSkus } = await this.#clients.compute()
      // The location is the only filter there is; without it the list is tens of megabytes.
      const filter = `location eq '${region.replaceAll("'", "''")}'`
      for await (const sku of resourceSkus.list({ ...options, filter }))
        if (isSize(sku, size, region)) return whyNot(sku, region, zone)
      return `${size} is not offered in ${region}`
    })
  }
}

function isSize({ resourceType, name, locations }: ResourceSku, size: string, region: string): boolean {
  return (
    resourceType?.toLowerCase() === 'virtualmachines' &&
    name?.toLowerCase() === size.toLowerCase() &&
    (locations?.some((location) => regionName(location) === regionName(region)) ?? true)
  )
}

function whyNot({ name, restrictions = [], locationInfo = [] }: ResourceSku, region: string, zone: string | undefined) {
  const here = restrictions.filter(({ restrictionInfo, values }) => {
    const places = restrictionInfo?.locations ?? values ?? []
    return places.length === 0 || places.some((place) => regionName(place) === regionName(region))
  })
  const barred = here.find(({ type }) => type === 'Location')
  if (barred) return `${name} cannot be had in ${region} with this subscription (${barred.reasonCode ?? 'restricted'})`
  if (zone === undefined) return undefined

  const shut = here.find(({ type, restrictionInfo }) => type === 'Zone' && restrictionInfo?.zones?.includes(zone))
  if (shut) return `${name} cannot be had in zone ${zone} of ${region} (${shut.reasonCode ?? 'restricted'})`
  const zones = locationInfo.flatMap((info) =>
    regionName(info.location) === regionName(region) ? (info.zones ?? []) : [],
  )
  if (locationInfo.length > 0 && !zones.includes(zone)) return `${name} is not offered in zone ${zone} of ${region}`
  return undefined
}

/** VM sizes and kinds of disks as the list of SKUs shows them: what they can do, and where they are to be had. */
import type { ResourceSku } from '@azure/arm-compute'
import type { Calls } from './calls.js'
import type { Clients } from './clients.js'
import { regionName } from './disk-fields.js'
import { ifReadable } from './if-readable.js'

interface Offer {
  readonly sizes: readonly ResourceSku[]
  readonly diskKinds: ReadonlySet<string>
}

/** Reads the list of a region, once: it is megabytes. Undefined where there is no such list. */
export class SizeLists {
  readonly #clients: Clients
  readonly #calls: Calls
  readonly #read = new Map<string, Promise<Offer | undefined>>()

  constructor(clients: Clients, calls: Calls) {
    this.#clients = clients
    this.#calls = calls
  }

  async in(region: string, signal: AbortSignal): Promise<readonly ResourceSku[] | undefined> {
    return (await this.#offerOf(region, signal))?.sizes
  }

  /** Names of the kinds of managed disks. Undefined also where the list has none: it is not about disks then. */
  async diskKindsIn(region: string, signal: AbortSignal): Promise<readonly string[] | undefined> {
    const kinds = (await this.#offerOf(region, signal))?.diskKinds
    return kinds?.size ? [...kinds] : undefined
  }

  #offerOf(region: string, signal: AbortSignal): Promise<Offer | undefined> {
    const known = this.#read.get(region)
    if (known) return known
    const asked = this.#ask(region, signal)
    this.#read.set(region, asked)
    // What could not be read is asked for again.
    asked.catch(() => this.#read.delete(region))
    return asked
  }

  async #ask(region: string, signal: AbortSignal): Promise<Offer | undefined> {
    const task = { doing: `looking for VM sizes in ${region}`, subject: `VM sizes of ${region}` }
    let listed = 0
    const found = await ifReadable(signal, () =>
      this.#calls.request(task, signal, async (options) => {
        const { resourceSkus } = await this.#clients.compute()
        // The location is the only filter there is; without it the list is tens of megabytes.
        const filter = `location eq '${region.replaceAll("'", "''")}'`
        const sizes: ResourceSku[] = []
        const diskKinds = new Set<string>()
        for await (const sku of resourceSkus.list({ ...options, filter })) {
          listed++
          if (isOf('virtualMachines', sku, region)) sizes.push(sku)
          if (isOf('disks', sku, region) && sku.name && whyNotThere(sku, region, undefined) === undefined)
            diskKinds.add(sku.name)
        }
        return { sizes, diskKinds }
      }),
    )
    return listed > 0 ? found : undefined
  }
}

export function sizeNamed(sizes: readonly ResourceSku[] | undefined, size: string): ResourceSku | undefined {
  return sizes?.find(({ name }) => name?.toLowerCase() === size.toLowerCase())
}

/** Why a size is not to be had in a region (and zone), or undefined when it is. */
export function whyNotThere(
  { name, restrictions = [], locationInfo = [] }: ResourceSku,
  region: string,
  zone: string | undefined,
): string | undefined {
  const here = restrictions.filter(({ restrictionInfo, values }) => {
    const places = restrictionInfo?.locations ?? values ?? []
    return places.length === 0 || places.some((place) => regionName(place) === regionName(region))
  })
  const barred = here.find(({ type }) => type === 'Location')
  if (barred) return `${name} cannot be had in ${region} with this subscription (${barred.reasonCode ?? 'restricted'})`
  if (zone === undefined) return undefined

  const shut = here.find(({ type, restrictionInfo }) => type === 'Zone' && restrictionInfo?.zones?.includes(zone))
  if (shut) return `${name} cannot be had in zone ${zone} of ${region} (${shut.reasonCode ?? 'restricted'})`
  if (locationInfo.length > 0 && !zonesListed(locationInfo, region).includes(zone))
    return `${name} is not offered in zone ${zone} of ${region}`
  return undefined
}

/** Zones of the region in which the size is on offer, in order. */
export function zonesWith(sku: ResourceSku, region: string): readonly string[] {
  const zones = zonesListed(sku.locationInfo ?? [], region)
  return zones.filter((zone) => whyNotThere(sku, region, zone) === undefined).sort()
}

function zonesListed(locationInfo: NonNullable<ResourceSku['locationInfo']>, region: string): string[] {
  return locationInfo.flatMap((info) => (regionName(info.location) === regionName(region) ? (info.zones ?? []) : []))
}

/**
 * Names of sizes that can take the place of one: of its family, on offer, able to do all that it can, room for its
 * data disks. The next larger comes first, then the others upward, then the smaller ones downward.
 */
export function namesLike(sizes: readonly ResourceSku[], size: string, region: string): readonly string[] {
  const original = sizeNamed(sizes, size)
  if (!original?.family) return []
  const weigh = (sku: ResourceSku) => numberOf(sku, 'vCPUs') * 10_000 + numberOf(sku, 'MemoryGB')
  const own = weigh(original)
  const fit = sizes.filter(
    (sku) =>
      sku !== original &&
      sku.family === original.family &&
      whyNotThere(sku, region, undefined) === undefined &&
      canAlso(sku, original),
  )
  const larger = fit.filter((sku) => weigh(sku) >= own).sort((a, b) => weigh(a) - weigh(b))
  const smaller = fit.filter((sku) => weigh(sku) < own).sort((a, b) => weigh(b) - weigh(a))
  return [...larger, ...smaller].flatMap(({ name }) => (name ? [name] : []))
}

function canAlso(sku: ResourceSku, original: ResourceSku): boolean {
  const holds = (key: string) => {
    const has = listOf(sku, key)
    return listOf(original, key).every((one) => has.includes(one))
  }
  return (
    numberOf(sku, 'MaxDataDiskCount') >= numberOf(original, 'MaxDataDiskCount') &&
    holds('HyperVGenerations') &&
    holds('DiskControllerTypes') &&
    capabilityOf(sku, 'CpuArchitectureType') === capabilityOf(original, 'CpuArchitectureType') &&
    (isTrue(sku, 'PremiumIO') || !isTrue(original, 'PremiumIO')) &&
    (!isTrue(sku, 'TrustedLaunchDisabled') || isTrue(original, 'TrustedLaunchDisabled'))
  )
}

export function numberOf(sku: ResourceSku, key: string): number {
  const number = Number(capabilityOf(sku, key) ?? 0)
  return Number.isFinite(number) ? number : 0
}

const isTrue = (sku: ResourceSku, key: string) => capabilityOf(sku, key)?.toLowerCase() === 'true'
const listOf = (sku: ResourceSku, key: string) => (capabilityOf(sku, key) ?? '').split(',').filter((one) => one !== '')

/** What a size can do comes as pairs of texts. */
function capabilityOf({ capabilities = [] }: ResourceSku, key: string): string | undefined {
  return capabilities.find(({ name }) => name === key)?.value
}

function isOf(type: string, { resourceType, locations }: ResourceSku, region: string): boolean {
  return (
    resourceType?.toLowerCase() === type.toLowerCase() &&
    (locations?.some((location) => regionName(location) === regionName(region)) ?? true)
  )
}

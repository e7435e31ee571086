import { digest } from '../image/pseudo-random.js'
import type { World } from '../world.js'
import { networkInterface } from './interfaces.js'
import { type Json, objectAt, textAt } from './json.js'
import { isRefusal, type Kind, shown, shownPart } from './kind.js'
import { holderOf, ipConfigurations, surroundings } from './references.js'
import { refuse } from './refusal.js'

/** How long Azure keeps an interface for a machine whose creation failed. */
const reservationSeconds = 180

export const networkInterfaces: Kind = {
  type: 'networkInterfaces',
  make: ({ world, id, name, location, etag, body, before }) => {
    const made = networkInterface(
      {
        id,
        name,
        location,
        etag,
        resourceGuid: textAt(before?.properties, 'resourceGuid') ?? world.uuid(),
        sent: objectAt(body, 'properties'),
      },
      surroundings(world),
      (other, region) => world.get(other)?.location === region,
    )
    return isRefusal(made) ? made : made
  },
  show: (world, resource) => {
    const holder = holderOf(surroundings(world), resource.id)
    const computed: Json = holder
      ? { macAddress: macAddress(resource.id), primary: holder.primary, virtualMachine: { id: holder.id } }
      : {}
    return {
      ...shown(resource, {
        ...resource.properties,
        ...computed,
        ipConfigurations: ipConfigurations(resource).map((part) => shownPart(resource, part)),
      }),
      kind: 'Regular',
    }
  },
  held: (world, resource) => {
    const holder = holderOf(surroundings(world), resource.id)
    if (holder) {
      return refuse(
        'NicInUse',
        `Network Interface ${resource.id} is used by existing VM ${holder.id}. In order to delete the network interface, it must be dissociated from the resource. To learn more, see aka.ms/deletenic.`,
      )
    }
    const reserved = resource.hidden['reservedFor']
    const until = textAt(reserved, 'until')
    if (until === undefined || new Date(until) <= world.now()) return undefined
    return refuse(
      'NicReservedForAnotherVm',
      `Nic(s) in request is reserved for another Virtual Machine for 180 seconds. Please provide another nic(s) or retry after 180 seconds. Reserved VM: ${textAt(reserved, 'machine')}`,
    )
  },
  seconds: { create: undefined, remove: 4 },
  retryAfter: undefined,
  // Both were recorded: 200 for one that never was in use, 202 for one that was.
  removal: ({ hidden }) => (hidden['wasUsed'] === true ? 202 : 200),
}

/** To be called when a machine takes interfaces: for its lifetime, or in vain when its creation fails. */
export function takeInterfaces(world: World, nicIds: readonly string[]): void {
  for (const nicId of nicIds) {
    const nic = world.get(nicId)
    if (nic) nic.hidden['wasUsed'] = true
  }
  world.changed()
}

/** To be called when the creation of a machine failed: its interfaces cannot be deleted for some time. */
export function reserveInterfaces(world: World, nicIds: readonly string[], machine: string): void {
  const until = new Date(world.now().getTime() + world.clock.scaled(reservationSeconds)).toISOString()
  for (const nicId of nicIds) {
    const nic = world.get(nicId)
    if (nic) nic.hidden['reservedFor'] = { machine, until }
  }
  world.changed()
}

function macAddress(id: string): string {
  return `00-0D-3A-${digest(id.toLowerCase())
    .toString('hex', 0, 3)
    .toUpperCase()
    .replace(/(..)(?=.)/g, '$1-')}`
}

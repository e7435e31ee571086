/** Who uses what among network resources. Azure shows both ends of each link; only one end is stored here. */
import type { Resource } from '../resource.js'
import type { World } from '../world.js'
import { type Json, listAt, objectAt, same, textAt } from './json.js'
import { subnetsOf } from './subnets.js'

/** What the links are read from. */
export interface Surroundings {
  readonly networks: readonly Resource[]
  readonly interfaces: readonly Resource[]
  readonly machines: readonly Resource[]
}

/** A resource, or a part of one such as a subnet. */
interface Part {
  readonly id?: unknown
  readonly properties?: unknown
}

export function surroundings(world: World): Surroundings {
  return {
    networks: world.list('Microsoft.Network/virtualNetworks'),
    interfaces: world.list('Microsoft.Network/networkInterfaces'),
    machines: world.list('Microsoft.Compute/virtualMachines'),
  }
}

export function ipConfigurations(nic: Part): Json[] {
  return listAt(objectAt(nic, 'properties'), 'ipConfigurations')
}

/** Id that a property of a resource (or of one of its parts) refers to, as in `{"subnet": {"id": …}}`. */
export function referenceAt(resource: Part, key: string): string | undefined {
  return textAt(objectAt(objectAt(resource, 'properties'), key), 'id')
}

/** Ids of the ipConfigurations in a subnet. */
export function usersOfSubnet({ interfaces }: Surroundings, subnetId: string): string[] {
  return interfaces
    .flatMap(ipConfigurations)
    .filter((configuration) => same(referenceAt(configuration, 'subnet'), subnetId))
    .map(idOf)
}

export function userOfAddress({ interfaces }: Surroundings, addressId: string): string | undefined {
  const user = interfaces
    .flatMap(ipConfigurations)
    .find((configuration) => same(referenceAt(configuration, 'publicIPAddress'), addressId))
  return user && idOf(user)
}

export function usersOfGroup(all: Surroundings, groupId: string): { interfaces: string[]; subnets: string[] } {
  const uses = (resource: Part) => same(referenceAt(resource, 'networkSecurityGroup'), groupId)
  return {
    interfaces: all.interfaces.filter(uses).map(idOf),
    subnets: all.networks.flatMap(subnetsOf).filter(uses).map(idOf),
  }
}

/** The machine that holds an interface, and whether the interface is its primary one. */
export function holderOf({ machines }: Surroundings, nicId: string): { id: string; primary: boolean } | undefined {
  for (const machine of machines) {
    const nics = listAt(objectAt(objectAt(machine, 'properties'), 'networkProfile'), 'networkInterfaces')
    const nic = nics.find((candidate) => same(textAt(candidate, 'id'), nicId))
    if (nic) return { id: idOf(machine), primary: nics.length === 1 || objectAt(nic, 'properties')['primary'] === true }
  }
  return undefined
}

function idOf(resource: Part): string {
  return textAt(resource, 'id') ?? ''
}

import type { Resource } from '../resource.js'
import { firstFree, formatAddress, parseAddress, parseCidr } from './addresses.js'
import { type Json, listAt, objectAt, same, textAt } from './json.js'
import { ipConfigurations, referenceAt, type Surroundings, userOfAddress } from './references.js'
import { type Refusal, refuse } from './refusal.js'
import { subnetPrefix, subnetsOf } from './subnets.js'

export interface InterfaceRequest {
  readonly id: string
  readonly name: string
  readonly location: string
  readonly etag: string
  readonly resourceGuid: string
  /** `properties` of the request body. */
  readonly sent: Json
}

/** The properties of an interface, with addresses allotted, or why Azure would refuse it. */
export function networkInterface(
  request: InterfaceRequest,
  all: Surroundings,
  exists: (id: string, location: string) => boolean,
): { properties: Json } | Refusal {
  const { id, sent, location } = request
  const wanted = listAt(sent, 'ipConfigurations')
  if (wanted.length === 0) {
    return refuse('InvalidRequestFormat', 'Cannot parse the request: a network interface needs an ipConfiguration.')
  }
  const group = textAt(objectAt(sent, 'networkSecurityGroup'), 'id')
  if (group !== undefined && !exists(group, location)) return missing(group, id)

  const others = { ...all, interfaces: all.interfaces.filter((nic) => !same(nic.id, id)) }
  const before = all.interfaces.find((nic) => same(nic.id, id))
  const taken = new Set(others.interfaces.flatMap(ipConfigurations).map(placeOf))
  const configurations: Json[] = []
  for (const [index, configuration] of wanted.entries()) {
    const made = ipConfiguration(
      { request, configuration, primary: index === 0 },
      { all, others, before, taken, exists },
    )
    if ('code' in made) return made as Refusal
    taken.add(placeOf(made))
    configurations.push(made)
  }
  return { properties: { ...interfaceDefaults(request), ...withoutComputed(sent), ipConfigurations: configurations } }
}

interface Neighbourhood {
  readonly all: Surroundings
  readonly others: Surroundings
  readonly before: Resource | undefined
  readonly taken: ReadonlySet<string>
  readonly exists: (id: string, location: string) => boolean
}

function ipConfiguration(
  { request, configuration, primary }: { request: InterfaceRequest; configuration: Json; primary: boolean },
  { all, others, before, taken, exists }: Neighbourhood,
): Json | Refusal {
  const name = textAt(configuration, 'name') ?? 'ipconfig'
  const id = `${request.id}/ipConfigurations/${name}`
  const properties = objectAt(configuration, 'properties')
  const subnetId = referenceAt(configuration, 'subnet') ?? ''
  const network = all.networks.find((candidate) =>
    subnetsOf(candidate).some((one) => same(textAt(one, 'id'), subnetId)),
  )
  const subnet = network && subnetsOf(network).find((one) => same(textAt(one, 'id'), subnetId))
  if (!network || !subnet || !same(network.location, request.location)) return missing(subnetId, request.id)
  if (network.properties['provisioningState'] === 'Updating') return notReady(network, request.id)

  const publicId = referenceAt(configuration, 'publicIPAddress')
  if (publicId !== undefined) {
    if (!exists(publicId, request.location)) return missing(publicId, request.id)
    const user = userOfAddress(others, publicId)
    if (user) {
      return refuse(
        'PublicIPAddressInUse',
        `Resource ${id} is referencing public IP address ${publicId} that is already allocated to resource ${user}.`,
      )
    }
  }
  const reference = objectAt(properties, 'publicIPAddress')
  const deleteOption = textAt(reference, 'deleteOption') ?? textAt(objectAt(reference, 'properties'), 'deleteOption')
  const kept = before && ipConfigurations(before).find((one) => same(textAt(one, 'name'), name))
  const address = addressIn(subnet, properties, { kept, taken })
  if (typeof address !== 'string') return address
  return {
    name,
    id,
    etag: request.etag,
    type: 'Microsoft.Network/networkInterfaces/ipConfigurations',
    properties: {
      provisioningState: 'Succeeded',
      privateIPAddress: address,
      privateIPAllocationMethod: textAt(properties, 'privateIPAllocationMethod') ?? 'Dynamic',
      ...(publicId !== undefined && {
        publicIPAddress: { id: publicId, ...(deleteOption !== undefined && { deleteOption }) },
      }),
      subnet: { id: textAt(subnet, 'id') },
      primary,
      privateIPAddressVersion: 'IPv4',
    },
  }
}

/** A fixed address if it is free, the one it has already, or the next free one. */
function addressIn(
  subnet: Json,
  properties: Json,
  { kept, taken }: { kept: Json | undefined; taken: ReadonlySet<string> },
): string | Refusal {
  const id = textAt(subnet, 'id') ?? ''
  const range = parseCidr(subnetPrefix(subnet) ?? '')
  if (range === undefined) return refuse('InvalidCIDRNotation', `Subnet ${id} has no address range.`)
  const key = (address: string) => `${id.toLowerCase()} ${address}`
  const wanted = textAt(properties, 'privateIPAddress')
  if (textAt(properties, 'privateIPAllocationMethod') === 'Static' && wanted !== undefined) {
    const value = parseAddress(wanted)
    if (value === undefined || value < range.first || value >= range.first + range.size) {
      return refuse(
        'PrivateIPAddressNotInSubnet',
        `Private static IP address ${wanted} does not belong to the range of subnet prefix ${subnetPrefix(subnet)}.`,
      )
    }
    if (taken.has(key(wanted))) {
      return refuse('PrivateIPAddressInUse', `IP configuration is using the private IP address ${wanted} of another.`)
    }
    return formatAddress(value)
  }
  const before =
    kept && same(referenceAt(kept, 'subnet'), id) && textAt(objectAt(kept, 'properties'), 'privateIPAddress')
  if (before) return before
  const used = [...taken]
    .filter((place) => place.startsWith(`${id.toLowerCase()} `))
    .map((place) => place.split(' ')[1])
  const free = firstFree(range, new Set(used.filter((address) => address !== undefined)))
  if (free !== undefined) return free
  return refuse(
    'SubnetIsFull',
    `Subnet ${textAt(subnet, 'name')} with address prefix ${subnetPrefix(subnet)} does not have enough capacity for 1 IP addresses.`,
  )
}

/** What Microsoft.Network 2025-05-01 fills in. */
function interfaceDefaults({ resourceGuid }: InterfaceRequest): Json {
  return {
    provisioningState: 'Succeeded',
    resourceGuid,
    dnsSettings: {
      dnsServers: [],
      appliedDnsServers: [],
      internalDomainNameSuffix: 'sandbox.bx.internal.cloudapp.net',
    },
    enableAcceleratedNetworking: false,
    vnetEncryptionSupported: false,
    enableIPForwarding: false,
    disableTcpStateTracking: false,
    hostedWorkloads: [],
    tapConfigurations: [],
    nicType: 'Standard',
    allowPort25Out: true,
    defaultOutboundConnectivityEnabled: false,
    auxiliaryMode: 'None',
    auxiliarySku: 'None',
  }
}

/** Clients send back what they read; what Azure computes does not become true by that. */
function withoutComputed({ dnsSettings: _dns, virtualMachine: _vm, primary: _primary, ...sent }: Json): Json {
  const { provisioningState: _state, resourceGuid: _guid, macAddress: _mac, ...rest } = sent
  return rest
}

function placeOf(configuration: Json): string {
  const subnet = referenceAt(configuration, 'subnet')?.toLowerCase()
  return `${subnet} ${textAt(objectAt(configuration, 'properties'), 'privateIPAddress')}`
}

function missing(id: string, by: string): Refusal {
  return refuse(
    'InvalidResourceReference',
    `Resource ${id} referenced by resource ${by} was not found. Please make sure that the referenced resource exists, and that both resources are in the same region.`,
  )
}

function notReady(network: Resource, by: string): Refusal {
  return refuse(
    'ReferencedResourceNotProvisioned',
    `Cannot proceed with operation because resource ${network.id} used by resource ${by} is not in Succeeded state. Resource is in Updating state.`,
    409,
  )
}

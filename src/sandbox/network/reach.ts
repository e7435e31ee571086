/** Whether traffic gets to a machine and out of it: the rules of its security groups, and the ways there are. */
import { publicLoopback } from '../guest/addresses.js'
import type { Resource } from '../resource.js'
import type { World } from '../world.js'
import { parseAddress, parseCidr } from './addresses.js'
import { type Json, listAt, objectAt, same, textAt, textsAt } from './json.js'
import { ipConfigurations, referenceAt } from './references.js'
import { defaultRules } from './security-rules.js'
import { subnetsOf } from './subnets.js'

/** An address that a machine has, and where traffic to it arrives. */
export interface Endpoint {
  readonly address: string
  readonly public: boolean
  readonly privateAddress: string
  readonly nic: Resource
  readonly subnet: Json
}

interface Traffic {
  readonly direction: 'Inbound' | 'Outbound'
  readonly port: number
  /** What the two ends are, as rules call them: service tags and one address. */
  readonly source: readonly string[]
  readonly destination: readonly string[]
}

/** All addresses of a machine, of its interfaces in order. */
export function endpointsOf(world: World, machine: Resource): Endpoint[] {
  const nics = listAt(objectAt(machine.properties, 'networkProfile'), 'networkInterfaces')
  return nics.flatMap((reference) => {
    const nic = world.get(textAt(reference, 'id') ?? '')
    return nic ? ipConfigurations(nic).flatMap((configuration) => endpoints(world, nic, configuration)) : []
  })
}

function endpoints(world: World, nic: Resource, configuration: Json): Endpoint[] {
  const subnetId = referenceAt(configuration, 'subnet')
  const networks = world.list('Microsoft.Network/virtualNetworks')
  const subnet = networks.flatMap(subnetsOf).find((one) => same(textAt(one, 'id'), subnetId))
  const privateAddress = textAt(objectAt(configuration, 'properties'), 'privateIPAddress')
  if (!subnet || privateAddress === undefined) return []
  const outside = world.get(referenceAt(configuration, 'publicIPAddress') ?? '')
  const publicAddress = outside && (textAt(outside.properties, 'ipAddress') ?? publicLoopback(world.secret, outside.id))
  const common = { privateAddress, nic, subnet }
  return [
    { address: privateAddress, public: false, ...common },
    ...(publicAddress === undefined ? [] : [{ address: publicAddress, public: true, ...common }]),
  ]
}

/** From this computer, which is the Internet to a public address and a neighbour to a private one. */
export function isReachable(
  world: World,
  { nic, subnet, privateAddress, public: outside }: Endpoint,
  port: number,
): boolean {
  const groups = groupsOf(world, nic, subnet)
  // A standard public address lets nothing in where no group says what may come.
  if (groups.length === 0) return !outside
  return allowed([...groups].reverse(), {
    direction: 'Inbound',
    port,
    source: [outside ? 'Internet' : 'VirtualNetwork', '127.0.0.1'],
    destination: ['VirtualNetwork', privateAddress],
  })
}

/**
 * Azure's own public addresses at 443: what Run Command hands its result over by. It takes a way out of the subnet, and
 * rules that let it through.
 */
export function reachesAzure(world: World, machine: Resource): boolean {
  const endpoints = endpointsOf(world, machine)
  const outside = endpoints.some((one) => one.public)
  return endpoints.some(({ nic, subnet, privateAddress }) => {
    if (!outside && !hasWayOut(subnet)) return false
    const tags = ['AzureCloud', `AzureCloud.${machine.location}`, 'Internet']
    const source = ['VirtualNetwork', privateAddress]
    const traffic: Traffic = { direction: 'Outbound', port: 443, source, destination: tags }
    return allowed(groupsOf(world, nic, subnet), traffic)
  })
}

/** The one that Azure gives by default, a NAT gateway, or the short way to its storage. */
function hasWayOut(subnet: Json): boolean {
  const properties = objectAt(subnet, 'properties')
  const toStorage = listAt(properties, 'serviceEndpoints').some((one) =>
    /^Microsoft\.Storage/i.test(textAt(one, 'service') ?? ''),
  )
  return properties['defaultOutboundAccess'] !== false || toStorage || referenceAt(subnet, 'natGateway') !== undefined
}

/** That of the interface and that of the subnet, in the order that outbound traffic passes them. */
function groupsOf(world: World, nic: Resource, subnet: Json): Resource[] {
  const ids = [referenceAt(nic, 'networkSecurityGroup'), referenceAt(subnet, 'networkSecurityGroup')]
  return ids.map((id) => world.get(id ?? '')).filter((group) => group !== undefined)
}

/** In each group the first rule that fits, by priority, decides. */
function allowed(groups: readonly Resource[], traffic: Traffic): boolean {
  return groups.every((group) => {
    const rules = [...listAt(group.properties, 'securityRules'), ...defaultRules(group.id, '')]
      .map((rule) => objectAt(rule, 'properties'))
      .sort((one, other) => Number(one['priority']) - Number(other['priority']))
    return rules.find((rule) => fits(rule, traffic))?.['access'] === 'Allow'
  })
}

function fits(rule: Json, { direction, port, source, destination }: Traffic): boolean {
  const values = (key: string) => [textAt(rule, `${key}`), ...textsAt(rule, `${key}s`), ...textsAt(rule, `${key}es`)]
  return (
    rule['direction'] === direction &&
    ['*', 'tcp'].includes(String(rule['protocol']).toLowerCase()) &&
    values('sourcePortRange').some((range) => range === '*' || range === '0-65535') &&
    values('destinationPortRange').some((range) => hasPort(range ?? '', port)) &&
    values('sourceAddressPrefix').some((prefix) => covers(prefix ?? '', source)) &&
    values('destinationAddressPrefix').some((prefix) => covers(prefix ?? '', destination))
  )
}

function hasPort(range: string, port: number): boolean {
  if (range === '*') return true
  const [first, last = first] = range.split('-').map(Number)
  return first !== undefined && last !== undefined && first <= port && port <= last
}

function covers(prefix: string, ends: readonly string[]): boolean {
  if (['*', '0.0.0.0/0', 'Any'].includes(prefix)) return true
  return ends.some((end) => {
    if (same(prefix, end)) return true
    const [range, address] = [parseCidr(prefix), parseAddress(end)]
    return range !== undefined && address !== undefined && address >= range.first && address < range.first + range.size
  })
}

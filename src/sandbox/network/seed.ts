import type { World } from '../world.js'
import type { Json } from './json.js'
import { isRefusal, type Kind } from './kind.js'
import { networkInterfaces } from './network-interfaces.js'
import { networkSecurityGroups } from './security-groups.js'
import { virtualNetworks } from './virtual-networks.js'

export interface DemoNetwork {
  /** ARM id of the group that it is put into. */
  readonly groupId: string
  readonly location: string
  /** Before `-vnet` and `-nsg`. */
  readonly prefix: string
  /** First two numbers of its addresses. */
  readonly numbers: string
  /** Machines that get an interface each, `<name>-nic`. */
  readonly machines: readonly string[]
}

/** `<prefix>-vnet` with the subnet `default`, behind `<prefix>-nsg` which lets SSH in from its neighbours. Gives the interfaces' ids by machine. */
export function seedNetwork(world: World, demo: DemoNetwork): Map<string, string> {
  const { groupId, location, machines, prefix, numbers } = demo
  const put = (kind: Kind, name: string, properties: Json): string => {
    const id = `${groupId}/providers/Microsoft.Network/${kind.type}/${name}`
    const etag = `W/"${world.uuid()}"`
    const made = kind.make({ world, id, name, location, etag, before: undefined, body: { location, properties } })
    if (isRefusal(made)) throw new Error(made.message)
    return world.put({ id, name, type: `Microsoft.Network/${kind.type}`, location, etag, ...made, hidden: {} }).id
  }
  const group = put(networkSecurityGroups, `${prefix}-nsg`, { securityRules: [sshRule] })
  const network = put(virtualNetworks, `${prefix}-vnet`, {
    addressSpace: { addressPrefixes: [`${numbers}.0.0/16`] },
    subnets: [
      { name: 'default', properties: { addressPrefix: `${numbers}.0.0/24`, networkSecurityGroup: { id: group } } },
    ],
  })
  const subnet = { id: `${network}/subnets/default` }
  const ipConfigurations = [{ name: 'ipconfig1', properties: { subnet, privateIPAllocationMethod: 'Dynamic' } }]
  return new Map(machines.map((name) => [name, put(networkInterfaces, `${name}-nic`, { ipConfigurations })]))
}

const sshRule = {
  name: 'allow-ssh',
  properties: {
    priority: 1000,
    direction: 'Inbound',
    access: 'Allow',
    protocol: 'Tcp',
    sourceAddressPrefix: '10.0.0.0/8',
    sourcePortRange: '*',
    destinationAddressPrefix: '*',
    destinationPortRange: '22',
  },
}

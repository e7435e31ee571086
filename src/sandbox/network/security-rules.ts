/** The rules of a network security group: those a user sends, and the six that every group has. */

type Json = Record<string, unknown>

const inbound = [
  [
    'AllowVnetInBound',
    'Allow inbound traffic from all VMs in VNET',
    'VirtualNetwork',
    'VirtualNetwork',
    'Allow',
    65000,
  ],
  [
    'AllowAzureLoadBalancerInBound',
    'Allow inbound traffic from azure load balancer',
    'AzureLoadBalancer',
    '*',
    'Allow',
    65001,
  ],
  ['DenyAllInBound', 'Deny all inbound traffic', '*', '*', 'Deny', 65500],
] as const

const outbound = [
  [
    'AllowVnetOutBound',
    'Allow outbound traffic from all VMs to all VMs in VNET',
    'VirtualNetwork',
    'VirtualNetwork',
    'Allow',
    65000,
  ],
  ['AllowInternetOutBound', 'Allow outbound traffic from all VMs to Internet', '*', 'Internet', 'Allow', 65001],
  ['DenyAllOutBound', 'Deny all outbound traffic', '*', '*', 'Deny', 65500],
] as const

/** Source: recorded answers of Microsoft.Network 2025-05-01. */
export function defaultRules(groupId: string, etag: string): Json[] {
  const render =
    (direction: string) =>
    ([name, description, source, destination, access, priority]: (typeof inbound | typeof outbound)[number]): Json => ({
      name,
      id: `${groupId}/defaultSecurityRules/${name}`,
      etag,
      type: 'Microsoft.Network/networkSecurityGroups/defaultSecurityRules',
      properties: {
        provisioningState: 'Succeeded',
        description,
        protocol: '*',
        sourcePortRange: '*',
        destinationPortRange: '*',
        sourceAddressPrefix: source,
        destinationAddressPrefix: destination,
        access,
        priority,
        direction,
        ...emptyPlurals,
      },
    })
  return [...inbound.map(render('Inbound')), ...outbound.map(render('Outbound'))]
}

const words = {
  protocol: ['Tcp', 'Udp', 'Icmp', 'Esp', 'Ah', '*'],
  access: ['Allow', 'Deny'],
  direction: ['Inbound', 'Outbound'],
}

const ends = [
  ['sourceAddressPrefix', 'sourceAddressPrefixes', 'sourceApplicationSecurityGroups'],
  ['destinationAddressPrefix', 'destinationAddressPrefixes', 'destinationApplicationSecurityGroups'],
  ['sourcePortRange', 'sourcePortRanges'],
  ['destinationPortRange', 'destinationPortRanges'],
] as const

const emptyPlurals = {
  sourcePortRanges: [],
  destinationPortRanges: [],
  sourceAddressPrefixes: [],
  destinationAddressPrefixes: [],
}

export function securityRule(groupId: string, name: string, etag: string, properties: Json): Json {
  return {
    name,
    id: `${groupId}/securityRules/${name}`,
    etag,
    type: 'Microsoft.Network/networkSecurityGroups/securityRules',
    properties: { provisioningState: 'Succeeded', ...emptyPlurals, ...properties },
  }
}

/** What is wrong with a rule, in Azure's words, or undefined. `others` are the rules it stands beside. */
export function ruleFault(
  name: string,
  properties: Json,
  others: readonly { name: string; properties: Json }[],
): { code: string; message: string } | undefined {
  for (const key of ['protocol', 'access', 'direction', 'priority']) {
    if (properties[key] === undefined) {
      return {
        code: 'SecurityRuleParameterMissing',
        message: `Security rule ${name} has no value for its required property ${key}.`,
      }
    }
  }
  for (const [key, allowed] of Object.entries(words)) {
    if (!allowed.some((word) => word.toLowerCase() === String(properties[key]).toLowerCase()))
      return {
        code: 'InvalidRequestFormat',
        message: `Cannot parse the request: '${String(properties[key])}' is no ${key} of a security rule.`,
      }
  }
  for (const [one, ...lists] of ends) {
    const given = lists.map((key) => properties[key])
    if (properties[one] !== undefined || given.some((list) => Array.isArray(list) && list.length > 0)) continue
    return {
      code: 'SecurityRuleParameterMissing',
      message: `Required security rule parameters are missing for security rule ${name}. Security rule must specify ${[one, ...lists].join(' or ')}.`,
    }
  }
  const priority = Number(properties['priority'])
  if (!Number.isInteger(priority) || priority < 100 || priority > 4096) {
    return {
      code: 'SecurityRuleInvalidPriority',
      message: `Security rule has invalid Priority. Value provided: ${priority} Allowed range 100-4096.`,
    }
  }
  const twin = others.find(
    (other) =>
      other.name.toLowerCase() !== name.toLowerCase() &&
      other.properties['direction'] === properties['direction'] &&
      other.properties['priority'] === priority,
  )
  if (twin === undefined) return undefined
  return {
    code: 'SecurityRuleConflict',
    message: `Security rule ${name} conflicts with rule ${twin.name}. Rules cannot have the same Priority and Direction.`,
  }
}

import { isObject, type Json, listAt, objectAt, textAt } from './json.js'
import { type Kind, shown, shownPart, type Wanted } from './kind.js'
import { surroundings, usersOfGroup } from './references.js'
import { refuse } from './refusal.js'
import { defaultRules, ruleFault, securityRule } from './security-rules.js'

export const networkSecurityGroups: Kind = {
  type: 'networkSecurityGroups',
  make: (wanted) => makeGroup(wanted, listAt(objectAt(wanted.body, 'properties'), 'securityRules')),
  show: (world, resource) => {
    const { interfaces, subnets } = usersOfGroup(surroundings(world), resource.id)
    const part = (rule: unknown) => shownPart(resource, isObject(rule) ? rule : {})
    return shown(resource, {
      ...resource.properties,
      securityRules: listAt(resource.properties, 'securityRules').map(part),
      defaultSecurityRules: defaultRules(resource.id, resource.etag ?? '').map(part),
      ...(interfaces.length > 0 && { networkInterfaces: interfaces.map((id) => ({ id })) }),
      ...(subnets.length > 0 && { subnets: subnets.map((id) => ({ id })) }),
    })
  },
  held: (world, resource) => {
    const { interfaces, subnets } = usersOfGroup(surroundings(world), resource.id)
    const users = [...interfaces, ...subnets]
    if (users.length === 0) return undefined
    return refuse(
      'InUseNetworkSecurityGroupCannotBeDeleted',
      `Network security group ${resource.id} cannot be deleted because it is in use by the following resources: ${users.join(', ')}. In order to delete the Network security group, remove the association with the resource(s). To learn how to do this, see aka.ms/deletensg.`,
    )
  },
  seconds: { create: 3, remove: 2 },
  retryAfter: undefined,
  removal: () => 202,
}

/** Shared with the PUT of a single rule. */
export function makeGroup(
  { world, id, etag, before, body }: Wanted,
  sentRules: readonly Json[],
): ReturnType<Kind['make']> {
  const rules = sentRules.map((sent) => ({
    name: textAt(sent, 'name') ?? '',
    properties: objectAt(sent, 'properties'),
  }))
  for (const { name, properties } of rules) {
    const fault = ruleFault(name, properties, rules)
    if (fault) return refuse(fault.code, fault.message)
  }
  const {
    defaultSecurityRules: _fixed,
    networkInterfaces: _nics,
    subnets: _subnets,
    ...sent
  } = objectAt(body, 'properties')
  return {
    properties: {
      ...sent,
      provisioningState: 'Succeeded',
      resourceGuid: textAt(before?.properties, 'resourceGuid') ?? world.uuid(),
      securityRules: rules.map(({ name, properties }) => securityRule(id, name, etag, properties)),
    },
  }
}

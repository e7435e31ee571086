/** What the account may do: everything, or what a `role` fault leaves it. */
import { ArmError } from './errors.js'
import type { Faults } from './faults.js'
import { type Json, listAt, objectAt, textAt } from './network/json.js'
import type { Call } from './routes.js'
import { clientId, principalId } from './tokens.js'

interface Grant {
  readonly actions: readonly string[]
  readonly notActions: readonly string[]
}

/** As the permissions API answers: one entry for each assignment. */
export function permissionsOf(faults: Faults): unknown[] {
  return grants(faults).map((grant) => ({ ...grant, dataActions: [], notDataActions: [] }))
}

/** Refuses what the account has no right to: the request itself, or the use of what it refers to. */
export function checkRole(faults: Faults, call: Call): void {
  const all = grants(faults)
  if (all.every(({ actions, notActions }) => actions.includes('*') && notActions.length === 0)) return
  const may = (action: string) => all.some((grant) => granted(grant, action))
  const action = actionOf(call)
  if (action === undefined) return
  const who = `The client '${clientId}' with object id '${principalId}'`
  if (!may(action)) {
    throw new ArmError(
      403,
      'AuthorizationFailed',
      `${who} does not have authorization to perform action '${action}' over scope '${call.path}' or the scope is invalid. If access was recently granted, please refresh your credentials.`,
    )
  }
  const missing = linked(call).find((link) => !may(link.action))
  if (!missing) return
  throw new ArmError(
    403,
    'LinkedAuthorizationFailed',
    `${who} has permission to perform action '${action}' on scope '${call.path}'; however, it does not have permission to perform action(s) '${missing.action}' on the linked scope(s) '${missing.id}' (respectively) or the linked scope(s) are invalid.`,
  )
}

function grants(faults: Faults): Grant[] {
  const roles = faults.ofKind('role')
  if (roles.length === 0) return [{ actions: ['*'], notActions: [] }]
  return roles.map(({ actions, notActions = [] }) => ({ actions, notActions }))
}

function granted({ actions, notActions }: Grant, action: string): boolean {
  const matches = (pattern: string) => {
    const parts = pattern.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'))
    return new RegExp(`^${parts.join('.*')}$`, 'i').test(action)
  }
  return actions.some(matches) && !notActions.some(matches)
}

/** Undefined for what needs no right of its own: polls, the subscription's own lists. */
function actionOf({ method, path }: Call): string | undefined {
  const group = /^\/subscriptions\/[^/]+\/resourceGroups(?:\/[^/]+)?$/i.test(path)
  const [, namespace, rest] = /.*\/providers\/([^/]+)\/(.+)$/i.exec(path) ?? []
  const verb = method === 'GET' || method === 'HEAD' ? 'read' : method === 'DELETE' ? 'delete' : 'write'
  if (group) return `Microsoft.Resources/subscriptions/resourceGroups/${verb}`
  if (namespace === undefined || rest === undefined || /\/(operations|operationResults|DiskOperations)\//i.test(path)) {
    return undefined
  }
  const parts = rest.split('/')
  const types = parts.filter((_part, index) => index % 2 === 0)
  const [first = ''] = parts
  if (/^locations$/i.test(first)) return `${namespace}/locations/${parts.slice(2).join('/')}/${verb}`
  // A name behind each type: an odd number of parts is a list, or an action on what stands before it.
  if (parts.length % 2 === 1 && parts.length > 1) {
    const action = types.join('/')
    return method === 'POST' ? `${namespace}/${action}/action` : `${namespace}/${action}/${verb}`
  }
  return `${namespace}/${types.join('/')}/${verb}`
}

/** Rights on what the body refers to. */
function linked({ method, path, body }: Call): { action: string; id: string }[] {
  if (method !== 'PUT') return []
  const properties = objectAt(body, 'properties')
  const join = (resource: Json, key: string, type: string) => {
    const id = textAt(objectAt(resource, key), 'id')
    return id === undefined ? [] : [{ action: `Microsoft.Network/${type}/join/action`, id }]
  }
  if (/\/providers\/Microsoft\.Compute\/(disks|snapshots)\//i.test(path)) {
    const id = textAt(objectAt(properties, 'creationData'), 'sourceResourceId')
    const type = /\/snapshots\//i.test(id ?? '') ? 'snapshots' : 'disks'
    return id === undefined ? [] : [{ action: `Microsoft.Compute/${type}/beginGetAccess/action`, id }]
  }
  if (/\/providers\/Microsoft\.Compute\/virtualMachines\/[^/]+$/i.test(path)) {
    return listAt(objectAt(properties, 'networkProfile'), 'networkInterfaces').flatMap((nic) =>
      join({ nic }, 'nic', 'networkInterfaces'),
    )
  }
  if (/\/networkInterfaces\/[^/]+$/i.test(path)) {
    const configurations = listAt(properties, 'ipConfigurations').map((one) => objectAt(one, 'properties'))
    return [
      ...join(properties, 'networkSecurityGroup', 'networkSecurityGroups'),
      ...configurations.flatMap((one) => join(one, 'subnet', 'virtualNetworks/subnets')),
      ...configurations.flatMap((one) => join(one, 'publicIPAddress', 'publicIPAddresses')),
    ]
  }
  return listAt(properties, 'subnets').flatMap((subnet) =>
    join(objectAt(subnet, 'properties'), 'networkSecurityGroup', 'networkSecurityGroups'),
  )
}

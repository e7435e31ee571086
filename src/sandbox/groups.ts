import { ArmError, groupNotFound } from './errors.js'
import { matchesFilter } from './filters.js'
import { deletionBody, GroupDeletion } from './group-deletion.js'
import { textAt } from './network/json.js'
import { page } from './pages.js'
import { normalRegion } from './regions.js'
import type { Resource } from './resource.js'
import { retryAfter } from './retry-after.js'
import { type AddRoute, type Answer, type Call, ok, type Sandbox } from './routes.js'
import { tagsOf } from './tags.js'
import { subscriptionId, type World } from './world.js'

export const groupType = 'Microsoft.Resources/resourceGroups'
const path = '/subscriptions/:subscription/resourcegroups'
const pageSize = 1000

export function addGroups(route: AddRoute, sandbox: Sandbox): void {
  const { world } = sandbox
  const deletion = new GroupDeletion(sandbox)
  deletion.resume()
  route('GET', path, (call) => {
    const groups = world.list(groupType).filter(matchesFilter(call.query['$filter']))
    return page(groups, call, { url: sandbox.url(), size: pageSize, show: shown })
  })
  route('GET', `${path}/:group`, ({ params }) => ok(shown(existingGroup(world, params['group']))))
  route('HEAD', `${path}/:group`, ({ params }) => {
    const group = world.get(groupId(params['group'] ?? ''))
    return group ? { status: 204 } : { status: 404, headers: { 'x-ms-failure-cause': 'gateway' } }
  })
  route('PUT', `${path}/:group`, (call) => putGroup(world, call))
  route('PATCH', `${path}/:group`, ({ params, body }) => {
    const group = writableGroup(world, params['group'])
    const tags = tagsOf(body)
    if (tags) group.tags = tags
    world.changed()
    return ok(shown(group))
  })
  route('DELETE', `${path}/:group`, ({ params }) => {
    const group = existingGroup(world, params['group'])
    return { status: 202, headers: { location: deletion.begin(group), ...retryAfter(world, 15) } }
  })
  route('GET', '/subscriptions/:subscription/operationresults/:job', ({ params, rawUrl }) => {
    const state = deletion.state(params['job'] ?? '')
    if (state === 'running') {
      return { status: 202, headers: { location: sandbox.url() + rawUrl, ...retryAfter(world, 15) } }
    }
    return state === 'done' ? { status: 200 } : { status: 409, body: deletionBody(state) }
  })
}

export function groupId(name: string): string {
  return `/subscriptions/${subscriptionId}/resourceGroups/${name}`
}

export function existingGroup(world: World, name = ''): Resource {
  const group = world.get(groupId(name))
  if (!group) throw groupNotFound(name)
  return group
}

/** The group, when new things may be put into it. */
export function writableGroup(world: World, name = ''): Resource {
  const group = existingGroup(world, name)
  if (textAt(group.properties, 'provisioningState') === 'Deleting') {
    throw new ArmError(
      409,
      'ResourceGroupBeingDeleted',
      `The resource group '${group.name}' is in deprovisioning state and cannot perform this operation.`,
    )
  }
  return group
}

function putGroup(world: World, { params, body }: Call): Answer {
  const name = params['group'] ?? ''
  if (name.length > 90 || !/^[-\w.()]*[-\w()]$/.test(name)) {
    throw new ArmError(400, 'InvalidResourceGroup', `The provided resource group name '${name}' is invalid.`)
  }
  const location = textAt(body, 'location')
  if (location === undefined) {
    throw new ArmError(400, 'LocationRequired', 'The location property is required for this definition.')
  }
  const region = normalRegion(location)
  const old = world.get(groupId(name))
  if (old) writableGroup(world, name)
  if (old && old.location !== region) {
    throw new ArmError(
      409,
      'InvalidResourceGroupLocation',
      `Invalid resource group location '${region}'. The Resource group already exists in location '${old.location}'.`,
    )
  }
  const tags = tagsOf(body)
  if (old) {
    // As in Azure: a second PUT replaces the tags.
    if (tags) old.tags = tags
    else delete old.tags
    world.changed()
    return ok(shown(old))
  }
  const group: Resource = {
    id: groupId(name),
    name,
    type: groupType,
    location: region,
    ...(tags && { tags }),
    properties: { provisioningState: 'Succeeded' },
    hidden: {},
  }
  return { status: 201, body: shown(world.put(group)) }
}

function shown({ id, name, type, location, tags, properties, managedBy }: Resource) {
  return { id, name, type, location, ...(managedBy && { managedBy }), ...(tags && { tags }), properties }
}

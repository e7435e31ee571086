/** What is the same for all types: lists of everything, tags and permissions at any scope. */
import { resourceNotFound } from './errors.js'
import { matchesFilter } from './filters.js'
import { existingGroup, groupType } from './groups.js'
import { page } from './pages.js'
import { groupOf, type Resource } from './resource.js'
import { permissionsOf } from './roles.js'
import { type AddRoute, type Call, ok, type Sandbox } from './routes.js'
import { scopes } from './scopes.js'
import { answerTags } from './tags.js'

const pageSize = 1000
const notListed = new Set([groupType.toLowerCase(), 'microsoft.authorization/locks'])

export function addResources(route: AddRoute, sandbox: Sandbox): void {
  const { world } = sandbox
  const list = (call: Call) => {
    const group = call.params['group']
    const prefix = group === undefined ? '' : `${existingGroup(world, group).id.toLowerCase()}/`
    const matches = matchesFilter(call.query['$filter'])
    const found = world
      .all()
      .filter((resource) => !notListed.has(resource.type.toLowerCase()))
      .filter((resource) => resource.id.toLowerCase().startsWith(prefix) && matches(resource))
    return page(found, call, { url: sandbox.url(), size: pageSize, show: shown })
  }
  route('GET', '/subscriptions/:subscription/resources', list)
  route('GET', '/subscriptions/:subscription/resourceGroups/:group/resources', list)

  for (const scope of scopes) {
    route('GET', `${scope}/providers/Microsoft.Authorization/permissions`, () =>
      ok({ value: permissionsOf(sandbox.faults) }),
    )
    for (const method of ['GET', 'PUT', 'PATCH', 'DELETE'] as const) {
      route(method, `${scope}/providers/Microsoft.Resources/tags/default`, (call) => {
        const id = call.path.slice(0, call.path.toLowerCase().lastIndexOf('/providers/microsoft.resources/tags/'))
        const resource = world.get(id)
        if (!resource) throw resourceNotFound(id.split('/providers/').at(-1) ?? id, groupOf(id) ?? '')
        return answerTags(resource, call, () => world.changed())
      })
    }
  }
}

function shown({ id, name, type, location, tags, sku, zones, plan, managedBy }: Resource) {
  return {
    id,
    name,
    type,
    location,
    ...(sku && { sku }),
    ...(zones && { zones }),
    ...(plan && { plan }),
    ...(managedBy && { managedBy }),
    ...(tags && { tags }),
  }
}

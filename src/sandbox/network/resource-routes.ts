/** What PUT, GET, PATCH, DELETE and the lists do the same way for all types of Microsoft.Network. */
import { ArmError, resourceNotFound } from '../errors.js'
import { existingGroup, writableGroup } from '../groups.js'
import { page } from '../pages.js'
import { normalRegion } from '../regions.js'
import type { Resource } from '../resource.js'
import { retryAfter } from '../retry-after.js'
import { type AddRoute, type Answer, type Call, inGroup, ok, type Sandbox } from '../routes.js'
import { tagsOf } from '../tags.js'
import { textAt } from './json.js'
import { isRefusal, type Kind, type Wanted } from './kind.js'
import { refuse } from './refusal.js'

const provider = 'Microsoft.Network'
const pageSize = 250
/** Letters, digits, `_`, `.`, `-`; the first a letter or digit, the last a letter, digit or `_`. */
const namePattern = /^[a-zA-Z0-9]([\w.-]{0,78}[\w])?$/

export function resourceRoutes(route: AddRoute, sandbox: Sandbox, kind: Kind): void {
  const { world } = sandbox
  const type = `${provider}/${kind.type}`
  const one = `${inGroup(provider, kind.type)}/:name`
  const list = (call: Call, resources: readonly Resource[]) =>
    page(resources, call, { url: sandbox.url(), size: pageSize, show: (resource) => kind.show(world, resource) })

  route('GET', `/subscriptions/:subscription/providers/${type}`, (call) => list(call, world.list(type)))
  route('GET', inGroup(provider, kind.type), (call) => {
    return list(call, world.list(type, existingGroup(world, call.params['group']).name))
  })
  route('GET', one, (call) => withEtag(existing(sandbox, kind, call), kind, sandbox))
  route('PUT', one, (call) => putResource(sandbox, kind, call))
  route('PATCH', one, (call) => {
    const resource = existing(sandbox, kind, call)
    checkEtag(call, resource)
    const tags = tagsOf(call.body)
    if (tags) resource.tags = tags
    world.changed()
    return ok(kind.show(world, resource))
  })
  route('DELETE', one, (call) => {
    existingGroup(world, call.params['group'])
    const resource = world.get(call.path)
    if (!resource) return { status: 204 }
    checkEtag(call, resource)
    return removeResource(sandbox, kind, resource)
  })
  sandbox.removal.register(type, (resource) => {
    const refusal = kind.held(world, resource)
    if (refusal) throw ArmError.of(refusal)
    world.remove(resource.id)
  })
}

export function existing({ world }: Sandbox, kind: Kind, { params, path }: Call): Resource {
  const group = existingGroup(world, params['group'])
  // The path may go on to a part, such as a subnet.
  const found = world.get(path.split('/').slice(0, 9).join('/'))
  if (found) return found
  throw resourceNotFound(`${provider}/${kind.type}/${params['name']}`, group.name)
}

function withEtag(resource: Resource, kind: Kind, { world }: Sandbox): Answer {
  return { status: 200, headers: { etag: resource.etag ?? '' }, body: kind.show(world, resource) }
}

function putResource(sandbox: Sandbox, kind: Kind, call: Call): Answer {
  const { world } = sandbox
  const { params, body } = call
  const group = writableGroup(world, params['group'])
  const name = params['name'] ?? ''
  const id = `${group.id}/providers/${provider}/${kind.type}/${name}`
  const before = world.get(id)
  if (!namePattern.test(name)) {
    throw new ArmError(
      400,
      'InvalidResourceName',
      `Resource name ${name} is invalid. The name can be up to 80 characters long. It must begin with a word character, and it must end with a word character or with '_'. The name may contain word characters or '.', '-', '_'.`,
    )
  }
  checkEtag(call, before)
  if (before) checkIdle(before)
  const location = locationOf(call, before)
  const tags = tagsOf(body)
  return storeMade(sandbox, kind, {
    ...(tags && { tags }),
    make: kind.make,
    wanted: { world, id: before?.id ?? id, name: before?.name ?? name, location, body, etag: newEtag(sandbox), before },
  })
}

/** Stores what a PUT made and answers it, with an operation where Azure has one. */
export function storeMade(
  sandbox: Sandbox,
  kind: Kind,
  { make, wanted, tags, part }: { make: Kind['make']; wanted: Wanted; tags?: Record<string, string>; part?: true },
): Answer {
  const { world, operations } = sandbox
  const made = make(wanted)
  if (isRefusal(made)) throw ArmError.of(made)
  const { id, name, location, etag, before } = wanted
  const resource = world.put({
    id,
    name,
    type: `${provider}/${kind.type}`,
    location,
    etag,
    ...(tags && { tags }),
    ...made,
    hidden: before?.hidden ?? {},
  })
  const seconds = kind.seconds.create
  if (seconds === undefined) return { status: before ? 200 : 201, body: kind.show(world, resource) }
  if (!before || part) setState(resource, 'Updating')
  const body = kind.show(world, resource)
  const { azureAsyncOperation } = operations.begin({
    provider: 'Network',
    segment: 'operations',
    location,
    seconds,
    target: id,
    finish: () => {
      settle(resource, 'Succeeded', newEtag(sandbox))
      return undefined
    },
    failed: () => settle(resource, 'Failed', newEtag(sandbox)),
  })
  return {
    status: before ? 200 : 201,
    headers: {
      'azure-asyncoperation': azureAsyncOperation,
      ...(kind.retryAfter !== undefined && retryAfter(world, kind.retryAfter)),
    },
    body,
  }
}

export function removeResource(sandbox: Sandbox, kind: Kind, resource: Resource): Answer {
  if (resource.properties['provisioningState'] === 'Updating') checkIdle(resource)
  const refusal = kind.held(sandbox.world, resource)
  if (refusal) throw ArmError.of(refusal)
  const { world } = sandbox
  const before = resource.properties['provisioningState']
  setState(resource, 'Deleting')
  const headers = beginRemoval(sandbox, {
    resource,
    seconds: kind.seconds.remove,
    finish: () => {
      // The deletion of its group may have come first.
      if (world.get(resource.id) === resource) sandbox.removal.remove(resource.id)
    },
    failed: () => {
      setState(resource, before)
    },
  })
  return { status: kind.removal(resource), headers }
}

/** The operation of a delete, of a resource or of a part of it. */
export function beginRemoval(
  { operations }: Sandbox,
  {
    resource,
    seconds,
    finish,
    failed,
  }: { resource: Resource; seconds: number; finish: () => void; failed: () => void },
): Record<string, string> {
  const { azureAsyncOperation, location } = operations.begin({
    provider: 'Network',
    segment: 'operations',
    location: resource.location,
    seconds,
    finish: () => {
      finish()
      return undefined
    },
    failed,
  })
  return { 'azure-asyncoperation': azureAsyncOperation, location }
}

export function checkEtag({ headers }: Call, resource: Resource | undefined): void {
  const given = headers['if-match']
  if (given === undefined || given === '*' || given === resource?.etag) return
  const shownEtag = given.startsWith('W/') ? given : `W/"${given.replaceAll('"', '')}"`
  const message = `Etag provided in if-match header ${shownEtag} does not match etag ${resource?.etag} of resource ${resource?.id} in NRP data store.`
  throw ArmError.of({
    ...refuse('PreconditionFailed', 'Precondition failed.', 412),
    details: [{ code: 'PreconditionFailedEtagMismatch', message }],
  })
}

export function newEtag({ world }: Sandbox): string {
  return `W/"${world.uuid()}"`
}

/** One change of a resource, or of a part of it, at a time. */
export function checkIdle({ id, properties }: Resource): void {
  if (!['Updating', 'Deleting'].includes(String(properties['provisioningState']))) return
  throw new ArmError(
    429,
    'RetryableErrorDueToAnotherOperation',
    `Operation on ${id} cannot be done because another operation on this or a dependent resource is in progress.`,
  )
}

function locationOf({ body, params }: Call, before: Resource | undefined): string {
  const sent = textAt(body, 'location')
  if (sent === undefined) {
    throw new ArmError(400, 'LocationRequired', 'The location property is required for this definition.')
  }
  const location = normalRegion(sent)
  if (before && before.location !== location) {
    throw new ArmError(
      409,
      'InvalidResourceLocation',
      `The resource '${before.name}' already exists in location '${before.location}' in resource group '${params['group']}'. A resource with the same name cannot be created in location '${location}'. Please select a new resource name.`,
    )
  }
  return location
}

function settle(resource: Resource, state: string, etag: string): void {
  setState(resource, state)
  resource.etag = etag
}

export function setState(resource: Resource, provisioningState: unknown): void {
  resource.properties = { ...resource.properties, provisioningState }
}

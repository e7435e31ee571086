/** What disks and snapshots answer alike: lists, GET, the way to a PUT or PATCH, and their deletion. */
import { seconds } from '../durations.js'
import { ArmError, notAllowed, resourceNotFound } from '../errors.js'
import { existingGroup, writableGroup } from '../groups.js'
import { type Json, objectAt, same, textAt } from '../network/json.js'
import { page } from '../pages.js'
import { normalRegion } from '../regions.js'
import type { Resource } from '../resource.js'
import { type AddRoute, type Answer, type Call, inGroup, ok, type Sandbox } from '../routes.js'
import { accepted } from './accepted.js'
import { hasAccess } from './disk-model.js'
import { partial, partialUpdate } from './disk-view.js'
import { checkDiskName, locationConflict } from './names.js'

const pageSize = 1000

/** Where a new one goes. */
export interface Place {
  readonly id: string
  readonly name: string
  readonly location: string
}

/** What an accepted change does in the end. */
export interface Change {
  readonly resource: Resource
  readonly failWith?: ArmError
  readonly finish: () => void
  readonly failed: () => void
  /** The first answer: not yet the resource. */
  readonly first: Json
}

export interface DiskKind {
  readonly type: string
  readonly word: 'disk' | 'snapshot'
  readonly show: (resource: Resource) => Json
  /** What the operation puts out; lacks a little of what GET shows. */
  readonly output: (resource: Resource) => Json
  readonly create: (call: Call, place: Place) => Change
  readonly update: (resource: Resource, call: Call) => Change
  /** Thrown from: what stands against the deletion, besides an open SAS. */
  readonly checkFree: (resource: Resource) => void
  /** Called when it goes. */
  readonly gone: (resource: Resource) => void
}

export function diskRoutes(route: AddRoute, sandbox: Sandbox, kind: DiskKind): void {
  const { world, removal } = sandbox
  const segment = kind.type.split('/').at(-1) ?? ''
  const path = inGroup('Microsoft.Compute', segment)
  const list = (call: Call) => {
    const group = call.params['group']
    if (group !== undefined) existingGroup(world, group)
    return page(world.list(kind.type, group), call, { url: sandbox.url(), size: pageSize, show: kind.show })
  }
  const existing = ({ path: id, params }: Call): Resource => {
    existingGroup(world, params['group'])
    const found = world.get(id)
    if (!found) throw resourceNotFound(`${kind.type}/${params['name']}`, params['group'] ?? '')
    return found
  }
  route('GET', path, list)
  route('GET', `/subscriptions/:subscription/providers/${kind.type}`, list)
  route('GET', `${path}/:name`, (call) => ok(kind.show(existing(call))))
  route('PUT', `${path}/:name`, (call) => put(sandbox, kind, call))
  route('PATCH', `${path}/:name`, (call) => update(sandbox, kind, existing(call), call))
  route('DELETE', `${path}/:name`, (call) => remove(sandbox, kind, call))
  removal.register(kind.type, (resource) => {
    checkDeletable(sandbox, kind, resource)
    forget(sandbox, kind, resource)
  })
}

function put(sandbox: Sandbox, kind: DiskKind, call: Call): Answer {
  const { world } = sandbox
  const { params, body } = call
  const group = writableGroup(world, params['group'])
  const name = params['name'] ?? ''
  checkDiskName(name)
  const location = normalRegion(textAt(body, 'location') ?? '')
  const old = world.get(call.path)
  if (old && old.location !== location) throw locationConflict(name, kind.type, old.location, location)
  if (old) return update(sandbox, kind, old, call)
  const change = kind.create(call, { id: `${group.id}/providers/${kind.type}/${name}`, name, location })
  return begin(sandbox, kind, change)
}

/** PUT to a name that exists, and PATCH: the data stay, and where they came from cannot be changed. */
function update(sandbox: Sandbox, kind: DiskKind, resource: Resource, call: Call): Answer {
  const sent = objectAt(call.body, 'properties')
  const [was, now] = [resource.properties, sent].map((from) => objectAt(from, 'creationData')['sourceResourceId'])
  if (now !== undefined && !same(String(was), String(now))) {
    throw new ArmError(
      409,
      'PropertyChangeNotAllowed',
      `Changing property 'creationData.sourceResourceId' is not allowed on existing disk '${resource.name}'.`,
      { more: { target: 'creationData.sourceResourceId' } },
    )
  }
  return begin(sandbox, kind, kind.update(resource, call))
}

function begin({ operations }: Sandbox, kind: DiskKind, { resource, first, finish, ...rest }: Change): Answer {
  const urls = operations.begin({
    provider: 'Compute',
    segment: 'DiskOperations',
    location: resource.location,
    target: resource.id,
    seconds: seconds[kind.word],
    ...rest,
    finish: () => {
      finish()
      return kind.output(resource)
    },
  })
  return accepted(urls, first)
}

/** The first answer to a PUT of a new one, and to a change of one that is there. */
export function firstAnswer(resource: Resource, { body, query }: Call, before?: Json): Json {
  const version = query['api-version'] ?? ''
  if (!before) return partial(resource, body, version)
  const asked = { ...body, properties: objectAt(body, 'properties') }
  return partialUpdate(resource, asked, version, before['diskSizeBytes'])
}

function remove(sandbox: Sandbox, kind: DiskKind, { path: id, params }: Call): Answer {
  const { world } = sandbox
  existingGroup(world, params['group'])
  const resource = world.get(id)
  if (!resource) return { status: 204 }
  checkDeletable(sandbox, kind, resource)
  const before = resource.properties
  resource.properties = { ...before, provisioningState: 'Deleting' }
  const urls = sandbox.operations.begin({
    provider: 'Compute',
    segment: 'DiskOperations',
    location: resource.location,
    seconds: seconds.diskDelete,
    finish: () => {
      // The deletion of its group may have come first.
      if (world.get(resource.id) === resource) forget(sandbox, kind, resource)
      return undefined
    },
    failed: () => {
      resource.properties = before
    },
  })
  return accepted(urls)
}

function checkDeletable({ world }: Sandbox, kind: DiskKind, resource: Resource): void {
  kind.checkFree(resource)
  if (hasAccess(world, resource)) throw accessOpen(kind.word, resource.name)
}

function forget({ world }: Sandbox, kind: DiskKind, resource: Resource): void {
  world.remove(resource.id)
  kind.gone(resource)
}

export function accessOpen(kind: 'disk' | 'snapshot', name: string): ArmError {
  return notAllowed(
    `There is an active shared access signature outstanding for ${kind} ${name}. Call EndGetAccess before attaching or deleting the ${kind}.`,
  )
}

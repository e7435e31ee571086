import { seconds } from '../durations.js'
import { ArmError, resourceNotFound } from '../errors.js'
import { existingGroup, writableGroup } from '../groups.js'
import { objectAt, same, textAt } from '../network/json.js'
import { page } from '../pages.js'
import { normalRegion } from '../regions.js'
import type { Resource } from '../resource.js'
import { type AddRoute, type Answer, type Call, inGroup, ok, type Sandbox } from '../routes.js'
import { tagsOf } from '../tags.js'
import { accepted } from './accepted.js'
import { bytesPerGiB, hasAccess, sizeGB, snapshotType, withoutComputed } from './disk-model.js'
import { partial, partialUpdate, shownSnapshot } from './disk-view.js'
import { accessOpen } from './disks.js'
import { isCopying } from './families.js'
import { checkDiskName, locationConflict } from './names.js'
import { newSnapshot } from './snapshot-create.js'

const path = inGroup('Microsoft.Compute', 'snapshots')
const pageSize = 1000

export function addSnapshots(route: AddRoute, sandbox: Sandbox): void {
  const { world, removal } = sandbox
  const show = (snapshot: Resource) => shownSnapshot(world, snapshot, { progress: true })
  const list = (call: Call) => {
    const group = call.params['group']
    if (group !== undefined) existingGroup(world, group)
    return page(world.list(snapshotType, group), call, { url: sandbox.url(), size: pageSize, show })
  }
  route('GET', path, list)
  route('GET', '/subscriptions/:subscription/providers/Microsoft.Compute/snapshots', list)
  route('GET', `${path}/:name`, (call) => ok(show(existingSnapshot(sandbox, call))))
  route('PUT', `${path}/:name`, (call) => putSnapshot(sandbox, call))
  route('PATCH', `${path}/:name`, (call) => updateSnapshot(sandbox, existingSnapshot(sandbox, call), call))
  route('DELETE', `${path}/:name`, (call) => deleteSnapshot(sandbox, call))
  removal.register(snapshotType, (snapshot) => {
    checkDeletable(sandbox, snapshot)
    remove(sandbox, snapshot)
  })
}

function existingSnapshot({ world }: Sandbox, { path: id, params }: Call): Resource {
  existingGroup(world, params['group'])
  const snapshot = world.get(id)
  if (!snapshot) throw resourceNotFound(`Microsoft.Compute/snapshots/${params['name']}`, params['group'] ?? '')
  return snapshot
}

function putSnapshot(sandbox: Sandbox, call: Call): Answer {
  const { world } = sandbox
  const { params, body } = call
  const group = writableGroup(world, params['group'])
  const name = params['name'] ?? ''
  checkDiskName(name)
  const location = normalRegion(textAt(body, 'location') ?? '')
  const old = world.get(call.path)
  if (old && old.location !== location) throw locationConflict(name, snapshotType, old.location, location)
  if (old) return updateSnapshot(sandbox, old, call)

  const tags = tagsOf(body)
  const { skuName, properties, hidden } = newSnapshot(sandbox, call, location)
  const snapshot = world.put({
    id: `${group.id}/providers/${snapshotType}/${name}`,
    name,
    type: snapshotType,
    location,
    ...(tags && { tags }),
    sku: { name: skuName },
    properties: { ...properties, provisioningState: 'Updating' },
    hidden,
  })
  // The moment of the data is now; when the operation ends is only when Azure says so.
  const taken = world.stamp()
  const urls = begin(sandbox, snapshot, {
    finish: () => {
      snapshot.properties = {
        ...snapshot.properties,
        timeCreated: taken,
        diskSizeBytes: sizeGB(snapshot) * bytesPerGiB,
        uniqueId: world.uuid(),
        provisioningState: 'Succeeded',
      }
    },
    failed: () => world.remove(snapshot.id),
  })
  return accepted(urls, partial(snapshot, body, call.query['api-version'] ?? ''))
}

/** PUT to a name that exists, and PATCH: the data stay those of the first PUT. */
function updateSnapshot(sandbox: Sandbox, snapshot: Resource, { body, query, method }: Call): Answer {
  const sent = objectAt(body, 'properties')
  const tags = tagsOf(body)
  const [was, now] = [snapshot.properties, sent].map((from) => objectAt(from, 'creationData')['sourceResourceId'])
  if (now !== undefined && !same(String(was), String(now))) {
    throw new ArmError(
      409,
      'PropertyChangeNotAllowed',
      `Changing property 'creationData.sourceResourceId' is not allowed on existing disk '${snapshot.name}'.`,
      { more: { target: 'creationData.sourceResourceId' } },
    )
  }
  if (method === 'PUT' && 'incremental' in sent && sent['incremental'] !== snapshot.properties['incremental']) {
    throw new ArmError(409, 'PropertyChangeNotAllowed', "Changing property 'incremental' is not allowed.")
  }
  const before = snapshot.properties
  snapshot.properties = { ...before, provisioningState: 'Updating' }
  const urls = begin(sandbox, snapshot, {
    finish: () => {
      const { diskSizeGB: _size, incremental: _kind, ...changes } = withoutComputed(sent)
      snapshot.properties = { ...snapshot.properties, ...changes, provisioningState: 'Succeeded' }
      if (tags) snapshot.tags = tags
      else if (method === 'PUT') delete snapshot.tags
    },
    failed: () => {
      snapshot.properties = { ...snapshot.properties, provisioningState: 'Succeeded' }
    },
  })
  const asked = { ...body, properties: sent }
  return accepted(urls, partialUpdate(snapshot, asked, query['api-version'] ?? '', before['diskSizeBytes']))
}

function begin({ world, operations }: Sandbox, snapshot: Resource, work: { finish: () => void; failed: () => void }) {
  return operations.begin({
    provider: 'Compute',
    segment: 'DiskOperations',
    location: snapshot.location,
    target: snapshot.id,
    seconds: seconds.snapshot,
    failed: work.failed,
    finish: () => {
      work.finish()
      return shownSnapshot(world, snapshot, { progress: false })
    },
  })
}

function deleteSnapshot(sandbox: Sandbox, { path: id, params }: Call): Answer {
  existingGroup(sandbox.world, params['group'])
  const snapshot = sandbox.world.get(id)
  if (!snapshot) return { status: 204 }
  checkDeletable(sandbox, snapshot)
  const before = snapshot.properties
  snapshot.properties = { ...before, provisioningState: 'Deleting' }
  const urls = sandbox.operations.begin({
    provider: 'Compute',
    segment: 'DiskOperations',
    location: snapshot.location,
    seconds: seconds.diskDelete,
    finish: () => {
      remove(sandbox, snapshot)
      return undefined
    },
    failed: () => {
      snapshot.properties = before
    },
  })
  return accepted(urls)
}

function checkDeletable({ world }: Sandbox, snapshot: Resource): void {
  if (hasAccess(world, snapshot)) throw accessOpen('snapshot', snapshot.name)
}

/** A copy whose source goes away breaks off, and says so for ever. */
function remove({ world }: Sandbox, snapshot: Resource): void {
  for (const copy of world.list(snapshotType)) {
    if (!copy.hidden.copy || !same(copy.hidden.copy.sourceId, snapshot.id) || !isCopying(world, copy)) continue
    copy.hidden.copy = { ...copy.hidden.copy, brokenAt: world.now().toISOString() }
    const errorMessage = `The source snapshot '${snapshot.id}' of the copy was not found.`
    copy.properties = { ...copy.properties, copyCompletionError: { errorCode: 'CopySourceNotFound', errorMessage } }
  }
  world.remove(snapshot.id)
}

import { seconds } from '../durations.js'
import { ArmError, groupNotFound, notAllowed, resourceNotFound } from '../errors.js'
import { existingGroup, writableGroup } from '../groups.js'
import { objectAt, same, textAt, textsAt } from '../network/json.js'
import { page } from '../pages.js'
import { normalRegion } from '../regions.js'
import type { Resource } from '../resource.js'
import { type AddRoute, type Answer, type Call, inGroup, ok, type Sandbox } from '../routes.js'
import { tagsOf } from '../tags.js'
import { accepted } from './accepted.js'
import { newDisk, resizedDown, sizeAsked, skuOf } from './disk-create.js'
import { bytesPerGiB, diskType, grown, hasAccess, machinesWith, sizeGB, withoutComputed } from './disk-model.js'
import { partial, partialUpdate, shownDisk } from './disk-view.js'
import { checkDiskName, locationConflict } from './names.js'

const path = inGroup('Microsoft.Compute', 'disks')
const pageSize = 1000

export function addDisks(route: AddRoute, sandbox: Sandbox): void {
  const { world, removal } = sandbox
  const list = (call: Call) => {
    const group = call.params['group']
    if (group !== undefined) existingGroup(world, group)
    return page(world.list(diskType, group), call, {
      url: sandbox.url(),
      size: pageSize,
      show: (disk) => shownDisk(world, disk),
    })
  }
  route('GET', path, list)
  route('GET', '/subscriptions/:subscription/providers/Microsoft.Compute/disks', list)
  route('GET', `${path}/:name`, (call) => ok(shownDisk(world, existingDisk(sandbox, call))))
  route('PUT', `${path}/:name`, (call) => putDisk(sandbox, call))
  route('PATCH', `${path}/:name`, (call) => updateDisk(sandbox, existingDisk(sandbox, call), call))
  route('DELETE', `${path}/:name`, (call) => deleteDisk(sandbox, call))
  removal.register(diskType, (disk) => {
    checkDeletable(sandbox, disk)
    world.remove(disk.id)
  })
}

function existingDisk({ world }: Sandbox, { path: id, params }: Call): Resource {
  existingGroup(world, params['group'])
  const disk = world.get(id)
  if (!disk) throw resourceNotFound(`Microsoft.Compute/disks/${params['name']}`, params['group'] ?? '')
  return disk
}

function putDisk(sandbox: Sandbox, call: Call): Answer {
  const { world } = sandbox
  const { params, body } = call
  const group = writableGroup(world, params['group'])
  const name = params['name'] ?? ''
  checkDiskName(name)
  const location = normalRegion(textAt(body, 'location') ?? '')
  const old = world.get(call.path)
  if (old && old.location !== location) throw locationConflict(name, diskType, old.location, location)
  if (old) return updateDisk(sandbox, old, call)

  const tags = tagsOf(body)
  const zones = textsAt(body, 'zones')
  const made = newDisk(sandbox, call, location)
  const disk: Resource = {
    id: `${group.id}/providers/${diskType}/${name}`,
    name,
    type: diskType,
    location,
    ...(tags && { tags }),
    ...(zones.length > 0 && { zones }),
    sku: { name: skuOf(body) ?? 'Standard_LRS' },
    properties: { ...made.properties, provisioningState: 'Updating' },
    hidden: made.hidden,
  }
  world.put(disk)
  const urls = sandbox.operations.begin({
    provider: 'Compute',
    segment: 'DiskOperations',
    location,
    target: disk.id,
    seconds: seconds.disk,
    ...(made.shrunk && { failWith: resizedDown() }),
    finish: () => {
      disk.properties = {
        ...disk.properties,
        timeCreated: world.stamp(),
        diskSizeBytes: sizeGB(disk) * bytesPerGiB,
        uniqueId: world.uuid(),
        provisioningState: 'Succeeded',
      }
      return shownDisk(world, disk)
    },
    failed: () => world.remove(disk.id),
  })
  return accepted(urls, partial(disk, body, call.query['api-version'] ?? ''))
}

/** PUT to a name that exists, and PATCH. The data stay; where they came from cannot be changed. */
function updateDisk(sandbox: Sandbox, disk: Resource, { body, query, method }: Call): Answer {
  const { world } = sandbox
  const sent = objectAt(body, 'properties')
  const tags = tagsOf(body)
  const sku = skuOf(body)
  const creation = objectAt(sent, 'creationData')
  const [was, now] = [objectAt(disk.properties, 'creationData')['sourceResourceId'], creation['sourceResourceId']]
  if (now !== undefined && !same(String(was), String(now))) {
    throw new ArmError(
      409,
      'PropertyChangeNotAllowed',
      `Changing property 'creationData.sourceResourceId' is not allowed on existing disk '${disk.name}'.`,
      { more: { target: 'creationData.sourceResourceId' } },
    )
  }
  const size = sizeAsked(sent) ?? sizeGB(disk)
  const before = { ...disk.properties }
  disk.properties = { ...before, provisioningState: 'Updating' }
  const urls = sandbox.operations.begin({
    provider: 'Compute',
    segment: 'DiskOperations',
    location: disk.location,
    target: disk.id,
    seconds: seconds.disk,
    ...(size < sizeGB(disk) && { failWith: resizedDown() }),
    finish: () => {
      const { diskSizeGB: _size, ...changes } = withoutComputed(sent)
      disk.properties = {
        ...disk.properties,
        ...changes,
        diskSizeGB: size,
        diskSizeBytes: size * bytesPerGiB,
        provisioningState: 'Succeeded',
      }
      if (disk.hidden.content) disk.hidden.content = grown(disk.hidden.content, size)
      if (tags) disk.tags = tags
      else if (method === 'PUT') delete disk.tags
      if (sku !== undefined) disk.sku = { name: sku }
      return shownDisk(world, disk)
    },
    failed: () => {
      disk.properties = { ...disk.properties, provisioningState: 'Succeeded' }
    },
  })
  const asked = { ...body, properties: sent }
  return accepted(urls, partialUpdate(disk, asked, query['api-version'] ?? '', before['diskSizeBytes']))
}

function deleteDisk(sandbox: Sandbox, { path: id, params }: Call): Answer {
  const { world } = sandbox
  if (!world.get(`/${id.split('/').slice(1, 5).join('/')}`)) throw groupNotFound(params['group'] ?? '')
  const disk = world.get(id)
  if (!disk) return { status: 204 }
  checkDeletable(sandbox, disk)
  const before = disk.properties
  disk.properties = { ...before, provisioningState: 'Deleting' }
  const urls = sandbox.operations.begin({
    provider: 'Compute',
    segment: 'DiskOperations',
    location: disk.location,
    seconds: seconds.diskDelete,
    finish: () => {
      world.remove(disk.id)
      return undefined
    },
    failed: () => {
      disk.properties = before
    },
  })
  return accepted(urls)
}

function checkDeletable({ world }: Sandbox, disk: Resource): void {
  const owner = machinesWith(world, disk.id)[0]
  if (owner) throw notAllowed(`Disk ${disk.name} is attached to VM ${owner.id}.`)
  if (hasAccess(world, disk)) throw accessOpen('disk', disk.name)
}

export function accessOpen(kind: 'disk' | 'snapshot', name: string): ArmError {
  return notAllowed(
    `There is an active shared access signature outstanding for ${kind} ${name}. Call EndGetAccess before attaching or deleting the ${kind}.`,
  )
}

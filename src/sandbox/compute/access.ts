/** Opening the bytes of a disk or snapshot to whoever holds the URL, and closing them again. */
import { sasUrl } from '../blob/sas.js'
import { seconds } from '../durations.js'
import { ArmError, invalidParameter, notAllowed, resourceNotFound } from '../errors.js'
import { existingGroup } from '../groups.js'
import { objectAt, textAt } from '../network/json.js'
import type { Resource } from '../resource.js'
import { type AddRoute, type Answer, type Call, inGroup, type Sandbox } from '../routes.js'
import { accepted } from './accepted.js'
import { hasAccess, machinesWith } from './disk-model.js'
import { membersOf } from './families.js'
import { existingSource } from './source.js'

const mostInFamily = 5

export function addAccess(route: AddRoute, sandbox: Sandbox): void {
  for (const type of ['disks', 'snapshots'] as const) {
    const path = `${inGroup('Microsoft.Compute', type)}/:name`
    route('POST', `${path}/beginGetAccess`, (call) => grant(sandbox, resourceOf(sandbox, call, type), call))
    route('POST', `${path}/endGetAccess`, (call) => revoke(sandbox, resourceOf(sandbox, call, type)))
  }
}

function resourceOf({ world }: Sandbox, { path, params }: Call, type: string): Resource {
  existingGroup(world, params['group'])
  const resource = world.get(path.slice(0, path.lastIndexOf('/')))
  if (resource) return resource
  throw resourceNotFound(`Microsoft.Compute/${type}/${params['name']}`, params['group'] ?? '')
}

function grant(sandbox: Sandbox, resource: Resource, { body }: Call): Answer {
  const { world } = sandbox
  const duration = body['durationInSeconds']
  if (typeof duration !== 'number' || duration < 1) {
    throw invalidParameter("Required parameter 'durationInSeconds' is missing or out of range.", 'durationInSeconds')
  }
  if (textAt(body, 'access') !== 'Read') {
    throw invalidParameter(
      `The value '${textAt(body, 'access')}' of parameter 'access' is not supported here.`,
      'access',
    )
  }
  const format = textAt(body, 'fileFormat')
  if (format !== undefined && !['VHD', 'VHDX'].includes(format)) {
    throw invalidParameter(`The value '${format}' of parameter 'fileFormat' is not supported.`, 'fileFormat')
  }
  existingSource(world, resource.id)
  checkPolicy(sandbox, resource)
  // The clock of the sandbox runs like any other; only what Azure does is faster.
  const until = new Date(world.now().getTime() + duration * 1000).toISOString()
  const vhdx = objectAt(resource.properties, 'creationData')['logicalSectorSize'] === 4096 && format !== 'VHD'
  const token = hasAccess(world, resource) ? resource.hidden.access?.token : undefined
  const urls = sandbox.operations.begin({
    provider: 'Compute',
    segment: 'DiskOperations',
    location: resource.location,
    seconds: seconds.access,
    lostAtRestart: true,
    finish: () => {
      const { content } = resource.hidden
      if (content?.trouble === 'changed') resource.hidden.content = { ...content, generation: world.next() }
      resource.hidden.access = { token: token ?? world.uuid(), until, vhdx }
      return { accessSAS: sasUrl(world, sandbox.url(), resource) }
    },
  })
  return accepted(urls)
}

function checkPolicy({ world }: Sandbox, resource: Resource): void {
  const { properties } = resource
  if (properties['networkAccessPolicy'] === 'DenyAll') {
    throw new ArmError(
      409,
      'Conflict',
      `Access to '${resource.name}' is not permitted by its networkAccessPolicy '${textAt(properties, 'networkAccessPolicy')}'.`,
    )
  }
  const runner = machinesWith(world, resource.id).find(({ hidden }) => hidden.power?.code !== 'deallocated')
  if (runner) {
    throw new ArmError(
      409,
      'Conflict',
      `Access not permitted because disk ${resource.name} is currently attached to running VM ${runner.id}. Please try again when VM is not running.`,
    )
  }
  const family = textAt(properties, 'incrementalSnapshotFamilyId')
  const open =
    family === undefined
      ? []
      : membersOf(world, family).filter((other) => other !== resource && hasAccess(world, other))
  if (open.length >= mostInFamily) {
    throw notAllowed(
      `There are ${mostInFamily} active shared access signatures within the snapshot family of '${resource.name}'.`,
    )
  }
}

function revoke(sandbox: Sandbox, resource: Resource): Answer {
  resource.hidden.closing = true
  const urls = sandbox.operations.begin({
    provider: 'Compute',
    segment: 'DiskOperations',
    location: resource.location,
    seconds: seconds.access,
    finish: () => {
      closeAccess(resource)
      return undefined
    },
    failed: () => {
      delete resource.hidden.closing
    },
  })
  return accepted(urls)
}

/** The end of a revocation. */
export function closeAccess({ hidden }: Resource): void {
  if (hidden.closing) delete hidden.access
  delete hidden.closing
}

import { closeAccess } from './compute/access.js'
import { become, giveUpBecoming } from './compute/becoming.js'
import { bytesPerGiB, diskType, machineType, sizeGB, snapshotType } from './compute/disk-model.js'
import { boot, setPower } from './compute/machine-state.js'
import { undoUpdate } from './compute/machine-update.js'
import { ArmError } from './errors.js'
import { groupType } from './groups.js'
import { type Json, textAt } from './network/json.js'
import { losePart } from './network/part-routes.js'
import type { Resource } from './resource.js'
import type { Sandbox } from './routes.js'
import type { World } from './world.js'

const halfWay = new Set(['Creating', 'Updating'])
const powerAfter: Readonly<Record<string, string>> = { stopping: 'stopped', deallocating: 'deallocated' }

/** After a restart: whatever was under way when the sandbox ended is done. */
export function settleWorld(sandbox: Sandbox): void {
  const { world, operations } = sandbox
  const doomed = operations.doomed()
  for (const resource of world.all()) {
    // A group goes on being deleted; one of these may have gone with a machine before.
    if (resource.type === groupType || world.get(resource.id) !== resource) continue
    const state = textAt(resource.properties, 'provisioningState') ?? ''
    settleAccepted(world, resource, doomed.has(resource.id.toLowerCase()))
    if (state === 'Deleting') remove(sandbox, resource)
    else if (halfWay.has(state)) settle(world, resource, doomed.has(resource.id.toLowerCase()))
    if (resource.type === machineType) settlePower(sandbox, resource, doomed.has(resource.id.toLowerCase()))
  }
  operations.settle((id) => {
    const resource = world.get(id)
    return resource && plain(resource)
  })
  world.changed()
}

/** What was accepted and only had to be carried out. */
function settleAccepted(world: World, resource: Resource, failed: boolean): void {
  for (const change of resource.hidden.becoming ?? [])
    if (failed) giveUpBecoming(resource, change)
    else become(world, resource, change)
  if (failed) undoUpdate(world, resource)
  delete resource.hidden.before
  losePart(resource)
  closeAccess(resource)
}

/** As the end of its deletion would have done, with what that takes along and what stands against it. */
function remove({ world, removal }: Sandbox, resource: Resource): void {
  try {
    removal.remove(resource.id)
  } catch (error) {
    if (!(error instanceof ArmError)) throw error
    if (world.get(resource.id)) resource.properties = { ...resource.properties, provisioningState: 'Succeeded' }
  }
}

function settle(world: World, resource: Resource, failed: boolean): void {
  const { properties, type } = resource
  const half = (type === diskType || type === snapshotType) && properties['timeCreated'] === undefined
  if (half && failed) {
    world.remove(resource.id)
    return
  }
  resource.properties = {
    ...properties,
    ...(half && {
      timeCreated: world.stamp(),
      diskSizeBytes: sizeGB(resource) * bytesPerGiB,
      uniqueId: world.uuid(),
    }),
    provisioningState: failed && type === machineType ? 'Failed' : 'Succeeded',
  }
}

function settlePower(sandbox: Sandbox, machine: Resource, failed: boolean): void {
  const code = machine.hidden.power?.code ?? ''
  const after = powerAfter[code]
  const { powerBefore } = machine.hidden
  delete machine.hidden.powerBefore
  if (failed && powerBefore) machine.hidden.power = powerBefore
  else if (failed && code === 'starting') setPower(sandbox.world, machine, 'stopped')
  else if (code === 'starting') boot(sandbox, machine)
  else if (after !== undefined) setPower(sandbox.world, machine, after)
}

function plain({ hidden: _hidden, ...shown }: Resource): Json {
  return { ...shown }
}

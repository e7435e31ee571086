import { bytesPerGiB, diskType, machineType, sizeGB, snapshotType } from './compute/disk-model.js'
import { boot, setPower } from './compute/machine-state.js'
import { groupType } from './groups.js'
import { type Json, textAt } from './network/json.js'
import type { Resource } from './resource.js'
import type { Sandbox } from './routes.js'
import type { World } from './world.js'

const halfWay = new Set(['Creating', 'Updating'])
const powerAfter: Readonly<Record<string, string>> = { stopping: 'stopped', deallocating: 'deallocated' }

/** After a restart: whatever was under way when the sandbox ended is done. */
export function settleWorld(sandbox: Sandbox): void {
  const { world, operations } = sandbox
  for (const resource of world.all()) {
    const state = textAt(resource.properties, 'provisioningState') ?? ''
    if (state === 'Deleting') remove(world, resource)
    else if (halfWay.has(state)) settle(world, resource)
    if (resource.type === machineType) settlePower(sandbox, resource)
  }
  operations.settle((id) => {
    const resource = world.get(id)
    return resource && plain(resource)
  })
  world.changed()
}

function remove(world: World, resource: Resource): void {
  const prefix = `${resource.id.toLowerCase()}/`
  const members = resource.type === groupType ? world.all().filter(({ id }) => id.toLowerCase().startsWith(prefix)) : []
  for (const { id } of [...members, resource]) world.remove(id)
}

function settle(world: World, resource: Resource): void {
  const { properties, type } = resource
  const half = (type === diskType || type === snapshotType) && properties['timeCreated'] === undefined
  resource.properties = {
    ...properties,
    ...(half && {
      timeCreated: world.stamp(),
      diskSizeBytes: sizeGB(resource) * bytesPerGiB,
      uniqueId: world.uuid(),
    }),
    provisioningState: 'Succeeded',
  }
}

function settlePower(sandbox: Sandbox, machine: Resource): void {
  const code = machine.hidden.power?.code ?? ''
  const after = powerAfter[code]
  if (code === 'starting') boot(sandbox, machine)
  else if (after !== undefined) setPower(sandbox.world, machine, after)
}

function plain({ hidden: _hidden, ...shown }: Resource): Json {
  return { ...shown }
}

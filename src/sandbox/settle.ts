import { type Json, textAt } from './network/json.js'
import type { Resource } from './resource.js'
import type { Sandbox } from './routes.js'

const halfWay = new Set(['Creating', 'Updating'])
const powerAfter: Readonly<Record<string, string>> = {
  starting: 'running',
  stopping: 'stopped',
  deallocating: 'deallocated',
}

/** After a restart: whatever was under way when the sandbox ended is done. */
export function settleWorld({ world, operations }: Sandbox): void {
  for (const resource of world.all()) {
    const state = textAt(resource.properties, 'provisioningState')
    if (state === 'Deleting') world.remove(resource.id)
    else if (state !== undefined && halfWay.has(state)) settle(resource, world.now())
    const { power } = resource.hidden
    const code = power && powerAfter[power.code]
    if (power && code) resource.hidden.power = { ...power, code }
  }
  operations.settle((id) => {
    const resource = world.get(id)
    return resource && plain(resource)
  })
  world.changed()
}

function settle(resource: Resource, now: Date): void {
  const { properties } = resource
  resource.properties = {
    ...properties,
    provisioningState: 'Succeeded',
    ...(properties['timeCreated'] === undefined && { timeCreated: now.toISOString() }),
  }
}

function plain({ hidden: _hidden, ...shown }: Resource): Json {
  return { ...shown }
}

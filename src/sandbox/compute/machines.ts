import { seconds } from '../durations.js'
import { ArmError, resourceNotFound } from '../errors.js'
import { existingGroup, writableGroup } from '../groups.js'
import { checkLocks } from '../locks.js'
import { listAt, objectAt, textAt } from '../network/json.js'
import { ipConfigurations } from '../network/references.js'
import { page } from '../pages.js'
import { normalRegion } from '../regions.js'
import type { Resource } from '../resource.js'
import { retryAfter } from '../retry-after.js'
import { type AddRoute, type Answer, type Call, inGroup, ok, type Sandbox } from '../routes.js'
import type { World } from '../world.js'
import { accepted } from './accepted.js'
import { addBootDiagnostics } from './boot-diagnostics.js'
import { machineType } from './disk-model.js'
import { instanceView } from './instance-view.js'
import { createMachine } from './machine-create.js'
import { addPower } from './machine-power.js'
import { setWriting, touch } from './machine-state.js'
import { checkEtag, updateMachine } from './machine-update.js'
import { shownMachine } from './machine-view.js'
import { checkMachineName, locationConflict } from './names.js'
import { runCommand } from './run-command.js'
import { sizes } from './skus.js'
import { dataDisksOf } from './storage-profile.js'

const path = inGroup('Microsoft.Compute', 'virtualMachines')
/** Small, so that clients meet a nextLink early. */
const pageSize = 50

export function addMachines(route: AddRoute, sandbox: Sandbox): void {
  const { world, removal } = sandbox
  const list = (call: Call) => {
    const group = call.params['group']
    if (group !== undefined) existingGroup(world, group)
    const withView = call.query['statusonly'] === 'true' || viewAsked(call)
    const all = call.query['$filter']?.includes('virtualMachineScaleSet') ? [] : world.list(machineType, group)
    return page(all, call, {
      url: sandbox.url(),
      size: pageSize,
      show: (one) => shownMachine(world, one, { withView }),
    })
  }
  const find = (call: Call) => existingMachine(sandbox, call)
  route('GET', path, list)
  route('GET', '/subscriptions/:subscription/providers/Microsoft.Compute/virtualMachines', list)
  route('GET', `${path}/:name`, (call) => {
    const machine = find(call)
    const body = shownMachine(world, machine, { withView: viewAsked(call) })
    return { status: 200, headers: { etag: machine.etag ?? '' }, body }
  })
  route('GET', `${path}/:name/instanceView`, (call) => ok(instanceView(world, find(call))))
  route('GET', `${path}/:name/vmSizes`, (call) => {
    find(call)
    return ok({ value: sizes.map(({ name, vCPUs }) => ({ name, numberOfCores: vCPUs })) })
  })
  route('PUT', `${path}/:name`, (call) => putMachine(sandbox, call))
  route('PATCH', `${path}/:name`, (call) => {
    const machine = find(call)
    checkEtag(call, machine)
    return updateMachine(sandbox, machine, call)
  })
  route('DELETE', `${path}/:name`, (call) => deleteMachine(sandbox, call))
  route('POST', `${path}/:name/runCommand`, (call) => runCommand(sandbox, find(call), call))
  addBootDiagnostics(route, sandbox, { path: `${path}/:name`, find })
  addPower(route, sandbox, { path: `${path}/:name`, find })
  removal.register(machineType, (machine) => remove(sandbox, machine))
}

function viewAsked({ query }: Call): boolean {
  return query['$expand']?.toLowerCase() === 'instanceview'
}

function existingMachine({ world }: Sandbox, { path: id, params }: Call): Resource {
  existingGroup(world, params['group'])
  // Without the name of an action after it.
  const machine = world.get(id.split('/').slice(0, 9).join('/'))
  if (!machine) throw resourceNotFound(`Microsoft.Compute/virtualMachines/${params['name']}`, params['group'] ?? '')
  return machine
}

function putMachine(sandbox: Sandbox, call: Call): Answer {
  const { world } = sandbox
  const { params, body } = call
  const group = writableGroup(world, params['group'])
  const name = params['name'] ?? ''
  checkMachineName(name)
  const location = normalRegion(textAt(body, 'location') ?? '')
  const old = world.get(call.path)
  checkEtag(call, old)
  if (old && old.location !== location) throw locationConflict(name, machineType, old.location, location)
  if (old) return updateMachine(sandbox, old, call)
  return createMachine(sandbox, call, `${group.id}/providers/${machineType}/${name}`, location)
}

function deleteMachine(sandbox: Sandbox, call: Call): Answer {
  const { world } = sandbox
  existingGroup(world, call.params['group'])
  const machine = world.get(call.path)
  if (!machine) return { status: 204 }
  checkEtag(call, machine)
  for (const id of goingAlong(machine)) checkLocks(world, { method: 'DELETE', path: id })
  touch(world, machine, 'Deleting')
  const urls = sandbox.operations.begin({
    provider: 'Compute',
    segment: 'operations',
    location: machine.location,
    seconds: call.query['forcedeletion'] === 'true' ? seconds.machineDelete / 4 : seconds.machineDelete,
    pollSeconds: 30,
    finish: () => {
      if (world.get(machine.id) === machine) remove(sandbox, machine)
      return undefined
    },
    failed: () => touch(world, machine, 'Failed'),
  })
  return accepted(urls, undefined, retryAfter(world, 10))
}

/** With it go the disks and interfaces whose deleteOption says so; the others stay, and cost. */
function remove({ world, removal }: Sandbox, machine: Resource): void {
  const addresses = addressesGoingAlong(world, machine)
  setWriting(world, machine, false)
  const along = goingAlong(machine)
  world.remove(machine.id)
  for (const id of [...along, ...addresses]) {
    try {
      if (world.get(id)) removal.remove(id)
    } catch (error) {
      // As in Azure: what cannot go yet (an interface that is reserved, say) stays behind, and nobody is told.
      if (!(error instanceof ArmError)) throw error
    }
  }
}

/** Public addresses go with the interface that goes. */
function addressesGoingAlong(world: World, machine: Resource): string[] {
  return goingAlong(machine)
    .map((id) => world.get(id))
    .flatMap((nic) => (nic ? ipConfigurations(nic) : []))
    .map((configuration) => objectAt(objectAt(configuration, 'properties'), 'publicIPAddress'))
    .filter((address) => address['deleteOption'] === 'Delete')
    .map((address) => textAt(address, 'id') ?? '')
}

function goingAlong({ properties }: Resource): string[] {
  const disks = [objectAt(objectAt(properties, 'storageProfile'), 'osDisk'), ...dataDisksOf(properties)]
  const nics = listAt(objectAt(properties, 'networkProfile'), 'networkInterfaces')
  const ids = [
    ...disks
      .filter((disk) => disk['deleteOption'] === 'Delete')
      .map((disk) => textAt(objectAt(disk, 'managedDisk'), 'id')),
    ...nics.filter((nic) => objectAt(nic, 'properties')['deleteOption'] === 'Delete').map((nic) => textAt(nic, 'id')),
  ]
  return ids.filter((id) => id !== undefined)
}

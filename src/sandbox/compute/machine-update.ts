/** PUT to a machine that exists, and PATCH: tags, size, data disks, the swap of the OS disk. */

import { seconds } from '../durations.js'
import { ArmError, invalidParameter, notAllowed } from '../errors.js'
import { isObject, type Json, listAt, objectAt, same, textAt } from '../network/json.js'
import type { Resource } from '../resource.js'
import type { Answer, Call, Sandbox } from '../routes.js'
import { tagsOf } from '../tags.js'
import type { World } from '../world.js'
import { attachedIds, sizeGB } from './disk-model.js'
import { checkSameSet } from './encryption.js'
import { checkInterfaces, dataDiskEntry, interfaceIds } from './machine-create.js'
import { checkIdle, touch, writeTo } from './machine-state.js'
import { shownMachine } from './machine-view.js'
import { checkSameZones } from './offer.js'
import { checkKnownSize } from './skus.js'
import { attachedEntry, checkLuns, checkSecurity, dataDisksOf, type Place } from './storage-profile.js'

export function updateMachine(sandbox: Sandbox, machine: Resource, { body, method }: Call): Answer {
  const { world } = sandbox
  checkIdle(machine)
  const sent = objectAt(body, 'properties')
  const tags = tagsOf(body) ?? (method === 'PUT' ? undefined : machine.tags)
  checkSameZones(machine, body)
  checkFixed(machine, sent)
  checkNewInterfaces(sandbox, machine, sent)
  const made: Resource[] = []
  const properties = changed(sandbox, machine, sent, made)
  if (equal(properties, machine.properties) && equal(tags ?? {}, machine.tags ?? {})) {
    touch(world, machine, 'Succeeded')
    const shown = shownMachine(world, machine)
    // Recorded so: it says Updating, though it is done and has no operation.
    const body = { ...shown, properties: { ...objectAt(shown, 'properties'), provisioningState: 'Updating' } }
    return { status: 200, headers: { etag: machine.etag ?? '' }, body }
  }

  const before = { properties: machine.properties, tags: machine.tags, disks: attachedIds(machine) }
  for (const disk of made) world.put(disk)
  machine.hidden.before = { properties: before.properties, ...(before.tags && { tags: before.tags }) }
  machine.properties = properties
  setTags(machine, tags)
  moveWriting(world, machine, before.disks)
  touch(world, machine, 'Updating')
  const urls = sandbox.operations.begin({
    provider: 'Compute',
    segment: 'operations',
    location: machine.location,
    target: machine.id,
    seconds: seconds.machineUpdate,
    pollSeconds: 30,
    finish: () => {
      delete machine.hidden.before
      touch(world, machine, 'Succeeded')
      return undefined
    },
    failed: () => {
      undoUpdate(world, machine)
      touch(world, machine, 'Failed')
    },
  })
  const headers = { 'azure-asyncoperation': urls.azureAsyncOperation, etag: machine.etag ?? '' }
  return { status: 200, headers, body: shownMachine(world, machine) }
}

/** As if the change under way had never been accepted. */
export function undoUpdate(world: World, machine: Resource): void {
  const { before } = machine.hidden
  delete machine.hidden.before
  if (!before) return
  const tried = attachedIds(machine)
  machine.properties = before.properties
  setTags(machine, before.tags)
  moveWriting(world, machine, tried)
}

/** `If-Match` and `If-None-Match` against the ETag of what is there. */
export function checkEtag({ headers }: Call, machine: Resource | undefined): void {
  const wanted = headers['if-match']
  if (wanted !== undefined && wanted !== '*' && wanted !== machine?.etag) {
    const there = machine?.etag?.replaceAll('"', '') ?? ''
    throw new ArmError(
      412,
      'PreconditionFailed',
      `Etag provided in if-match header "${wanted.replaceAll('"', '')}" does not match etag "${there}" of resource.`,
    )
  }
  if (headers['if-none-match'] === '*' && machine) {
    throw new ArmError(412, 'PreconditionFailed', `The resource '${machine.name}' already exists.`)
  }
}

function fixed(target: string): ArmError {
  const message = `Changing property '${target}' is not allowed.`
  return new ArmError(409, 'PropertyChangeNotAllowed', message, { more: { target } })
}

/** Another size must exist, and bear the disks that are there. */
function checkSize(world: World, { properties }: Resource, vmSize: string): void {
  if (same(vmSize, textAt(objectAt(properties, 'hardwareProfile'), 'vmSize'))) return
  checkKnownSize(vmSize)
  const { osDisk, securityProfile } = { ...objectAt(properties, 'storageProfile'), ...properties }
  const disk = world.get(textAt(objectAt(osDisk, 'managedDisk'), 'id') ?? '')
  if (disk) checkSecurity(disk, isObject(securityProfile) ? securityProfile : {}, vmSize)
  checkLuns(dataDisksOf(properties), vmSize)
}

function checkFixed({ properties }: Resource, sent: Json): void {
  if (sent['osProfile'] !== undefined && properties['osProfile'] === undefined) throw fixed('osProfile')
  for (const key of ['computerName', 'adminUsername']) {
    const now = textAt(objectAt(sent, 'osProfile'), key)
    if (now !== undefined && now !== textAt(objectAt(properties, 'osProfile'), key)) throw fixed(`osProfile.${key}`)
  }
  const type = (of: Json) => textAt(objectAt(of, 'securityProfile'), 'securityType') ?? 'Standard'
  if (sent['securityProfile'] !== undefined && type(sent) !== type(properties))
    throw fixed('securityProfile.securityType')
  const image = (of: Json) => textAt(objectAt(objectAt(of, 'storageProfile'), 'imageReference'), 'sku')
  if (image(sent) !== undefined && image(sent) !== image(properties)) throw fixed('imageReference')
}

/** A machine has an interface at any time, and only one that is deallocated gets others. */
function checkNewInterfaces(sandbox: Sandbox, { id, location, properties, hidden }: Resource, sent: Json): void {
  if (!Array.isArray(objectAt(sent, 'networkProfile')['networkInterfaces'])) return
  checkInterfaces(sandbox, id, location, sent)
  const [before, after] = [properties, sent].map((of) =>
    interfaceIds(of)
      .map((nic) => nic.toLowerCase())
      .sort(),
  )
  if (String(before) === String(after) || hidden.power?.code === 'deallocated') return
  throw new ArmError(
    400,
    'AddingOrDeletingNetworkInterfacesOnARunningVirtualMachineNotSupported',
    `Virtual machine ${id} must be stop-deallocated before network interfaces can be added to it or deleted from it.`,
  )
}

function changed(sandbox: Sandbox, machine: Resource, sent: Json, made: Resource[]): Json {
  const { world } = sandbox
  const { properties, location, zones = [], id } = machine
  const before = objectAt(properties, 'storageProfile')
  const wanted = objectAt(sent, 'storageProfile')
  const {
    osProfile: _os,
    provisioningState: _state,
    instanceView: _view,
    vmId: _id,
    timeCreated: _time,
    ...plain
  } = sent
  const vmSize = textAt(objectAt({ ...properties, ...sent }, 'hardwareProfile'), 'vmSize') ?? ''
  checkSize(world, machine, vmSize)
  const place: Place = { machineId: id, location, zones, vmSize }
  const security = objectAt({ ...properties, ...sent }, 'securityProfile')
  const osDisk = isObject(wanted['osDisk'])
    ? changedOsDisk(world, machine, objectAt(wanted, 'osDisk'), { place, security })
    : objectAt(before, 'osDisk')
  const dataDisks = Array.isArray(wanted['dataDisks'])
    ? changedDataDisks(sandbox, machine, listAt(wanted, 'dataDisks'), { place, made })
    : dataDisksOf(properties)
  return { ...properties, ...plain, storageProfile: { ...wanted, ...before, osDisk, dataDisks } }
}

function changedOsDisk(
  world: World,
  machine: Resource,
  sent: Json,
  { place, security }: { place: Place; security: Json },
): Json {
  const before = objectAt(objectAt(machine.properties, 'storageProfile'), 'osDisk')
  const oldId = textAt(objectAt(before, 'managedDisk'), 'id') ?? ''
  const newId = textAt(objectAt(sent, 'managedDisk'), 'id') ?? oldId
  const name = textAt(sent, 'name')
  if (same(newId, oldId)) {
    if (name !== undefined && !same(name, textAt(before, 'name'))) {
      throw fixed('osDisk.name')
    }
    return { ...before, ...sent, managedDisk: before['managedDisk'], createOption: before['createOption'] }
  }
  if (name === undefined) {
    throw invalidParameter(
      `The name of the OS disk has to be sent with the id of another disk '${newId}'.`,
      'osDisk.name',
    )
  }
  if (machine.hidden.power?.code !== 'deallocated') {
    throw notAllowed(
      `Swapping the OS disk is not allowed while the VM '${machine.name}' is running. Please stop/deallocate the VM before swapping.`,
    )
  }
  const { disk, entry } = attachedEntry(world, { ...before, ...sent }, place)
  const old = world.get(oldId)
  if (old && sizeGB(old) !== sizeGB(disk)) {
    throw invalidParameter(
      `The OS disk '${disk.name}' has ${sizeGB(disk)} GB and cannot take the place of '${old.name}' which has ${sizeGB(old)} GB.`,
      'osDisk.managedDisk.id',
    )
  }
  if (old) checkSameSet(disk, old)
  const type = textAt(disk.properties, 'osType')
  if (type !== textAt(before, 'osType')) {
    throw fixed('osDisk.osType')
  }
  const generation = textAt(disk.properties, 'hyperVGeneration') ?? 'V1'
  if (generation !== machine.hidden['generation']) {
    throw fixed('hyperVGeneration')
  }
  checkSecurity(disk, security, place.vmSize)
  return { ...entry, createOption: before['createOption'], osType: before['osType'] }
}

/** The list that is sent is the list that will be: who is missing is detached. */
function changedDataDisks(
  sandbox: Sandbox,
  machine: Resource,
  sent: readonly Json[],
  { place, made }: { place: Place; made: Resource[] },
): Json[] {
  const before = dataDisksOf(machine.properties)
  const staying = sent.filter((disk) => disk['toBeDetached'] !== true)
  checkLuns(staying, place.vmSize)
  return staying.map((disk) => {
    const id = textAt(objectAt(disk, 'managedDisk'), 'id')
    const known = before.find((other) =>
      id === undefined
        ? same(textAt(other, 'name'), textAt(disk, 'name'))
        : same(textAt(objectAt(other, 'managedDisk'), 'id'), id),
    )
    if (known && typeof disk['lun'] === 'number' && disk['lun'] !== known['lun']) throw fixed('dataDisk.lun')
    if (known) return { ...known, ...disk, managedDisk: known['managedDisk'], createOption: known['createOption'] }
    const sameName = before.find((other) => same(textAt(other, 'name'), textAt(disk, 'name')))
    if (sameName && sent.includes(disk)) {
      throw fixed('dataDisk.managedDisk.id')
    }
    return dataDiskEntry(sandbox, disk, place, made)
  })
}

/** Disks that came or went begin or cease to be written to. */
function moveWriting(world: World, machine: Resource, before: readonly string[]): void {
  const now = attachedIds(machine)
  const running = machine.hidden.power?.code === 'running'
  for (const [ids, others, on] of [
    [before, now, false],
    [now, before, running],
  ] as const) {
    for (const id of ids) {
      const disk = others.some((other) => same(other, id)) ? undefined : world.get(id)
      if (disk) writeTo(world, disk, on)
    }
  }
}

function setTags(machine: Resource, tags: Resource['tags']): void {
  if (tags) machine.tags = tags
  else delete machine.tags
}

function equal(one: unknown, other: unknown): boolean {
  return JSON.stringify(sorted(one)) === JSON.stringify(sorted(other))
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key])]),
  )
}

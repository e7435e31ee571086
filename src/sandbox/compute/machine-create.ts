import { seconds } from '../durations.js'
import { ArmError, invalidParameter, resourceNotFound } from '../errors.js'
import { isObject, type Json, listAt, objectAt, same, textAt, textsAt } from '../network/json.js'
import { reserveInterfaces, takeInterfaces } from '../network/network-interfaces.js'
import { holderOf, surroundings } from '../network/references.js'
import { groupOf, type Resource } from '../resource.js'
import { retryAfter } from '../retry-after.js'
import type { Answer, Call, Sandbox } from '../routes.js'
import { tagsOf } from '../tags.js'
import { checkCapacity } from './capacity.js'
import { machineType } from './disk-model.js'
import { boot, setPower, touch } from './machine-state.js'
import { shownMachine } from './machine-view.js'
import { emptyDisk, imageDisk } from './made-disks.js'
import { checkZones } from './offer.js'
import { keptImage, keptOsProfile } from './os-profile.js'
import { checkKnownSize } from './skus.js'
import { attachedEntry, checkLuns, checkSecurity, dataDisksOf, type Place } from './storage-profile.js'
import { checkQuota } from './usages.js'

/** PUT of a name that is free: 201, and a machine that is Creating. */
export function createMachine(sandbox: Sandbox, { body, params }: Call, id: string, location: string): Answer {
  const { world } = sandbox
  const name = params['name'] ?? ''
  const sent = objectAt(body, 'properties')
  const vmSize = textAt(objectAt(sent, 'hardwareProfile'), 'vmSize')
  if (vmSize === undefined) throw invalidParameter("Required parameter 'vmSize' is missing (null).", 'vmSize')
  checkKnownSize(vmSize)
  const tags = tagsOf(body)
  const zones = textsAt(body, 'zones')
  checkZones(`virtualMachines/${name}`, zones, location)
  checkInterfaces(sandbox, id, location, sent)
  let noRoom: ArmError | undefined
  try {
    checkQuota(sandbox, location, vmSize)
    noRoom = checkCapacity(sandbox.faults, { id, size: vmSize, region: location, zone: zones[0] })
  } catch (error) {
    reserveInterfaces(world, interfaceIds(sent), id)
    throw error
  }
  const place: Place = { machineId: id, location, zones, vmSize }
  checkLuns(dataDisksOf(sent), vmSize)
  const made: Resource[] = []
  const { osDisk, entry } = osDiskEntry(sandbox, sent, place, made)
  checkSecurity(osDisk, objectAt(sent, 'securityProfile'), vmSize)
  checkPlan(osDisk, body['plan'])
  const dataDisks = dataDisksOf(sent).map((disk) => dataDiskEntry(sandbox, disk, place, made))
  for (const disk of made) world.put(disk)
  takeInterfaces(world, interfaceIds(sent))
  const storage = objectAt(sent, 'storageProfile')
  const image = isObject(storage['imageReference']) && keptImage(storage['imageReference'])

  const machine = world.put({
    id,
    name,
    type: machineType,
    location,
    ...(tags && { tags }),
    ...(zones.length > 0 && { zones }),
    ...(isObject(body['plan']) && { plan: body['plan'] }),
    ...(isObject(body['identity']) && { identity: body['identity'] }),
    properties: {
      ...sent,
      ...(isObject(sent['osProfile']) && { osProfile: keptOsProfile(sent['osProfile'], textAt(entry, 'osType')) }),
      vmId: world.uuid(),
      storageProfile: { ...storage, ...(image && { imageReference: image }), osDisk: entry, dataDisks },
      timeCreated: world.stamp(),
    },
    hidden: { generation: textAt(osDisk.properties, 'hyperVGeneration') ?? 'V1' },
  })
  touch(world, machine, 'Creating')
  setPower(world, machine, 'starting')
  const urls = sandbox.operations.begin({
    provider: 'Compute',
    segment: 'operations',
    location,
    target: id,
    seconds: seconds.machineCreate,
    pollSeconds: 30,
    ...(noRoom && { failWith: noRoom }),
    finish: () => {
      boot(sandbox, machine)
      touch(world, machine, 'Succeeded')
      return undefined
    },
    // The machine that could not be made stays, and has to be deleted.
    failed: () => {
      reserveInterfaces(world, interfaceIds(sent), id)
      setPower(world, machine, 'stopped')
      touch(world, machine, 'Failed')
    },
  })
  const headers = {
    'azure-asyncoperation': urls.azureAsyncOperation,
    etag: machine.etag ?? '',
    ...retryAfter(world, 10),
  }
  return { status: 201, headers, body: shownMachine(world, machine) }
}

function osDiskEntry(
  { world }: Sandbox,
  sent: Json,
  place: Place,
  made: Resource[],
): { osDisk: Resource; entry: Json } {
  const storage = objectAt(sent, 'storageProfile')
  const osDisk = objectAt(storage, 'osDisk')
  const option = textAt(osDisk, 'createOption')
  if (option === 'Attach') {
    if (sent['osProfile'] !== undefined) throw invalidParameter("Parameter 'osProfile' is not allowed.", 'osProfile')
    if (textAt(osDisk, 'osType') === undefined) {
      throw invalidParameter("Required parameter 'osDisk.osType' is missing (null).", 'osDisk.osType')
    }
    const { disk, entry } = attachedEntry(world, osDisk, place)
    return { osDisk: disk, entry }
  }
  if (option !== 'FromImage') {
    throw invalidParameter(
      `The value '${option}' of parameter 'osDisk.createOption' is not supported.`,
      'osDisk.createOption',
    )
  }
  if (!isObject(sent['osProfile']))
    throw invalidParameter("Required parameter 'osProfile' is missing (null).", 'osProfile')
  const disk = imageDisk(world, sent, place)
  made.push(disk)
  const deleteOption = textAt(osDisk, 'deleteOption') ?? 'Detach'
  const managedDisk = { storageAccountType: textAt(disk.sku, 'name'), id: disk.id }
  const size = disk.properties['diskSizeGB']
  const entry = {
    osType: disk.properties['osType'],
    ...osDisk,
    name: disk.name,
    managedDisk,
    deleteOption,
    diskSizeGB: size,
  }
  return { osDisk: disk, entry }
}

export function dataDiskEntry({ world }: Sandbox, sent: Json, place: Place, made: Resource[]): Json {
  const option = textAt(sent, 'createOption')
  if (option === 'Attach') return { ...attachedEntry(world, sent, place).entry, toBeDetached: false }
  if (option !== 'Empty') {
    throw invalidParameter(
      `The value '${option}' of parameter 'dataDisk.createOption' is not supported.`,
      'dataDisk.createOption',
    )
  }
  const disk = emptyDisk(world, sent, place)
  made.push(disk)
  const managedDisk = { storageAccountType: textAt(disk.sku, 'name'), id: disk.id }
  const deleteOption = textAt(sent, 'deleteOption') ?? 'Detach'
  return { caching: 'None', ...sent, name: disk.name, managedDisk, deleteOption, toBeDetached: false }
}

export function checkInterfaces({ world }: Sandbox, id: string, location: string, sent: Json): void {
  const nics = listAt(objectAt(sent, 'networkProfile'), 'networkInterfaces')
  if (nics.length === 0) {
    throw invalidParameter("Required parameter 'networkProfile.networkInterfaces' is missing (null).", 'networkProfile')
  }
  for (const nic of nics) {
    const nicId = textAt(nic, 'id') ?? ''
    const found = world.get(nicId)
    if (!found) throw resourceNotFound(nicId.split(/\/providers\//i)[1] ?? nicId, groupOf(nicId) ?? '')
    if (found.location !== location) {
      throw invalidParameter(`Resource ${nicId} is in location '${found.location}', not in '${location}' as the VM.`)
    }
    const holder = holderOf(surroundings(world), nicId)
    if (holder && !same(holder.id, id)) {
      throw new ArmError(400, 'NicInUse', `Network Interface ${nicId} is used by existing VM ${holder.id}.`)
    }
  }
}

export function interfaceIds(sent: Json): string[] {
  const nics = listAt(objectAt(sent, 'networkProfile'), 'networkInterfaces')
  return nics.map((nic) => textAt(nic, 'id') ?? '')
}

/** A disk from a marketplace image keeps its plan, and the machine has to name it. */
function checkPlan(osDisk: Resource, plan: unknown): void {
  const wanted = osDisk.properties['purchasePlan']
  if (!isObject(wanted)) return
  if (['name', 'product', 'publisher'].every((key) => same(textAt(wanted, key), textAt(plan, key)))) return
  throw new ArmError(
    400,
    'VMMarketplaceInvalidInput',
    'Creating a virtual machine from Marketplace image or a custom image sourced from a Marketplace image requires Plan information in the request.',
  )
}

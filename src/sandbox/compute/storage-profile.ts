/** The disks of a machine: what may be attached, and how it is written down. */
import { ArmError, invalidParameter, notAllowed, resourceNotFound } from '../errors.js'
import { type Json, listAt, objectAt, same, textAt } from '../network/json.js'
import { groupOf, type Resource } from '../resource.js'
import type { World } from '../world.js'
import { diskType, hasAccess, machinesWith, sizeGB } from './disk-model.js'
import { accessOpen } from './disk-routes.js'
import { sizeNamed } from './skus.js'

export interface Place {
  readonly machineId: string
  readonly location: string
  readonly zones: readonly string[]
  readonly vmSize: string
}

/** An entry of the profile for a disk that exists, checked. `sent` may leave out the name. */
export function attachedEntry(world: World, sent: Json, place: Place): { entry: Json; disk: Resource } {
  const disk = attachable(world, textAt(objectAt(sent, 'managedDisk'), 'id') ?? '', place)
  const name = textAt(sent, 'name')
  if (name !== undefined && !same(name, disk.name)) {
    throw invalidParameter(
      `Disk name '${name}' does not match the name '${disk.name}' of the managed disk with the id '${disk.id}'.`,
      'disk.name',
    )
  }
  const set = textAt(objectAt(disk.properties, 'encryption'), 'diskEncryptionSetId')
  const setAsked = textAt(objectAt(objectAt(sent, 'managedDisk'), 'diskEncryptionSet'), 'id')
  if (setAsked !== undefined && !same(setAsked, set)) {
    throw invalidParameter(
      `The disk encryption set '${setAsked}' is not that of the disk '${disk.name}'.`,
      'managedDisk.diskEncryptionSet',
    )
  }
  const managedDisk = {
    storageAccountType: textAt(disk.sku, 'name') ?? 'Standard_LRS',
    ...(set !== undefined && { diskEncryptionSet: { id: set } }),
    id: disk.id,
  }
  const { diskSizeGB: _size, ...rest } = sent
  return {
    disk,
    entry: {
      ...rest,
      name: disk.name,
      caching: textAt(sent, 'caching') ?? 'None',
      managedDisk,
      deleteOption: textAt(sent, 'deleteOption') ?? 'Detach',
      diskSizeGB: sizeGB(disk),
    },
  }
}

export function checkLuns(entries: readonly Json[], vmSize: string): void {
  const luns = entries.map(({ lun }) => lun)
  for (const [index, lun] of luns.entries()) {
    if (typeof lun !== 'number' || !Number.isInteger(lun) || lun < 0 || lun > 63) {
      throw invalidParameter(`The value '${String(lun)}' of parameter 'dataDisk.lun' is out of range.`, 'dataDisk.lun')
    }
    if (luns.indexOf(lun) !== index) {
      throw invalidParameter(`A disk at LUN ${lun} already exists.`, 'dataDisk.lun')
    }
  }
  const size = sizeNamed(vmSize)
  if (size && entries.length > size.maxDataDisks) {
    throw notAllowed(
      `The maximum number of data disks allowed to be attached to a VM of this size is ${size.maxDataDisks}.`,
    )
  }
}

function attachable(world: World, id: string, { machineId, location, zones, vmSize }: Place): Resource {
  const disk = world.get(id)
  if (disk?.type !== diskType) {
    throw resourceNotFound(id.split(/\/providers\//i)[1] ?? id, groupOf(id) ?? '')
  }
  const other = machinesWith(world, disk.id).find((machine) => !same(machine.id, machineId))
  if (other) {
    throw new ArmError(
      409,
      'AttachDiskWhileBeingDetached',
      `Cannot attach data disk '${disk.name}' to VM because it is attached to VM '${other.id}'.`,
    )
  }
  if (hasAccess(world, disk)) throw accessOpen('disk', disk.name)
  if (textAt(disk.properties, 'provisioningState') === 'Deleting')
    throw notAllowed(`Disk ${disk.name} is being deleted.`)
  if (disk.location !== location) {
    throw new ArmError(
      400,
      'BadRequest',
      `Disk ${disk.id} cannot be attached to the VM because it is not in the same location '${location}' as the VM.`,
    )
  }
  const [zone] = disk.zones ?? []
  if (zone !== undefined && zone !== zones[0]) {
    throw new ArmError(
      400,
      'BadRequest',
      `Disk ${disk.name} cannot be attached to the VM because it is not in the same zone as the VM. VM zone: '${zones[0] ?? ''}'. Disk zone: '${zone}'.`,
    )
  }
  if (zone === undefined && zones.length > 0 && !textAt(disk.sku, 'name')?.endsWith('ZRS')) {
    throw new ArmError(
      400,
      'BadRequest',
      `Disk ${disk.name} cannot be attached to the VM because it is not in zone '${zones[0]}'. The VM is zonal and the disk is regional.`,
    )
  }
  const size = sizeNamed(vmSize)
  if (size && !size.premium && textAt(disk.sku, 'name')?.startsWith('Premium')) {
    throw invalidParameter(
      `Requested operation cannot be performed because the VM size ${vmSize} does not support the storage account type ${textAt(disk.sku, 'name')} of disk '${disk.name}'.`,
      'managedDisk.storageAccountType',
    )
  }
  return disk
}

/** Generation and security of machine and OS disk have to fit. */
export function checkSecurity(osDisk: Resource, security: Json, vmSize: string): void {
  const wanted = textAt(security, 'securityType') ?? 'Standard'
  const has = textAt(objectAt(osDisk.properties, 'securityProfile'), 'securityType') ?? 'Standard'
  if (wanted !== has) {
    throw new ArmError(
      400,
      'BadRequest',
      'Security type of VM is not compatible with the security type of attached OS Disk.',
    )
  }
  const generation = textAt(osDisk.properties, 'hyperVGeneration') ?? 'V1'
  const size = sizeNamed(vmSize)
  if (size && !size.generations.split(',').includes(generation)) {
    throw new ArmError(
      400,
      'BadRequest',
      `The selected VM size '${vmSize}' cannot boot Hypervisor Generation '${generation === 'V2' ? 2 : 1}'.`,
    )
  }
}

export function dataDisksOf(properties: Json): Json[] {
  return listAt(objectAt(properties, 'storageProfile'), 'dataDisks')
}

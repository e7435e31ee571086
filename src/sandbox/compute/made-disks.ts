/** Disks that come with a machine. */

import { groupId } from '../groups.js'
import type { ImageContent } from '../image/content.js'
import { type Json, listAt, objectAt, textAt } from '../network/json.js'
import { groupOf, type Resource } from '../resource.js'
import type { World } from '../world.js'
import { bytesPerGiB, diskType, emptyContent } from './disk-model.js'
import { checkDiskName } from './names.js'
import { checkKind } from './offer.js'
import type { Place } from './storage-profile.js'

export interface NewDisk {
  readonly name: string
  readonly location: string
  readonly zones: readonly string[]
  readonly sku: string
  readonly sizeGB: number
  readonly creationData: Json
  readonly kind: ImageContent['kind']
  /** Of a disk that a guest starts from. */
  readonly guest?: Pick<ImageContent, 'agent' | 'login'>
  /** osType, hyperVGeneration, securityProfile and the like. */
  readonly more: Json
}

export function finishedDisk(world: World, group: string, disk: NewDisk): Resource {
  checkKind(disk.sku, disk.location, 'disks')
  // Made with a machine in a zone, a disk that is kept in all zones is in none.
  const zones = disk.sku.endsWith('_ZRS') ? [] : [...disk.zones]
  const id = `${groupId(group)}/providers/${diskType}/${disk.name}`
  const sizeBytes = disk.sizeGB * bytesPerGiB
  return {
    id,
    name: disk.name,
    type: diskType,
    location: disk.location,
    ...(zones.length > 0 && { zones }),
    sku: { name: disk.sku },
    properties: {
      encryption: { type: 'EncryptionAtRestWithPlatformKey' },
      ...disk.more,
      creationData: disk.creationData,
      diskSizeGB: disk.sizeGB,
      diskIOPSReadWrite: 500,
      diskMBpsReadWrite: 100,
      networkAccessPolicy: 'AllowAll',
      publicNetworkAccess: 'Enabled',
      timeCreated: world.stamp(),
      diskSizeBytes: sizeBytes,
      uniqueId: world.uuid(),
      provisioningState: 'Succeeded',
    },
    hidden: {
      content:
        disk.kind === 'empty'
          ? emptyContent(id.toLowerCase(), disk.sizeGB)
          : { kind: disk.kind, sizeBytes, seed: id.toLowerCase(), generation: 0, ...disk.guest },
    },
  }
}

/** The OS disk of a machine that is made from an image. */
export function imageDisk(world: World, sent: Json, place: Place): Resource {
  const storage = objectAt(sent, 'storageProfile')
  const osDisk = objectAt(storage, 'osDisk')
  const image = objectAt(storage, 'imageReference')
  const windows = /windows/i.test(`${textAt(image, 'publisher')} ${textAt(image, 'offer')}`)
  const machine = place.machineId.split('/').at(-1) ?? ''
  const name = textAt(osDisk, 'name') ?? `${machine}_OsDisk_1_${world.uuid().replaceAll('-', '')}`
  checkDiskName(name)
  const asked = osDisk['diskSizeGB']
  const trusted = textAt(objectAt(sent, 'securityProfile'), 'securityType') === 'TrustedLaunch'
  const second = trusted || /gen2|g2/i.test(textAt(image, 'sku') ?? '')
  return finishedDisk(world, groupOf(place.machineId) ?? '', {
    name,
    location: place.location,
    zones: place.zones,
    sku: textAt(objectAt(osDisk, 'managedDisk'), 'storageAccountType') ?? 'Standard_LRS',
    sizeGB: typeof asked === 'number' ? asked : windows ? 127 : 30,
    creationData: { createOption: 'FromImage', imageReference: { id: imageId(place.location, image) } },
    kind: second ? 'os' : 'os-bios',
    guest: guestOf(objectAt(sent, 'osProfile')),
    more: {
      osType: windows ? 'Windows' : 'Linux',
      hyperVGeneration: second ? 'V2' : 'V1',
      ...(trusted && { securityProfile: { securityType: 'TrustedLaunch' } }),
    },
  })
}

/** What the image is made to: who may log in, and whether it gets an agent. */
function guestOf(osProfile: Json): Pick<ImageContent, 'agent' | 'login'> {
  const linux = objectAt(osProfile, 'linuxConfiguration')
  const user = textAt(osProfile, 'adminUsername')
  const keys = listAt(objectAt(linux, 'ssh'), 'publicKeys').map((key) => textAt(key, 'keyData') ?? '')
  return {
    ...(linux['provisionVMAgent'] === false && { agent: false }),
    ...(user !== undefined && { login: { user, keys } }),
  }
}

export function emptyDisk(world: World, sent: Json, place: Place): Resource {
  const machine = place.machineId.split('/').at(-1) ?? ''
  const name = textAt(sent, 'name') ?? `${machine}_disk${Number(sent['lun']) + 2}_${world.uuid().replaceAll('-', '')}`
  checkDiskName(name)
  const asked = sent['diskSizeGB']
  return finishedDisk(world, groupOf(place.machineId) ?? '', {
    name,
    location: place.location,
    zones: place.zones,
    sku: textAt(objectAt(sent, 'managedDisk'), 'storageAccountType') ?? 'Standard_LRS',
    sizeGB: typeof asked === 'number' ? asked : 32,
    creationData: { createOption: 'Empty' },
    kind: 'empty',
    more: {},
  })
}

function imageId(location: string, image: Json): string {
  const part = (key: string) => textAt(image, key) ?? 'unknown'
  return `/Subscriptions/00000000-0000-0000-0000-000000000000/Providers/Microsoft.Compute/Locations/${location}/Publishers/${part('publisher')}/ArtifactTypes/VMImage/Offers/${part('offer')}/Skus/${part('sku')}/Versions/${part('version')}`
}

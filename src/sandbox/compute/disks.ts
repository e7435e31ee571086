import { notAllowed } from '../errors.js'
import { objectAt, textAt, textsAt } from '../network/json.js'
import type { Resource } from '../resource.js'
import type { AddRoute, Call, Sandbox } from '../routes.js'
import { tagsOf } from '../tags.js'
import { become, giveUpBecoming, willBecome } from './becoming.js'
import { newDisk, resizedDown, sizeAsked, skuOf } from './disk-create.js'
import {
  bytesPerGiB,
  checkTier,
  diskType,
  machinesWith,
  performanceTier,
  sizeGB,
  withoutComputed,
} from './disk-model.js'
import { type Change, diskRoutes, firstAnswer, type Place } from './disk-routes.js'
import { shownDisk } from './disk-view.js'
import { changedEncryption } from './encryption.js'
import { checkSameZones, checkZonal, checkZones } from './offer.js'

export function addDisks(route: AddRoute, sandbox: Sandbox): void {
  const { world } = sandbox
  diskRoutes(route, sandbox, {
    type: diskType,
    word: 'disk',
    show: (disk) => shownDisk(world, disk),
    output: (disk) => shownDisk(world, disk),
    create: (call, place) => createDisk(sandbox, call, place),
    update: (disk, call) => updateDisk(sandbox, disk, call),
    checkFree: (disk) => {
      const owner = machinesWith(world, disk.id)[0]
      if (owner) throw notAllowed(`Disk ${disk.name} is attached to VM ${owner.id}.`)
    },
    gone: () => undefined,
  })
}

function createDisk(sandbox: Sandbox, call: Call, { id, name, location }: Place): Change {
  const { world } = sandbox
  const { body } = call
  const tags = tagsOf(body)
  const zones = textsAt(body, 'zones')
  const sku = skuOf(body, location) ?? 'Standard_LRS'
  checkZones(`disks/${name}`, zones, location)
  checkZonal(sku, zones)
  const made = newDisk(sandbox, call, location)
  checkTier(made.properties['tier'], sku, sizeGB(made))
  const disk = world.put({
    id,
    name,
    type: diskType,
    location,
    ...(tags && { tags }),
    ...(zones.length > 0 && { zones }),
    sku: { name: sku },
    properties: { ...made.properties, provisioningState: 'Updating' },
    hidden: made.hidden,
  })
  return {
    resource: disk,
    ...(made.shrunk && { failWith: resizedDown() }),
    finish: () => {
      disk.properties = {
        ...disk.properties,
        timeCreated: world.stamp(),
        diskSizeBytes: sizeGB(disk) * bytesPerGiB,
        uniqueId: world.uuid(),
        provisioningState: 'Succeeded',
      }
    },
    failed: () => world.remove(disk.id),
    first: firstAnswer(disk, call),
  }
}

function updateDisk({ world }: Sandbox, disk: Resource, call: Call): Change {
  const { body, method } = call
  const sent = objectAt(body, 'properties')
  const tags = tagsOf(body)
  const sku = skuOf(body, disk.location)
  checkSameZones(disk, body)
  const size = sizeAsked(sent) ?? sizeGB(disk)
  // Who sends back what was read asks for nothing.
  if (sent['tier'] !== performanceTier(sizeGB(disk), disk.properties['tier']))
    checkTier(sent['tier'], sku ?? textAt(disk.sku, 'name') ?? '', size)
  const encryption = changedEncryption(world, disk, sent)
  const before = { ...disk.properties }
  disk.properties = { ...before, provisioningState: 'Updating' }
  const change = willBecome(disk, {
    properties: { ...withoutComputed(sent), ...encryption, diskSizeGB: size },
    ...(sku !== undefined && { sku }),
    ...((tags || method === 'PUT') && { tags: tags ?? null }),
  })
  return {
    resource: disk,
    ...(size < sizeGB(disk) && { failWith: resizedDown() }),
    finish: () => {
      become(world, disk, change)
      disk.properties = { ...disk.properties, provisioningState: 'Succeeded' }
    },
    failed: () => {
      giveUpBecoming(disk, change)
      disk.properties = { ...disk.properties, provisioningState: 'Succeeded' }
    },
    first: firstAnswer(disk, call, before),
  }
}

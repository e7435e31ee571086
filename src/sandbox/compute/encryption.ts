/** Which key a disk or snapshot is encrypted with, and what follows from that for everything made from it. */
import { ArmError, invalidParameter, resourceNotFound } from '../errors.js'
import { isObject, type Json, objectAt, same, textAt } from '../network/json.js'
import { groupOf, type Resource } from '../resource.js'
import type { World } from '../world.js'
import { diskType, snapshotType } from './disk-model.js'

export const encryptionSetType = 'Microsoft.Compute/diskEncryptionSets'
const platformKey = 'EncryptionAtRestWithPlatformKey'
const customerKeys = ['EncryptionAtRestWithCustomerKey', 'EncryptionAtRestWithPlatformAndCustomerKeys']

/** `encryption` as it is kept: checked, and with the type that its encryption set has. */
export function newEncryption(world: World, sent: Json, location: string): Json {
  const type = textAt(sent, 'type')
  const id = textAt(sent, 'diskEncryptionSetId')
  if (type !== undefined && type !== platformKey && !customerKeys.includes(type)) {
    throw invalidParameter(`The value '${type}' of parameter 'encryption.type' is not valid.`, 'encryption.type')
  }
  if (id === undefined) {
    if (type === undefined || type === platformKey) return { type: platformKey }
    throw invalidParameter(
      "Required parameter 'encryption.diskEncryptionSetId' is missing (null).",
      'encryption.diskEncryptionSetId',
    )
  }
  if (type === platformKey) {
    throw invalidParameter(
      `Parameter 'encryption.diskEncryptionSetId' is not allowed with the encryption type '${type}'.`,
      'encryption.diskEncryptionSetId',
    )
  }
  const set = world.get(id)
  if (set?.type !== encryptionSetType) {
    throw resourceNotFound(id.split(/\/providers\//i)[1] ?? id, groupOf(id) ?? '')
  }
  if (set.location !== location) {
    throw new ArmError(
      400,
      'BadRequest',
      `The disk encryption set '${set.id}' is in location '${set.location}'. It must be in location '${location}', as the resource that uses it.`,
    )
  }
  const kind = textAt(set.properties, 'encryptionType')
  if (type !== undefined && type !== kind) {
    throw invalidParameter(
      `The encryption type '${type}' does not match the type '${kind}' of the disk encryption set '${set.id}'.`,
      'encryption.type',
    )
  }
  return { type: kind, diskEncryptionSetId: set.id }
}

/**
 * Of a copy: the source's own where nothing is sent. Customer keys cannot be left; an incremental snapshot stays with
 * the set of its disk. A set serves its region alone, so a copy to another region has to name one there.
 */
export function copiedEncryption(
  world: World,
  sent: unknown,
  { source, location, chained }: { source: Resource; location: string; chained: boolean },
): Json {
  const has = objectAt(source.properties, 'encryption')
  const set = textAt(has, 'diskEncryptionSetId')
  if (!isObject(sent)) {
    if (set !== undefined && source.location !== location) {
      throw invalidParameter(
        `The source '${source.id}' is encrypted with a customer-managed key. A disk encryption set in location '${location}' has to be given in 'encryption.diskEncryptionSetId'.`,
        'encryption.diskEncryptionSetId',
      )
    }
    return newEncryption(world, has, location)
  }
  const wanted = newEncryption(world, sent, location)
  const wantedSet = textAt(wanted, 'diskEncryptionSetId')
  if (set !== undefined && wantedSet === undefined) {
    throw invalidParameter(
      `The source '${source.id}' is encrypted with a customer-managed key, which its copies cannot be without.`,
      'encryption.type',
    )
  }
  if (
    chained &&
    source.location === location &&
    !(set === undefined ? wantedSet === undefined : same(set, wantedSet))
  ) {
    throw invalidParameter(
      `An incremental snapshot must have the disk encryption set of its source '${source.id}'.`,
      'encryption.diskEncryptionSetId',
    )
  }
  return wanted
}

/** After a PUT or PATCH of what exists. Thrown for a change of keys that cannot be. */
export function changedEncryption(world: World, resource: Resource, sent: Json): { encryption?: Json } {
  if (!isObject(sent['encryption'])) return {}
  const wanted = newEncryption(world, sent['encryption'], resource.location)
  const has = objectAt(resource.properties, 'encryption')
  if (same(textAt(wanted, 'diskEncryptionSetId') ?? '', textAt(has, 'diskEncryptionSetId') ?? ''))
    return { encryption: wanted }
  const chained =
    resource.properties['incremental'] === true ||
    world.list(snapshotType).some(({ properties }) => {
      const from = textAt(objectAt(properties, 'creationData'), 'sourceResourceId')
      return properties['incremental'] === true && same(from, resource.id)
    })
  if (!chained && wanted['type'] !== platformKey) return { encryption: wanted }
  throw new ArmError(
    409,
    'PropertyChangeNotAllowed',
    `Changing property 'encryption' is not allowed on '${resource.name}', which has incremental snapshots or a customer-managed key.`,
    { more: { target: 'encryption' } },
  )
}

/** Thrown when a disk cannot take the place of another because their keys differ. */
export function checkSameSet(disk: Resource, old: Resource): void {
  const [one, other] = [disk, old].map((of) => textAt(objectAt(of.properties, 'encryption'), 'diskEncryptionSetId'))
  if ((one ?? '').toLowerCase() === (other ?? '').toLowerCase()) return
  throw invalidParameter(
    `The OS disk '${disk.name}' cannot take the place of '${old.name}' because they have different disk encryption sets.`,
    'osDisk.managedDisk.diskEncryptionSet',
  )
}

/** Ids of the disks and snapshots that are encrypted with the set. */
export function usersOfSet(world: World, id: string): string[] {
  return [...world.list(diskType), ...world.list(snapshotType)]
    .filter(({ properties }) => same(textAt(objectAt(properties, 'encryption'), 'diskEncryptionSetId'), id))
    .map((user) => user.id)
}

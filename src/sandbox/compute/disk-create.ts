/** What a new disk is made of, and how its size and kind may be asked for. */
import { ArmError, invalidParameter } from '../errors.js'
import { isObject, type Json, objectAt, textAt } from '../network/json.js'
import type { Resource } from '../resource.js'
import type { Call, Sandbox } from '../routes.js'
import { contentNow, emptyContent, grown, inherited, pick, sizeGB, withoutComputed, withTrouble } from './disk-model.js'
import { copiedEncryption, newEncryption } from './encryption.js'
import { checkKind } from './offer.js'
import { copySource } from './source.js'

export const largeSectorSkus: readonly string[] = ['PremiumV2_LRS', 'UltraSSD_LRS']

export function newDisk(
  { world, faults }: Sandbox,
  { body, path: id }: Call,
  location: string,
): Pick<Resource, 'properties' | 'hidden'> & { shrunk: boolean } {
  const sent = objectAt(body, 'properties')
  const creation = objectAt(sent, 'creationData')
  const option = textAt(creation, 'createOption')
  const asked = sizeAsked(sent)
  checkNetworkAccess(sent)
  const large = largeSectorSkus.includes(skuOf(body, location) ?? '')
  const defaults = {
    networkAccessPolicy: 'AllowAll',
    publicNetworkAccess: 'Enabled',
    diskIOPSReadWrite: 500,
    diskMBpsReadWrite: 60,
  }
  if (option === 'Empty') {
    if (asked === undefined)
      throw invalidParameter("Required parameter 'disk.diskSizeGB' is missing (null).", 'disk.diskSizeGB')
    const encryption = newEncryption(world, objectAt(sent, 'encryption'), location)
    const creationData = { ...(large && { logicalSectorSize: 4096 }), ...creation }
    checkSectors(creationData, large)
    const properties = { ...defaults, ...withoutComputed(sent), encryption, creationData }
    return { properties, hidden: { content: emptyContent(id.toLowerCase(), asked) }, shrunk: false }
  }
  if (option !== 'Copy')
    throw invalidParameter(`The value '${option}' of parameter 'createOption' is not supported here.`, 'createOption')
  if (sent['securityProfile'] !== undefined) {
    throw new ArmError(
      400,
      'BadRequest',
      "Security Type 'TrustedLaunch' is not supported for CreateOption 'Copy'. Supported create options are FromImage, Import, ImportSecure, UploadPreparedSecure.",
    )
  }
  const source = copySource(world, textAt(creation, 'sourceResourceId'), location)
  const sectors = sectorsOf(source)
  checkSectors(sectors, large)
  const size = asked ?? sizeGB(source)
  const [fault] = faults.strike(['content'], { method: 'PUT', path: id })
  const content = withTrouble(contentNow(world, source), fault?.trouble)
  return {
    properties: {
      ...defaults,
      ...pick(source.properties, inherited),
      ...withoutComputed(sent),
      encryption: copiedEncryption(world, sent['encryption'], { source, location, chained: false }),
      diskSizeGB: size,
      creationData: { ...creation, ...sectors, sourceUniqueId: source.properties['uniqueId'] },
    },
    hidden: content ? { content: grown(content, Math.max(size, sizeGB(source))) } : {},
    shrunk: size < sizeGB(source),
  }
}

/** Of the source, as `creationData` has it; nothing for the usual 512 bytes. */
export function sectorsOf(source: Resource): { logicalSectorSize?: unknown } {
  return pick(objectAt(source.properties, 'creationData'), ['logicalSectorSize'])
}

function checkSectors({ logicalSectorSize }: Json, large: boolean): void {
  if (logicalSectorSize !== undefined && logicalSectorSize !== 512 && logicalSectorSize !== 4096) {
    throw invalidParameter(
      `The value '${logicalSectorSize}' of parameter 'logicalSectorSize' is not valid.`,
      'creationData.logicalSectorSize',
    )
  }
  if (logicalSectorSize !== 4096 || large) return
  throw invalidParameter(
    `A disk with logical sectors of 4096 bytes must be of one of the types ${largeSectorSkus.join(', ')}.`,
    'sku.name',
  )
}

/** Who may read it from where. */
export function checkNetworkAccess(sent: Json): void {
  const policy = sent['networkAccessPolicy']
  if (policy === undefined) return
  if (!['AllowAll', 'AllowPrivate', 'DenyAll'].includes(String(policy))) {
    throw invalidParameter(
      `The value '${String(policy)}' of parameter 'networkAccessPolicy' is not valid.`,
      'networkAccessPolicy',
    )
  }
  if (policy === 'AllowPrivate' && textAt(sent, 'diskAccessId') === undefined) {
    throw invalidParameter("Required parameter 'diskAccessId' is missing (null).", 'diskAccessId')
  }
}

export function resizedDown(): ArmError {
  return invalidParameter('Disks or snapshot cannot be resized down.', 'disk.diskSizeGB')
}

export function sizeAsked(sent: Json): number | undefined {
  const size = sent['diskSizeGB']
  if (size === undefined || size === null) return undefined
  if (typeof size === 'number' && Number.isInteger(size) && size >= 1 && size <= 65_536) return size
  throw invalidParameter(
    `The value '${String(size)}' of parameter 'disk.diskSizeGB' is out of range.`,
    'disk.diskSizeGB',
  )
}

export function skuOf(body: Json, location: string): string | undefined {
  if (!isObject(body['sku'])) return undefined
  const name = textAt(body['sku'], 'name') ?? ''
  checkKind(name, location, 'disks')
  return name
}

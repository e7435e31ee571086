import { seconds } from '../durations.js'
import { ArmError, invalidParameter, notAllowed } from '../errors.js'
import type { Faults } from '../faults.js'
import { type Json, objectAt, textAt } from '../network/json.js'
import type { Arrival, Resource } from '../resource.js'
import type { Call, Sandbox } from '../routes.js'
import type { World } from '../world.js'
import { checkNetworkAccess, largeSectorSkus, sectorsOf } from './disk-create.js'
import {
  contentNow,
  diskType,
  inherited,
  pick,
  sizeGB,
  snapshotType,
  withoutComputed,
  withTrouble,
} from './disk-model.js'
import { copiedEncryption } from './encryption.js'
import { checkCopyOrder, checkPace, checkPending, familyOf, hasEarlierCopy, membersOf } from './families.js'
import { checkKind, hasZones } from './offer.js'
import { copySource, existingSource } from './source.js'

const defaults = {
  networkAccessPolicy: 'AllowAll',
  publicNetworkAccess: 'Enabled',
}

/** Properties and content of a new snapshot; what it holds is what the source holds at this moment. */
export function newSnapshot(
  sandbox: Sandbox,
  { body, path: id }: Call,
  location: string,
): Pick<Resource, 'properties' | 'hidden'> & { skuName: string } {
  const { world } = sandbox
  const sent = objectAt(body, 'properties')
  const creation = objectAt(sent, 'creationData')
  const option = textAt(creation, 'createOption')
  const incremental = sent['incremental'] === true
  const sourceId = textAt(creation, 'sourceResourceId')
  const source = sourceOf(sandbox, { option, sourceId, location, incremental })

  checkNetworkAccess(sent)
  if (!incremental && largeSectorSkus.includes(textAt(source.sku, 'name') ?? '')) {
    throw invalidParameter(`Only incremental snapshots can be taken of '${source.name}'.`, 'incremental')
  }
  const asked = sent['diskSizeGB']
  if (typeof asked === 'number' && asked < sizeGB(source))
    throw invalidParameter('Disks or snapshot cannot be resized down.')
  const family = incremental ? familyOf(world, source, location) : undefined
  const skuName = snapshotSku(body, location, incremental) ?? usualSku(world, location, family)
  const follows = source.type === diskType && largeSectorSkus.includes(textAt(source.sku, 'name') ?? '')
  if (follows) checkPending(world, source)
  if (family !== undefined && option === 'Copy' && source.type === diskType) checkPace(world, source, family)

  const [fault] = sandbox.faults.strike(['content'], { method: 'PUT', path: id })
  const content = withTrouble(contentNow(world, source), fault?.trouble)
  return {
    skuName,
    properties: {
      ...defaults,
      ...pick(source.properties, inherited),
      ...withoutComputed(sent),
      encryption: copiedEncryption(world, sent['encryption'], { source, location, chained: incremental }),
      diskSizeGB: sizeGB(source),
      creationData: { ...creation, ...sectorsOf(source), sourceUniqueId: source.properties['uniqueId'] },
      incremental,
      ...(family !== undefined && { incrementalSnapshotFamilyId: family }),
    },
    hidden: {
      ...(content && { content }),
      ...(option === 'CopyStart' && background(sandbox, source, { location, id })),
      ...(follows && { arrival: arrival(world, source) }),
    },
  }
}

/** What the snapshot of a Premium SSD v2 or Ultra disk holds is of this moment, and can be used when all of it has come. */
function arrival(world: World, disk: Resource): Arrival {
  const now = world.now().toISOString()
  const workMs = world.clock.scaled(Math.max(seconds.arrivalLeast, sizeGB(disk) * seconds.arrivalPerGiB))
  return { startedAt: now, workMs, doneMs: 0, since: now, sourceId: disk.id }
}

function sourceOf(
  { world, faults }: Sandbox,
  {
    option,
    sourceId,
    location,
    incremental,
  }: { option: string | undefined; sourceId: string | undefined; location: string; incremental: boolean },
): Resource {
  if (option === 'Copy') return copySource(world, sourceId, location)
  if (option !== 'CopyStart') {
    throw invalidParameter(
      `The value '${option}' of parameter 'createOption' is not supported for snapshots.`,
      'creationData.createOption',
    )
  }
  checkSourceRegion(world.get(sourceId ?? '')?.location, faults)
  const source = existingSource(world, sourceId)
  const target = 'creationData.sourceResourceId'
  if (source.type !== snapshotType) throw invalidParameter(`Entity not of expected type: '${source.id}'.`, target)
  if (source.properties['incremental'] !== true) {
    throw invalidParameter(
      `The source snapshot '${source.id}' is not incremental. Only incremental snapshots can be copied with CopyStart.`,
      target,
    )
  }
  if (!incremental) throw invalidParameter('CopyStart is only allowed for incremental snapshots.', 'incremental')
  if (textAt(source.properties, 'provisioningState') !== 'Succeeded') {
    throw notAllowed(`The source snapshot '${source.id}' is not in Succeeded state.`)
  }
  checkCopyOrder(world, source, chainOf(source), location)
  return source
}

/** The target's region asks the source's for leave to read it. */
function checkSourceRegion(region: string | undefined, faults: Faults): void {
  if (region === undefined || !faults.isDown(region)) return
  throw new ArmError(
    503,
    'ServiceUnavailable',
    `The source of the copy cannot be reached: the service is temporarily unavailable in region '${region}'.`,
  )
}

/** A copy that takes its time: all the data, or the change since the last copy. */
function background(
  { world, faults }: Sandbox,
  source: Resource,
  { location, id }: { location: string; id: string },
): Pick<Resource['hidden'], 'copy'> & Json {
  const family = chainOf(source)
  const gib = hasEarlierCopy(world, family, location) ? sizeGB(source) / 10 : sizeGB(source)
  const workMs = world.clock.scaled(Math.max(seconds.copyLeast, gib * seconds.copyPerGiB))
  const [fault] = faults.strike(['failCopy'], { method: 'PUT', path: id })
  const atMs = ((fault?.percent ?? 50) / 100) * workMs
  const now = world.now().toISOString()
  return {
    copy: {
      startedAt: now,
      workMs,
      doneMs: 0,
      since: now,
      sourceId: source.id,
      sourceFamily: family,
      ...(fault && { failure: { atMs, errorCode: fault.errorCode, errorMessage: fault.message } }),
    },
    sourceTime: Date.parse(textAt(source.properties, 'timeCreated') ?? ''),
  }
}

function chainOf({ id, properties }: Resource): string {
  return textAt(properties, 'incrementalSnapshotFamilyId') ?? id.toLowerCase()
}

/** The one that is asked for, if it may be. */
export function snapshotSku(body: Json, location: string, incremental: boolean): string | undefined {
  const name = textAt(body['sku'], 'name')
  if (name === undefined) return undefined
  const allowed = incremental ? ['Standard_LRS', 'Standard_ZRS'] : ['Standard_LRS', 'Standard_ZRS', 'Premium_LRS']
  if (!allowed.includes(name)) {
    const message = `The value '${name}' of parameter 'sku.name' is not one of ${allowed.join(', ')}.`
    throw invalidParameter(message, 'sku.name')
  }
  checkKind(name, location, 'snapshots')
  return name
}

/** Of an incremental one that of the chain so far, else the one in all zones where there are any (its documentation). */
function usualSku(world: World, location: string, family: string | undefined): string {
  if (family === undefined) return 'Standard_LRS'
  const last = membersOf(world, family)
    .filter((one) => one.location === location)
    .at(-1)
  return textAt(last?.sku, 'name') ?? (hasZones(location) ? 'Standard_ZRS' : 'Standard_LRS')
}

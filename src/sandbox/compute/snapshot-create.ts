import { seconds } from '../durations.js'
import { invalidParameter, notAllowed } from '../errors.js'
import { type Json, objectAt, textAt } from '../network/json.js'
import type { Resource } from '../resource.js'
import type { Call, Sandbox } from '../routes.js'
import { contentNow, diskType, inherited, pick, sizeGB, snapshotType, withoutComputed } from './disk-model.js'
import { checkCopyOrder, checkPace, familyOf, hasEarlierCopy } from './families.js'
import { copySource, existingSource } from './source.js'

const defaults = {
  encryption: { type: 'EncryptionAtRestWithPlatformKey' },
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

  const skuName = skuOf(body, incremental)
  const asked = sent['diskSizeGB']
  if (typeof asked === 'number' && asked < sizeGB(source))
    throw invalidParameter('Disks or snapshot cannot be resized down.')
  const family = incremental ? familyOf(world, source, location) : undefined
  if (family !== undefined && option === 'Copy' && source.type === diskType) checkPace(world, source, family)

  const [fault] = sandbox.faults.strike(['content'], { method: 'PUT', path: id })
  const content = contentNow(world, source)
  return {
    skuName,
    properties: {
      ...defaults,
      ...pick(source.properties, inherited),
      ...withoutComputed(sent),
      diskSizeGB: sizeGB(source),
      creationData: { ...creation, sourceUniqueId: source.properties['uniqueId'] },
      incremental,
      ...(family !== undefined && { incrementalSnapshotFamilyId: family }),
    },
    hidden: {
      ...(content && { content: fault ? { ...content, trouble: fault.trouble } : content }),
      ...(option === 'CopyStart' && background(sandbox, source, location)),
    },
  }
}

function sourceOf(
  { world }: Sandbox,
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

/** A copy that takes its time: all the data, or the change since the last copy. */
function background({ world }: Sandbox, source: Resource, location: string): Pick<Resource['hidden'], 'copy'> & Json {
  const family = chainOf(source)
  const gib = hasEarlierCopy(world, family, location) ? sizeGB(source) / 10 : sizeGB(source)
  const lasts = world.clock.scaled(Math.max(seconds.copyLeast, gib * seconds.copyPerGiB))
  const from = world.now()
  const until = new Date(from.getTime() + lasts)
  return {
    copy: { from: from.toISOString(), until: until.toISOString(), sourceId: source.id, sourceFamily: family },
    sourceTime: Date.parse(textAt(source.properties, 'timeCreated') ?? ''),
  }
}

function chainOf({ id, properties }: Resource): string {
  return textAt(properties, 'incrementalSnapshotFamilyId') ?? id.toLowerCase()
}

function skuOf(body: Json, incremental: boolean): string {
  const name = textAt(body['sku'], 'name') ?? 'Standard_LRS'
  const allowed = incremental ? ['Standard_LRS', 'Standard_ZRS'] : ['Standard_LRS', 'Standard_ZRS', 'Premium_LRS']
  if (allowed.includes(name)) return name
  throw invalidParameter(`The value '${name}' of parameter 'sku.name' is not one of ${allowed.join(', ')}.`, 'sku.name')
}

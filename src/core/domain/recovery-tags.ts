/**
 * What a recovery point says about itself, in the tags of its snapshots. They travel
 * with every copy, so that a VM can be rebuilt when the VM, its region and the
 * computer that took the backup are gone. Reading is tolerant: what is not there, or
 * is not understood, is undefined.
 */
import type { DiskFacts, MachineFacts, Proof, Tier } from './backup.js'
import { proofLevels, tiers } from './backup.js'
import type { Caching, ExportAccess, Plan, TrustedLaunch, VmRef } from './machine.js'
import { decodeFields, encodeFields, longestTagValue, type TagMap, tagOf } from './tag-text.js'

export const recoveryTag = {
  backup: 'azlin:backup',
  /** Name of a set of snapshots that is no backup. */
  snapshotSet: 'azlin:snapshot',
  vm: 'azlin:vm',
  vmGroup: 'azlin:vm-group',
  tier: 'azlin:backup-tier',
  /** On a copy: the name of the snapshot it was made from. */
  replicaOf: 'azlin:replica-of',
  /** On a copy: the region of the snapshot it was made from. */
  sourceRegion: 'azlin:source-region',
  /** On a copy: when all of its data was first seen to be there. */
  arrivedAt: 'azlin:arrived-at',
  /** On a copy that Azure broke off before: the how many-th attempt it is. */
  copyAttempt: 'azlin:copy-attempt',
  machine: 'azlin:machine',
  plan: 'azlin:plan',
  disk: 'azlin:disk',
  /** Regions that hold a complete copy, separated by spaces. */
  replicatedTo: 'azlin:replicated-to',
  verifiedAt: 'azlin:verified-at',
  verifyFailedAt: 'azlin:verify-failed-at',
  /** Of the same moment, where the backup could not be looked at: that says nothing about it. */
  verifyInconclusive: 'azlin:verify-inconclusive',
  /** The strongest proof that it can be restored: `level=3;at=…`. */
  proof: 'azlin:proof',
  /** What one disk's snapshot held when it was first read: `holds=data;sha256=…;at=…`. */
  content: 'azlin:content',
  /** What only a reading of all of it showed to be wrong with one disk's snapshot: `fault=changed;depth=deep;at=…`. */
  fault: 'azlin:fault',
  /** Tells two commands apart that took a set of the same name in the same second. */
  capture: 'azlin:capture',
} as const

/** Tags that name the VM and its machine: the same on every disk's snapshot. */
export function machineTags(vm: VmRef, facts: MachineFacts): TagMap {
  const { trustedLaunch: trusted, plan } = facts
  const tags: Record<string, string> = {
    [recoveryTag.vm]: vm.name,
    [recoveryTag.vmGroup]: vm.resourceGroup,
    [recoveryTag.machine]: encodeFields({
      size: facts.size,
      os: facts.osType,
      gen: facts.generation,
      tl: trusted && `${trusted.secureBoot ? 's' : '-'}${trusted.vTpm ? 'v' : '-'}`,
      zone: facts.zone,
      arch: facts.architecture,
      lic: facts.licenseType,
      agent: facts.agent === undefined ? undefined : Number(facts.agent),
    }),
  }
  // Publisher, offer and plan ids have at most 50 characters each (Marketplace rules), so this fits.
  const text = plan && encodeFields({ pub: plan.publisher, prod: plan.product, name: plan.name })
  if (text !== undefined && text.length <= longestTagValue) tags[recoveryTag.plan] = text
  return tags
}

export function machineFactsIn(tags: TagMap): MachineFacts | undefined {
  const text = tagOf(tags, recoveryTag.machine)
  if (text === undefined) return undefined
  const fields = decodeFields(text)
  const size = fields.get('size')
  const osType = oneOf(fields.get('os'), ['Linux', 'Windows'])
  if (!size || osType === undefined) return undefined
  return {
    size,
    osType,
    generation: oneOf(fields.get('gen'), ['V1', 'V2']),
    trustedLaunch: trustedLaunchIn(fields.get('tl')),
    zone: fields.get('zone'),
    architecture: fields.get('arch'),
    licenseType: fields.get('lic'),
    plan: planIn(tagOf(tags, recoveryTag.plan)),
    agent: yesOrNo(fields.get('agent')),
  }
}

export function diskTags(facts: DiskFacts): TagMap {
  const { lun, caching, sku, sizeGb, zone, of, diskName, exportAccess: access } = facts
  const shut = access && {
    net: access.network,
    pub: access.isPublic ? undefined : 'off',
    auth: access.entraOnly ? 'entra' : undefined,
  }
  const fields = { lun: lun ?? 'os', of, cache: caching, sku, gb: sizeGb, zone, ...shut }
  const named = encodeFields({ ...fields, name: diskName })
  // The name is only for people; without it the rest always fits.
  return { [recoveryTag.disk]: named.length <= longestTagValue ? named : encodeFields(fields) }
}

export function diskFactsIn(tags: TagMap): DiskFacts | undefined {
  const text = tagOf(tags, recoveryTag.disk)
  if (text === undefined) return undefined
  const fields = decodeFields(text)
  const place = fields.get('lun')
  const lun = place === 'os' ? null : count(place)
  const of = count(fields.get('of'))
  const sizeGb = count(fields.get('gb'))
  const caching = oneOf<Caching>(fields.get('cache'), ['None', 'ReadOnly', 'ReadWrite'])
  const sku = fields.get('sku')
  if (lun === undefined || !of || sizeGb === undefined || caching === undefined || !sku) return undefined
  const exportAccess = exportAccessIn(fields)
  return { lun, caching, sku, sizeGb, zone: fields.get('zone'), of, diskName: fields.get('name') ?? '', exportAccess }
}

function exportAccessIn(fields: ReadonlyMap<string, string>): ExportAccess | undefined {
  const network = oneOf(fields.get('net'), ['AllowAll', 'AllowPrivate', 'DenyAll'])
  if (network === undefined) return undefined
  const [isPublic, entraOnly] = [fields.get('pub') !== 'off', fields.get('auth') === 'entra']
  return { network, isPublic, entraOnly, diskAccessId: undefined }
}

export function tierIn(tags: TagMap): Tier | undefined {
  return oneOf(tagOf(tags, recoveryTag.tier)?.toLowerCase(), tiers)
}

export function replicatedToIn(tags: TagMap): readonly string[] {
  return (tagOf(tags, recoveryTag.replicatedTo) ?? '')
    .split(/\s+/)
    .filter(Boolean)
    .map((region) => region.toLowerCase())
}

export function verifiedAtIn(tags: TagMap): Date | undefined {
  return momentIn(tags, recoveryTag.verifiedAt)
}

export function verifyFailedAtIn(tags: TagMap): Date | undefined {
  return momentIn(tags, recoveryTag.verifyFailedAt)
}

/** A verification found the snapshot to be at fault, and none has passed since. */
export function isCondemned(tags: TagMap): boolean {
  const failed = verifyFailedAtIn(tags)
  // What is found to be at fault loses its earlier success.
  if (failed === undefined || verifiedAtIn(tags) !== undefined) return false
  return momentIn(tags, recoveryTag.verifyInconclusive)?.getTime() !== failed.getTime()
}

export function encodeProof({ level, at }: Proof): string {
  return encodeFields({ level, at: at.toISOString() })
}

export function proofIn(tags: TagMap): Proof | undefined {
  const fields = decodeFields(tagOf(tags, recoveryTag.proof) ?? '')
  const level = proofLevels.find((one) => String(one) === fields.get('level'))
  const at = new Date(fields.get('at') ?? Number.NaN)
  return level === undefined || Number.isNaN(+at) ? undefined : { level, at }
}

export function arrivedAtIn(tags: TagMap): Date | undefined {
  return momentIn(tags, recoveryTag.arrivedAt)
}

/** Of a copy: the how many-th one of its source. */
export function attemptIn(tags: TagMap): number {
  return count(tagOf(tags, recoveryTag.copyAttempt)) ?? 1
}

function momentIn(tags: TagMap, name: string): Date | undefined {
  const at = new Date(tagOf(tags, name) ?? Number.NaN)
  return Number.isNaN(+at) ? undefined : at
}

function planIn(text: string | undefined): Plan | undefined {
  const fields = decodeFields(text ?? '')
  const [publisher, product, name] = [fields.get('pub'), fields.get('prod'), fields.get('name')]
  return publisher && product && name ? { publisher, product, name } : undefined
}

function trustedLaunchIn(text: string | undefined): TrustedLaunch | undefined {
  return text === undefined ? undefined : { secureBoot: text.startsWith('s'), vTpm: text.endsWith('v') }
}

function yesOrNo(text: string | undefined): boolean | undefined {
  return text === '1' ? true : text === '0' ? false : undefined
}

function count(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,7}$/.test(text) ? Number(text) : undefined
}

function oneOf<T extends string>(text: string | undefined, known: readonly T[]): T | undefined {
  return known.find((one) => one === text)
}

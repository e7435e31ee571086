/**
 * Copies of recovery points in a second region. Azure copies one snapshot of a disk at a time, and a disk's
 * snapshots in the order of their creation: what was passed over once can never be copied again.
 */
import { sameId } from './arm-id.js'
import type { Backup, RecoveryDisk } from './backup.js'
import { fingerprint } from './hash.js'
import type { ResourceRef, VmRef } from './machine.js'
import { lunIn, replicaName } from './naming.js'
import { isCondemned, recoveryTag } from './recovery-tags.js'
import { isReady, type Snapshot, whyBroken } from './snapshot.js'
import { type TagMap, tagOf } from './tag-text.js'

export const jobStatuses = ['pending', 'in_progress', 'completed', 'failed'] as const
export type JobStatus = (typeof jobStatuses)[number]

/** One disk's snapshot on its way to another region. */
export interface ReplicationJob {
  readonly id: number
  readonly vm: VmRef
  readonly backup: string
  readonly diskKey: string
  readonly source: ResourceRef
  readonly sourceRegion: string
  readonly target: ResourceRef
  readonly targetRegion: string
  readonly status: JobStatus
  /** When it was asked for; later, when Azure began it. */
  readonly startedAt: Date
  readonly completedAt: Date | undefined
  readonly errorMessage: string | undefined
  /** How often the copy was begun. */
  readonly attempts: number
  /** As last seen, 0 to 100. */
  readonly percent: number
  /** Whether the process that last worked on it still lives on this computer; unknown of another computer's. */
  readonly ownerAlive: boolean | undefined
}

/** What one copy is to be. */
export interface CopyWant {
  readonly vm: VmRef
  readonly backup: string
  readonly backupAt: Date
  readonly diskKey: string
  readonly source: Snapshot
  readonly target: ResourceRef
  readonly targetRegion: string
  readonly tags: TagMap
  readonly encryptionSetId: string | undefined
}

/** Where copies go. */
export interface CopyPlace {
  readonly region: string
  readonly resourceGroup: string
  /** Key for what is encrypted with a customer's key, in that region. */
  readonly encryptionSetId: string | undefined
}

/** Tells disks apart: one deleted and made again under its name has another uniqueId, and a chain of its own. */
export function diskKeyOf({ sourceUniqueId, sourceId, id }: Snapshot): string {
  return (sourceUniqueId ?? sourceId ?? id).toLowerCase()
}

/** What holds for the source alone, and is found out anew for the copy. */
const notCopied: readonly string[] = [
  recoveryTag.replicatedTo,
  recoveryTag.verifiedAt,
  recoveryTag.capture,
  recoveryTag.verifyInconclusive,
  recoveryTag.proof,
]
/** What is wrong with the source is wrong with its copy, until that is looked at itself. */
const copiedOfCondemned: readonly string[] = [recoveryTag.verifyFailedAt, recoveryTag.fault]

/** `isTaken`: by something that is no copy of this snapshot. */
export function wantOf(
  backup: Backup,
  disk: RecoveryDisk,
  place: CopyPlace,
  extra: TagMap,
  isTaken: (name: string) => boolean,
): CopyWant {
  const { snapshot } = disk
  const usual = replicaName(snapshot.name, place.region, disk.lun)
  const name = isTaken(usual) ? unmistakableName(snapshot, place.region, disk.lun) : usual
  // Azure takes no two names that differ in case alone.
  const named = Object.entries(snapshot.tags).map(([name, value]) => [inOwnCase(name), value] as const)
  const left = isCondemned(snapshot.tags) ? notCopied : [...notCopied, ...copiedOfCondemned]
  const kept = named.filter(([name]) => !left.includes(name))
  return {
    vm: backup.vm,
    backup: backup.name,
    backupAt: backup.createdAt,
    diskKey: diskKeyOf(snapshot),
    source: snapshot,
    target: { name, resourceGroup: place.resourceGroup },
    targetRegion: place.region,
    tags: {
      ...extra,
      ...Object.fromEntries(kept),
      [recoveryTag.vmGroup]: backup.vm.resourceGroup,
      [recoveryTag.replicaOf]: snapshot.name,
      [recoveryTag.sourceRegion]: snapshot.region,
    },
    encryptionSetId: snapshot.encryptionSetId === undefined ? undefined : place.encryptionSetId,
  }
}

/** Azure may give azlin's own back in another case than it was written in. */
function inOwnCase(name: string): string {
  const lower = name.toLowerCase()
  return lower.startsWith('azlin:') ? lower : name
}

/** For what would get the usual name of another one's copy. */
function unmistakableName({ id, name }: Snapshot, region: string, lun: number | null): string {
  return replicaName(name, `${region}-${fingerprint(id)}`, lun)
}

/** The same copy under a name that no other snapshot's copy can have. */
export function renamed(want: CopyWant): CopyWant {
  const name = unmistakableName(want.source, want.targetRegion, lunIn(want.source.name) ?? null)
  return { ...want, target: { ...want.target, name } }
}

/**
 * Whether a snapshot is a copy of that source. What Azure says it was made from decides; a name alone is that of many
 * snapshots, as VMs of one name lie in many groups.
 */
export function isCopyOf(copy: Snapshot, source: Pick<Snapshot, 'id' | 'name' | 'tags'>): boolean {
  if (copy.createOption !== 'CopyStart') return false
  if (copy.sourceId !== undefined) return sameId(copy.sourceId, source.id)
  const of = (tag: string, one: Pick<Snapshot, 'tags'>) => tagOf(one.tags, tag)?.toLowerCase()
  return (
    of(recoveryTag.replicaOf, copy) === source.name.toLowerCase() &&
    of(recoveryTag.vmGroup, copy) === of(recoveryTag.vmGroup, source)
  )
}

/** On its way: not all there, and not broken off. */
export function isArriving(copy: Snapshot): boolean {
  return copy.createOption === 'CopyStart' && whyBroken(copy) === undefined && !isReady(copy)
}

/** What is wrong with a copy that has arrived; undefined when it is what it must be. Missing tags can be mended. */
export function wrongWith(copy: Snapshot, want: Pick<CopyWant, 'source'>): string | undefined {
  const { source } = want
  if (copy.sizeGb === source.sizeGb) return undefined
  return `the copy ${copy.name} has ${copy.sizeGb} GiB, its source ${source.name} has ${source.sizeGb} GiB`
}

export function missingTags(copy: Snapshot, want: Pick<CopyWant, 'tags'>): TagMap {
  return Object.fromEntries(Object.entries(want.tags).filter(([name, value]) => tagOf(copy.tags, name) !== value))
}

/** `azlin:replicated-to` once a copy has arrived in the region. */
export function replicatedToWith(known: readonly string[], region: string): string {
  return [...new Set([...known, region.toLowerCase()])].join(' ')
}

/** Seconds until it is done, if it goes on as it went; undefined when nothing can be said yet. */
export function secondsLeft(percent: number, elapsedSeconds: number): number | undefined {
  if (percent <= 0 || percent >= 100 || elapsedSeconds <= 0) return undefined
  return Math.round((elapsedSeconds * (100 - percent)) / percent)
}

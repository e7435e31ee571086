/** Which copies a VM's backups still need in a region, in the order in which Azure takes them. */
import type { Backup } from './backup.js'
import { type CopyPlace, type CopyWant, diskKeyOf, isCopyOf, wantOf } from './replication.js'
import { isReady, type Snapshot, whyBroken } from './snapshot.js'
import type { TagMap } from './tag-text.js'

export interface Impossible {
  readonly want: CopyWant
  readonly why: string
  readonly way: string
  /** A later one went before it, or it is a full one: nothing will ever change that. */
  readonly final: boolean
}

export interface CopyPlan {
  /** Not there, or not all there; oldest first. */
  readonly wants: readonly CopyWant[]
  /** There already, whoever made them. */
  readonly arrived: readonly { readonly want: CopyWant; readonly copy: Snapshot }[]
  readonly impossible: readonly Impossible[]
}

export interface CopyPlanInput {
  /** Complete backups in their home region. */
  readonly backups: readonly Backup[]
  /** Everything that was found: copies, and the sources of copies. */
  readonly snapshots: readonly Snapshot[]
  readonly place: CopyPlace
  /** Recovery facts for those whose own tags lack them. */
  readonly factsFor: (backup: Backup, lun: number | null) => TagMap
}

export function planCopies({ backups, snapshots, place, factsFor }: CopyPlanInput): CopyPlan {
  const there = copiesIn(place.region, snapshots)
  const newest = newestCopied(there, snapshots)
  const wants: CopyWant[] = []
  const arrived: { want: CopyWant; copy: Snapshot }[] = []
  const impossible: Impossible[] = []

  for (const backup of backups.toSorted((a, b) => +a.createdAt - +b.createdAt)) {
    for (const disk of backup.disks) {
      const isTaken = (name: string) =>
        snapshots.some(
          (one) =>
            same(one.name, name) && same(one.resourceGroup, place.resourceGroup) && !isCopyOf(one, disk.snapshot),
        )
      const planned = wantOf(backup, disk, place, factsFor(backup, disk.lun), isTaken)
      const copy = there.find((one) => isCopyOf(one, disk.snapshot))
      // One that was begun elsewhere is finished there.
      const want = copy ? { ...planned, target: { name: copy.name, resourceGroup: copy.resourceGroup } } : planned
      if (copy && isReady(copy)) {
        arrived.push({ want, copy })
        continue
      }
      // One that broke off holds its name and no place in the order: it would have to be begun again.
      const holds = copy !== undefined && whyBroken(copy) === undefined
      const problem = holds ? undefined : whyNot(want, disk.snapshot, newest)
      if (problem) impossible.push({ want, ...problem })
      else wants.push(want)
    }
  }
  return { wants, arrived, impossible }
}

function whyNot(want: CopyWant, source: Snapshot, newest: ReadonlyMap<string, Date>) {
  if (!source.incremental)
    return {
      why: `its snapshot ${source.name} is a full one, and Azure copies only incremental ones to another region`,
      way: 'Backups that azlin takes are incremental: take another one.',
      final: true,
    }
  if (source.encryptionSetId !== undefined && want.encryptionSetId === undefined)
    return {
      why: `${source.name} is encrypted with a customer-managed key, and ${want.targetRegion} needs a key of its own`,
      way: `Name a disk encryption set of ${want.targetRegion} with --target-disk-encryption-set, or in config.toml under [disk_encryption_sets].`,
      final: false,
    }
  if (isOvertaken(source, newest))
    return {
      why: 'a later backup of the same disk is there already, and Azure copies the snapshots of a disk in order only',
      way: 'It can still be restored in its own region.',
      final: true,
    }
  return undefined
}

/** Azure takes the snapshots of a disk in the order in which they were made, and a later one has a copy. */
export function isOvertaken(source: Snapshot, newest: ReadonlyMap<string, Date>): boolean {
  const later = newest.get(diskKeyOf(source))
  return later !== undefined && later > source.createdAt
}

/** Those that could still get a copy in the region, and have none there, nor one under way. */
export function stillLacking(
  backups: readonly Backup[],
  snapshots: readonly Snapshot[],
  region: string,
): readonly Backup[] {
  const there = copiesIn(region, snapshots).filter((copy) => whyBroken(copy) === undefined)
  const newest = newestCopied(there, snapshots)
  const lacks = (source: Snapshot) =>
    source.incremental && !isOvertaken(source, newest) && !there.some((copy) => isCopyOf(copy, source))
  return backups.filter(({ disks }) => disks.some(({ snapshot }) => lacks(snapshot)))
}

function copiesIn(region: string, snapshots: readonly Snapshot[]): readonly Snapshot[] {
  return snapshots.filter((one) => one.region === region && one.createOption === 'CopyStart')
}

/** When the newest snapshot was made that a region has, or is getting, a copy of; by disk. */
export function newestCopied(copies: readonly Snapshot[], all: readonly Snapshot[]): ReadonlyMap<string, Date> {
  const byId = new Map(all.map((one) => [one.id.toLowerCase(), one]))
  const newest = new Map<string, Date>()
  for (const copy of copies) {
    const source = byId.get(copy.sourceId?.toLowerCase() ?? '')
    if (!source || whyBroken(copy) !== undefined) continue
    const key = diskKeyOf(source)
    const known = newest.get(key)
    if (known === undefined || source.createdAt > known) newest.set(key, source.createdAt)
  }
  return newest
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}

/**
 * Which snapshots are recovery points of one VM. Tags and source disks decide, never
 * the beginning of a name: `web` is not `web-2`.
 */
import { resourceRefOf, sameId } from './arm-id.js'
import type { Backup, Proof, RecoveryDisk, RecoveryPoint, Tier } from './backup.js'
import { tiers } from './backup.js'
import { latest } from './calendar.js'
import type { Machine, VmRef } from './machine.js'
import { lunIn, momentIn } from './naming.js'
import {
  diskFactsIn,
  isCondemned,
  machineFactsIn,
  proofIn,
  recoveryTag,
  replicatedToIn,
  tierIn,
  verifiedAtIn,
  verifyFailedAtIn,
} from './recovery-tags.js'
import { isReady, type Listed, type Snapshot, whyBroken } from './snapshot.js'
import { tagOf } from './tag-text.js'

/** Snapshots of one VM that were taken together and are not a backup. */
export interface SnapshotSet extends RecoveryPoint {
  /** Whether azlin took it. What others took is listed and never removed by a schedule. */
  readonly own: boolean
}

/** Everything of one VM that was found; each list newest first. */
export interface Recovery {
  /** Complete and in the VM's home region. */
  readonly backups: readonly Backup[]
  /** In the home region with a disk missing, or with data that has not arrived. */
  readonly incomplete: readonly Backup[]
  /** Copies, and whatever lies in another region than the VM. */
  readonly replicas: readonly Backup[]
  readonly sets: readonly SnapshotSet[]
}

/** `machine` is the VM itself where it still exists: then its disks and its region help to decide. */
export function recoveryOf(snapshots: readonly Snapshot[], vm: VmRef, machine: Machine | undefined): Recovery {
  const taken: Snapshot[] = []
  const others: Snapshot[] = []
  for (const snapshot of snapshots)
    if (belongsTo(snapshot, vm, machine)) (isOfBackup(snapshot) ? taken : others).push(snapshot)

  const points = [...grouped(taken, backupKey).values()].flatMap((group) => toBackup(group, vm, machine) ?? [])
  const isCopy = (point: Backup) =>
    point.disks.some(({ snapshot }) => isReplica(snapshot)) ||
    (machine !== undefined && !same(point.region, machine.region))
  const replicas = points.filter(isCopy)
  const copies = grouped(replicas, ({ name }) => name.toLowerCase())
  const home = points
    .filter((point) => !isCopy(point))
    .map((point) => withCopies(point, copies.get(point.name.toLowerCase()) ?? []))

  let sets: readonly SnapshotSet[] | undefined
  return {
    backups: home.filter((point) => point.complete).toSorted(newestFirst),
    incomplete: home.filter((point) => !point.complete).toSorted(newestFirst),
    replicas: replicas.toSorted(newestFirst),
    // Put together when they are asked for: a VM may have thousands, and most commands want backups.
    get sets() {
      sets ??= [...grouped(others, setKey).values()].map((group) => toSet(group, vm, machine)).toSorted(newestFirst)
      return sets
    },
  }
}

/**
 * Snapshots of earlier makers may lack the VM's group: then one of the VM's disks as
 * their source speaks for them, or that they lie in the VM's own group. Without any tag
 * only the source disk counts.
 */
export function belongsTo(snapshot: Snapshot, vm: VmRef, machine: Machine | undefined): boolean {
  const ofItsDisk = () => isOfADiskOf(machine, snapshot)
  const name = tagOf(snapshot.tags, recoveryTag.vm)
  if (name === undefined) return ofItsDisk()
  if (!same(name, vm.name)) return false
  const group = tagOf(snapshot.tags, recoveryTag.vmGroup)
  if (group !== undefined) return same(group, vm.resourceGroup)
  // A copy may lie in any group; what it was copied from lay in the VM's.
  const copiedFrom = isReplica(snapshot) ? resourceRefOf(snapshot.sourceId ?? '') : undefined
  if (copiedFrom) return same(copiedFrom.resourceGroup, vm.resourceGroup)
  return ofItsDisk() || same(snapshot.resourceGroup, vm.resourceGroup)
}

/**
 * False only where `belongsTo` is false too, even when more is known of the VM by then: it sorts out what others have in
 * the same group while a list is still being read.
 */
export function mayBelongTo(snapshot: Listed, vm: VmRef, machine: Machine | undefined): boolean {
  const name = tagOf(snapshot.tags, recoveryTag.vm)
  if (name !== undefined) return same(name, vm.name)
  return machine === undefined || isOfADiskOf(machine, snapshot)
}

/** One disk of a backup, or of a copy of one; the rest was taken by hand, or by others. */
export function isOfBackup({ tags }: Listed): boolean {
  return tagOf(tags, recoveryTag.backup) !== undefined
}

function isOfADiskOf(machine: Machine | undefined, { sourceId }: Listed): boolean {
  return machine?.disks.some((disk) => sameId(disk.id, sourceId)) ?? false
}

export function isReplica({ tags, createOption }: Snapshot): boolean {
  return tagOf(tags, recoveryTag.replicaOf) !== undefined || createOption === 'CopyStart'
}

export function newestFirst(a: RecoveryPoint, b: RecoveryPoint): number {
  return +b.createdAt - +a.createdAt || (a.name < b.name ? 1 : -1)
}

function toBackup(group: readonly Snapshot[], vm: VmRef, machine: Machine | undefined): Backup | undefined {
  const name = firstTag(group, recoveryTag.backup) ?? ''
  const tier = tierOf(group, name)
  // Nobody can say how long to keep it, so it is left alone.
  if (tier === undefined) return undefined
  const point = toPoint(group, name, vm, machine)
  const os = point.disks.find((disk) => disk.lun === null)?.snapshot ?? group[0]
  const arriving = group.some((one) => isReplica(one) && !isReady(one) && whyBroken(one) === undefined)
  return {
    ...point,
    tier,
    replicatedTo: inAll(group.map(({ tags }) => replicatedToIn(tags))),
    verifiedAt: earliest(group.map(({ tags }) => verifiedAtIn(tags))),
    // One disk that failed fails them all.
    condemned: group.some(({ tags }) => isCondemned(tags)),
    verifyFailedAt: latest(group.map(({ tags }) => verifyFailedAtIn(tags))),
    proof: weakest(group.map(({ tags }) => proofIn(tags))),
    replicaOf: os && tagOf(os.tags, recoveryTag.replicaOf),
    copying: arriving,
  }
}

/** A backup that stepped down may have been interrupted while its tags were changed: the lower tier counts. */
function tierOf(group: readonly Snapshot[], name: string): Tier | undefined {
  const told = group.map(({ tags }) => tierIn(tags))
  const named = /-backup-(daily|weekly|monthly)-/i.exec(name)?.[1]?.toLowerCase()
  return tiers.find((tier) => told.includes(tier)) ?? tiers.find((tier) => tier === named)
}

function toSet(group: readonly Snapshot[], vm: VmRef, machine: Machine | undefined): SnapshotSet {
  const name = firstTag(group, recoveryTag.snapshotSet)
  return { ...toPoint(group, name ?? group[0]?.name ?? '', vm, machine), own: name !== undefined }
}

function toPoint(group: readonly Snapshot[], name: string, vm: VmRef, machine: Machine | undefined): RecoveryPoint {
  const placed = group.map((snapshot) => {
    const facts = diskFactsIn(snapshot.tags)
    return { snapshot, facts, lun: facts ? facts.lun : placeOf(snapshot, name, group.length, machine) }
  })
  const disks = placed
    .flatMap(({ lun, ...disk }): RecoveryDisk[] => (lun === undefined ? [] : [{ ...disk, lun }]))
    .toSorted((a, b) => (a.lun ?? -1) - (b.lun ?? -1))
  const wanted = Math.max(0, ...disks.map(({ facts }) => facts?.of ?? 0))
  const distinct = new Set(disks.map(({ lun }) => lun)).size === group.length
  // Only azlin's own tags say how many disks there were; of others the OS disk is the least.
  const all = wanted > 0 ? group.length === wanted : disks.some(({ lun }) => lun === null)
  return {
    name,
    vm,
    region: group[0]?.region ?? '',
    createdAt: momentIn(name) ?? earliest(group.map(({ createdAt }) => createdAt)) ?? new Date(0),
    disks,
    machine: group.map(({ tags }) => machineFactsIn(tags)).find((facts) => facts !== undefined),
    complete: all && distinct && group.every(isReady),
  }
}

/** Without a tag: the LUN (null: OS disk), by the first of these that knows it; undefined when nothing does. */
function placeOf(
  snapshot: Snapshot,
  name: string,
  of: number,
  machine: Machine | undefined,
): number | null | undefined {
  const attached = machine?.disks.find((disk) => sameId(disk.id, snapshot.sourceId))
  if (attached) return attached.lun
  const named = lunIn(snapshot.name)
  if (named !== undefined) return named
  return snapshot.osType !== undefined || same(snapshot.name, name) || of === 1 ? null : undefined
}

function withCopies(point: Backup, copies: readonly Backup[]): Backup {
  const arrived = copies.filter((copy) => copy.complete).map((copy) => copy.region.toLowerCase())
  return {
    ...point,
    replicatedTo: [...new Set([...point.replicatedTo, ...arrived])],
    copying: point.copying || copies.some((copy) => copy.copying),
  }
}

function backupKey(snapshot: Snapshot): string {
  const name = tagOf(snapshot.tags, recoveryTag.backup)
  return [name, snapshot.region, isReplica(snapshot)].join('/').toLowerCase()
}

function setKey(snapshot: Snapshot): string {
  const name = tagOf(snapshot.tags, recoveryTag.snapshotSet)
  return (name === undefined ? snapshot.id : `set/${name}`).toLowerCase()
}

function grouped<T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const key = keyOf(item)
    const group = groups.get(key)
    if (group) group.push(item)
    else groups.set(key, [item])
  }
  return groups
}

function firstTag(group: readonly Snapshot[], name: string): string | undefined {
  return group.map(({ tags }) => tagOf(tags, name)).find((value) => value !== undefined)
}

/** What holds for the whole point: regions that every disk's snapshot names. */
function inAll(lists: readonly (readonly string[])[]): readonly string[] {
  const [first = [], ...rest] = lists
  return first.filter((one) => rest.every((list) => list.includes(one)))
}

/** Undefined when one of them is: half a verification is none. */
function earliest(moments: readonly (Date | undefined)[]): Date | undefined {
  const known = moments.filter((moment) => moment !== undefined)
  return known.length === moments.length && known.length > 0 ? new Date(Math.min(...known.map(Number))) : undefined
}

function weakest(proofs: readonly (Proof | undefined)[]): Proof | undefined {
  const known = proofs.filter((proof) => proof !== undefined)
  if (known.length < proofs.length) return undefined
  return known.toSorted((a, b) => a.level - b.level || +a.at - +b.at)[0]
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}

/**
 * Azure, as core needs it. Every method rejects with AzlinError and with nothing
 * else; an aborted signal rejects with its own reason. Waits have deadlines
 * (TIMED_OUT). Ids compare without case.
 */
import type { MachineFacts } from '../domain/backup.js'
import type { Caching, Disk, ExportAccess, Machine, MachineStatus, ResourceRef, VmRef } from '../domain/machine.js'
import type { Listed, Snapshot } from '../domain/snapshot.js'
import type { Blobs } from './blobs.js'

/** Thousands may lie beside the few that one looks for: those are not even made. */
export type Wanted = (snapshot: Listed) => boolean

export interface Snapshots {
  /**
   * Every snapshot of a group, all pages; where `wanted` is given, those for which it says so. RESOURCE_GROUP_NOT_FOUND
   * when the group is not there.
   */
  inGroup(resourceGroup: string, signal: AbortSignal, wanted?: Wanted): Promise<readonly Snapshot[]>
  /** The same of the whole subscription. */
  inSubscription(signal: AbortSignal, wanted?: Wanted): Promise<readonly Snapshot[]>
  find(ref: ResourceRef, signal: AbortSignal): Promise<Snapshot | undefined>
  /** Takes an incremental snapshot of a disk and waits until it stands. NAME_TAKEN if the name exists: a PUT on it would keep the old data. */
  create(want: NewSnapshot, signal: AbortSignal): Promise<Snapshot>
  /**
   * Begins the copy of a snapshot in another region. Resolves once Azure has taken it on, which it calls
   * Succeeded with nothing copied: only the snapshot's own completionPercent tells. NAME_TAKEN as for `create`.
   */
  startCopy(want: NewSnapshot, signal: AbortSignal): Promise<Snapshot>
  /** Removing one that is gone succeeds. LOCKED, ACTIVE_SAS when Azure refuses. */
  remove(ref: ResourceRef, signal: AbortSignal): Promise<void>
}

export interface NewSnapshot extends ResourceRef {
  readonly region: string
  readonly sourceId: string
  readonly tags: Readonly<Record<string, string>>
  readonly encryptionSetId: string | undefined
}

export interface Disks {
  find(ref: ResourceRef, signal: AbortSignal): Promise<Disk | undefined>
  inSubscription(signal: AbortSignal): Promise<readonly Disk[]>
  /** A disk from a snapshot of the same region; waits until it stands. `sent` is called before Azure may get to know of it. */
  create(want: NewDisk, signal: AbortSignal, sent?: () => void): Promise<Disk>
  /** Removing one that is gone succeeds. DISK_ATTACHED, LOCKED, ACTIVE_SAS when Azure refuses. */
  remove(ref: ResourceRef, signal: AbortSignal): Promise<void>
  /**
   * A link that lets whoever holds it read the disk's bytes for so long. It is a secret: never to be shown or kept.
   * READ_REFUSED when the disk's network access or a policy forbids it, ACTIVE_SAS when its family has all it may have.
   */
  grantRead(ref: ResourceRef, seconds: number, signal: AbortSignal): Promise<string>
  /** Ends the link; also where there is none, or no disk. */
  revokeRead(ref: ResourceRef, signal: AbortSignal): Promise<void>
}

export interface NewDisk extends ResourceRef {
  readonly region: string
  readonly zone: string | undefined
  readonly sku: string
  /** Undefined: as large as the snapshot. */
  readonly sizeGb: number | undefined
  readonly sourceSnapshotId: string
  readonly tier: string | undefined
  readonly encryptionSetId: string | undefined
  readonly exportAccess?: ExportAccess | undefined
  readonly tags: Readonly<Record<string, string>>
}

/** Called before Azure may get to know of the change, and before LUNs are made free: until it has ended, a VM may lack disks. */
export interface SwapSteps {
  readonly sent?: () => void
  readonly freeing?: () => Promise<void>
}

export interface Machines {
  /** VM_NOT_FOUND when it, or its group, is not there. */
  get(vm: VmRef, signal: AbortSignal): Promise<Machine>
  /** The same with what it is doing now, in one request. */
  getWithStatus(vm: VmRef, signal: AbortSignal): Promise<Machine>
  find(vm: VmRef, signal: AbortSignal): Promise<Machine | undefined>
  /** Every VM of a group, or of the subscription, all pages. */
  list(resourceGroup: string | undefined, signal: AbortSignal): Promise<readonly Machine[]>
  status(vm: VmRef, signal: AbortSignal): Promise<MachineStatus>
  start(vm: VmRef, signal: AbortSignal): Promise<void>
  powerOff(vm: VmRef, signal: AbortSignal): Promise<void>
  /** `sent` here and below: called before Azure may get to know of it. */
  deallocate(vm: VmRef, signal: AbortSignal, sent?: () => void): Promise<void>
  /**
   * Puts these disks at their LUNs (null is the OS disk) and waits: in one request, or where Azure refuses another data
   * disk at a LUN that is taken, in two more, the first of which frees them. Data disks at LUNs not named stay. With
   * `etag`, CONFLICT when the VM was changed since.
   */
  swapDisks(
    vm: VmRef,
    disks: readonly DiskAt[],
    etag: string | undefined,
    signal: AbortSignal,
    steps?: SwapSteps,
  ): Promise<void>
  /** Takes the data disks at these LUNs off the VM and waits. A LUN without a disk is no error. */
  detachDisks(vm: VmRef, luns: readonly number[], etag: string | undefined, signal: AbortSignal): Promise<void>
  create(want: NewMachine, signal: AbortSignal, sent?: () => void): Promise<Machine>
  remove(vm: VmRef, signal: AbortSignal): Promise<void>
}

export interface DiskAt {
  readonly id: string
  readonly name: string
  readonly lun: number | null
  readonly caching: Caching
}

export interface NewMachine extends VmRef {
  readonly region: string
  readonly zone: string | undefined
  readonly facts: MachineFacts
  readonly disks: readonly DiskAt[]
  readonly nicId: string
  readonly tags: Readonly<Record<string, string>>
  /** Its disks, interface and public address go with it when it is deleted, and its boot is recorded. */
  readonly throwAway: boolean
}

export interface Networks {
  findNic(
    ref: ResourceRef,
    signal: AbortSignal,
  ): Promise<{ readonly tags: Readonly<Record<string, string>>; readonly vmId: string | undefined } | undefined>
  /** A network interface in the subnet (and with the security group) of another one, without a public address. */
  cloneNic(
    sourceNicId: string,
    want: ResourceRef & { region: string; tags: Readonly<Record<string, string>> },
    signal: AbortSignal,
    sent?: () => void,
  ): Promise<string>
  /** One in a subnet given by its id. */
  createNic(
    subnetId: string,
    want: ResourceRef & { region: string; tags: Readonly<Record<string, string>> },
    signal: AbortSignal,
    sent?: () => void,
  ): Promise<string>
  removeNic(ref: ResourceRef, signal: AbortSignal): Promise<void>
}

export interface Tags {
  /** Adds or overwrites these tags and touches no other, in one request. */
  merge(resourceId: string, tags: Readonly<Record<string, string>>, signal: AbortSignal): Promise<void>
  /** Takes these tags away and touches no other. A tag that is not there is no error. */
  remove(resourceId: string, names: readonly string[], signal: AbortSignal): Promise<void>
}

export interface ResourceGroups {
  find(
    name: string,
    signal: AbortSignal,
  ): Promise<{ readonly region: string; readonly tags: Readonly<Record<string, string>> } | undefined>
  /** One that is there already is left as it is: a PUT would replace its tags. */
  create(name: string, region: string, signal: AbortSignal): Promise<void>
}

export interface Locks {
  /**
   * Scopes (lower-case ARM ids) under a lock that forbids deletion, of a group and what is in it.
   * Undefined when this account may not read locks.
   */
  inGroup(resourceGroup: string, signal: AbortSignal): Promise<readonly string[] | undefined>
}

export interface Regions {
  /** Names of the subscription's regions, as in `westus2`; undefined when they cannot be listed. */
  list(signal: AbortSignal): Promise<readonly string[] | undefined>
  /** Why a VM size is not to be had in a region (and zone), or undefined when it is, or nobody says beforehand. */
  whyNotSize(size: string, region: string, zone: string | undefined, signal: AbortSignal): Promise<string | undefined>
  /** Kinds (SKUs) of managed disks that are to be had in a region, or undefined when nobody says beforehand. */
  diskKinds(region: string, signal: AbortSignal): Promise<readonly string[] | undefined>
}

/** A resource of any kind, as generic lists show it. */
export interface TaggedResource {
  readonly id: string
  /** As in `Microsoft.Compute/disks`; compare without case. */
  readonly type: string
  readonly tags: Readonly<Record<string, string>>
}

export interface Inventory {
  /**
   * Every resource and resource group of the subscription that has this tag, all pages.
   * Azure's index lags: what was made a moment ago may be missing, what is gone may be there.
   */
  taggedWith(tag: string, signal: AbortSignal): Promise<readonly TaggedResource[]>
}

/** Everything azlin asks of Azure. */
export interface Azure {
  readonly subscriptionId: string
  readonly snapshots: Snapshots
  readonly disks: Disks
  readonly blobs: Blobs
  readonly machines: Machines
  readonly networks: Networks
  readonly tags: Tags
  readonly groups: ResourceGroups
  readonly inventory: Inventory
  readonly locks: Locks
  readonly regions: Regions
}

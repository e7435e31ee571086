/** Reads a VM, its schedule and its snapshots, with as few requests as the answer takes. */
import type { BackupSchedule } from '../domain/backup.js'
import type { Machine, VmRef } from '../domain/machine.js'
import { isOfBackup, mayBelongTo, type Recovery, recoveryOf } from '../domain/recovery-points.js'
import { readSchedule, scheduleTag } from '../domain/schedule.js'
import type { Listed, Snapshot } from '../domain/snapshot.js'
import { AzlinError } from '../errors.js'
import type { Azure, Wanted } from '../ports/azure.js'
import type { Run } from '../run.js'

export interface Scheduled {
  readonly machine: Machine
  readonly schedule: BackupSchedule
}

export interface Inventory extends Scheduled {
  /** Every snapshot that was read; of other VMs too. */
  readonly snapshots: readonly Snapshot[]
  readonly recovery: Recovery
}

/** Every snapshot of a group. RESOURCE_GROUP_NOT_FOUND. */
export type GroupReader = (resourceGroup: string) => Promise<readonly Snapshot[]>

/** BACKUP_NOT_CONFIGURED, SCHEDULE_UNREADABLE. */
export function scheduleOf({ name: vm, tags }: Machine): BackupSchedule {
  const schedule = readSchedule(tags)
  if (schedule === 'none') throw new AzlinError('BACKUP_NOT_CONFIGURED', { vm })
  if (schedule === 'unreadable') throw new AzlinError('SCHEDULE_UNREADABLE', { vm, tag: scheduleTag })
  return schedule
}

/** VM and snapshots of a VM that has a schedule. VM_NOT_FOUND, BACKUP_NOT_CONFIGURED, SCHEDULE_UNREADABLE. */
export async function readInventory(azure: Azure, vm: VmRef, run: Run): Promise<Inventory> {
  const own = settled(azure.snapshots.inGroup(vm.resourceGroup, run.signal))
  const machine = await azure.machines.getWithStatus(vm, run.signal)
  return inventoryOf(machine, (group) =>
    same(group, vm.resourceGroup) ? own() : azure.snapshots.inGroup(group, run.signal),
  )
}

/** For a VM that has been read, with a reader of groups that may have read them for another VM. */
export async function inventoryOf(machine: Machine, inGroup: GroupReader): Promise<Inventory> {
  const schedule = scheduleOf(machine)
  const groups = otherGroups(machine, schedule).map((group) => ifThere(inGroup(group)))
  const snapshots = (await Promise.all([inGroup(machine.resourceGroup), ...groups])).flat()
  return { machine, schedule, snapshots, recovery: recoveryOf(snapshots, machine, machine) }
}

/** The same, with one group read again. */
export async function refreshed(azure: Azure, before: Inventory, group: string, run: Run): Promise<Inventory> {
  const fresh = await azure.snapshots.inGroup(group, run.signal)
  const kept = before.snapshots.filter((one) => !same(one.resourceGroup, group))
  return withSnapshots(before, [...kept, ...fresh])
}

/** The same, with other snapshots. */
export function withSnapshots(before: Inventory, snapshots: readonly Snapshot[]): Inventory {
  return { ...before, snapshots, recovery: recoveryOf(snapshots, before.machine, before.machine) }
}

export function backupGroupOf({ machine, schedule }: Scheduled): string {
  return schedule.backupResourceGroup ?? machine.resourceGroup
}

/** Everything of a VM that may have no schedule, or be gone. VM_NOT_FOUND when there is neither VM nor snapshot of it. */
export function readRecovery(azure: Azure, vm: VmRef, run: Run): Promise<Recovery> {
  return readWanted(azure, vm, run, () => true)
}

/** The same without the snapshots that are no backup's. */
export function readBackups(azure: Azure, vm: VmRef, run: Run): Promise<Omit<Recovery, 'sets'>> {
  return readWanted(azure, vm, run, isOfBackup)
}

async function readWanted(azure: Azure, vm: VmRef, run: Run, kind: Wanted): Promise<Recovery> {
  // Whether there is a VM, and which disks are its own, is known long before the last page of a long list.
  let known: Machine | undefined
  const wanted = (one: Listed) => kind(one) && mayBelongTo(one, vm, known)
  const own = settled(azure.snapshots.inGroup(vm.resourceGroup, run.signal, wanted))
  const machine = await azure.machines.find(vm, run.signal)
  known = machine
  if (machine) {
    const schedule = readSchedule(machine.tags)
    // Whoever took the VM's tags away has not taken its backups away.
    if (typeof schedule === 'string' && kind === isOfBackup)
      return recoveryOf(await inAllGroups(azure, own, wanted, run), machine, machine)
    const groups = typeof schedule === 'string' ? [] : otherGroups(vm, { ...schedule, crossRegionEnabled: false })
    const others = await Promise.all(groups.map((group) => ifThere(azure.snapshots.inGroup(group, run.signal, wanted))))
    return recoveryOf([...(await own()), ...others.flat()], machine, machine)
  }
  // Without the VM nobody says where its backups are kept.
  const recovery = recoveryOf(
    await azure.snapshots.inSubscription(run.signal, (one) => mayBelongTo(one, vm, undefined)),
    vm,
    undefined,
  )
  const found = [recovery.backups, recovery.incomplete, recovery.replicas, recovery.sets].some(
    (list) => list.length > 0,
  )
  if (found) return recovery
  await own()
  throw new AzlinError('VM_NOT_FOUND', { vm: vm.name, resourceGroup: vm.resourceGroup })
}

/** Where no schedule says which group they are kept in; an account that sees only the VM's own group sees what is there. */
async function inAllGroups(
  azure: Azure,
  own: () => Promise<readonly Snapshot[]>,
  wanted: Wanted,
  run: Run,
): Promise<readonly Snapshot[]> {
  try {
    return await azure.snapshots.inSubscription(run.signal, wanted)
  } catch (error) {
    if (!AzlinError.is(error) || error.retryable || run.signal.aborted) throw error
    return own()
  }
}

/** Groups beside the VM's own that may hold its backups, or copies of them under way. */
function otherGroups({ resourceGroup }: VmRef, schedule: BackupSchedule): readonly string[] {
  const copies = schedule.crossRegionEnabled ? schedule.targetResourceGroup : undefined
  const groups = [schedule.backupResourceGroup, copies].filter((group) => group !== undefined)
  const distinct = new Map(groups.map((group) => [group.toLowerCase(), group]))
  distinct.delete(resourceGroup.toLowerCase())
  return [...distinct.values()]
}

/** A group that is gone holds nothing. */
async function ifThere(reading: Promise<readonly Snapshot[]>): Promise<readonly Snapshot[]> {
  try {
    return await reading
  } catch (error) {
    if (AzlinError.is(error, 'RESOURCE_GROUP_NOT_FOUND')) return []
    throw error
  }
}

/** Lets a request run beside another whose failure says more; its own is kept until it is asked for. */
function settled<T>(work: Promise<T>): () => Promise<T> {
  work.catch(() => {})
  return () => work
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}

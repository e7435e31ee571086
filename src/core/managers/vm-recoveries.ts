/** Every VM of a place that has backups, or could have, with what there is to restore it from. */
import type { Machine, VmRef } from '../domain/machine.js'
import { belongsTo, type Recovery, recoveryOf } from '../domain/recovery-points.js'
import { recoveryTag } from '../domain/recovery-tags.js'
import type { Snapshot } from '../domain/snapshot.js'
import { tagOf } from '../domain/tag-text.js'
import { AzlinError } from '../errors.js'
import type { Azure } from '../ports/azure.js'
import type { Run } from '../run.js'

export interface VmRecovery {
  readonly vm: VmRef
  /** Undefined where the VM is gone and its backups are left. */
  readonly machine: Machine | undefined
  readonly recovery: Recovery
}

/** All VMs of a group, or of the subscription, and those that are gone. RESOURCE_GROUP_NOT_FOUND. */
export async function recoveriesIn(
  azure: Azure,
  resourceGroup: string | undefined,
  run: Run,
): Promise<readonly VmRecovery[]> {
  const [machines, snapshots] = await Promise.all([
    azure.machines.list(resourceGroup, run.signal),
    snapshotsOf(azure, resourceGroup, run),
  ])
  const isAsked = (vm: VmRef) => resourceGroup === undefined || same(vm.resourceGroup, resourceGroup)
  return sorted(machines, snapshots, isAsked)
}

/** The ones that are named. VM_NOT_FOUND where there is neither the VM nor a backup of it. */
export async function recoveriesOf(azure: Azure, vms: readonly VmRef[], run: Run): Promise<readonly VmRecovery[]> {
  const [machines, snapshots] = await Promise.all([
    Promise.all(vms.map((vm) => machineOf(azure, vm, run))),
    snapshotsOf(azure, vms[0]?.resourceGroup, run),
  ])
  const there = machines.filter((machine) => machine !== undefined)
  const found = new Map(sorted(there, snapshots, () => true).map((one) => [keyOf(one.vm), one]))
  return vms.map((vm) => {
    const one = found.get(keyOf(vm))
    if (!one) throw new AzlinError('VM_NOT_FOUND', { vm: vm.name, resourceGroup: vm.resourceGroup })
    return one
  })
}

/** While a region is down a VM in it cannot be asked for, and the list of its group still has it. */
async function machineOf({ machines }: Azure, vm: VmRef, run: Run): Promise<Machine | undefined> {
  try {
    return await machines.find(vm, run.signal)
  } catch (error) {
    if (!AzlinError.is(error, 'AZURE_UNAVAILABLE')) throw error
    const listed = await machines.list(vm.resourceGroup, run.signal)
    return listed.find(({ name }) => same(name, vm.name))
  }
}

function sorted(
  machines: readonly Machine[],
  snapshots: readonly Snapshot[],
  isAsked: (vm: VmRef) => boolean,
): readonly VmRecovery[] {
  const byName = new Map<string, Snapshot[]>()
  for (const snapshot of snapshots) {
    const name = tagOf(snapshot.tags, recoveryTag.vm)?.toLowerCase()
    if (name === undefined || tagOf(snapshot.tags, recoveryTag.backup) === undefined) continue
    const others = byName.get(name)
    if (others) others.push(snapshot)
    else byName.set(name, [snapshot])
  }
  const claimed = new Set<Snapshot>()
  const living = machines.map((machine): VmRecovery => {
    const mine = (byName.get(machine.name.toLowerCase()) ?? []).filter((one) => belongsTo(one, machine, machine))
    for (const one of mine) claimed.add(one)
    const vm = { name: machine.name, resourceGroup: machine.resourceGroup }
    return { vm, machine, recovery: recoveryOf(mine, vm, machine) }
  })
  const orphans = new Map<string, { readonly vm: VmRef; readonly mine: Snapshot[] }>()
  for (const snapshot of [...byName.values()].flat()) {
    const vm = ownerOf(snapshot)
    if (claimed.has(snapshot) || !isAsked(vm)) continue
    const known = orphans.get(keyOf(vm))
    if (known) known.mine.push(snapshot)
    else orphans.set(keyOf(vm), { vm, mine: [snapshot] })
  }
  const gone = [...orphans.values()].map(({ vm, mine }) => ({
    vm,
    machine: undefined,
    recovery: recoveryOf(mine, vm, undefined),
  }))
  return [...living, ...gone]
}

/** Backups of a group's VMs may lie in other groups; an account that sees only the one group sees what is there. */
async function snapshotsOf(azure: Azure, resourceGroup: string | undefined, run: Run): Promise<readonly Snapshot[]> {
  try {
    return await azure.snapshots.inSubscription(run.signal)
  } catch (error) {
    if (resourceGroup === undefined || !AzlinError.is(error, 'FORBIDDEN')) throw error
    return azure.snapshots.inGroup(resourceGroup, run.signal)
  }
}

/** The VM that a backup's snapshot names; without its group, the one that the snapshot lies in. */
function ownerOf({ tags, resourceGroup }: Snapshot): VmRef {
  return { name: tagOf(tags, recoveryTag.vm) ?? '', resourceGroup: tagOf(tags, recoveryTag.vmGroup) ?? resourceGroup }
}

function keyOf({ name, resourceGroup }: VmRef): string {
  return `${resourceGroup}/${name}`.toLowerCase()
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}

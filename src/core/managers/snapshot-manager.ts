import type { ResourceRef, VmRef } from '../domain/machine.js'
import { snapshotSetName } from '../domain/naming.js'
import { recoveryOf, type SnapshotSet } from '../domain/recovery-points.js'
import { recoveryTag } from '../domain/recovery-tags.js'
import type { Snapshot } from '../domain/snapshot.js'
import { tagOf } from '../domain/tag-text.js'
import { AzlinError } from '../errors.js'
import type { Run } from '../run.js'
import { audited, requireRecords } from './audited.js'
import { readRecovery } from './backup-inventory.js'
import { capture, newToken } from './capture.js'
import type { ManagerDeps } from './deps.js'
import { inTurn } from './turn.js'

export interface SnapshotRemoval {
  readonly name: string
  readonly snapshots: readonly Snapshot[]
}

export type { SnapshotSet }

/** Two commands in one second want the same name; the next second is free. */
const attempts = 3

/** Snapshots that are no backups: taken and deleted as the user (or a snapshot schedule) says. */
export class SnapshotManager {
  readonly #deps: ManagerDeps

  constructor(deps: ManagerDeps) {
    this.#deps = deps
  }

  /** Takes a set of all disks. UNSUPPORTED_DISK, BACKUP_FAILED, BACKUP_IN_PROGRESS, VM_BUSY. */
  create(vm: VmRef, run: Run): Promise<SnapshotSet> {
    const { azure, clock } = this.#deps
    return inTurn(this.#deps, vm, { name: 'snapshot create' }, run, async (records) => {
      const machine = await azure.machines.getWithStatus(vm, run.signal)
      for (let attempt = 1; ; attempt++) {
        const at = clock.now()
        const set = snapshotSetName(machine.name, at)
        const request = {
          machine,
          set,
          resourceGroup: machine.resourceGroup,
          nameOf: (lun: number | null) => snapshotSetName(machine.name, at, lun),
          tags: { [recoveryTag.snapshotSet]: set },
          purpose: `snapshot ${machine.name}`,
          token: newToken(),
        }
        try {
          const snapshots = await capture(this.#deps, records, request, run)
          const [taken] = recoveryOf(snapshots, machine, machine).sets
          if (!taken) throw new AzlinError('INTERNAL', { reason: `${set} was taken and cannot be read` })
          return taken
        } catch (error) {
          if (!AzlinError.is(error, 'NAME_TAKEN') || attempt === attempts) throw error
          await clock.sleep(1_000 - (+at % 1_000), run.signal)
        }
      }
    })
  }

  /** Newest first, complete or not; no backups. Needs no database, and no VM. */
  async list(vm: VmRef, run: Run): Promise<readonly SnapshotSet[]> {
    return (await readRecovery(this.#deps.azure, vm, run)).sets
  }

  /** A set by its name, or one disk of it by its snapshot's name. SNAPSHOT_NOT_FOUND, WRONG_VM, NOT_A_SNAPSHOT (it is a backup's). */
  async find(vm: VmRef, name: string, run: Run): Promise<SnapshotSet> {
    const { sets, backups, incomplete } = await readRecovery(this.#deps.azure, vm, run)
    const whole = sets.find((set) => same(set.name, name))
    if (whole) return whole
    for (const set of sets) {
      const disk = set.disks.find(({ snapshot }) => same(snapshot.name, name))
      if (disk) return { ...set, name: disk.snapshot.name, disks: [disk], complete: set.complete }
    }
    const owner = [...backups, ...incomplete].find(
      (backup) => same(backup.name, name) || backup.disks.some(({ snapshot }) => same(snapshot.name, name)),
    )
    if (owner) throw new AzlinError('NOT_A_SNAPSHOT', { snapshot: name, backup: owner.name })

    const ref = { name, resourceGroup: vm.resourceGroup }
    const other = await this.#deps.azure.snapshots.find(ref, run.signal)
    if (!other) throw new AzlinError('SNAPSHOT_NOT_FOUND', { snapshot: name, resourceGroup: vm.resourceGroup })
    throw new AzlinError('WRONG_VM', { snapshot: other.name, vm: vm.name, owner: ownerOf(other) })
  }

  /** What deleting would remove: the whole set, or one snapshot of it. Reads only. SNAPSHOT_NOT_FOUND, NOT_A_SNAPSHOT. */
  async planRemoval(ref: ResourceRef, run: Run): Promise<SnapshotRemoval> {
    const { snapshots } = this.#deps.azure
    const found = await snapshots.find(ref, run.signal)
    const backup = found && tagOf(found.tags, recoveryTag.backup)
    if (found && backup !== undefined) throw new AzlinError('NOT_A_SNAPSHOT', { snapshot: found.name, backup })

    const set = found && tagOf(found.tags, recoveryTag.snapshotSet)
    if (found && (set === undefined || !same(set, found.name))) return { name: found.name, snapshots: [found] }

    // The name of a whole set, whether or not its first snapshot still exists.
    const members = (await snapshots.inGroup(ref.resourceGroup, run.signal)).filter(
      ({ tags }) =>
        same(tagOf(tags, recoveryTag.snapshotSet) ?? '', ref.name) && tagOf(tags, recoveryTag.backup) === undefined,
    )
    if (members.length > 0) return { name: set ?? ref.name, snapshots: members }
    throw new AzlinError('SNAPSHOT_NOT_FOUND', { snapshot: ref.name, resourceGroup: ref.resourceGroup })
  }

  /** Names of the snapshots that were removed. Tries all of them before it throws what went wrong first. */
  remove({ name, snapshots }: SnapshotRemoval, run: Run): Promise<readonly string[]> {
    const { azure, limit } = this.#deps
    requireRecords(this.#deps)
    return audited(this.#deps, { operation: 'snapshot delete', subject: name }, run, async () => {
      const outcomes = await Promise.allSettled(
        snapshots.map((snapshot) =>
          limit(async () => {
            run.signal.throwIfAborted()
            await azure.snapshots.remove(snapshot, run.signal)
            run.report({ type: 'snapshot.removed', snapshot: snapshot.name, reason: 'deleted' })
            return snapshot.name
          }),
        ),
      )
      return outcomes.map((outcome) => {
        if (outcome.status === 'rejected') throw outcome.reason
        return outcome.value
      })
    })
  }
}

function ownerOf({ tags, sourceId }: Snapshot): string {
  return tagOf(tags, recoveryTag.vm) ?? sourceId?.split('/').at(-1) ?? 'something else'
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}

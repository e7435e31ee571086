import { dayMs } from '../domain/calendar.js'
import { isFilling } from '../domain/filling.js'
import type { Machine, VmRef } from '../domain/machine.js'
import { recoveryOf, type SnapshotSet } from '../domain/recovery-points.js'
import { isInMotion } from '../domain/snapshot.js'
import {
  encodeSnapshotSchedule,
  readSnapshotSchedule,
  type SnapshotSchedule,
  snapshotDueAt,
  snapshotScheduleTag,
} from '../domain/snapshot-schedule.js'
import { AzlinError } from '../errors.js'
import type { Run } from '../run.js'
import { audited } from './audited.js'
import type { ManagerDeps } from './deps.js'
import { rememberSnapshot } from './last-run.js'
import { locksOn } from './locked.js'
import type { SnapshotManager } from './snapshot-manager.js'

export interface SnapshotStatus {
  readonly schedule: SnapshotSchedule
  /** Complete sets that azlin took; what `keepCount` counts. */
  readonly count: number
  readonly newest: Date | undefined
  /** Undefined when the schedule is disabled. A moment in the past means: due now. */
  readonly nextDue: Date | undefined
}

export interface SnapshotSyncItem {
  readonly vm: VmRef
  /** Name of the set that was taken; undefined when none was due. */
  readonly taken: string | undefined
  /** Names of the sets that made room. */
  readonly removed: readonly string[]
  readonly error: AzlinError | undefined
}

export interface SnapshotPolicy {
  readonly everyHours: number
  /** Counts every set that azlin took of the VM, also by hand; never a backup. */
  readonly keep: number
}

export class SnapshotSchedules {
  readonly #deps: ManagerDeps
  readonly #snapshots: SnapshotManager

  constructor(deps: ManagerDeps, snapshots: SnapshotManager) {
    this.#deps = deps
    this.#snapshots = snapshots
  }

  /** The time of the last scheduled snapshot stays. VM_NOT_FOUND. */
  async enable(vm: VmRef, { everyHours, keep }: SnapshotPolicy, run: Run): Promise<SnapshotSchedule> {
    const machine = await this.#deps.azure.machines.get(vm, run.signal)
    const before = readSnapshotSchedule(machine.tags)
    const lastSnapshot = typeof before === 'string' ? undefined : before.lastSnapshot
    return this.#write(machine, { enabled: true, intervalHours: everyHours, keepCount: keep, lastSnapshot }, run)
  }

  /** Keeps the policy and switches it off. SNAPSHOTS_NOT_CONFIGURED, SCHEDULE_UNREADABLE. */
  async disable(vm: VmRef, run: Run): Promise<SnapshotSchedule> {
    const machine = await this.#deps.azure.machines.get(vm, run.signal)
    return this.#write(machine, { ...scheduleOf(machine), enabled: false }, run)
  }

  /** SNAPSHOTS_NOT_CONFIGURED, SCHEDULE_UNREADABLE. */
  async status(vm: VmRef, run: Run): Promise<SnapshotStatus> {
    const { azure, clock } = this.#deps
    const machine = await azure.machines.get(vm, run.signal)
    const schedule = scheduleOf(machine)
    const snapshots = await azure.snapshots.inGroup(machine.resourceGroup, run.signal)
    const counted = recoveryOf(snapshots, machine, machine).sets.filter(counts)
    const nextDue = schedule.enabled ? snapshotDueAt(schedule, clock.now()) : undefined
    return { schedule, count: counted.length, newest: counted[0]?.createdAt, nextDue }
  }

  /**
   * One VM, or every VM with an enabled schedule (of a group, or of the subscription): takes what is due and keeps
   * the newest so many. One VM's failure is in its item and stops no other.
   */
  async sync(
    { vm, resourceGroup }: { readonly vm?: VmRef | undefined; readonly resourceGroup?: string | undefined },
    run: Run,
  ): Promise<readonly SnapshotSyncItem[]> {
    const { machines } = this.#deps.azure
    const listed = vm ? [await machines.get(vm, run.signal)] : await machines.list(resourceGroup, run.signal)
    const items: SnapshotSyncItem[] = []
    for (const machine of listed) {
      const schedule = readSnapshotSchedule(machine.tags)
      const wanted = vm !== undefined || schedule === 'unreadable' || (schedule !== 'none' && schedule.enabled)
      if (wanted) items.push(await this.#syncOne(machine, run))
    }
    return items
  }

  async #syncOne(machine: Machine, run: Run): Promise<SnapshotSyncItem> {
    const { clock } = this.#deps
    const vm = { name: machine.name, resourceGroup: machine.resourceGroup }
    const removed: string[] = []
    let taken: string | undefined
    try {
      const schedule = scheduleOf(machine)
      if (!schedule.enabled) return { vm, taken, removed, error: undefined }
      const now = clock.now()
      if (snapshotDueAt(schedule, now) <= now) {
        const set = await this.#snapshots.create(vm, run)
        taken = set.name
        await rememberSnapshot(this.#deps.azure, vm, set.createdAt, run)
      }
      await this.#makeRoom(machine, schedule, removed, run)
      return { vm, taken, removed, error: undefined }
    } catch (error) {
      if (!AzlinError.is(error) || run.signal.aborted) throw error
      return { vm, taken, removed, error }
    }
  }

  async #makeRoom(machine: Machine, { keepCount }: SnapshotSchedule, removed: string[], run: Run): Promise<void> {
    const { azure, clock } = this.#deps
    const snapshots = await azure.snapshots.inGroup(machine.resourceGroup, run.signal)
    const now = clock.now()
    // What a clock that was wrong has dated far ahead would take the place of each new one.
    const sets = recoveryOf(snapshots, machine, machine).sets.filter(({ createdAt }) => +createdAt - +now <= dayMs)
    if (goingOf(sets, sets.filter(counts), keepCount, now).length === 0) return
    // The sets before it took their time, and somebody may want more to be kept by now.
    const schedule = scheduleOf(await azure.machines.get(machine, run.signal))
    if (!schedule.enabled) return
    const keepers = await this.#standing(sets.filter(counts), schedule.keepCount, run)
    const going = goingOf(sets, keepers, schedule.keepCount, now).map(({ name, disks }) => ({
      name,
      snapshots: disks.map(({ snapshot }) => snapshot),
    }))
    // Seen beforehand, because half a set would be gone by the time Azure refuses the other half.
    const isLocked = await locksOn(
      azure,
      going.flatMap((set) => set.snapshots),
      run,
    )
    for (const set of going) {
      if (set.snapshots.some(isLocked)) {
        run.report({ type: 'notice', code: 'LOCKED', text: `${set.name} stays: it is under a lock.` })
        continue
      }
      if (set.snapshots.some(({ diskState }) => diskState?.startsWith('ActiveSAS'))) {
        const text = `${set.name} stays: somebody still holds an access link to it.`
        run.report({ type: 'notice', code: 'ACTIVE_SAS', text })
        continue
      }
      await this.#snapshots.remove(set, run)
      removed.push(set.name)
    }
  }

  /** The newest so many that are there. A list may lag behind, and nothing may go in favour of what is gone. */
  async #standing(sets: readonly SnapshotSet[], keepCount: number, run: Run): Promise<readonly SnapshotSet[]> {
    const { azure, limit } = this.#deps
    const standing: SnapshotSet[] = []
    for (const set of sets) {
      if (standing.length === keepCount) break
      const looks = set.disks.map(({ snapshot }) => limit(() => azure.snapshots.find(snapshot, run.signal)))
      if ((await Promise.all(looks)).every((found) => found !== undefined)) standing.push(set)
    }
    return standing
  }

  async #write(machine: Machine, schedule: SnapshotSchedule, run: Run): Promise<SnapshotSchedule> {
    const value = encodeSnapshotSchedule(schedule)
    const operation = schedule.enabled ? 'snapshot enable' : 'snapshot disable'
    await audited(this.#deps, { operation, subject: machine.id, details: { schedule: value } }, run, () =>
      this.#deps.azure.tags.merge(machine.id, { [snapshotScheduleTag]: value }, run.signal),
    )
    return schedule
  }
}

function scheduleOf({ name: vm, tags }: Machine): SnapshotSchedule {
  const schedule = readSnapshotSchedule(tags)
  if (schedule === 'none') throw new AzlinError('SNAPSHOTS_NOT_CONFIGURED', { vm })
  if (schedule === 'unreadable') throw new AzlinError('SCHEDULE_UNREADABLE', { vm, tag: snapshotScheduleTag })
  return schedule
}

/** What is older than the last one that is kept; the half of one, too, whose removal was cut off. Nothing where fewer are there. */
function goingOf(
  sets: readonly SnapshotSet[],
  keepers: readonly SnapshotSet[],
  keepCount: number,
  now: Date,
): readonly SnapshotSet[] {
  const last = keepers[keepCount - 1]
  if (!last) return []
  return sets.slice(sets.indexOf(last) + 1).filter((set) => counts(set) || (set.own && isAbandoned(set, now)))
}

/** Neither being taken nor filling, and no longer being changed. */
function isAbandoned(set: SnapshotSet, now: Date): boolean {
  const isStill = !set.disks.some(({ snapshot }) => isInMotion(snapshot))
  return +now - +set.createdAt > dayMs && isStill && !isFilling(set)
}

/** Half a set keeps no whole one from staying, and what others took is not azlin's to remove. */
function counts({ own, complete }: SnapshotSet): boolean {
  return own && complete
}

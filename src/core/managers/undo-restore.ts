/** What a restore in place that failed, or was stopped, has done to its VM is undone. */
import { sameId } from '../domain/arm-id.js'
import type { AttachedDisk, Machine, MachineStatus, PowerState } from '../domain/machine.js'
import { AzlinError } from '../errors.js'
import { persist } from '../retry.js'
import type { Run } from '../run.js'
import { timeFor } from '../time-limit.js'
import type { InPlaceDeps, InPlacePlan } from './in-place-restore.js'
import { isUnanswered, looksForUnsure, type MadeDisk } from './temporary-resources.js'

/** What was asked of the VM, whether or not it was done. What others did to it is not undone. */
export type Sent = Set<'deallocate' | 'swap' | 'free' | 'start'>

export interface Undoing {
  readonly plan: Pick<InPlacePlan, 'machine' | 'disks'>
  readonly made: readonly MadeDisk[]
  readonly before: MachineStatus
  readonly sent: Sent
  readonly cause: unknown
}

/** Undoing a restore may mean a deallocation, a swap and a start. */
const undoMs = 40 * 60_000

/**
 * Old disks and old power state back. Reads what the VM has now instead of trusting
 * how far the restore got: a request that failed here may have been done there.
 * ROLLBACK_FAILED when it cannot be done; then the journal still knows.
 *
 * @returns `isSure`: false when the last thing that was asked got no answer and was not seen, so that it may still arrive.
 * `hasOld`: false when somebody else has given the VM other disks.
 */
export async function undoRestore(
  { azure, clock }: InPlaceDeps,
  { plan, made, before, sent, cause }: Undoing,
  run: Run,
): Promise<{ readonly isSure: boolean; readonly hasOld: boolean }> {
  const { machines } = azure
  const { machine } = plan
  const signal = timeFor(`putting the old disks of ${machine.name} back`, undoMs)
  const reason = cause instanceof Error ? cause.message : String(cause)
  run.report({ type: 'restore.rollingBack', vm: machine.name, reason })
  const previous = plan.disks.flatMap((disk) => (disk.previous ? [disk.previous] : []))
  const last = [...sent].at(-1)
  const isUnsure = last !== undefined && last !== 'start' && isUnanswered(cause)
  let isSeen = false
  let hasOld = true
  try {
    await persist(
      async () => {
        const { ours, empty, power: found } = await look()
        const isSwapped = ours.length + empty.length > 0
        if (isSwapped) await swapBack(machine, ours, empty)
        const power = isSwapped ? (await machines.status(machine, signal)).power : found
        hasOld = await hasPrevious()
        if (mayHaveRun(before) && sent.has('deallocate') && power !== 'running') await machines.start(machine, signal)
        if (!mayHaveRun(before) && sent.has('start') && hasOld && (power === 'running' || power === 'starting'))
          await machines.deallocate(machine, signal)
      },
      { clock, signal },
    )
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    const details = {
      vm: machine.name,
      reason: `${reason} Undoing it: ${why}`,
      disks: previous.map((disk) => disk.name),
    }
    throw new AzlinError('ROLLBACK_FAILED', details, { cause: error })
  }
  if (hasOld) run.report({ type: 'restore.rolledBack', vm: machine.name })
  return { isSure: !isUnsure || isSeen, hasOld }

  async function hasPrevious(): Promise<boolean> {
    const { disks } = await machines.get(machine, signal)
    return previous.every((old) => disks.some(({ id, lun }) => lun === old.lun && sameId(id, old.id)))
  }

  /** Azure may take a moment to carry out what got no answer. */
  async function look(): Promise<{
    readonly ours: readonly AttachedDisk[]
    /** Old disks whose places were made free for the new ones, and are free still. What others took off stays off. */
    readonly empty: readonly AttachedDisk[]
    readonly power: PowerState
  }> {
    for (let looks = 1; ; looks++) {
      const now = await machines.get(machine, signal)
      const ours = now.disks.filter((disk) => made.some((one) => sameId(one.disk.id, disk.id)))
      const isFree = ({ lun }: AttachedDisk) => !now.disks.some((disk) => disk.lun === lun)
      const empty = sent.has('free') ? previous.filter(isFree) : []
      const { power } = await machines.status(machine, signal)
      isSeen ||= last === 'deallocate' ? !wasRunning({ power }) : ours.length + empty.length > 0
      if (!isUnsure || isSeen || looks === looksForUnsure) return { ours, empty, power }
      await clock.sleep(1_000, signal)
    }
  }

  async function swapBack(vm: Machine, ours: readonly AttachedDisk[], empty: readonly AttachedDisk[]): Promise<void> {
    const { power } = await machines.status(vm, signal)
    if (power !== 'deallocated') await machines.deallocate(vm, signal)
    const fresh = await machines.get(vm, signal)
    const places = previous.filter((disk) => empty.includes(disk) || ours.some((mine) => mine.lun === disk.lun))
    if (places.length > 0) await machines.swapDisks(vm, places, fresh.etag, signal)
    const added = ours.flatMap((mine) =>
      mine.lun !== null && !places.some((disk) => disk.lun === mine.lun) ? [mine.lun] : [],
    )
    if (added.length > 0) await machines.detachDisks(vm, added, (await machines.get(vm, signal)).etag, signal)
  }
}

function wasRunning({ power }: Pick<MachineStatus, 'power'>): boolean {
  return power === 'running' || power === 'starting'
}

/** What is stopped Azure calls so; of what runs it may say nothing while it does something else to it. */
export function mayHaveRun(before: Pick<MachineStatus, 'power'>): boolean {
  return wasRunning(before) || before.power === 'unknown'
}

import type { Backup } from '../domain/backup.js'
import type { VmRef } from '../domain/machine.js'
import { encodeSchedule, readSchedule, scheduleTag } from '../domain/schedule.js'
import { encodeSnapshotSchedule, readSnapshotSchedule, snapshotScheduleTag } from '../domain/snapshot-schedule.js'
import type { TagMap } from '../domain/tag-text.js'
import type { Azure } from '../ports/azure.js'
import type { Run } from '../run.js'
import { textOf } from './audited.js'

/** Writes the time of a backup into the VM's schedule. A failure is only told: what exists in Azure decides. */
export function rememberBackup(azure: Azure, vm: VmRef, { tier, createdAt }: Backup, run: Run): Promise<void> {
  const last = { daily: 'lastDaily', weekly: 'lastWeekly', monthly: 'lastMonthly' } as const
  return remember(azure, vm, run, (tags) => {
    const schedule = readSchedule(tags)
    if (typeof schedule === 'string') return undefined
    return { [scheduleTag]: encodeSchedule({ ...schedule, [last[tier]]: createdAt }) }
  })
}

export function rememberSnapshot(azure: Azure, vm: VmRef, lastSnapshot: Date, run: Run): Promise<void> {
  return remember(azure, vm, run, (tags) => {
    const schedule = readSnapshotSchedule(tags)
    if (typeof schedule === 'string') return undefined
    return { [snapshotScheduleTag]: encodeSnapshotSchedule({ ...schedule, lastSnapshot }) }
  })
}

/** The schedule is read again first: somebody may have configured it while the snapshots were being taken. */
async function remember(
  azure: Azure,
  vm: VmRef,
  run: Run,
  change: (tags: TagMap) => TagMap | undefined,
): Promise<void> {
  try {
    const machine = await azure.machines.get(vm, run.signal)
    const tags = change(machine.tags)
    if (tags) await azure.tags.merge(machine.id, tags, run.signal)
  } catch (error) {
    const text = `The time of the last run was not written to the tag of ${vm.name}: ${textOf(error)}`
    run.report({ type: 'notice', code: 'LAST_RUN_NOT_WRITTEN', text })
  }
}

/** Snapshots and their schedules in words. */
import { filledPercent, isFilling } from '../core/domain/filling.js'
import type { SnapshotSet } from '../core/managers/snapshot-manager.js'
import type { SnapshotStatus, SnapshotSyncItem } from '../core/managers/snapshot-schedules.js'
import { type Column, fittingTable } from './fitting-table.js'
import { totalSizeGb } from './json.js'
import type { Columns } from './table.js'
import { age, minute } from './time.js'

export const consistencyNote = 'Each disk is consistent in itself, but not with the others.'

export function snapshotTable(sets: readonly SnapshotSet[], now: Date, out: Columns): string {
  const columns: readonly Column<SnapshotSet>[] = [
    { heading: 'NAME', cell: ({ name }) => name },
    { heading: 'CREATED (UTC)', cell: ({ createdAt }) => minute(createdAt), dispensable: 4 },
    { heading: 'AGE', cell: ({ createdAt }) => age(createdAt, now) },
    { heading: 'SIZE', cell: (set) => `${totalSizeGb(set)} GiB`, dispensable: 2 },
    { heading: 'DISKS', cell: ({ disks }) => String(disks.length), dispensable: 3 },
    { heading: 'COMPLETE', cell: ({ complete }) => (complete ? 'yes' : 'no'), dispensable: 1 },
    { heading: 'BY', cell: ({ own }) => (own ? 'azlin' : 'others'), dispensable: 5 },
  ]
  return fittingTable(columns, sets, out)
}

export function describeSnapshot(set: SnapshotSet): string {
  const disks = set.disks.length === 1 ? '1 disk' : `${set.disks.length} disks`
  const arriving = isFilling(set) ? ` Not complete yet: ${filledPercent(set)} % of its data is there.` : ''
  return `${set.name}: snapshot of ${set.vm.name}, ${disks}, ${totalSizeGb(set)} GiB.${arriving}`
}

export function snapshotStatusLines(
  vm: string,
  { schedule, count, newest, nextDue }: SnapshotStatus,
  now: Date,
): string {
  const next = nextDue === undefined ? undefined : nextDue <= now ? 'now' : `${minute(nextDue)} UTC`
  return [
    `Snapshots of ${vm}: ${schedule.enabled ? 'on' : 'switched off'}, every ${schedule.intervalHours} h, ${schedule.keepCount} kept`,
    `  taken    ${count}, the newest ${newest ? `${age(newest, now)} ago` : 'not yet'}`,
    ...(next === undefined ? [] : [`  next     due ${next}; azlin snapshot sync takes it`]),
  ].join('\n')
}

export function syncLines(items: readonly SnapshotSyncItem[]): string {
  if (items.length === 0) return 'No VM has a snapshot schedule. azlin snapshot enable <vm> --every 24 gives it one.'
  return items.map(syncLine).join('\n')
}

function syncLine({ vm, taken, removed, error }: SnapshotSyncItem): string {
  const gone = removed.length === 0 ? '' : ` Removed: ${removed.join(', ')}.`
  if (error) return `${vm.name}: failed. ${error.message}${gone}`
  return `${vm.name}: ${taken === undefined ? 'none due.' : `${taken} taken.`}${gone}`
}

/** Snapshots and their schedules in words. */
import type { SnapshotSet } from '../core/managers/snapshot-manager.js'
import type { SnapshotStatus, SnapshotSyncItem } from '../core/managers/snapshot-schedules.js'
import { totalSizeGb } from './json.js'
import { type Columns, table } from './table.js'
import { age, minute } from './time.js'

export function snapshotTable(sets: readonly SnapshotSet[], now: Date, out: Columns): string {
  const headings = ['NAME', 'CREATED (UTC)', 'AGE', 'SIZE', 'DISKS', 'COMPLETE', 'BY']
  const rows = sets.map((set) => [
    set.name,
    minute(set.createdAt),
    age(set.createdAt, now),
    `${totalSizeGb(set)} GiB`,
    String(set.disks.length),
    set.complete ? 'yes' : 'no',
    set.own ? 'azlin' : 'others',
  ])
  return table(headings, rows, out)
}

export function describeSnapshot(set: SnapshotSet): string {
  const disks = set.disks.length === 1 ? '1 disk' : `${set.disks.length} disks`
  return `${set.name}: snapshot of ${set.vm.name}, ${disks}, ${totalSizeGb(set)} GiB.`
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

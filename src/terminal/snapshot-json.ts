/** What `--json` prints of snapshots and their schedules. */
import type { SnapshotSchedule } from '../core/domain/snapshot-schedule.js'
import type { AzlinError } from '../core/errors.js'
import type { SnapshotSet } from '../core/managers/snapshot-manager.js'
import type { SnapshotStatus, SnapshotSyncItem } from '../core/managers/snapshot-schedules.js'
import { totalSizeGb } from './json.js'

export interface SnapshotJson {
  readonly name: string
  readonly vmName: string
  readonly resourceGroup: string
  readonly creationTime: string
  readonly sizeGb: number
  readonly complete: boolean
  /** Whether azlin took it. */
  readonly own: boolean
  readonly disks: readonly { readonly snapshotName: string; readonly lun: number | null; readonly sizeGb: number }[]
}

export function snapshotJson(set: SnapshotSet): SnapshotJson {
  return {
    name: set.name,
    vmName: set.vm.name,
    resourceGroup: set.disks[0]?.snapshot.resourceGroup ?? set.vm.resourceGroup,
    creationTime: set.createdAt.toISOString(),
    sizeGb: totalSizeGb(set),
    complete: set.complete,
    own: set.own,
    disks: set.disks.map(({ snapshot, lun }) => ({ snapshotName: snapshot.name, lun, sizeGb: snapshot.sizeGb })),
  }
}

export interface SnapshotScheduleJson {
  readonly enabled: boolean
  readonly intervalHours: number
  readonly keepCount: number
  readonly lastSnapshotTime: string | null
}

export function snapshotScheduleJson({
  enabled,
  intervalHours,
  keepCount,
  lastSnapshot,
}: SnapshotSchedule): SnapshotScheduleJson {
  const lastSnapshotTime = lastSnapshot?.toISOString() ?? null
  return { enabled, intervalHours, keepCount, lastSnapshotTime }
}

export interface SnapshotStatusJson extends SnapshotScheduleJson {
  /** Complete sets that azlin took. */
  readonly count: number
  readonly newest: string | null
  readonly nextDue: string | null
}

export function snapshotStatusJson({ schedule, count, newest, nextDue }: SnapshotStatus): SnapshotStatusJson {
  const moments = { newest: newest?.toISOString() ?? null, nextDue: nextDue?.toISOString() ?? null }
  return { ...snapshotScheduleJson(schedule), count, ...moments }
}

export interface SyncJson {
  readonly results: readonly {
    readonly vm: string
    readonly resourceGroup: string
    readonly taken: string | null
    readonly removed: readonly string[]
    readonly error: AzlinError | null
  }[]
}

export function syncJson(items: readonly SnapshotSyncItem[]): SyncJson {
  const results = items.map(({ vm, taken, removed, error }) => {
    return { vm: vm.name, resourceGroup: vm.resourceGroup, taken: taken ?? null, removed, error: error ?? null }
  })
  return { results }
}

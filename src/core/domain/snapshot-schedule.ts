/** Codec of the tag `azlin:snapshot-schedule`, and when a snapshot is due. */
import { flag, isoMoment, jsonObject, moment, stamp } from './schedule.js'
import { type TagMap, tagOf } from './tag-text.js'
import { isRetention, longestInterval } from './validation.js'

export const snapshotScheduleTag = 'azlin:snapshot-schedule'

export interface SnapshotSchedule {
  readonly enabled: boolean
  readonly intervalHours: number
  /** How many sets stay; at least one. */
  readonly keepCount: number
  readonly lastSnapshot: Date | undefined
}

export function encodeSnapshotSchedule(schedule: SnapshotSchedule): string {
  const { enabled, intervalHours, keepCount, lastSnapshot } = schedule
  return JSON.stringify({ on: enabled ? 1 : 0, h: intervalHours, k: keepCount, l: stamp(lastSnapshot) })
}

export function decodeSnapshotSchedule(text: string): SnapshotSchedule | undefined {
  const fields = jsonObject(text)
  if (!fields) return undefined
  const compact = 'on' in fields
  const enabled = flag(compact ? fields['on'] : fields['enabled'])
  const intervalHours = compact ? fields['h'] : fields['interval_hours']
  const keepCount = compact ? fields['k'] : fields['keep_count']
  if (enabled === undefined || !isRetention(intervalHours) || !isRetention(keepCount)) return undefined
  if (intervalHours < 1 || intervalHours > longestInterval || keepCount < 1) return undefined
  const lastSnapshot = compact ? moment(fields['l']) : isoMoment(fields['last_snapshot_time'])
  return { enabled, intervalHours, keepCount, lastSnapshot }
}

/** `none` when the VM has no such tag, `unreadable` when nobody can say what it means. */
export function readSnapshotSchedule(tags: TagMap): SnapshotSchedule | 'none' | 'unreadable' {
  const text = tagOf(tags, snapshotScheduleTag)
  if (text === undefined) return 'none'
  return decodeSnapshotSchedule(text) ?? 'unreadable'
}

const hourMs = 3_600_000

/**
 * When the next snapshot is due. The time of the last scheduled one counts: a snapshot
 * taken by hand does not put it off. A timer that fires a few seconds early must not
 * lose a whole interval: a twentieth of it, at most a quarter of an hour, is let pass.
 */
export function snapshotDueAt({ intervalHours, lastSnapshot }: SnapshotSchedule, now: Date): Date {
  // A last run in the future (a clock was moved back) must not stop the schedule.
  if (!lastSnapshot || lastSnapshot > now) return now
  const interval = intervalHours * hourMs
  return new Date(+lastSnapshot + interval - Math.min(interval / 20, hourMs / 4))
}

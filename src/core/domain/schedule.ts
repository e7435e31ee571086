/**
 * Codec of the tag `azlin:backup-schedule`. Written compact, so that the longest
 * schedule fits the 256 characters of a tag value; read in that form and in the long
 * JSON of earlier azlin versions. Group names may have 90 characters each and do not
 * fit beside it: they have a tag of their own.
 */
import type { BackupSchedule } from './backup.js'
import { momentIn, stampOf } from './naming.js'
import { type TagMap, tagOf } from './tag-text.js'
import { isRetention } from './validation.js'

export const scheduleTag = 'azlin:backup-schedule'
export const placementTag = 'azlin:backup-placement'

export const usualRetention = { daily: 7, weekly: 4, monthly: 12 } as const

export function encodeSchedule(schedule: BackupSchedule): string {
  return JSON.stringify({
    on: schedule.enabled ? 1 : 0,
    d: schedule.dailyRetention,
    w: schedule.weeklyRetention,
    m: schedule.monthlyRetention,
    ld: stamp(schedule.lastDaily),
    lw: stamp(schedule.lastWeekly),
    lm: stamp(schedule.lastMonthly),
    x: schedule.crossRegionEnabled ? 1 : 0,
    to: schedule.targetRegion,
  })
}

/** Both tags; the second one also when it only has to take back what stood there. */
export function scheduleTags(schedule: BackupSchedule, present: TagMap): TagMap {
  const placement = JSON.stringify({ b: schedule.backupResourceGroup, t: schedule.targetResourceGroup })
  const placed = placement !== '{}' || tagOf(present, placementTag) !== undefined
  return { [scheduleTag]: encodeSchedule(schedule), ...(placed ? { [placementTag]: placement } : {}) }
}

/** `none` when the VM has no such tag, `unreadable` when nobody can say what it means. */
export function readSchedule(tags: TagMap): BackupSchedule | 'none' | 'unreadable' {
  const text = tagOf(tags, scheduleTag)
  if (text === undefined) return 'none'
  return decodeSchedule(text, tagOf(tags, placementTag)) ?? 'unreadable'
}

export function decodeSchedule(text: string, placement?: string): BackupSchedule | undefined {
  const fields = jsonObject(text)
  const read = fields && ('on' in fields ? fromCompact(fields) : fromLong(fields))
  if (!read) return undefined
  const groups = jsonObject(placement ?? '') ?? {}
  return { ...read, targetResourceGroup: name(groups['t']), backupResourceGroup: name(groups['b']) }
}

type Core = Omit<BackupSchedule, 'targetResourceGroup' | 'backupResourceGroup'>

function fromCompact(fields: Fields): Core | undefined {
  return assemble({
    enabled: flag(fields['on']),
    daily: fields['d'],
    weekly: fields['w'],
    monthly: fields['m'],
    last: [moment(fields['ld']), moment(fields['lw']), moment(fields['lm'])],
    crossRegion: flag(fields['x']),
    region: fields['to'],
  })
}

function fromLong(fields: Fields): Core | undefined {
  return assemble({
    enabled: flag(fields['enabled']),
    daily: fields['daily_retention'] ?? usualRetention.daily,
    weekly: fields['weekly_retention'] ?? usualRetention.weekly,
    monthly: fields['monthly_retention'] ?? usualRetention.monthly,
    last: [isoMoment(fields['last_daily']), isoMoment(fields['last_weekly']), isoMoment(fields['last_monthly'])],
    crossRegion: flag(fields['cross_region_enabled'] ?? false),
    region: fields['target_region'],
  })
}

function assemble(read: {
  enabled: boolean | undefined
  daily: unknown
  weekly: unknown
  monthly: unknown
  last: readonly [Date | undefined, Date | undefined, Date | undefined]
  crossRegion: boolean | undefined
  region: unknown
}): Core | undefined {
  const { enabled, daily, weekly, monthly, last, crossRegion } = read
  if (enabled === undefined || crossRegion === undefined) return undefined
  if (!isRetention(daily) || !isRetention(weekly) || !isRetention(monthly)) return undefined
  const targetRegion = name(read.region)
  return {
    enabled,
    dailyRetention: daily,
    weeklyRetention: weekly,
    monthlyRetention: monthly,
    lastDaily: last[0],
    lastWeekly: last[1],
    lastMonthly: last[2],
    // Copies to nowhere: every backup would wait for its copy for ever.
    crossRegionEnabled: crossRegion && targetRegion !== undefined,
    targetRegion,
  }
}

export type Fields = Readonly<Record<string, unknown>>

export function jsonObject(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined
  } catch {
    return undefined
  }
}

export function flag(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value
  return value === 1 || value === 0 ? value === 1 : undefined
}

/** Earlier versions wrote Python's isoformat: with or without zone (then UTC) and microseconds. A time that cannot be read is only a lost hint. */
export function isoMoment(value: unknown): Date | undefined {
  if (typeof value !== 'string') return undefined
  const shape = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(\.\d{1,9})?(Z|[+-]\d\d:?\d\d)?$/i.exec(value)
  if (!shape) return undefined
  const [, day, time, fraction = '', zone = 'Z'] = shape
  const at = new Date(
    `${day}T${time}${fraction.slice(0, 4)}${zone.replace(/^([+-]\d\d)(\d\d)$/, '$1:$2').toUpperCase()}`,
  )
  return Number.isNaN(+at) ? undefined : at
}

export function moment(value: unknown): Date | undefined {
  return typeof value === 'string' ? momentIn(value) : undefined
}

export function stamp(at: Date | undefined): string | undefined {
  return at && stampOf(at)
}

function name(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

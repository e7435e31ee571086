/** Codec of the tag `azlin:dr-schedule`, when a drill is due, and which kind of backup it should take. */
import type { Backup, Tier } from './backup.js'
import { tiers } from './backup.js'
import { flag, jsonObject, moment, stamp } from './schedule.js'
import { type TagMap, tagOf } from './tag-text.js'

export const drillScheduleTag = 'azlin:dr-schedule'

export interface DrillSchedule {
  readonly enabled: boolean
  readonly testRegion: string
  /** Days between two drills. */
  readonly everyDays: number
  readonly lastDrill: Date | undefined
  /** When a backup of each tier was last shown to become a machine. */
  readonly lastProven: Readonly<Partial<Record<Tier, Date>>>
}

export const usualDrillDays = 7
export const mostDrillDays = 366

/** Written compact: the longest is well within the 256 characters of a tag value. */
export function encodeDrillSchedule(schedule: DrillSchedule): string {
  const { enabled, testRegion, everyDays, lastDrill, lastProven } = schedule
  return JSON.stringify({
    on: enabled ? 1 : 0,
    r: testRegion,
    e: everyDays,
    l: stamp(lastDrill),
    pd: stamp(lastProven.daily),
    pw: stamp(lastProven.weekly),
    pm: stamp(lastProven.monthly),
  })
}

export function decodeDrillSchedule(text: string): DrillSchedule | undefined {
  const fields = jsonObject(text)
  if (!fields) return undefined
  const enabled = flag(fields['on'])
  const { r: testRegion, e: everyDays } = fields
  if (enabled === undefined || typeof testRegion !== 'string' || testRegion === '') return undefined
  if (typeof everyDays !== 'number' || !Number.isInteger(everyDays) || everyDays < 1 || everyDays > mostDrillDays)
    return undefined
  const proven = { daily: moment(fields['pd']), weekly: moment(fields['pw']), monthly: moment(fields['pm']) }
  const lastProven = Object.fromEntries(Object.entries(proven).filter(([, at]) => at !== undefined))
  return { enabled, testRegion, everyDays, lastDrill: moment(fields['l']), lastProven }
}

/** `none` when the VM has no such tag, `unreadable` when nobody can say what it means. */
export function readDrillSchedule(tags: TagMap): DrillSchedule | 'none' | 'unreadable' {
  const text = tagOf(tags, drillScheduleTag)
  if (text === undefined) return 'none'
  return decodeDrillSchedule(text) ?? 'unreadable'
}

const hourMs = 3_600_000
/** A timer that goes off a little early, or a drill that began a little late, must not lose a whole day. */
const graceMs = 6 * hourMs

/** A last drill in the future (a clock was moved back) must not stop the schedule. */
export function isDrillDue({ enabled, everyDays, lastDrill }: DrillSchedule, now: Date): boolean {
  if (!enabled) return false
  return lastDrill === undefined || lastDrill > now || +now - +lastDrill >= everyDays * 24 * hourMs - graceMs
}

/**
 * The backup that a scheduled drill takes: the newest of the tier that was not shown to work for longest, so that in
 * time every kind is. `there` are those that the test region holds, `home` those it would first have to be copied
 * for; both newest first. A tier of which the region holds none is taken from home only where it holds none at all.
 */
export function backupToProve<B extends Pick<Backup, 'tier' | 'proof'>>(
  there: readonly B[],
  home: readonly B[],
  { lastProven }: Pick<DrillSchedule, 'lastProven'>,
): B | undefined {
  const pool = there.length > 0 ? there : home.slice(0, 1)
  const provenAt = (tier: Tier) =>
    Math.max(
      +(lastProven[tier] ?? 0),
      ...pool.flatMap(({ tier: of, proof }) => (of === tier && proof && proof.level >= 4 ? [+proof.at] : [])),
    )
  const present = tiers.filter((tier) => pool.some((one) => one.tier === tier))
  const [oldest] = present.toSorted((a, b) => provenAt(a) - provenAt(b))
  return pool.find(({ tier }) => tier === oldest)
}

/** After a drill: when it was, and, if it booted, that its tier was proven. */
export function afterDrill(
  schedule: DrillSchedule,
  { at, provenTier }: { readonly at: Date; readonly provenTier: Tier | undefined },
): DrillSchedule {
  const lastProven = provenTier ? { ...schedule.lastProven, [provenTier]: at } : schedule.lastProven
  return { ...schedule, lastDrill: at, lastProven }
}

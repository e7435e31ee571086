/**
 * What may go and what stays, and why. Any rule may save a backup; all must agree
 * before one goes.
 */
import type { Backup, BackupSchedule, Tier } from './backup.js'
import { addMonths, dayMs } from './calendar.js'
import { isFilling } from './filling.js'
import { isInMotion } from './snapshot.js'
import { type Retentions, retentionOf } from './tiers.js'

export type RetentionPolicy = Retentions & Pick<BackupSchedule, 'crossRegionEnabled' | 'targetRegion'>

export interface Verdict {
  readonly backup: Backup
  readonly keep: boolean
  /** A phrase that names the rule. */
  readonly reason: string
  /** Kept past its time for nothing but the copy that it waits for. */
  readonly awaitsReplica: boolean
}

export interface RetentionPlan {
  /** One for every complete backup, newest first. */
  readonly verdicts: readonly Verdict[]
  /** Half backups that nobody can restore and that are past their own retention; they go too. */
  readonly leftovers: readonly Backup[]
  /** The newest complete, the newest verified and the newest one that is not known to be damaged: what lets the others go. */
  readonly keepers: readonly Backup[]
  /** So much would go at once that somebody has to say yes. */
  readonly massive: boolean
}

export interface RetentionInput {
  /** Complete backups in the home region, newest first. */
  readonly backups: readonly Backup[]
  readonly incomplete: readonly Backup[]
  readonly policy: RetentionPolicy
  readonly isLocked: (backup: Backup) => boolean
  readonly now: Date
}

/** A backup past its time that has no copy yet stays this much longer, if a newer one has one. */
const graceMs = 14 * dayMs

/** Clocks of two computers may differ by so much. */
const aheadMs = dayMs

/** A single run may remove this many without asking, however many there are. */
const fewEnough = 10

export function planRetention(input: RetentionInput): RetentionPlan {
  const { backups, incomplete, policy, isLocked, now } = input
  // What a clock that was wrong has dated far ahead stays anyway, and nobody knows that it is the newest.
  const dated = backups.filter((one) => !isFarAhead(one, now))
  const newest = dated[0]
  const newestVerified = dated.find((backup) => backup.verifiedAt !== undefined)
  const newestSound = dated.find((backup) => !backup.condemned)

  const verdicts = backups.map((backup): Verdict => {
    const term = termOf(backup, policy, now)
    if (!term.over) return { backup, keep: true, reason: term.reason, awaitsReplica: false }
    const awaiting = awaitsReplica(backup, policy) && !isGivenUp(backup, input)
    const saved =
      (backup === newest && 'it is the newest complete backup') ||
      (backup === newestVerified && 'it is the newest verified backup') ||
      (backup === newestSound && 'it is the newest backup that is not known to be damaged') ||
      (backup.copying && 'it is being copied') ||
      (awaiting && `it has no copy in ${policy.targetRegion} yet`) ||
      (isLocked(backup) && 'it is under a lock')
    const why = { backup, awaitsReplica: awaiting && saved === `it has no copy in ${policy.targetRegion} yet` }
    if (saved) return { ...why, keep: true, reason: `${saved} (${term.reason})` }
    return { ...why, keep: false, reason: term.reason }
  })

  const gone = verdicts.filter((verdict) => !verdict.keep).length
  return {
    verdicts,
    leftovers: incomplete.filter((half) => isLeftover(half, newest, policy, now) && !isLocked(half)),
    keepers: [...new Set([newest, newestVerified, newestSound])].filter((one) => one !== undefined),
    massive: gone > fewEnough && gone * 2 > backups.length,
  }
}

/**
 * The same rules for copies, region by region: the newest complete and the newest verified copy of each region stay.
 * A copy whose source is gone is as good as the others.
 */
export function planReplicas({
  replicas,
  policy,
  isLocked,
  now,
}: Pick<RetentionInput, 'policy' | 'isLocked' | 'now'> & {
  /** Complete or not, newest first. */
  readonly replicas: readonly Backup[]
}): readonly RetentionPlan[] {
  const alone = { ...policy, crossRegionEnabled: false }
  return [...new Set(replicas.map(({ region }) => region))].map((region) => {
    const there = replicas.filter((one) => one.region === region)
    const backups = there.filter((one) => one.complete)
    const incomplete = there.filter((one) => !one.complete)
    return planRetention({ backups, incomplete, policy: alone, isLocked, now })
  })
}

/** What may still be growing, or may be all that is left, is not a leftover. */
function isLeftover(half: Backup, newest: Backup | undefined, policy: RetentionPolicy, now: Date): boolean {
  // A complete one counts as half for the moment in which its tags are changed.
  const isStill = !half.disks.some(({ snapshot }) => isInMotion(snapshot))
  const settled = +now - +half.createdAt > dayMs && !half.copying && !isFilling(half) && isStill
  return settled && newest !== undefined && newest.createdAt > half.createdAt && termOf(half, policy, now).over
}

interface Term {
  readonly over: boolean
  readonly reason: string
}

function termOf({ tier, createdAt }: Backup, policy: Retentions, now: Date): Term {
  const count = retentionOf(policy, tier)
  if (createdAt > now) return { over: false, reason: 'it is dated in the future' }
  if (count === 0) return { over: true, reason: `${tier} backups are off` }
  const span = `${count} ${units[tier]}${count === 1 ? '' : 's'}`
  const over = isOver(tier, count, createdAt, now)
  return {
    over,
    reason: over ? `older than its ${tier} retention of ${span}` : `within its ${tier} retention of ${span}`,
  }
}

const units = { daily: 'day', weekly: 'week', monthly: 'month' } as const satisfies Record<Tier, string>

function isOver(tier: Tier, count: number, createdAt: Date, now: Date): boolean {
  if (tier === 'monthly') return now >= addMonths(createdAt, count)
  return +now - +createdAt > count * (tier === 'weekly' ? 7 : 1) * dayMs
}

/** Dated by a clock that was wrong. */
export function isFarAhead({ createdAt }: Pick<Backup, 'createdAt'>, now: Date): boolean {
  return +createdAt - +now > aheadMs
}

/**
 * Whether it may go without ever having been copied: long past its time, and something newer is safe in the second
 * region. Neither lost silently nor piled up for ever.
 */
function isGivenUp(backup: Backup, { backups, policy, now }: RetentionInput): boolean {
  const isSafe = (one: Backup) => !isFarAhead(one, now) && !awaitsReplica(one, policy)
  const newerIsCopied = backups.some((one) => one.createdAt > backup.createdAt && isSafe(one))
  return newerIsCopied && termOf(backup, policy, new Date(+now - graceMs)).over
}

function awaitsReplica({ replicatedTo }: Backup, { crossRegionEnabled, targetRegion }: RetentionPolicy): boolean {
  return crossRegionEnabled && targetRegion !== undefined && !replicatedTo.includes(targetRegion.toLowerCase())
}

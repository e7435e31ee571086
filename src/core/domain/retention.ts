/**
 * What may go and what stays, and why. Any rule may save a backup; all must agree
 * before one goes.
 */
import type { Backup, BackupSchedule, Tier } from './backup.js'
import { addMonths, dayMs } from './calendar.js'
import { type Retentions, retentionOf } from './tiers.js'

export type RetentionPolicy = Retentions & Pick<BackupSchedule, 'crossRegionEnabled' | 'targetRegion'>

export interface Verdict {
  readonly backup: Backup
  readonly keep: boolean
  /** A phrase that names the rule. */
  readonly reason: string
}

export interface RetentionPlan {
  /** One for every complete backup, newest first. */
  readonly verdicts: readonly Verdict[]
  /** Half backups that nobody can restore and that are past their own retention; they go too. */
  readonly leftovers: readonly Backup[]
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

/** A single run may remove this many without asking, however many there are. */
const fewEnough = 10

export function planRetention({ backups, incomplete, policy, isLocked, now }: RetentionInput): RetentionPlan {
  const newest = backups[0]
  const newestVerified = backups.find((backup) => backup.verifiedAt !== undefined)

  const verdicts = backups.map((backup): Verdict => {
    const term = termOf(backup, policy, now)
    if (!term.over) return { backup, keep: true, reason: term.reason }
    const saved =
      (backup === newest && 'it is the newest complete backup') ||
      (backup === newestVerified && 'it is the newest verified backup') ||
      (backup.copying && 'it is being copied') ||
      (awaitsReplica(backup, policy) && `it has no copy in ${policy.targetRegion} yet`) ||
      (isLocked(backup) && 'it is under a lock')
    if (saved) return { backup, keep: true, reason: `${saved} (${term.reason})` }
    return { backup, keep: false, reason: term.reason }
  })

  const gone = verdicts.filter((verdict) => !verdict.keep).length
  return {
    verdicts,
    leftovers: incomplete.filter((half) => isLeftover(half, newest, policy, now) && !isLocked(half)),
    massive: gone > fewEnough && gone * 2 > backups.length,
  }
}

/** What may still be growing, or may be all that is left, is not a leftover. */
function isLeftover(half: Backup, newest: Backup | undefined, policy: RetentionPolicy, now: Date): boolean {
  const settled = +now - +half.createdAt > dayMs && !half.copying
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

function awaitsReplica({ replicatedTo }: Backup, { crossRegionEnabled, targetRegion }: RetentionPolicy): boolean {
  return crossRegionEnabled && targetRegion !== undefined && !replicatedTo.includes(targetRegion.toLowerCase())
}

/**
 * Which tier the next backup has. What exists in Azure decides. The times in the
 * schedule (`last_*`) never do: they are shown, and where they tell of a backup that
 * Azure no longer has, the user is told so and a new one is due.
 */
import type { Backup, BackupSchedule, Tier } from './backup.js'
import { tiers } from './backup.js'
import { isWithin, periodOf } from './calendar.js'

export type Retentions = Pick<BackupSchedule, 'dailyRetention' | 'weeklyRetention' | 'monthlyRetention'>

const highestFirst = tiers.toReversed()

export function retentionOf(policy: Retentions, tier: Tier): number {
  return policy[`${tier}Retention`]
}

/** `monthly` also serves the week and the day it lies in, `weekly` the day. */
export function serves(tier: Tier, wanted: Tier): boolean {
  return tiers.indexOf(tier) >= tiers.indexOf(wanted)
}

type Dated = Pick<Backup, 'tier' | 'createdAt'>

/**
 * The highest tier that is on and whose period holds no backup of that tier or a
 * higher one; undefined when every period is served. `backups`: the complete ones.
 */
export function dueTier(backups: readonly Dated[], policy: Retentions, now: Date): Tier | undefined {
  return highestFirst.find((tier) => {
    const period = periodOf(tier, now)
    const served = backups.some((one) => serves(one.tier, tier) && isWithin(period, one.createdAt))
    return retentionOf(policy, tier) > 0 && !served
  })
}

/** The tier of a backup that is taken in any case: the due one, else the lowest that is on; undefined when all are off. */
export function tierFor(backups: readonly Dated[], policy: Retentions, now: Date): Tier | undefined {
  return dueTier(backups, policy, now) ?? tiers.find((tier) => retentionOf(policy, tier) > 0)
}

/** The tier that `backup run` takes now: one backup a day (UTC), and only of a tier that is due. */
export function dueToday(backups: readonly Dated[], policy: Retentions, now: Date): Tier | undefined {
  const day = periodOf('daily', now)
  return backups.some((one) => isWithin(day, one.createdAt)) ? undefined : dueTier(backups, policy, now)
}

/** Tiers whose last run lies in the present period, though Azure has no such backup any more. */
export function vanished(backups: readonly Dated[], schedule: BackupSchedule, now: Date): readonly Tier[] {
  const last = { daily: schedule.lastDaily, weekly: schedule.lastWeekly, monthly: schedule.lastMonthly }
  return tiers.filter((tier) => {
    const at = last[tier]
    const period = periodOf(tier, now)
    if (!at || !isWithin(period, at)) return false
    return !backups.some((one) => serves(one.tier, tier) && isWithin(period, one.createdAt))
  })
}

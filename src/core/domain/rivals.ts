/**
 * Two commands on two computers may find the same month without a backup and both
 * take a monthly one. Afterwards each looks again and decides alone, by this rule, so
 * that one of them keeps the place.
 *
 * Azure's own clock orders them: the one whose snapshots were made later steps down.
 * Whoever does not see the other yet was made earlier, and keeps the place as well.
 */
import type { Backup, Tier } from './backup.js'
import { tiers } from './backup.js'
import { isWithin, periodOf } from './calendar.js'
import { dueTier, type Retentions, retentionOf, serves } from './tiers.js'

/** So long a backup with missing disks counts as being taken; after that it was abandoned. */
const underWayMs = 2 * 60_000

export interface Contest {
  readonly ours: Backup
  /** All other backups of the VM in its region, complete or not, as seen after ours was taken. */
  readonly others: readonly Backup[]
  /** Names of those that need not be feared: complete before ours was begun, or abandoned on this computer. */
  readonly settled: ReadonlySet<string>
  readonly policy: Retentions
}

/** The tier that ours has in the end: its own, or a lower one that is on. */
export function settleTier({ ours, others, settled, policy }: Contest): Tier {
  const period = periodOf(ours.tier, ours.createdAt)
  const rivals = others.filter(
    (other) =>
      !settled.has(other.name) &&
      serves(other.tier, ours.tier) &&
      isWithin(period, other.createdAt) &&
      (other.complete || +madeAt(ours) - +lastMadeAt(other) <= underWayMs) &&
      isBefore(other, ours),
  )
  if (rivals.length === 0) return ours.tier

  const lower = tiers.slice(0, tiers.indexOf(ours.tier)).filter((tier) => retentionOf(policy, tier) > 0)
  const standing = others.filter((other) => other.complete || rivals.includes(other))
  const due = dueTier(standing, policy, ours.createdAt)
  return lower.find((tier) => tier === due) ?? lower[0] ?? ours.tier
}

function isBefore(a: Backup, b: Backup): boolean {
  return +madeAt(a) - +madeAt(b) < 0 || (+madeAt(a) === +madeAt(b) && a.name < b.name)
}

/** When Azure made the first of its snapshots. Whoever sees any of them sees that one, so all see the same moment. */
function madeAt({ disks, createdAt }: Backup): Date {
  return disks.length > 0 ? new Date(Math.min(...disks.map(({ snapshot }) => +snapshot.createdAt))) : createdAt
}

function lastMadeAt({ disks, createdAt }: Backup): Date {
  return new Date(Math.max(...disks.map(({ snapshot }) => +snapshot.createdAt), disks.length > 0 ? 0 : +createdAt))
}

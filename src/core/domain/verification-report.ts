/** What verifications say taken together: per VM and over all. */
import type { Backup, BackupSchedule } from './backup.js'
import { dayMs } from './calendar.js'
import type { VmRef } from './machine.js'
import { retentionOf } from './tiers.js'

/** One verification that came to an end. */
export interface Verified {
  readonly backup: string
  readonly vm: VmRef
  readonly region: string
  readonly verifiedAt: Date
  readonly success: boolean
  readonly diskReadable: boolean | undefined
  readonly sizeMatches: boolean | undefined
  readonly testDiskCreated: boolean
  readonly testDiskDeleted: boolean
  readonly errorMessage: string | undefined
  readonly seconds: number
}

/** What is known of one VM; `backups` are the complete ones in its own region, `copies` those elsewhere. */
export interface VmFacts {
  readonly vm: VmRef
  readonly backups: readonly Backup[]
  /** In its own region, and no longer being taken. */
  readonly incomplete: readonly Backup[]
  readonly copies: readonly Backup[]
  /** Undefined where the VM has none, or is gone. */
  readonly schedule: BackupSchedule | undefined
  /** Of this machine's record, ever. */
  readonly verified: readonly Verified[]
  /** Stopped or killed before they came to an end. */
  readonly interrupted: readonly Date[]
}

export interface Unverified {
  readonly backup: string
  readonly vm: VmRef
  readonly createdAt: Date
  readonly verifiedAt: Date | undefined
}

export interface Totals {
  /** Without those that were accepted unread: they show nothing of what the backup holds. */
  readonly totalVerified: number
  /** 0 to 100; undefined where there were none. */
  readonly successRate: number | undefined
  readonly lastVerified: Date | undefined
  readonly interrupted: number
  readonly acceptedUnread: number
}

export interface VmReport extends Totals {
  readonly vm: VmRef
  readonly failures: readonly Verified[]
  readonly unverified: readonly Unverified[]
  readonly warnings: readonly string[]
}

export interface VerificationReport extends Totals {
  readonly days: number
  readonly failures: readonly Verified[]
  readonly unverified: readonly Unverified[]
  readonly warnings: readonly string[]
  readonly vms: readonly VmReport[]
}

/** Longer than this without a success, and somebody should look. */
export const alarmMs = 7 * dayMs
/** How far back the longest pause is looked for. */
const lookBackMs = 90 * dayMs
/** Two clocks, and the milliseconds between the row and the tag. */
const sameMomentMs = 2_000

export function reportOn(facts: readonly VmFacts[], days: number, now: Date): VerificationReport {
  const since = new Date(+now - days * dayMs)
  const all = facts.map((one) => ({ ...one, verified: [...one.verified, ...elsewhere(one)] }))
  const vms = all.map((one): VmReport => {
    const recent = one.verified.filter(({ verifiedAt }) => verifiedAt >= since)
    return {
      vm: one.vm,
      ...totalsOf(one.verified, recent, one.interrupted.filter((at) => at >= since).length),
      failures: failuresIn(recent),
      unverified: one.backups.filter((backup) => isOverdue(backup, now)).map(toUnverified),
      warnings: warningsOn(one, now),
    }
  })
  const recent = all.flatMap(({ verified }) => verified.filter(({ verifiedAt }) => verifiedAt >= since))
  const interrupted = vms.reduce((sum, vm) => sum + vm.interrupted, 0)
  return {
    days,
    ...totalsOf(
      all.flatMap(({ verified }) => verified),
      recent,
      interrupted,
    ),
    failures: failuresIn(recent),
    unverified: vms.flatMap(({ unverified }) => unverified).toSorted((a, b) => +a.createdAt - +b.createdAt),
    warnings: vms.flatMap(({ warnings }) => warnings),
    vms,
  }
}

/** What the tags tell of verifications that this machine has no record of. */
function elsewhere({ backups, copies, verified }: VmFacts): Verified[] {
  return [...backups, ...copies].flatMap((backup) => {
    const mine = verified.filter((one) => same(one.backup, backup.name) && same(one.region, backup.region))
    const told = [
      { at: backup.verifiedAt, success: true },
      { at: backup.verifyFailedAt, success: false },
    ]
    return told.flatMap(({ at, success }) => {
      const isKnown = at && mine.some((one) => Math.abs(+one.verifiedAt - +at) < sameMomentMs)
      return at === undefined || isKnown ? [] : [asTold(backup, at, success)]
    })
  })
}

function asTold({ name, vm, region }: Backup, verifiedAt: Date, success: boolean): Verified {
  return {
    backup: name,
    vm,
    region,
    verifiedAt,
    success,
    diskReadable: success ? true : undefined,
    sizeMatches: success ? true : undefined,
    testDiskCreated: success,
    testDiskDeleted: success,
    errorMessage: success ? undefined : 'It failed on another computer, whose record has the reason.',
    seconds: 0,
  }
}

function totalsOf(ever: readonly Verified[], recent: readonly Verified[], interrupted: number): Totals {
  const good = recent.filter(isProof).length
  const acceptedUnread = recent.filter((one) => one.success && !isProof(one)).length
  const totalVerified = recent.length - acceptedUnread
  const moments = ever.filter(isProof).map(({ verifiedAt }) => +verifiedAt)
  return {
    totalVerified,
    successRate: totalVerified === 0 ? undefined : (good / totalVerified) * 100,
    lastVerified: moments.length === 0 ? undefined : new Date(Math.max(...moments)),
    interrupted,
    acceptedUnread,
  }
}

/** `--allow-unread` makes a success of what nobody has read. */
function isProof({ success, diskReadable }: Verified): boolean {
  return success && diskReadable === true
}

function failuresIn(recent: readonly Verified[]): readonly Verified[] {
  return recent.filter(({ success }) => !success).toSorted((a, b) => +b.verifiedAt - +a.verifiedAt)
}

function isOverdue({ createdAt, verifiedAt }: Backup, now: Date): boolean {
  return +now - +(verifiedAt ?? createdAt) > alarmMs
}

function toUnverified({ name, vm, createdAt, verifiedAt }: Backup): Unverified {
  return { backup: name, vm, createdAt, verifiedAt }
}

function warningsOn(facts: VmFacts, now: Date): readonly string[] {
  const broken = facts.incomplete.map(
    ({ name }) =>
      `${name} is incomplete, so that it cannot be restored whole. azlin backup verify ${name} tells what is missing.`,
  )
  return [...broken, ...pauseOn(facts, now)]
}

/**
 * When the longest pause between two verifications is longer than backups are kept, one that is damaged can expire,
 * with all that were good before it, and nobody would have noticed.
 */
function pauseOn({ vm, backups, schedule, verified }: VmFacts, now: Date): readonly string[] {
  const kept = schedule && shortestKept(schedule)
  const oldest = Math.min(...backups.map(({ createdAt }) => +createdAt))
  if (!kept || !schedule.enabled || backups.length === 0) return []
  const from = Math.max(oldest, +now - lookBackMs)
  const moments = verified.filter((one) => isProof(one) && +one.verifiedAt > from)
  const pause = longestPause([from, ...moments.map(({ verifiedAt }) => +verifiedAt), +now])
  if (pause <= kept.days * dayMs) return []
  const days = Math.floor(pause / dayMs)
  return [
    `${vm.name}: up to ${days} days passed without a verification, and its ${kept.tier} backups are kept ${kept.days} days. One that is damaged can expire, and the last good one before it, before anybody notices. Verify more often, or keep them longer.`,
  ]
}

function shortestKept(schedule: BackupSchedule) {
  const spans = [
    { tier: 'daily', days: retentionOf(schedule, 'daily') },
    { tier: 'weekly', days: retentionOf(schedule, 'weekly') * 7 },
    { tier: 'monthly', days: retentionOf(schedule, 'monthly') * 28 },
  ]
  return spans.filter(({ days }) => days > 0).toSorted((a, b) => a.days - b.days)[0]
}

function longestPause(moments: readonly number[]): number {
  const sorted = moments.toSorted((a, b) => a - b)
  return Math.max(...sorted.map((at, index) => at - (sorted[index - 1] ?? at)))
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}

/** Whether a VM could be restored now, and what is wrong with its protection: from what Azure shows alone. */
import type { Backup, BackupSchedule, Proof, Tier } from './backup.js'
import { dayMs, latest } from './calendar.js'
import type { DrillSchedule } from './drill-schedule.js'
import { taken } from './filling.js'
import type { VmRef } from './machine.js'
import { isFarAhead } from './retention.js'
import { retentionOf } from './tiers.js'
import { alarmMs } from './verification-report.js'

/** `unprotected`: nothing is there that it could be restored from. */
export const standings = ['protected', 'at risk', 'unprotected'] as const
export type Standing = (typeof standings)[number]

export type ProblemCode =
  | 'NO_BACKUP'
  | 'DAMAGED'
  | 'NO_SCHEDULE'
  | 'SCHEDULE_OFF'
  | 'SCHEDULE_UNREADABLE'
  | 'OVERDUE'
  | 'COPY_OVERDUE'
  | 'UNVERIFIED'
  | 'DRILL_OVERDUE'

export interface Problem {
  readonly code: ProblemCode
  /** A sentence. */
  readonly message: string
  /** The command that mends it, and what it does. */
  readonly hint: string
}

/** What is known of one VM; each list newest first. */
export interface ProtectionFacts {
  readonly vm: VmRef
  /** The VM itself is gone: nobody expects new backups of it. */
  readonly gone: boolean
  /** Complete, in its own region. */
  readonly backups: readonly Backup[]
  readonly incomplete: readonly Backup[]
  /** In other regions. */
  readonly copies: readonly Backup[]
  readonly schedule: BackupSchedule | 'none' | 'unreadable'
  readonly drills: DrillSchedule | 'none' | 'unreadable'
}

export interface Protection {
  readonly vm: VmRef
  readonly gone: boolean
  readonly standing: Standing
  /** The newest that can be restored, in its own region and in each other one. Not known to be damaged. */
  readonly newest: Backup | undefined
  readonly elsewhere: readonly Backup[]
  readonly verifiedAt: Date | undefined
  /** The furthest that any of its backups was shown to be restorable; of equals the latest. */
  readonly proof: Proof | undefined
  readonly lastDrill: Date | undefined
  /** The worst first. */
  readonly problems: readonly Problem[]
}

/** A timer that goes off late, or stood still over a night, is no alarm yet. */
const graceMs = dayMs / 4
/** A copy of a large disk takes hours. */
const copyMs = dayMs

const intervals: Readonly<Record<Tier, { readonly ms: number; readonly word: string }>> = {
  daily: { ms: dayMs, word: 'every day' },
  weekly: { ms: 7 * dayMs, word: 'every week' },
  monthly: { ms: 31 * dayMs, word: 'every month' },
}

export function protectionOf(all: ProtectionFacts, now: Date): Protection {
  const facts = { ...all, backups: credible(all.backups, now), copies: all.copies.filter(({ complete }) => complete) }
  const { vm, gone, backups, copies, drills } = facts
  const newest = backups.find(isSound)
  const regions = [...new Set(copies.map(({ region }) => region))].toSorted()
  const elsewhere = regions.flatMap((region) => copies.find((one) => one.region === region && isSound(one)) ?? [])
  const restorable = newest ?? elsewhere[0]
  const problems = [...damageIn(facts, restorable), ...(gone ? [] : neglectOf(facts, now))]
  const everywhere = [...backups, ...copies]
  return {
    vm,
    gone,
    standing: !restorable ? 'unprotected' : problems.length > 0 ? 'at risk' : 'protected',
    newest,
    elsewhere,
    verifiedAt: latest(everywhere.map(({ verifiedAt }) => verifiedAt)),
    proof: furthest(everywhere.flatMap(({ proof }) => proof ?? [])),
    lastDrill: typeof drills === 'string' ? undefined : drills.lastDrill,
    problems,
  }
}

/** What a clock that was wrong has dated far ahead is not the newest; it is better than nothing. */
function credible(backups: readonly Backup[], now: Date): readonly Backup[] {
  const dated = backups.filter((one) => !isFarAhead(one, now))
  return dated.length > 0 ? dated : backups
}

/** What is there, and cannot be relied on. `restorable`: the best that is left. */
function damageIn({ vm, gone, backups, schedule }: ProtectionFacts, restorable: Backup | undefined): Problem[] {
  const [newest] = backups
  const takes = `azlin backup trigger ${vm.name} takes a new one${typeof schedule === 'string' ? ', once it has a schedule' : ''}.`
  if (newest && !isSound(newest)) {
    // A copy has its backup's name.
    const place = restorable && restorable.region !== newest.region ? ` in ${restorable.region}` : ''
    const other = restorable
      ? `the newest that is not known to be damaged is ${restorable.name}${place}`
      : 'there is no other'
    const message = `Its newest backup ${newest.name} failed its verification; ${other}.`
    const hint = gone ? `azlin backup verify ${newest.name} looks at it again.` : takes
    return [{ code: 'DAMAGED', message, hint }]
  }
  if (restorable) return []
  const hint = gone ? `azlin backup verification-report --vm ${vm.name} tells what there is of it.` : takes
  return [{ code: 'NO_BACKUP', message: 'It has no backup that could be restored.', hint }]
}

/** What should have happened and has not. */
function neglectOf(facts: ProtectionFacts, now: Date): Problem[] {
  const { vm, schedule } = facts
  if (schedule === 'unreadable') {
    const message = 'The tag with its backup schedule cannot be read, so that nothing takes backups.'
    const hint = `azlin backup configure ${vm.name} writes it anew.`
    return [{ code: 'SCHEDULE_UNREADABLE', message, hint }, ...untested(facts, now)]
  }
  if (schedule === 'none') {
    const message = 'It has no backup schedule, so that nothing takes backups.'
    const hint = `azlin backup configure ${vm.name} sets one.`
    return [{ code: 'NO_SCHEDULE', message, hint }, ...untested(facts, now)]
  }
  if (!schedule.enabled) {
    const message = 'Its backup schedule is switched off, so that nothing takes new backups.'
    const hint = `azlin backup configure ${vm.name} switches it on.`
    return [{ code: 'SCHEDULE_OFF', message, hint }, ...untested(facts, now)]
  }
  return [
    ...damagedCopy(facts, schedule),
    ...overdue(facts, schedule, now),
    ...uncopied(facts, schedule, now),
    ...untested(facts, now),
  ]
}

function overdue(facts: ProtectionFacts, schedule: BackupSchedule, now: Date): Problem[] {
  const tier = (['daily', 'weekly', 'monthly'] as const).find((one) => retentionOf(schedule, one) > 0)
  const last = latest(
    taken(facts)
      .filter((one) => !isFarAhead(one, now))
      .map(({ createdAt }) => createdAt),
  )
  if (tier === undefined || last === undefined) return []
  const { ms, word } = intervals[tier]
  if (+now - +last <= ms + graceMs) return []
  const message = `Its newest backup is ${daysAgo(last, now)} old, and its schedule wants one ${word}.`
  const hint = `azlin backup run ${facts.vm.name} takes it; a timer that runs azlin backup run --all takes all that follow.`
  return [{ code: 'OVERDUE', message, hint }]
}

/** A copy that is there keeps the backup from being copied again, whatever is in it. */
function damagedCopy({ copies }: ProtectionFacts, { crossRegionEnabled, targetRegion }: BackupSchedule): Problem[] {
  const region = targetRegion?.toLowerCase()
  const there = crossRegionEnabled ? copies.filter((one) => one.region === region) : []
  const [newest] = there
  if (!region || !newest || isSound(newest)) return []
  const sound = there.find(isSound)
  const other = sound
    ? `the newest there that is not known to be damaged is that of ${sound.name}`
    : 'there is no other in that region'
  const message = `Its newest copy in ${region}, that of ${newest.name}, failed its verification; ${other}.`
  const hint = `azlin backup verify ${newest.name} --replica ${region} looks at it again; the next backup gets a copy of its own.`
  return [{ code: 'DAMAGED', message, hint }]
}

/** What the region lacks is newer than what it holds: older ones can no longer be copied. */
function uncopied({ vm, backups, copies }: ProtectionFacts, schedule: BackupSchedule, now: Date): Problem[] {
  const region = schedule.targetRegion?.toLowerCase()
  if (!schedule.crossRegionEnabled || region === undefined) return []
  const there = latest(copies.filter((one) => one.region === region).map(({ createdAt }) => createdAt))
  const lacking = backups.filter(({ createdAt }) => there === undefined || createdAt > there)
  const oldest = lacking.at(-1)
  if (!oldest || +now - +oldest.createdAt <= copyMs) return []
  const held = there
    ? `The newest backup that ${region} holds is ${daysAgo(there, now)} old`
    : `${region} holds no backup`
  const message = `${held}; ${lacking.length === 1 ? '1 waits' : `${lacking.length} wait`} to be copied, since ${daysAgo(oldest.createdAt, now)}.`
  const hint = `azlin backup replicate-all ${vm.name} --target-region ${region} copies them.`
  return [{ code: 'COPY_OVERDUE', message, hint }]
}

function untested({ vm, backups, copies, drills }: ProtectionFacts, now: Date): Problem[] {
  const all = [...backups, ...copies]
  const since = Math.min(...all.map(({ createdAt }) => +createdAt))
  const problems: Problem[] = []
  const verified = latest(all.map(({ verifiedAt }) => verifiedAt))
  if (+now - (verified ? +verified : since) > alarmMs) {
    const message = verified
      ? `Its last verification that passed was ${daysAgo(verified, now)} ago.`
      : 'None of its backups was ever verified.'
    const hint = `azlin backup verify-all ${vm.name} --stale verifies what is due.`
    problems.push({ code: 'UNVERIFIED', message, hint })
  }
  if (typeof drills !== 'string' && drills.enabled) {
    const { lastDrill, everyDays, testRegion } = drills
    if (+now - (lastDrill ? +lastDrill : since) > (everyDays + 1) * dayMs) {
      const last = lastDrill ? `Its last drill was ${daysAgo(lastDrill, now)} ago` : 'No drill of it was ever run'
      const message = `${last}, and its schedule wants one every ${everyDays === 1 ? 'day' : `${everyDays} days`}.`
      problems.push({
        code: 'DRILL_OVERDUE',
        message,
        hint: `azlin dr test ${vm.name} --test-region ${testRegion} runs it.`,
      })
    }
  }
  return problems
}

function isSound({ condemned }: Backup): boolean {
  return !condemned
}

function furthest(proofs: readonly Proof[]): Proof | undefined {
  return proofs.toSorted((a, b) => b.level - a.level || +b.at - +a.at)[0]
}

/** `3 days`, `30 hours`. */
function daysAgo(at: Date, now: Date): string {
  const hours = Math.floor((+now - +at) / (dayMs / 24))
  return hours < 48 ? `${hours} hours` : `${Math.floor(hours / 24)} days`
}

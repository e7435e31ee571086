/**
 * Removes what a crashed or interrupted command left behind: what the journal of
 * this machine shows, and what the tag shows in the whole subscription.
 *
 * Nothing goes because of its name. A resource is removed only while Azure itself
 * says that it is temporary, when its command is over and no VM uses it.
 */
import type { Clock } from '../clock.js'
import { isIn, subscriptionOf } from '../domain/arm-id.js'
import { findLeftovers, type Leftover } from '../domain/leftovers.js'
import { temporaryTag } from '../domain/temporary.js'
import { AzlinError } from '../errors.js'
import type { DrillAzure } from '../ports/drill-azure.js'
import type { JournalEntry, Records } from '../ports/records.js'
import type { Run } from '../run.js'
import { disksInProduction, disksOfRestore, settleRestore } from './interrupted-restore.js'
import { closeEntry } from './journal-end.js'
import { type Around, deedFor } from './temporary-deeds.js'

export interface TemporaryManagerDeps {
  readonly azure: DrillAzure
  readonly records: Records
  readonly clock: Clock
  /** Milliseconds after which what a process has sent before its death is there, if it arrives at all. */
  readonly arrivalMs?: number
}

export interface Swept {
  readonly resource: string
  readonly kind: string
  /** The command it was made for, and on which computer. */
  readonly purpose: string
  readonly owner: string | null
  /** Seconds since it was made; null when neither journal nor tag says so. */
  readonly ageSeconds: number | null
}

/** With `dryRun`: what would be done. */
export interface SweepResult {
  readonly removed: readonly Swept[]
  /** `failed`: it should have gone and did not; else something may still use it. */
  readonly left: readonly (Swept & { readonly reason: string; readonly failed: boolean })[]
  /** What is in use and stays, and lost its temporary mark. */
  readonly unmarked: readonly Swept[]
  /** Interrupted restores that were brought to an end, a sentence each. */
  readonly settled: readonly string[]
}

type Outcome = 'removed' | 'unmarked' | 'nothing'

/** Milliseconds. */
const usualArrival = 5_000

export class TemporaryManager {
  readonly #deps: TemporaryManagerDeps

  constructor(deps: TemporaryManagerDeps) {
    this.#deps = deps
  }

  async sweep({ dryRun }: { readonly dryRun: boolean }, run: Run): Promise<SweepResult> {
    const { azure, clock, records } = this.#deps
    const known = await records.journal.list()
    const journal = known.filter(({ resourceId }) => isIn(azure.subscriptionId, resourceId))
    await this.#awaitArrivals(journal, run)
    const tagged = await azure.inventory.taggedWith(temporaryTag, run.signal)
    const facts = tagged.map((one) => ({ resourceId: one.id, type: one.type, note: tagValue(one, temporaryTag) }))
    const removed: Swept[] = []
    const left: (Swept & { reason: string; failed: boolean })[] = []
    const unmarked: Swept[] = []
    const settled: string[] = []
    /** ARM ids, in lower case. */
    const gone = new Set<string>()
    const inProduction = new Set(journal.flatMap(disksInProduction))

    /** Of restores that would not be brought to their end. */
    const unsettled = new Set<string>()

    for (const leftover of findLeftovers(journal, facts, clock.now())) {
      const swept = sweptOf(leftover, clock.now())
      run.signal.throwIfAborted()
      if (unsettled.has(leftover.resourceId.toLowerCase())) {
        left.push({ ...swept, reason: 'the restore that made it has not come to its end', failed: false })
        continue
      }
      if (leftover.inUse !== undefined) {
        left.push({ ...swept, reason: leftover.inUse, failed: false })
        continue
      }
      const entries = journal.filter((entry) => leftover.journalIds.includes(entry.id))
      let tried = leftover.kind === 'restore'
      const onTry = () => {
        tried = true
      }
      try {
        if (leftover.kind === 'restore') {
          settled.push(...(await this.#settle(entries, dryRun, run)))
          continue
        }
        const around = { now: clock.now(), entries, journal, gone: dryRun ? gone : nothingGone, inProduction }
        const outcome = await this.#sweepOne(leftover, around, dryRun, run, onTry)
        if (outcome === 'unmarked') unmarked.push(swept)
        if (outcome !== 'removed') continue
        removed.push(swept)
        gone.add(swept.resource.toLowerCase())
      } catch (error) {
        if (!AzlinError.is(error) || run.signal.aborted) throw error
        if (leftover.kind === 'restore')
          for (const id of entries.flatMap(({ details }) => disksOfRestore(details))) unsettled.add(id)
        left.push({ ...swept, reason: error.message, failed: !staysFor(error, tried) })
        // The entry itself is already on disk; only the reason would be lost.
        for (const id of leftover.journalIds) await records.journal.failed(id, error.message).catch(() => {})
      }
    }
    // Names come again in other subscriptions: what is there, or not there, says nothing of them.
    const elsewhere = known.filter((entry) => !journal.includes(entry))
    for (const one of findLeftovers(elsewhere, [], clock.now()))
      left.push({ ...sweptOf(one, clock.now()), reason: one.inUse ?? liesIn(one.resourceId), failed: false })
    return { removed, left, unmarked, settled }
  }

  /** What was on its way to Azure when its process died is there a moment later. */
  async #awaitArrivals(journal: readonly JournalEntry[], run: Run): Promise<void> {
    const { clock, arrivalMs = usualArrival } = this.#deps
    const abandoned = journal.filter(({ ownerAlive }) => ownerAlive === false)
    const youngestMs = Math.min(...abandoned.map(({ createdAt }) => +clock.now() - +createdAt))
    if (youngestMs >= 0 && youngestMs < arrivalMs) await clock.sleep(arrivalMs - youngestMs, run.signal)
  }

  async #settle(entries: readonly JournalEntry[], dryRun: boolean, run: Run): Promise<readonly string[]> {
    const told: string[] = []
    for (const entry of entries) {
      const sentence = await settleRestore(this.#deps, entry, dryRun, run)
      if (!dryRun) await closeEntry(this.#deps.records.journal, entry.id, run)
      if (sentence !== undefined) told.push(sentence)
    }
    return told
  }

  /** Resolves to what was, or in a dry run would be, done with it. */
  async #sweepOne(leftover: Leftover, around: Around, dryRun: boolean, run: Run, onTry: () => void): Promise<Outcome> {
    const { azure, records } = this.#deps
    const { remove, unmark } = await deedFor(azure, leftover, around, run)
    const outcome = remove ? 'removed' : unmark ? 'unmarked' : 'nothing'
    if (dryRun) return outcome

    onTry()
    await remove?.(run.signal)
    if (unmark) await azure.tags.remove(leftover.resourceId, [temporaryTag], run.signal)
    for (const { id } of around.entries) await closeEntry(records.journal, id, run)
    if (remove) run.report({ type: 'temporary.removed', resource: leftover.resourceId })
    return outcome
  }
}

function sweptOf({ resourceId, kind, purpose, owner, since }: Leftover, now: Date): Swept {
  const ageSeconds = since ? Math.max(0, Math.round((+now - +since) / 1000)) : null
  return { resource: resourceId, kind, purpose, owner: owner ?? null, ageSeconds }
}

function liesIn(resourceId: string): string {
  const subscription = subscriptionOf(resourceId) ?? ''
  return `it is of another subscription: azlin cleanup --subscription ${subscription} sees to it`
}

/** What holds what is not azlin's, or is used by what stays, is no failure: it was not even tried. */
function staysFor({ code }: AzlinError, tried: boolean): boolean {
  return code === 'HOLDS_OTHERS' || (code === 'CONFLICT' && !tried)
}

const nothingGone: ReadonlySet<string> = new Set()

function tagValue({ tags }: { readonly tags: Readonly<Record<string, string>> }, name: string): string {
  return Object.entries(tags).find(([key]) => key.toLowerCase() === name)?.[1] ?? ''
}

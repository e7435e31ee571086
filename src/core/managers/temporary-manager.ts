/**
 * Removes what a crashed or interrupted command left behind: what the journal of
 * this machine shows, and what the tag shows in the whole subscription.
 *
 * Nothing goes because of its name. A resource is removed only while Azure itself
 * says that it is temporary, when its command is over and no VM uses it.
 */
import type { Clock } from '../clock.js'
import { findLeftovers, type Leftover } from '../domain/leftovers.js'
import { temporaryTag } from '../domain/temporary.js'
import { AzlinError } from '../errors.js'
import type { DrillAzure } from '../ports/drill-azure.js'
import type { JournalEntry, Records } from '../ports/records.js'
import type { Run } from '../run.js'
import { settleRestore } from './interrupted-restore.js'
import { deedFor } from './temporary-deeds.js'

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

export interface SweepResult {
  /** With `dryRun`: what would be removed. */
  readonly removed: readonly Swept[]
  readonly left: readonly (Swept & { readonly reason: string })[]
  /** Interrupted restores that were brought to an end, a sentence each. */
  readonly settled: readonly string[]
}

/** Milliseconds. */
const usualArrival = 5_000

export class TemporaryManager {
  readonly #deps: TemporaryManagerDeps

  constructor(deps: TemporaryManagerDeps) {
    this.#deps = deps
  }

  async sweep({ dryRun }: { readonly dryRun: boolean }, run: Run): Promise<SweepResult> {
    const { azure, clock, records } = this.#deps
    const journal = await records.journal.list()
    if (!dryRun) await this.#awaitArrivals(journal, run)
    const tagged = await azure.inventory.taggedWith(temporaryTag, run.signal)
    const facts = tagged.map((one) => ({ resourceId: one.id, type: one.type, note: tagValue(one, temporaryTag) }))
    const removed: Swept[] = []
    const left: (Swept & { reason: string })[] = []
    const settled: string[] = []
    /** ARM ids, in lower case. */
    const gone = new Set<string>()

    for (const leftover of findLeftovers(journal, facts, clock.now())) {
      const swept = sweptOf(leftover, clock.now())
      run.signal.throwIfAborted()
      if (leftover.inUse !== undefined) {
        left.push({ ...swept, reason: leftover.inUse })
        continue
      }
      const entries = journal.filter((entry) => leftover.journalIds.includes(entry.id))
      try {
        if (leftover.kind === 'restore') {
          if (!dryRun) settled.push(...(await this.#settle(entries, run)))
        } else if (await this.#sweepOne(leftover, entries, gone, dryRun, run)) {
          removed.push(swept)
          gone.add(swept.resource.toLowerCase())
        }
      } catch (error) {
        if (!AzlinError.is(error) || run.signal.aborted) throw error
        left.push({ ...swept, reason: error.message })
        for (const id of leftover.journalIds) await records.journal.failed(id, error.message)
      }
    }
    return { removed, left, settled }
  }

  /** What was on its way to Azure when its process died is there a moment later. */
  async #awaitArrivals(journal: readonly JournalEntry[], run: Run): Promise<void> {
    const { clock, arrivalMs = usualArrival } = this.#deps
    const abandoned = journal.filter(({ ownerAlive }) => ownerAlive === false)
    const youngestMs = Math.min(...abandoned.map(({ createdAt }) => +clock.now() - +createdAt))
    if (youngestMs >= 0 && youngestMs < arrivalMs) await clock.sleep(arrivalMs - youngestMs, run.signal)
  }

  async #settle(entries: readonly JournalEntry[], run: Run): Promise<readonly string[]> {
    const told: string[] = []
    for (const entry of entries) {
      const sentence = await settleRestore(this.#deps, entry, run)
      await this.#deps.records.journal.close(entry.id)
      if (sentence !== undefined) told.push(sentence)
    }
    return told
  }

  /** Resolves to whether it was (or, in a dry run, would be) removed. */
  async #sweepOne(
    leftover: Leftover,
    entries: readonly JournalEntry[],
    gone: ReadonlySet<string>,
    dryRun: boolean,
    run: Run,
  ): Promise<boolean> {
    const { azure, records } = this.#deps
    const { remove, unmark } = await deedFor(azure, leftover, { entries, gone: dryRun ? gone : nothingGone }, run)
    if (dryRun) return remove !== undefined

    await remove?.(run.signal)
    if (unmark) await azure.tags.remove(leftover.resourceId, [temporaryTag], run.signal)
    for (const { id } of entries) await records.journal.close(id)
    if (remove) run.report({ type: 'temporary.removed', resource: leftover.resourceId })
    return remove !== undefined
  }
}

function sweptOf({ resourceId, kind, purpose, owner, since }: Leftover, now: Date): Swept {
  const ageSeconds = since ? Math.max(0, Math.round((+now - +since) / 1000)) : null
  return { resource: resourceId, kind, purpose, owner: owner ?? null, ageSeconds }
}

const nothingGone: ReadonlySet<string> = new Set()

function tagValue({ tags }: { readonly tags: Readonly<Record<string, string>> }, name: string): string {
  return Object.entries(tags).find(([key]) => key.toLowerCase() === name)?.[1] ?? ''
}

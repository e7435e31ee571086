/**
 * Removes what a crashed or interrupted command left behind: what the journal of
 * this machine shows, and what the tag shows in the whole subscription.
 *
 * Nothing goes because of its name. A resource is removed only while Azure itself
 * says that it is temporary, when its command is over and no VM uses it.
 */
import type { Clock } from '../clock.js'
import { resourceRefOf } from '../domain/arm-id.js'
import { findLeftovers, type Leftover } from '../domain/leftovers.js'
import type { ResourceRef } from '../domain/machine.js'
import { temporaryTag } from '../domain/temporary.js'
import { AzlinError } from '../errors.js'
import type { Azure } from '../ports/azure.js'
import type { JournalEntry, Records } from '../ports/records.js'
import type { Run } from '../run.js'
import { halfTaken } from './interrupted-capture.js'
import { settleRestore } from './interrupted-restore.js'

export interface TemporaryManagerDeps {
  readonly azure: Azure
  readonly records: Records
  readonly clock: Clock
}

export interface Swept {
  readonly resource: string
  readonly kind: string
}

export interface SweepResult {
  /** With `dryRun`: what would be removed. */
  readonly removed: readonly Swept[]
  readonly left: readonly (Swept & { readonly reason: string })[]
  /** Interrupted restores that were brought to an end, a sentence each. */
  readonly settled: readonly string[]
}

/** What is to happen to one leftover: the deed is done by the caller, after a dry run has had its say. */
interface Deed {
  readonly remove: ((signal: AbortSignal) => Promise<void>) | undefined
  /** It is in use by something that stays: only its mark goes. */
  readonly unmark?: boolean
}

const nothing: Deed = { remove: undefined }
const unmarkOnly: Deed = { remove: undefined, unmark: true }

export class TemporaryManager {
  readonly #deps: TemporaryManagerDeps

  constructor(deps: TemporaryManagerDeps) {
    this.#deps = deps
  }

  async sweep({ dryRun }: { readonly dryRun: boolean }, run: Run): Promise<SweepResult> {
    const { azure, clock, records } = this.#deps
    const journal = await records.journal.list()
    const tagged = await azure.inventory.taggedWith(temporaryTag, run.signal)
    const facts = tagged.map((one) => ({ resourceId: one.id, type: one.type, note: tagValue(one, temporaryTag) }))
    const removed: Swept[] = []
    const left: (Swept & { reason: string })[] = []
    const settled: string[] = []

    for (const leftover of findLeftovers(journal, facts, clock.now())) {
      const swept = { resource: leftover.resourceId, kind: leftover.kind }
      run.signal.throwIfAborted()
      if (leftover.inUse !== undefined) {
        left.push({ ...swept, reason: leftover.inUse })
        continue
      }
      const entries = journal.filter((entry) => leftover.journalIds.includes(entry.id))
      try {
        if (leftover.kind === 'restore') {
          if (!dryRun) settled.push(...(await this.#settle(entries, run)))
        } else if (await this.#sweepOne(leftover, entries, dryRun, run)) {
          removed.push(swept)
        }
      } catch (error) {
        if (!AzlinError.is(error) || run.signal.aborted) throw error
        left.push({ ...swept, reason: error.message })
        for (const id of leftover.journalIds) await records.journal.failed(id, error.message)
      }
    }
    return { removed, left, settled }
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
  async #sweepOne(leftover: Leftover, entries: readonly JournalEntry[], dryRun: boolean, run: Run): Promise<boolean> {
    const { azure, records } = this.#deps
    const ref = resourceRefOf(leftover.resourceId)
    const deed = ref ? await this.#deedFor(leftover, ref, entries, run) : nothing
    if (dryRun) return deed.remove !== undefined

    await deed.remove?.(run.signal)
    if (deed.unmark) await azure.tags.remove(leftover.resourceId, [temporaryTag], run.signal)
    for (const { id } of entries) await records.journal.close(id)
    if (deed.remove) run.report({ type: 'temporary.removed', resource: leftover.resourceId })
    return deed.remove !== undefined
  }

  async #deedFor({ kind }: Leftover, ref: ResourceRef, entries: readonly JournalEntry[], run: Run): Promise<Deed> {
    const { disks, machines, networks, snapshots } = this.#deps.azure
    switch (kind) {
      case 'vm': {
        const vm = await machines.find(ref, run.signal)
        return vm && isMarked(vm) ? { remove: (signal) => machines.remove(ref, signal) } : nothing
      }
      case 'disk': {
        const disk = await disks.find(ref, run.signal)
        if (!disk || !isMarked(disk)) return nothing
        if (await this.#heldByLasting(disk.managedBy, run)) return unmarkOnly
        return { remove: (signal) => disks.remove(ref, signal) }
      }
      case 'nic': {
        const nic = await networks.findNic(ref, run.signal)
        if (!nic || !isMarked(nic)) return nothing
        if (await this.#heldByLasting(nic.vmId, run)) return unmarkOnly
        return { remove: (signal) => networks.removeNic(ref, signal) }
      }
      case 'snapshot': {
        const [entry] = entries
        const half = entry && (await halfTaken(this.#deps.azure, entry, run))
        return half ? { remove: (signal) => snapshots.remove(ref, signal) } : nothing
      }
      case 'restore':
        return nothing
    }
  }

  /** In a dry run the VM that holds a thing may be a leftover itself, and go before it. */
  async #heldByLasting(vmId: string | undefined, run: Run): Promise<boolean> {
    const holder = vmId === undefined ? undefined : resourceRefOf(vmId)
    const vm = holder && (await this.#deps.azure.machines.find(holder, run.signal))
    return vm !== undefined && !isMarked(vm)
  }
}

function tagValue({ tags }: { readonly tags: Readonly<Record<string, string>> }, name: string): string {
  return Object.entries(tags).find(([key]) => key.toLowerCase() === name)?.[1] ?? ''
}

/** Tags are part of every create request, so what is not marked is not, or no longer, temporary. */
function isMarked({ tags }: { readonly tags: Readonly<Record<string, string>> }): boolean {
  return Object.keys(tags).some((name) => name.toLowerCase() === temporaryTag)
}

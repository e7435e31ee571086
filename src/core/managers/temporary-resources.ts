/**
 * What an operation makes before anybody knows whether it will be kept. Each is in
 * the journal before it is made and carries the temporary tag, and all are removed
 * again unless `keep` is called.
 */
import type { Clock } from '../clock.js'
import { armId, groupId } from '../domain/arm-id.js'
import { temporaryKinds } from '../domain/leftovers.js'
import type { Disk, ResourceRef } from '../domain/machine.js'
import type { DiskPlan } from '../domain/restore.js'
import { tagOf } from '../domain/tag-text.js'
import { decodeTemporary, encodeTemporary, temporaryTag } from '../domain/temporary.js'
import { AzlinError } from '../errors.js'
import type { Azure } from '../ports/azure.js'
import type { Journal, TemporaryMade } from '../ports/records.js'
import { persist } from '../retry.js'
import type { Limit, Run } from '../run.js'
import { timeFor } from '../time-limit.js'
import { closeEntry } from './journal-end.js'
import { removeDisk } from './temporary-removal.js'

export interface TemporaryDeps {
  readonly azure: Azure
  readonly clock: Clock
  /** Absent when this machine's database cannot be used; then the tag alone marks what is temporary. */
  readonly journal: Journal | undefined
  readonly host: string
  /** How many requests that make something may be under way at once. */
  readonly limit: Limit
}

/** How long an operation may take before another computer may call its resources leftovers. */
const usualLifetimeMs = 6 * 60 * 60_000
/** Removal has its own time: the run's signal is often the one already aborted. */
export const removalMs = 15 * 60_000
/** Azure takes minutes to tens of minutes for a group. */
const groupRemovalMs = 60 * 60_000

/** A disk that stands, and the plan it was made by. */
export interface MadeDisk {
  readonly plan: DiskPlan
  readonly disk: Disk
}

interface Held {
  readonly kind: TemporaryMade
  readonly id: string
  readonly journalId: string | undefined
  readonly remove: Remove
  readonly find: Find | undefined
  isMade: boolean
  /** The request to make it got no answer, and may have been carried out, or may be yet. */
  unsure: boolean
}

/** What is there of that name; undefined when nothing is. */
type Find = (signal: AbortSignal) => Promise<unknown>

/** `isMade`: it was seen to be made. Else a thing of that name is this operation's only where its mark says so. */
type Remove = (signal: AbortSignal, isMade: boolean) => Promise<void>

/** How often what may have been made is looked for, a second apart. */
export const looksForUnsure = 3

/** Everything one operation has made and not yet decided to keep. */
export class TemporaryResources {
  readonly #deps: TemporaryDeps
  readonly #purpose: string
  readonly #lifetimeMs: number
  readonly #since: Date
  readonly #held: Held[] = []

  /** `lifetimeMs`: shorter than usual where `renew` is called meanwhile. */
  constructor(deps: TemporaryDeps, purpose: string, lifetimeMs = usualLifetimeMs) {
    this.#deps = deps
    this.#purpose = purpose
    this.#lifetimeMs = lifetimeMs
    this.#since = deps.clock.now()
  }

  /** The tags that mark a resource as this operation's. */
  tags(): Readonly<Record<string, string>> {
    const { clock, host } = this.#deps
    const until = new Date(+clock.now() + this.#lifetimeMs)
    return { [temporaryTag]: encodeTemporary({ purpose: this.#purpose, owner: host, since: this.#since, until }) }
  }

  /** Whether it carries this operation's own mark. Somebody else may have taken the name at the last moment. */
  isOurs(tags: Readonly<Record<string, string>>): boolean {
    const [theirs, ours] = [tagOf(tags, temporaryTag), tagOf(this.tags(), temporaryTag)].map((text) =>
      decodeTemporary(text ?? ''),
    )
    return theirs !== undefined && theirs.owner === ours?.owner && +(theirs.since ?? 0) === +(ours.since ?? 0)
  }

  /**
   * Writes it down, then makes it. If making fails half-way it is still removed. With `find`, `create` says when it sends
   * the request.
   */
  async make<T>(
    kind: TemporaryMade,
    ref: ResourceRef,
    create: (sent: () => void) => Promise<T>,
    remove: Remove,
    find?: Find,
  ): Promise<T> {
    const { azure, clock, journal } = this.#deps
    const { subscriptionId } = azure
    const id = kind === 'group' ? groupId(subscriptionId, ref.name) : armId(subscriptionId, kind, ref)
    const entry = { kind, resourceId: id, purpose: this.#purpose, details: {} }
    const journalId = await journal?.open(entry, clock.now())
    const held: Held = { kind, id, journalId, remove, find, isMade: false, unsure: false }
    this.#held.push(held)
    let isSent = false
    try {
      const made = await create(() => {
        isSent = true
      })
      held.isMade = true
      return made
    } catch (error) {
      // Then a thing of that name is somebody else's, and not ours to remove.
      const isNotOurs = AzlinError.is(error, 'NAME_TAKEN') || (find !== undefined && !isSent)
      if (isNotOurs) await this.#forget(held)
      held.unsure = isSent && isUnanswered(error)
      throw error
    }
  }

  /**
   * One disk per plan, side by side. When one fails the others are let finish first,
   * so that removing what was made removes everything.
   */
  async makeDisks(
    wanted: readonly { readonly plan: DiskPlan; readonly ref: ResourceRef }[],
    region: string,
    tags: Readonly<Record<string, string>>,
    run: Run,
  ): Promise<readonly MadeDisk[]> {
    const outcomes = await Promise.allSettled(
      wanted.map(({ plan, ref }) =>
        this.#deps.limit(async () => {
          run.signal.throwIfAborted()
          return { plan, disk: await this.#makeDisk(plan, ref, region, tags, run) }
        }),
      ),
    )
    return outcomes.map((outcome) => {
      if (outcome.status === 'rejected') throw outcome.reason
      return outcome.value
    })
  }

  async #makeDisk(
    plan: DiskPlan,
    ref: ResourceRef,
    region: string,
    tags: Readonly<Record<string, string>>,
    run: Run,
  ): Promise<Disk> {
    const { disks } = this.#deps.azure
    const { zone, sku, sizeGb, tier, encryptionSetId, exportAccess, source } = plan
    const kind = { zone, sku, sizeGb, tier, encryptionSetId, exportAccess }
    const shape = { ...ref, ...kind, region, sourceSnapshotId: source.snapshot.id }
    run.report({ type: 'disk.started', disk: ref.name })
    const disk = await this.make(
      'disk',
      ref,
      (sent) => disks.create({ ...shape, tags: { ...plan.tags, ...tags, ...this.tags() } }, run.signal, sent),
      (signal) => removeDisk(disks, ref, signal),
      (signal) => disks.find(ref, signal),
    )
    run.report({ type: 'disk.finished', disk: ref.name })
    return disk
  }

  /**
   * They are in use now: writes that down, takes the marks off and closes the journal. The last thing made
   * (the VM that uses the others) first: from then on nobody takes it for a leftover, nor
   * what is attached to it. A mark that stays is reported, and azlin cleanup takes it off.
   *
   * `ground`: what they stand on, decided with them: a process that ends in between must not leave a VM that stays in a
   * network that is to go.
   *
   * @returns ARM ids of what still carries its mark.
   */
  async keep(run: Run, ground?: TemporaryResources): Promise<readonly string[]> {
    const { azure, clock, journal } = this.#deps
    const all = [...(ground ? ground.#held.splice(0) : []), ...this.#held.splice(0)]
    await this.#decideToKeep(all, run)
    const marked: string[] = []
    for (const { id, journalId } of all.toReversed()) {
      try {
        const signal = timeFor(`taking the mark off ${id}`, removalMs)
        await persist(() => azure.tags.remove(id, [temporaryTag], signal), { clock, signal })
        await closeEntry(journal, journalId, run)
      } catch (error) {
        marked.push(id)
        run.report({ type: 'temporary.marked', resource: id, code: AzlinError.is(error) ? error.code : 'INTERNAL' })
      }
    }
    return marked
  }

  /** Before any mark goes: from here on no cleanup on this computer removes them, whatever else goes wrong. */
  async #decideToKeep(all: readonly Held[], run: Run): Promise<void> {
    const ids = all.flatMap(({ journalId }) => journalId ?? [])
    try {
      if (ids.length > 0) await this.#deps.journal?.keep(ids)
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error)
      run.report({ type: 'notice', code: 'JOURNAL', text: `The journal could not be told that they stay. ${text}` })
    }
  }

  /**
   * Renews the mark on all of it, so that a computer which cannot see this process leaves it alone. What cannot be
   * marked now (it is not made yet, or gone) is marked the next time.
   */
  async renew(signal: AbortSignal): Promise<void> {
    for (const { id } of [...this.#held]) {
      try {
        await this.#deps.azure.tags.merge(id, this.tags(), signal)
      } catch (error) {
        if (!AzlinError.is(error)) throw error
      }
    }
  }

  /**
   * Removes all of it, what holds another thing first. Never rejects for a resource: what would not go is reported
   * and stays in the journal.
   *
   * @returns ARM ids of what is still there.
   */
  async remove(run: Run): Promise<readonly string[]> {
    const all = [...this.#held]
    const left: string[] = []
    for (const kind of temporaryKinds) {
      const wanted = all.filter((held) => held.kind === kind)
      const removed = await Promise.all(wanted.map((held) => this.#deps.limit(() => this.#removeOne(held, run))))
      left.push(...wanted.filter((_, i) => !removed[i]).map(({ id }) => id))
    }
    this.#held.splice(0)
    return left
  }

  async #removeOne(held: Held, run: Run): Promise<boolean> {
    const { clock, journal } = this.#deps
    const { kind, id, journalId, remove } = held
    try {
      const signal = timeFor(`removing ${id}`, kind === 'group' ? groupRemovalMs : removalMs)
      const seen = await this.#look(held, signal)
      await persist(() => remove(signal, held.isMade), { clock, signal })
      if (!seen && journalId !== undefined) {
        // The request may still arrive. The journal remembers, and azlin cleanup looks again.
        await this.#noteFailure(journalId, new Error('Azure did not say whether it was made'))
        return true
      }
      await closeEntry(journal, journalId, run)
      run.report({ type: 'temporary.removed', resource: id })
      return true
    } catch (error) {
      run.report({ type: 'temporary.left', resource: id, code: AzlinError.is(error) ? error.code : 'INTERNAL' })
      if (journalId !== undefined) await this.#noteFailure(journalId, error)
      return false
    }
  }

  /** False when nobody can say that there is, or will be, anything to remove. */
  async #look({ unsure, find }: Held, signal: AbortSignal): Promise<boolean> {
    const { clock } = this.#deps
    if (!unsure || !find) return true
    for (let look = 1; ; look++) {
      if ((await persist(() => find(signal), { clock, signal })) !== undefined) return true
      if (look === looksForUnsure) return false
      await clock.sleep(1_000, signal)
    }
  }

  async #forget(held: Held): Promise<void> {
    this.#held.splice(this.#held.indexOf(held), 1)
    if (held.journalId !== undefined) await this.#deps.journal?.close(held.journalId)
  }

  async #noteFailure(journalId: string, error: unknown): Promise<void> {
    const reason = error instanceof Error ? error.message : String(error)
    // The entry itself is already on disk; only the reason would be lost.
    await this.#deps.journal?.failed(journalId, reason).catch(() => {})
  }
}

/** Stopped, or cut off: Azure may have the request all the same. */
export function isUnanswered(error: unknown): boolean {
  return !AzlinError.is(error) || unanswered.has(error.code)
}

const unanswered: ReadonlySet<string> = new Set(['INTERRUPTED', 'TIMED_OUT', 'NETWORK'])

import type { AttachedDisk } from '../domain/machine.js'
import { recoveryTag } from '../domain/recovery-tags.js'
import type { Snapshot } from '../domain/snapshot.js'
import { tagOf } from '../domain/tag-text.js'
import { AzlinError } from '../errors.js'
import type { NewSnapshot } from '../ports/azure.js'
import type { Records } from '../ports/records.js'
import { persist } from '../retry.js'
import type { Run } from '../run.js'
import { timeFor } from '../time-limit.js'
import { textOf } from './audited.js'
import type { ManagerDeps } from './deps.js'
import { closeEntry } from './journal-end.js'

/** One snapshot of a set, before, while and after it is made. */
export interface Part {
  readonly disk: AttachedDisk
  readonly want: NewSnapshot
  readonly journalId: string
}

export interface FailedCapture {
  readonly parts: readonly Part[]
  /** By part, for those that failed. */
  readonly errors: ReadonlyMap<Part, unknown>
  readonly token: string
  readonly reason: string
}

/** Removal has its own time: the run's signal is often the one already aborted. */
const removalMs = 10 * 60_000

/** Removes what a failed capture has made, and nothing of anybody else. What will not go is reported and stays in the journal. */
export async function undoCapture(deps: ManagerDeps, records: Records, failed: FailedCapture, run: Run): Promise<void> {
  const { parts, errors, token, reason } = failed
  const signal = timeFor('removing what had been taken of a backup', removalMs)
  if (await isContested(deps, failed, signal)) {
    // What carries this token may have been made by the other command: a PUT on a name that exists only changes tags.
    for (const { journalId } of parts) await closeEntry(records.journal, journalId, run)
    return
  }
  await Promise.all(
    parts.map(async (part) => {
      const error = errors.get(part)
      try {
        const made = await lookFor(deps, part, isAmbiguous(error, run) ? 3 : 1, signal)
        if (made && tagOf(made.tags, recoveryTag.capture) === token) {
          await persist(() => deps.azure.snapshots.remove(part.want, signal), { clock: deps.clock, signal })
          run.report({ type: 'snapshot.removed', snapshot: part.want.name, reason })
        } else if (isAmbiguous(error, run)) {
          // The request may still arrive. The journal remembers, and azlin cleanup looks again.
          return await records.journal.failed(part.journalId, 'Azure did not say whether it was made')
        }
        await closeEntry(records.journal, part.journalId, run)
      } catch (left) {
        const code = AzlinError.is(left) ? left.code : 'INTERNAL'
        run.report({ type: 'temporary.left', resource: part.want.name, code })
        // The entry itself is already on disk; only the reason would be lost.
        await records.journal.failed(part.journalId, textOf(left)).catch(() => {})
      }
    }),
  )
}

/** Whether another computer takes the very same set in the same second. */
async function isContested(
  deps: ManagerDeps,
  { parts, errors, token }: FailedCapture,
  signal: AbortSignal,
): Promise<boolean> {
  for (const part of parts.filter((one) => AzlinError.is(errors.get(one), 'NAME_TAKEN'))) {
    const theirs = await lookFor(deps, part, 1, signal)
    const inSet = [recoveryTag.backup, recoveryTag.snapshotSet].some(
      (name) =>
        theirs && tagOf(theirs.tags, name) === tagOf(part.want.tags, name) && tagOf(theirs.tags, name) !== undefined,
    )
    if (inSet && theirs && tagOf(theirs.tags, recoveryTag.capture) !== token) return true
  }
  return false
}

/** A request that got no answer may have been carried out all the same. */
function isAmbiguous(error: unknown, run: Run): boolean {
  if (error === undefined) return false
  return run.signal.aborted || !AzlinError.is(error) || error.retryable || error.code === 'TIMED_OUT'
}

async function lookFor(
  { azure, clock }: ManagerDeps,
  { want }: Part,
  looks: number,
  signal: AbortSignal,
): Promise<Snapshot | undefined> {
  for (let look = 1; ; look++) {
    const found = await persist(() => azure.snapshots.find(want, signal), { clock, signal })
    if (found || look >= looks) return found
    await clock.sleep(1_000, signal)
  }
}

/**
 * One copy of one disk's snapshot: begun at most once whoever asks for it, then followed until its data is
 * there. Azure calls the request a success after a second; only the copy itself tells how far it is.
 */
import { momentIn } from '../domain/naming.js'
import { attemptIn, recoveryTag } from '../domain/recovery-tags.js'
import { type CopyWant, isArriving, isCopyOf, type ReplicationJob, secondsLeft } from '../domain/replication.js'
import { isReady, type Snapshot, whyBroken } from '../domain/snapshot.js'
import { AzlinError } from '../errors.js'
import { look } from '../retry.js'
import type { Run } from '../run.js'
import { acknowledge } from './arrived-copy.js'
import { requireRecords } from './audited.js'
import type { CopyTraffic } from './copy-traffic.js'
import { attempts, brokenOff, givenUp } from './copy-trouble.js'
import type { ManagerDeps } from './deps.js'

export interface CopyDeps extends ManagerDeps {
  /** Milliseconds between two looks at a copy; they grow with its age. */
  readonly lookEveryMs: number
  /** Milliseconds before the second attempt; the third waits four times as long. */
  readonly retryPauseMs: number
  /** From 0 up to 1: so that many computers do not try again in step. */
  readonly random: () => number
}

const slowestLookMs = 30_000
/** Of a copy that does not move. Azure promises no speed; hours for a first copy of terabytes are normal. */
const tellAfterMs = 30 * 60_000
const giveUpAfterMs = 12 * 60 * 60_000

/** Refusals that may come of what others are copying: one of a disk at a time, a hundred at once. */
const ofOthers: readonly string[] = ['AZURE_REJECTED', 'CONFLICT', 'SNAPSHOT_LIMIT', 'QUOTA_EXCEEDED']

/** Refusals that pass by themselves. */
const passing = new Set(['CONFLICT', 'TIMED_OUT'])

/**
 * With `wait`, resolves with the completed job. Without, with the job as it stands once it has been begun, or
 * could not be yet (then it is pending). Rejects when it failed for good; what is written down says why.
 */
export async function copySnapshot(
  deps: CopyDeps,
  traffic: CopyTraffic,
  want: CopyWant,
  job: ReplicationJob,
  { wait }: { readonly wait: boolean },
  run: Run,
): Promise<ReplicationJob> {
  const { replications } = requireRecords(deps)
  try {
    return await persistently(deps, want, run, (round) =>
      attempt(deps, traffic, want, { ...job, attempts: job.attempts + round - 1 }, wait, run),
    )
  } catch (error) {
    // Interrupted: Azure goes on with what was begun, and the job stays as it is.
    if (run.signal.aborted) throw error
    // Azure may still finish it, so it is not over.
    if (AzlinError.is(error, 'COPY_STALLED')) throw error
    const told = AzlinError.is(error) ? error : new AzlinError('INTERNAL', { reason: String(error) })
    const change = { status: 'failed', errorMessage: told.message, completedAt: deps.clock.now() } as const
    await replications.change(job.id, change)
    run.report({ type: 'copy.failed', snapshot: want.target.name, message: told.message })
    throw told
  }
}

async function persistently<T>(
  deps: CopyDeps,
  want: CopyWant,
  run: Run,
  work: (round: number) => Promise<T>,
): Promise<T> {
  for (let round = 1; ; round++) {
    try {
      return await work(round)
    } catch (error) {
      const passes = AzlinError.is(error) && (error.retryable || passing.has(error.code))
      if (!passes || run.signal.aborted || round === attempts) throw error
      const pauseMs = deps.retryPauseMs * 4 ** (round - 1) * (0.5 + deps.random())
      run.report({ type: 'copy.waiting', snapshot: want.target.name, reason: error.message })
      await deps.clock.sleep(pauseMs, run.signal)
    }
  }
}

async function attempt(
  deps: CopyDeps,
  traffic: CopyTraffic,
  want: CopyWant,
  job: ReplicationJob,
  wait: boolean,
  run: Run,
): Promise<ReplicationJob> {
  let told: string | undefined
  for (;;) {
    const begun = await begin(deps, traffic, want, job, wait, run)
    if ('copy' in begun) {
      if (isReady(begun.copy)) return arrive(deps, traffic, want, begun.job, begun.copy, run)
      return wait ? follow(deps, traffic, want, begun.job, run) : begun.job
    }
    if (!wait) return begun.job
    if (begun.reason !== told) run.report({ type: 'copy.waiting', snapshot: want.target.name, reason: begun.reason })
    told = begun.reason
    await deps.clock.sleep(deps.lookEveryMs, run.signal)
  }
}

type Begun =
  | { readonly job: ReplicationJob; readonly copy: Snapshot }
  | { readonly job: ReplicationJob; readonly reason: string }

/** Looks, and sends the request only when nobody has. The turn keeps other azlin processes from doing so in between. */
async function begin(
  deps: CopyDeps,
  traffic: CopyTraffic,
  want: CopyWant,
  job: ReplicationJob,
  wait: boolean,
  run: Run,
): Promise<Begun> {
  const { azure, clock } = deps
  const { replications, turnstile } = requireRecords(deps)
  const turn = await turnstile.enter('replicate', `copies of ${want.diskKey}`, clock.now())
  if (!turn.entered) return { job, reason: 'another azlin is just beginning a copy of this disk' }
  try {
    const found = await azure.snapshots.find(want.target, run.signal)
    if (found && !isCopyOf(found, want.source))
      throw new AzlinError('NAME_TAKEN', { what: 'a snapshot', name: want.target.name })
    if (found && whyBroken(found) === undefined) {
      const adopted = await replications.change(job.id, { status: 'in_progress', errorMessage: null })
      if (isArriving(found)) run.report({ type: 'copy.adopted', snapshot: found.name, region: found.region })
      traffic.begun(found)
      return { job: adopted, copy: found }
    }
    const reason = (await traffic.whyWait(want, run)) ?? (await whyQueue(deps, want, job, run))
    if (reason !== undefined) return { job, reason }
    const nth = found ? attemptIn(found.tags) + 1 : 1
    if (found) {
      const why = whyBroken(found) ?? ''
      // Nobody stayed to see it break off, so all runs together try it as often as one that waits.
      if (!wait && nth > attempts) throw givenUp(want, why)
      // What Azure broke off stays half-filled for ever, and holds the name.
      await azure.snapshots.remove(found, run.signal)
      const text = `Azure broke off the copy ${found.name}: ${why.replace(/\.$/, '')}. It is begun again.`
      if (!wait) run.report({ type: 'notice', code: 'COPY_AGAIN', text })
    }

    const started = await replications.change(job.id, {
      status: 'in_progress',
      startedAt: clock.now(),
      errorMessage: null,
      attempts: job.attempts + 1,
      percent: 0,
    })
    run.report({ type: 'copy.started', snapshot: want.target.name, region: want.targetRegion })
    const copy = await send(deps, traffic, want, nth, run)
    if (typeof copy === 'string') {
      const waits = { status: 'pending', attempts: job.attempts } as const
      return { job: await replications.change(job.id, waits), reason: copy }
    }
    if (!isCopyOf(copy, want.source)) throw new AzlinError('NAME_TAKEN', { what: 'a snapshot', name: copy.name })
    traffic.begun(copy)
    return { job: started, copy }
  } finally {
    await turn.leave()
  }
}

/** Resolves with the reason to wait where another computer was quicker; nothing but Azure keeps them apart. */
async function send(
  { azure }: CopyDeps,
  traffic: CopyTraffic,
  want: CopyWant,
  nth: number,
  run: Run,
): Promise<Snapshot | string> {
  const { target, targetRegion: region, source, encryptionSetId } = want
  const tags = nth > 1 ? { ...want.tags, [recoveryTag.copyAttempt]: String(nth) } : want.tags
  try {
    return await azure.snapshots.startCopy(
      { ...target, region, sourceId: source.id, tags, encryptionSetId },
      run.signal,
    )
  } catch (error) {
    if (AzlinError.is(error, 'NAME_TAKEN')) return 'somebody else has just begun it'
    if (!AzlinError.is(error) || !ofOthers.includes(error.code)) throw error
    traffic.outdated()
    const reason = await traffic.whyWait(want, run)
    if (reason === undefined) throw error
    return reason
  }
}

/** What other azlin processes of this computer have begun, or want to begin before it. */
async function whyQueue(deps: CopyDeps, want: CopyWant, job: ReplicationJob, run: Run): Promise<string | undefined> {
  const others = await requireRecords(deps).replications.list({ diskKey: want.diskKey })
  for (const other of others) {
    if (other.id === job.id) continue
    if (other.status === 'in_progress') {
      const copy = await deps.azure.snapshots.find(other.target, run.signal)
      if (copy && isArriving(copy))
        return `Azure copies one snapshot of a disk at a time, and ${copy.name} is under way`
    }
    const older = (momentIn(other.backup) ?? other.startedAt) < want.backupAt
    const waits = other.status === 'pending' && other.ownerAlive && older && other.targetRegion === want.targetRegion
    // The turn of one whose source is gone never comes.
    if (waits && (await deps.azure.snapshots.find(other.source, run.signal)))
      return `Azure copies a disk's snapshots in order, and ${other.source.name} comes first`
  }
  return undefined
}

async function follow(
  deps: CopyDeps,
  traffic: CopyTraffic,
  want: CopyWant,
  begun: ReplicationJob,
  run: Run,
): Promise<ReplicationJob> {
  const { azure, clock } = deps
  const { replications } = requireRecords(deps)
  const start = clock.elapsed()
  let job = begun
  let shown = -1
  let movedAt = start
  let told = false
  let unseen = false
  for (;;) {
    const copy = await look(() => azure.snapshots.find(want.target, run.signal), run)
    if (AzlinError.is(copy)) {
      if (!unseen) run.report({ type: 'copy.waiting', snapshot: want.target.name, reason: copy.message })
      unseen = true
    } else {
      const broken = copy ? whyBroken(copy) : 'it was removed before it was complete'
      if (copy) traffic[isArriving(copy) ? 'begun' : 'ended'](copy)
      if (broken !== undefined) {
        const error = brokenOff(want, broken)
        // Nothing will ever fill it, and nothing will begin it again.
        if (copy && !error.retryable) await azure.snapshots.remove(copy, run.signal)
        throw error
      }
      if (copy && isReady(copy)) return arrive(deps, traffic, want, job, copy, run)

      const percent = copy?.completionPercent ?? 0
      if (percent !== shown || unseen) {
        const elapsed = (+clock.now() - +job.startedAt) / 1000
        const left = secondsLeft(percent, elapsed)
        run.report({ type: 'copy.progress', snapshot: want.target.name, percent, secondsLeft: left })
        if (percent >= job.percent + 5) job = await replications.change(job.id, { percent })
        if (percent !== shown) movedAt = clock.elapsed()
        shown = percent
        unseen = false
      }
    }
    const still = clock.elapsed() - movedAt
    if (still > giveUpAfterMs) {
      const details = { snapshot: want.target.name, percent: Math.max(0, shown), minutes: Math.round(still / 60_000) }
      throw new AzlinError('COPY_STALLED', details)
    }
    if (still > tellAfterMs && !told) {
      told = true
      const text = `The copy ${want.target.name} has not moved for half an hour; azlin goes on waiting.`
      run.report({ type: 'notice', code: 'COPY_SLOW', text })
    }
    const age = clock.elapsed() - start
    await clock.sleep(Math.min(slowestLookMs, Math.max(deps.lookEveryMs, age / 40)), run.signal)
  }
}

async function arrive(
  deps: CopyDeps,
  traffic: CopyTraffic,
  want: CopyWant,
  job: ReplicationJob,
  copy: Snapshot,
  run: Run,
): Promise<ReplicationJob> {
  const done = await acknowledge(deps, { job, copy, source: want.source, tags: want.tags }, run)
  traffic.ended(copy)
  run.report({ type: 'copy.finished', snapshot: copy.name, region: copy.region })
  return done
}

import { arrivedAtIn, recoveryTag, replicatedToIn } from '../domain/recovery-tags.js'
import { type CopyWant, missingTags, type ReplicationJob, replicatedToWith, wrongWith } from '../domain/replication.js'
import type { Snapshot } from '../domain/snapshot.js'
import { AzlinError } from '../errors.js'
import type { Run } from '../run.js'
import { requireRecords, textOf } from './audited.js'
import type { ManagerDeps } from './deps.js'

/** What is known of a copy whose data has arrived. */
export interface Arrival {
  readonly job: ReplicationJob
  readonly copy: Snapshot
  /** Absent when it has been deleted since. */
  readonly source: Snapshot | undefined
  /** What the copy must carry; empty where only the copy itself is known. */
  readonly tags: CopyWant['tags']
}

/**
 * A copy counts from here on: its size and its tags are looked at, the source is told, and the job is
 * completed. Doing it twice changes nothing. COPY_WRONG.
 */
export async function acknowledge(
  deps: ManagerDeps,
  { job, copy, source, tags }: Arrival,
  run: Run,
): Promise<ReplicationJob> {
  const { azure, clock } = deps
  const { replications } = requireRecords(deps)
  const wrong = source && wrongWith(copy, { source })
  if (wrong !== undefined) throw new AzlinError('COPY_WRONG', { reason: wrong })

  const arrivedAt = arrivedAtIn(copy.tags)
  const now = clock.now()
  await azure.tags.merge(copy.id, missingTags(copy, { tags }), run.signal)
  if (!arrivedAt) await noteArrival(deps, copy, now, run)
  if (source) await tellSource(deps, source, copy.region, run)

  if (job.status === 'completed') return job
  const done = { status: 'completed', percent: 100, completedAt: arrivedAt ?? now, errorMessage: null } as const
  return replications.change(job.id, done)
}

/** It stands without: whoever may only read, and a copy under a lock, must not keep it from being counted. */
async function noteArrival({ azure }: ManagerDeps, copy: Snapshot, now: Date, run: Run): Promise<void> {
  try {
    await azure.tags.merge(copy.id, { [recoveryTag.arrivedAt]: now.toISOString() }, run.signal)
  } catch (error) {
    run.signal.throwIfAborted()
    const text = `${copy.name} is complete in ${copy.region}, but its tag could not be told so: ${textOf(error)}`
    run.report({ type: 'notice', code: 'COPY_NOT_NOTED', text })
  }
}

/** So that every computer's list shows the copy. Its failure is only told: the copy stands, and is found again. */
async function tellSource({ azure }: ManagerDeps, known: Snapshot, region: string, run: Run): Promise<void> {
  if (replicatedToIn(known.tags).includes(region.toLowerCase())) return
  try {
    // Read again: a copy in a third region may have arrived meanwhile.
    const source = await azure.snapshots.find(known, run.signal)
    if (!source) return
    const regions = replicatedToWith(replicatedToIn(source.tags), region)
    await azure.tags.merge(source.id, { [recoveryTag.replicatedTo]: regions }, run.signal)
  } catch (error) {
    run.signal.throwIfAborted()
    const text = `${known.name} is copied to ${region}, but its tag could not be told so: ${textOf(error)}`
    run.report({ type: 'notice', code: 'COPY_NOT_NOTED', text })
  }
}

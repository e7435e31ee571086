/** The copies of a plan: a queue for each disk, oldest first, the queues side by side. */
import { type CopyWant, type ReplicationJob, renamed } from '../domain/replication.js'
import type { Snapshot } from '../domain/snapshot.js'
import { AzlinError } from '../errors.js'
import type { Run } from '../run.js'
import { acknowledge } from './arrived-copy.js'
import { requireRecords } from './audited.js'
import { copySnapshot } from './copy-snapshot.js'
import type { CopyTraffic } from './copy-traffic.js'
import { clearAway } from './copy-trouble.js'
import type { ReplicationDeps, ReplicationPlan } from './replication-plan.js'

export interface Replicated {
  readonly jobs: readonly ReplicationJob[]
  /** One for each job: why it failed. */
  readonly errors: readonly (AzlinError | undefined)[]
}

interface Outcome {
  readonly job: ReplicationJob
  readonly error?: AzlinError
}

export async function runCopies(
  deps: ReplicationDeps,
  { wants, arrived, vm, traffic }: ReplicationPlan,
  wait: boolean,
  run: Run,
): Promise<Replicated> {
  const outcomes: Outcome[] = []
  for (const { want, copy } of arrived) {
    outcomes.push(await acknowledged(deps, want, copy, run))
  }
  // All of them are written down before the first is sent: who comes meanwhile sees the whole queue.
  const queues = new Map<string, { want: CopyWant; job: ReplicationJob }[]>()
  for (const want of wants) {
    const written = await writeDown(deps, { ...want, vm })
    queues.set(want.diskKey, [...(queues.get(want.diskKey) ?? []), written])
  }
  const drained = await Promise.allSettled([...queues.values()].map((queue) => drain(deps, queue, traffic, wait, run)))
  for (const one of drained) {
    if (one.status === 'rejected') throw one.reason
    outcomes.push(...one.value)
  }
  return { jobs: outcomes.map(({ job }) => job), errors: outcomes.map(({ error }) => error) }
}

async function writeDown(
  deps: ReplicationDeps,
  want: CopyWant,
): Promise<{ readonly want: CopyWant; readonly job: ReplicationJob }> {
  const { replications } = requireRecords(deps)
  const job = await replications.open(jobFields(want), deps.clock.now())
  if (same(job.source.resourceGroup, want.source.resourceGroup) && same(job.source.name, want.source.name))
    return { want, job }
  // A VM of the same name in another group has a backup of the same second, and its copy is about to be begun.
  const own = renamed(want)
  return { want: own, job: await replications.open(jobFields(own), deps.clock.now()) }
}

/**
 * One disk's copies, one after the other. What comes after one that is not there stays pending: it would overtake it, and
 * Azure never copies what was overtaken. But one that failed in an earlier run, too, must not keep all that is newer from
 * the second region.
 */
async function drain(
  deps: ReplicationDeps,
  queue: readonly { readonly want: CopyWant; readonly job: ReplicationJob }[],
  traffic: CopyTraffic,
  wait: boolean,
  run: Run,
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = []
  let stopped = false
  for (const { want, job } of queue) {
    run.signal.throwIfAborted()
    if (stopped) {
      outcomes.push({ job })
      continue
    }
    try {
      const done = await deps.copyLimit(() => copySnapshot(deps, traffic, want, job, { wait }, run))
      outcomes.push({ job: done })
      // The next one may begin when this one is complete, which nobody waits for.
      if (done.status !== 'completed') stopped = true
    } catch (error) {
      if (!AzlinError.is(error) || run.signal.aborted) throw error
      const [now = job] = (await requireRecords(deps).replications.list({ sourceSnapshot: want.source.name })).filter(
        ({ id }) => id === job.id,
      )
      outcomes.push({ job: now, error })
      stopped = !(await isHopeless(deps, want, job, error))
      if (stopped) continue
      run.report({ type: 'notice', code: 'PASSED_OVER', text: passedOver(want) })
      await clearAway(deps, want, run)
    }
  }
  return outcomes
}

/** Faults of the copy itself, and not of what stands between, which passes and would let others overtake it. */
const ofTheCopy: readonly string[] = ['COPY_BROKEN', 'AZURE_REJECTED']

/** It failed in just this way in an earlier run: it would do so for ever. */
async function isHopeless(
  deps: ReplicationDeps,
  want: CopyWant,
  { id }: ReplicationJob,
  { code, message }: AzlinError,
): Promise<boolean> {
  // Nobody can copy it, or it is there and not what it must be.
  if (code === 'NOT_COPYABLE' || code === 'COPY_WRONG') return true
  if (!ofTheCopy.includes(code)) return false
  const known = await requireRecords(deps).replications.list({ sourceSnapshot: want.source.name })
  return known.some((job) => job.id !== id && job.diskKey === want.diskKey && job.errorMessage === message)
}

function passedOver({ backup, targetRegion }: CopyWant): string {
  return `${backup} could not be copied to ${targetRegion}; newer backups go before it, and after them Azure does not take it any more.`
}

async function acknowledged(deps: ReplicationDeps, want: CopyWant, copy: Snapshot, run: Run): Promise<Outcome> {
  const job = await jobOfArrived(deps, want)
  try {
    return { job: await acknowledge(deps, { job, copy, source: want.source, tags: want.tags }, run) }
  } catch (error) {
    if (!AzlinError.is(error, 'COPY_WRONG')) throw error
    return { job: await failed(deps, job, error), error }
  }
}

function failed(deps: ReplicationDeps, job: ReplicationJob, { message }: AzlinError): Promise<ReplicationJob> {
  const { clock } = deps
  const change = { status: 'failed', errorMessage: message, completedAt: clock.now() } as const
  return requireRecords(deps).replications.change(job.id, change)
}

/** A copy that another computer saw arrive has no job here yet. */
async function jobOfArrived(deps: ReplicationDeps, want: CopyWant): Promise<ReplicationJob> {
  const { replications } = requireRecords(deps)
  const known = await replications.list({ sourceSnapshot: want.source.name })
  const isIt = ({ target, status }: ReplicationJob) =>
    status === 'completed' &&
    same(target.name, want.target.name) &&
    same(target.resourceGroup, want.target.resourceGroup)
  return known.find(isIt) ?? replications.open(jobFields(want), deps.clock.now())
}

function jobFields({ vm, backup, diskKey, source, target, targetRegion }: CopyWant) {
  const { name, resourceGroup, region: sourceRegion } = source
  return { vm, backup, diskKey, source: { name, resourceGroup }, sourceRegion, target, targetRegion }
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}

/** The record of copies, brought to what Azure shows: begun by whom ever, on whatever computer. */
import type { Backup } from '../domain/backup.js'
import { isOvertaken, newestCopied } from '../domain/copy-plan.js'
import type { VmRef } from '../domain/machine.js'
import { belongsTo, isReplica, newestFirst, type Recovery, recoveryOf } from '../domain/recovery-points.js'
import { arrivedAtIn, recoveryTag, replicatedToIn } from '../domain/recovery-tags.js'
import { diskKeyOf, isArriving, isCopyOf, type ReplicationJob } from '../domain/replication.js'
import { isReady, type Snapshot, whyBroken } from '../domain/snapshot.js'
import { tagOf } from '../domain/tag-text.js'
import { AzlinError } from '../errors.js'
import type { Run } from '../run.js'
import { acknowledge } from './arrived-copy.js'
import { requireRecords } from './audited.js'
import type { ManagerDeps } from './deps.js'

export interface RegionStanding {
  readonly region: string
  /** The newest backup that is complete there. */
  readonly newest: Backup | undefined
  /** Its age, seconds: what would be lost if the VM's region were lost now. */
  readonly rpoSeconds: number | undefined
  /** From the moment each backup there was begun until its copy was complete, seconds; newest first. */
  readonly lags: readonly { readonly backup: string; readonly lagSeconds: number }[]
}

export interface ReplicationStatus {
  /** Newest first. */
  readonly jobs: readonly ReplicationJob[]
  readonly regions: readonly RegionStanding[]
}

interface Known {
  readonly snapshots: readonly Snapshot[]
  readonly jobs: readonly ReplicationJob[]
  /** Regions that did not say: each is asked in vain once. */
  readonly silent: Set<string>
}

/** Long enough for a request that is under way to be seen. */
const unseenMs = 10 * 60_000

export class ReplicationRecords {
  readonly #deps: ManagerDeps

  constructor(deps: ManagerDeps) {
    this.#deps = deps
  }

  /** VM_NOT_FOUND when there is neither VM nor copy of it. */
  async status(vm: VmRef, run: Run): Promise<ReplicationStatus> {
    const found = await this.#deps.azure.snapshots.inSubscription(run.signal)
    const changed = await this.#bringUp(vm, found, run)
    // What was just noted on the snapshots is shown, too.
    const snapshots = changed.length > 0 ? await this.#deps.azure.snapshots.inSubscription(run.signal) : found
    const jobs = await this.#jobsOf(vm)
    const recovery = recoveryOf(snapshots, vm, undefined)
    await this.#mustBeKnown(vm, jobs, recovery, run)
    return { jobs, regions: standings(recovery.replicas, this.#deps.clock.now()) }
  }

  /** Every VM's, or one VM's (VM_NOT_FOUND); resolves with the jobs that are new or have changed. */
  async sync(vm: VmRef | undefined, run: Run): Promise<readonly ReplicationJob[]> {
    const snapshots = await this.#deps.azure.snapshots.inSubscription(run.signal)
    if (vm) {
      await this.#mustBeKnown(vm, await this.#jobsOf(vm), recoveryOf(snapshots, vm, undefined), run)
      return this.#bringUp(vm, snapshots, run)
    }
    const changed: ReplicationJob[] = []
    for (const owner of await this.#owners(snapshots)) changed.push(...(await this.#bringUp(owner, snapshots, run)))
    return changed
  }

  async #mustBeKnown(
    vm: VmRef,
    jobs: readonly ReplicationJob[],
    { replicas, backups, incomplete }: Recovery,
    run: Run,
  ): Promise<void> {
    if (jobs.length + replicas.length + backups.length + incomplete.length > 0) return
    await this.#deps.azure.machines.get(vm, run.signal)
  }

  async #bringUp(vm: VmRef, snapshots: readonly Snapshot[], run: Run): Promise<readonly ReplicationJob[]> {
    const byId = new Map(snapshots.map((one) => [one.id.toLowerCase(), one]))
    const copies = snapshots.filter((one) => isReplica(one) && belongsTo(one, vm, undefined))
    const jobs = new Map((await this.#jobsOf(vm)).toReversed().map((job) => [keyOf(job.target), job]))
    const changed: ReplicationJob[] = []
    for (const copy of copies) {
      run.signal.throwIfAborted()
      const source = byId.get(copy.sourceId?.toLowerCase() ?? '')
      const job = jobs.get(keyOf(copy)) ?? (await this.#rebuilt(vm, copy, source))
      const now = await this.#settle(job, copy, source, run)
      if (now !== job || !jobs.has(keyOf(copy))) changed.push(now)
      jobs.delete(keyOf(copy))
    }
    for (const job of jobs.values()) {
      const now = await this.#settleUnseen(job, snapshots)
      if (now !== job) changed.push(now)
    }
    await this.#correctSources(vm, snapshots, run)
    return changed
  }

  async #settle(job: ReplicationJob, copy: Snapshot, source: Snapshot | undefined, run: Run): Promise<ReplicationJob> {
    const { replications } = requireRecords(this.#deps)
    const broken = whyBroken(copy)
    if (broken !== undefined) return this.#fail(job, `Azure broke off the copy: ${broken}`)
    if (isReady(copy)) {
      const known = job.status === 'completed' && arrivedAtIn(copy.tags) !== undefined
      if (known && isNoted(source, copy.region)) return job
      try {
        return await acknowledge(this.#deps, { job, copy, source, tags: {} }, run)
      } catch (error) {
        if (!AzlinError.is(error, 'COPY_WRONG')) throw error
        return this.#fail(job, error.message)
      }
    }
    const percent = copy.completionPercent ?? 0
    if (job.status === 'in_progress' && percent === job.percent) return job
    return replications.change(job.id, { status: 'in_progress', percent, errorMessage: null, completedAt: null })
  }

  /** A job whose copy Azure does not show. */
  async #settleUnseen(job: ReplicationJob, snapshots: readonly Snapshot[]): Promise<ReplicationJob> {
    if (job.status === 'completed' || job.status === 'failed') return job
    const source = snapshots.find((one) => keyOf(one) === keyOf(job.source))
    if (source && job.status === 'pending' && !job.ownerAlive && isPassedOver(source, job, snapshots))
      return this.#fail(job, 'A later backup of the disk was copied before it, and Azure copies them in order only.')
    if (!source) return this.#fail(job, `Its source ${job.source.name} was deleted before it was copied.`)
    const young = +this.#deps.clock.now() - +job.startedAt < unseenMs
    if (job.status === 'pending' || job.ownerAlive || young) return job
    return this.#fail(job, 'Azure has no such copy: the request was never taken, or the copy was removed.')
  }

  /** A copy that somebody removed does not count any more, so that the backup is copied again and kept until then. */
  async #correctSources(vm: VmRef, snapshots: readonly Snapshot[], run: Run): Promise<void> {
    const known = { snapshots, jobs: await this.#jobsOf(vm), silent: new Set<string>() }
    for (const source of snapshots.filter((one) => !isReplica(one) && belongsTo(one, vm, undefined))) {
      const told = replicatedToIn(source.tags)
      const there: string[] = []
      for (const region of told) if (!(await this.#isGone(source, region, known, run))) there.push(region)
      if (there.length === told.length) continue
      run.signal.throwIfAborted()
      const { tags } = this.#deps.azure
      try {
        if (there.length === 0) await tags.remove(source.id, [recoveryTag.replicatedTo], run.signal)
        else await tags.merge(source.id, { [recoveryTag.replicatedTo]: there.join(' ') }, run.signal)
      } catch (error) {
        // Whoever may only read, and what is locked, gets an answer all the same.
        if (!AzlinError.is(error) || run.signal.aborted) throw error
        const text = `A copy of ${source.name} is no longer there, but its tag could not be told so: ${error.message}`
        run.report({ type: 'notice', code: 'COPY_NOT_NOTED', text })
      }
    }
  }

  /** Azure itself is asked where the copy is known: a list leaves out what is out of reach, and what one may not see. */
  async #isGone(source: Snapshot, region: string, { snapshots, jobs, silent }: Known, run: Run): Promise<boolean> {
    const there = snapshots.filter((one) => one.region === region)
    if (there.some((copy) => isCopyOf(copy, source))) return false
    const job = jobs.find((one) => one.targetRegion === region && keyOf(one.source) === keyOf(source))
    if (!job) return there.length > 0
    if (silent.has(region)) return false
    try {
      const copy = await this.#deps.azure.snapshots.find(job.target, run.signal)
      return copy === undefined || !isCopyOf(copy, source)
    } catch (error) {
      if (!AzlinError.is(error) || run.signal.aborted) throw error
      silent.add(region)
      return false
    }
  }

  async #fail(job: ReplicationJob, errorMessage: string): Promise<ReplicationJob> {
    if (job.status === 'failed') return job
    const change = { status: 'failed', errorMessage, completedAt: this.#deps.clock.now() } as const
    return requireRecords(this.#deps).replications.change(job.id, change)
  }

  /** Begun on another computer, or on this one before its database was lost. */
  async #rebuilt(vm: VmRef, copy: Snapshot, source: Snapshot | undefined): Promise<ReplicationJob> {
    const { replications } = requireRecords(this.#deps)
    const name = tagOf(copy.tags, recoveryTag.replicaOf) ?? source?.name ?? ''
    const job = await replications.open(
      {
        vm,
        backup: tagOf(copy.tags, recoveryTag.backup) ?? '',
        diskKey: source ? diskKeyOf(source) : '',
        source: { name, resourceGroup: source?.resourceGroup ?? vm.resourceGroup },
        sourceRegion: source?.region ?? tagOf(copy.tags, recoveryTag.sourceRegion) ?? '',
        target: { name: copy.name, resourceGroup: copy.resourceGroup },
        targetRegion: copy.region,
      },
      copy.createdAt,
    )
    return isArriving(copy) ? replications.change(job.id, { status: 'in_progress' }) : job
  }

  /** The newest job of each target decides. */
  #jobsOf(vm: VmRef): Promise<readonly ReplicationJob[]> {
    return requireRecords(this.#deps).replications.list({ vm: vm.name, resourceGroup: vm.resourceGroup })
  }

  async #owners(snapshots: readonly Snapshot[]): Promise<readonly VmRef[]> {
    const owners = new Map<string, VmRef>()
    const add = (vm: VmRef) => owners.set(keyOf(vm), vm)
    for (const { vm } of await requireRecords(this.#deps).replications.list({})) add(vm)
    for (const copy of snapshots.filter(isReplica)) {
      const name = tagOf(copy.tags, recoveryTag.vm)
      const resourceGroup = tagOf(copy.tags, recoveryTag.vmGroup)
      if (name !== undefined && resourceGroup !== undefined) add({ name, resourceGroup })
    }
    return [...owners.values()]
  }
}

function standings(replicas: readonly Backup[], now: Date): readonly RegionStanding[] {
  const regions = [...new Set(replicas.map(({ region }) => region))].toSorted()
  return regions.map((region) => {
    const there = replicas.filter((one) => one.region === region && one.complete).toSorted(newestFirst)
    const [newest] = there
    return {
      region,
      newest,
      rpoSeconds: newest && Math.round((+now - +newest.createdAt) / 1000),
      lags: there.flatMap((one) => lagOf(one) ?? []),
    }
  })
}

function lagOf({ name, createdAt, disks }: Backup): { backup: string; lagSeconds: number } | undefined {
  const arrived = disks.map(({ snapshot }) => arrivedAtIn(snapshot.tags))
  const known = arrived.filter((at) => at !== undefined)
  if (known.length < arrived.length) return undefined
  return { backup: name, lagSeconds: Math.round((Math.max(...known.map(Number)) - +createdAt) / 1000) }
}

function isPassedOver(source: Snapshot, { targetRegion }: ReplicationJob, snapshots: readonly Snapshot[]): boolean {
  const there = snapshots.filter((one) => one.region === targetRegion && one.createOption === 'CopyStart')
  return isOvertaken(source, newestCopied(there, snapshots))
}

function isNoted(source: Snapshot | undefined, region: string): boolean {
  return !source || (tagOf(source.tags, recoveryTag.replicatedTo) ?? '').toLowerCase().split(/\s+/).includes(region)
}

function keyOf({ name, resourceGroup }: { readonly name: string; readonly resourceGroup: string }): string {
  return `${resourceGroup}/${name}`.toLowerCase()
}

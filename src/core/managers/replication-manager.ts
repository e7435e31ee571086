import { resourceRefOf } from '../domain/arm-id.js'
import type { Backup, BackupSchedule } from '../domain/backup.js'
import { type CopyPlan, planCopies } from '../domain/copy-plan.js'
import type { Machine, VmRef } from '../domain/machine.js'
import { recoveryOf } from '../domain/recovery-points.js'
import { diskTags, machineTags, replicatedToIn } from '../domain/recovery-tags.js'
import type { CopyPlace, CopyWant, JobStatus, ReplicationJob } from '../domain/replication.js'
import { readSchedule } from '../domain/schedule.js'
import type { Snapshot } from '../domain/snapshot.js'
import type { TagMap } from '../domain/tag-text.js'
import { AzlinError } from '../errors.js'
import type { JobFilter } from '../ports/replications.js'
import type { Limit, Run } from '../run.js'
import { acknowledge } from './arrived-copy.js'
import { audited, requireRecords } from './audited.js'
import { scheduleOf } from './backup-inventory.js'
import { type CopyDeps, copySnapshot } from './copy-snapshot.js'
import { CopyTraffic } from './copy-traffic.js'
import { vmOfBackup } from './find-backup.js'
import { mustKnowRegion } from './known-region.js'

export interface ReplicationDeps extends CopyDeps {
  /** How many copies are followed at once; another limit than that of single requests. */
  readonly copyLimit: Limit
  /** The configured disk encryption set of a region: an ARM id. */
  readonly encryptionSetIn: (region: string) => string | undefined
}

export interface ReplicationWish {
  readonly region: string
  /** Absent: the schedule's, if it is for this region, else that of the sources. */
  readonly resourceGroup?: string | undefined
  readonly encryptionSetId?: string | undefined
}

/** What is to be copied. Nothing has been sent that changes anything. */
export interface ReplicationPlan extends CopyPlan {
  readonly vm: VmRef
  readonly place: CopyPlace
  /** The target group does not exist: making it is the user's to decide. */
  readonly makesGroup: boolean
  readonly traffic: CopyTraffic
}

export interface Replicated {
  readonly jobs: readonly ReplicationJob[]
  /** One for each job: why it failed. */
  readonly errors: readonly (AzlinError | undefined)[]
}

/** Refusals that every further copy to the place would meet as well. */
const ofThePlace = new Set([
  'QUOTA_EXCEEDED',
  'POLICY_DENIED',
  'FORBIDDEN',
  'LOCKED',
  'RESOURCE_GROUP_NOT_FOUND',
  'SUBSCRIPTION_NOT_FOUND',
  'PROVIDER_NOT_REGISTERED',
  'NOT_SIGNED_IN',
  'AZURE_UNAVAILABLE',
  'NETWORK',
  'THROTTLED',
  'TIMED_OUT',
  'COPY_STALLED',
])

/** Copies of backups in a second region. */
export class ReplicationManager {
  readonly #deps: ReplicationDeps

  constructor(deps: ReplicationDeps) {
    this.#deps = deps
  }

  /**
   * One backup, by its name. BACKUP_NOT_FOUND, AMBIGUOUS_BACKUP, BACKUP_INCOMPLETE, REGION_UNKNOWN, NOT_COPYABLE,
   * INVALID_INPUT for the backup's own region.
   */
  async planOne(
    name: string,
    resourceGroup: string | undefined,
    wish: ReplicationWish,
    run: Run,
  ): Promise<ReplicationPlan> {
    const snapshots = await this.#deps.azure.snapshots.inSubscription(run.signal)
    const vm = vmOfBackup(name, snapshots, resourceGroup)
    return this.#plan(vm, snapshots, wish, run, (backups, incomplete) => {
      const isIt = (one: Backup) => one.name.toLowerCase() === name.toLowerCase()
      const found = backups.find(isIt)
      if (found) return [found]
      if (!incomplete.some(isIt)) throw new AzlinError('BACKUP_NOT_FOUND', { backup: name, vm: vm.name })
      throw new AzlinError('BACKUP_INCOMPLETE', { backup: name, why: 'a disk is missing, or its data has not arrived' })
    })
  }

  /** Every complete backup of a VM that the region lacks. VM_NOT_FOUND and as `planOne`. */
  async planAll(vm: VmRef, wish: ReplicationWish, run: Run): Promise<ReplicationPlan> {
    const snapshots = await this.#deps.azure.snapshots.inSubscription(run.signal)
    const plan = await this.#plan(vm, snapshots, wish, run, (backups) => backups)
    // Those that are known to be there are nobody's business any more.
    const isNews = ({ want }: { readonly want: CopyWant }) => !replicatedToIn(want.source.tags).includes(wish.region)
    return { ...plan, arrived: plan.arrived.filter(isNews) }
  }

  /** NOT_COPYABLE when nothing of it can be copied. One copy's failure stops no other's. */
  async execute(
    plan: ReplicationPlan,
    { wait, makeGroup }: { readonly wait: boolean; readonly makeGroup: boolean },
    run: Run,
  ): Promise<Replicated> {
    const { vm, place, impossible, wants } = plan
    refuseImpossible(plan)
    const details = { region: place.region, resourceGroup: place.resourceGroup, copies: wants.length }
    const isPartial = ({ errors }: Replicated) => errors.some((error) => error !== undefined)
    return audited(this.#deps, { operation: 'replicate', subject: vm.name, details, isPartial }, run, async () => {
      if (plan.makesGroup && wants.length > 0) {
        if (!makeGroup) throw new AzlinError('RESOURCE_GROUP_NOT_FOUND', { resourceGroup: place.resourceGroup })
        await this.#deps.azure.groups.create(place.resourceGroup, place.region, run.signal)
      }
      for (const { want, why } of impossible)
        run.report({ type: 'notice', code: 'NOT_COPYABLE', text: `${want.backup} is passed over: ${why}.` })
      return this.#copy(plan, wait, run)
    })
  }

  /** The whole of it for a machine: plans, makes nothing but copies, and waits. */
  async replicate(vm: VmRef, backup: Backup, wish: ReplicationWish, run: Run): Promise<readonly ReplicationJob[]> {
    const plan = await this.planOne(backup.name, vm.resourceGroup, wish, run)
    const { jobs, errors } = await this.execute(plan, { wait: true, makeGroup: false }, run)
    const failed = errors.find((error) => error !== undefined)
    if (failed) throw failed
    return jobs
  }

  /**
   * What a VM's schedule wants copied: goes on where the last command stopped, and begins what may begin now. Never
   * rejects for a copy: the backup stands, and the next run tries again.
   */
  async advance(
    machine: Machine,
    { crossRegionEnabled, targetRegion: region }: BackupSchedule,
    run: Run,
  ): Promise<void> {
    if (!crossRegionEnabled || region === undefined) return
    const vm = { name: machine.name, resourceGroup: machine.resourceGroup }
    try {
      const plan = await this.planAll(vm, { region }, run)
      if (plan.wants.length + plan.arrived.length === 0) return
      const { jobs, errors } = await this.execute({ ...plan, impossible: [] }, { wait: false, makeGroup: false }, run)
      const of = (status: JobStatus) => jobs.filter((job) => job.status === status).length
      const [underWay, waiting] = [of('in_progress'), of('pending')]
      if (underWay > 0) run.report({ type: 'copies.begun', vm: vm.name, region, underWay, waiting })
      const failed = errors.filter((error) => error !== undefined)
      for (const { message } of failed) tellLate(vm, region, message, run)
    } catch (error) {
      if (!AzlinError.is(error) || run.signal.aborted) throw error
      tellLate(vm, region, error.message, run)
    }
  }

  /** The same, until all is there; undefined where the schedule wants no copies. */
  async complete(vm: VmRef, run: Run): Promise<(Replicated & { readonly region: string }) | undefined> {
    const { crossRegionEnabled, targetRegion: region } = scheduleOf(await this.#deps.azure.machines.get(vm, run.signal))
    if (!crossRegionEnabled || region === undefined) return undefined
    const plan = await this.planAll(vm, { region }, run)
    return { ...(await this.execute({ ...plan, impossible: [] }, { wait: true, makeGroup: false }, run)), region }
  }

  /** From the database alone; newest first. */
  jobs(filter: JobFilter): Promise<readonly ReplicationJob[]> {
    return requireRecords(this.#deps).replications.list(filter)
  }

  async #plan(
    vm: VmRef,
    snapshots: readonly Snapshot[],
    wish: ReplicationWish,
    run: Run,
    choose: (backups: readonly Backup[], incomplete: readonly Backup[]) => readonly Backup[],
  ): Promise<ReplicationPlan> {
    const { azure, clock, encryptionSetIn } = this.#deps
    const [machine] = await Promise.all([azure.machines.find(vm, run.signal), mustKnowRegion(azure, wish.region, run)])
    const { backups, incomplete, replicas } = recoveryOf(snapshots, vm, machine)
    if (!machine && backups.length + incomplete.length + replicas.length === 0)
      throw new AzlinError('VM_NOT_FOUND', { vm: vm.name, resourceGroup: vm.resourceGroup })
    const chosen = choose(backups, incomplete)
    refuseOwnRegion(chosen, wish.region)

    const resourceGroup = wish.resourceGroup ?? scheduledGroup(machine, wish.region) ?? groupOf(chosen, vm)
    const place = {
      region: wish.region,
      resourceGroup,
      encryptionSetId: wish.encryptionSetId ?? encryptionSetIn(wish.region),
    }
    const makesGroup = (await azure.groups.find(resourceGroup, run.signal)) === undefined
    const facts = await factsFor(this.#deps, machine, chosen, run)
    const plan = planCopies({ backups: chosen, snapshots, place, factsFor: facts })
    return { ...plan, vm, place, makesGroup, traffic: new CopyTraffic(azure.snapshots, clock, snapshots) }
  }

  async #copy({ wants, arrived, vm, traffic }: ReplicationPlan, wait: boolean, run: Run): Promise<Replicated> {
    const outcomes: Outcome[] = []
    for (const { want, copy } of arrived) {
      outcomes.push(await this.#acknowledge(want, copy, run))
    }
    // All of them are written down before the first is sent: who comes meanwhile sees the whole queue.
    const { replications } = requireRecords(this.#deps)
    const queues = new Map<string, { want: CopyWant; job: ReplicationJob }[]>()
    for (const want of wants) {
      const job = await replications.open({ ...jobFields(want), vm }, this.#deps.clock.now())
      queues.set(want.diskKey, [...(queues.get(want.diskKey) ?? []), { want, job }])
    }
    const drained = await Promise.allSettled(
      [...queues.values()].map((queue) => this.#drain(queue, traffic, wait, run)),
    )
    for (const one of drained) {
      if (one.status === 'rejected') throw one.reason
      outcomes.push(...one.value)
    }
    return { jobs: outcomes.map(({ job }) => job), errors: outcomes.map(({ error }) => error) }
  }

  /** One disk's copies, one after the other. What comes after a failure that all would meet stays pending. */
  async #drain(
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
        const done = await this.#deps.copyLimit(() => copySnapshot(this.#deps, traffic, want, job, { wait }, run))
        outcomes.push({ job: done })
        // The next one may begin when this one is complete, which nobody waits for.
        if (done.status !== 'completed') stopped = true
      } catch (error) {
        if (!AzlinError.is(error) || run.signal.aborted) throw error
        const [now = job] = (await this.jobs({ sourceSnapshot: want.source.name })).filter(({ id }) => id === job.id)
        outcomes.push({ job: now, error })
        stopped = ofThePlace.has(error.code)
      }
    }
    return outcomes
  }

  async #acknowledge(want: CopyWant, copy: Snapshot, run: Run): Promise<Outcome> {
    const job = await this.#jobOfArrived(want)
    try {
      return { job: await acknowledge(this.#deps, { job, copy, source: want.source, tags: want.tags }, run) }
    } catch (error) {
      if (!AzlinError.is(error, 'COPY_WRONG')) throw error
      return { job: await this.#failed(job, error), error }
    }
  }

  #failed(job: ReplicationJob, { message }: AzlinError): Promise<ReplicationJob> {
    const { clock } = this.#deps
    const change = { status: 'failed', errorMessage: message, completedAt: clock.now() } as const
    return requireRecords(this.#deps).replications.change(job.id, change)
  }

  /** A copy that another computer saw arrive has no job here yet. */
  async #jobOfArrived(want: CopyWant): Promise<ReplicationJob> {
    const { replications } = requireRecords(this.#deps)
    const known = await replications.list({ sourceSnapshot: want.source.name })
    const isIt = ({ target, status }: ReplicationJob) =>
      status === 'completed' &&
      target.name.toLowerCase() === want.target.name.toLowerCase() &&
      target.resourceGroup.toLowerCase() === want.target.resourceGroup.toLowerCase()
    return known.find(isIt) ?? replications.open(jobFields(want), this.#deps.clock.now())
  }
}

interface Outcome {
  readonly job: ReplicationJob
  readonly error?: AzlinError
}

function tellLate(vm: VmRef, region: string, reason: string, run: Run): void {
  const text = `The copies of ${vm.name} to ${region} are late: ${reason} The next run tries again.`
  run.report({ type: 'notice', code: 'COPIES_LATE', text })
}

function jobFields({ vm, backup, diskKey, source, target, targetRegion }: CopyWant) {
  const { name, resourceGroup, region: sourceRegion } = source
  return { vm, backup, diskKey, source: { name, resourceGroup }, sourceRegion, target, targetRegion }
}

function refuseImpossible({ wants, arrived, impossible, place }: ReplicationPlan): void {
  const [first] = impossible
  if (!first || wants.length + arrived.length > 0) return
  const { want, why, way } = first
  throw new AzlinError('NOT_COPYABLE', { backup: want.backup, region: place.region, why, way })
}

function refuseOwnRegion(backups: readonly Backup[], region: string): void {
  const home = backups.find((one) => one.region.toLowerCase() === region.toLowerCase())
  if (!home) return
  const why = `${home.name} is in that region itself, so a copy there would be lost with it`
  const example = 'a region that is paired with it'
  throw new AzlinError('INVALID_INPUT', { what: 'Target region', value: region, why, example })
}

function scheduledGroup(machine: Machine | undefined, region: string): string | undefined {
  const schedule = machine ? readSchedule(machine.tags) : 'none'
  if (typeof schedule === 'string' || schedule.targetRegion?.toLowerCase() !== region.toLowerCase()) return undefined
  return schedule.targetResourceGroup
}

function groupOf(backups: readonly Backup[], vm: VmRef): string {
  return backups[0]?.disks[0]?.snapshot.resourceGroup ?? vm.resourceGroup
}

/** What the VM itself knows, for backups whose snapshots do not say it: a copy must be enough to rebuild it. */
async function factsFor(
  { azure, limit }: ReplicationDeps,
  machine: Machine | undefined,
  backups: readonly Backup[],
  run: Run,
): Promise<(backup: Backup, lun: number | null) => TagMap> {
  const lacking = backups.some(({ machine: facts, disks }) => !facts || disks.some((disk) => !disk.facts))
  if (!machine || !lacking) return () => ({})
  const found = await Promise.all(
    machine.disks.map(({ id }) =>
      limit(async () => {
        const ref = resourceRefOf(id)
        return ref && azure.disks.find(ref, run.signal)
      }),
    ),
  )
  const { size, osType, trustedLaunch, zone, licenseType, plan } = machine
  const { generation, architecture } = found[0] ?? { generation: undefined, architecture: undefined }
  const ofMachine = machineTags(machine, {
    size,
    osType,
    trustedLaunch,
    zone,
    licenseType,
    plan,
    generation,
    architecture,
  })
  return (backup, lun) => {
    const index = machine.disks.findIndex((one) => one.lun === lun)
    const [place, disk] = [machine.disks[index], found[index]]
    const snapshot = backup.disks.find((one) => one.lun === lun)?.snapshot
    if (!place || !disk || !snapshot) return ofMachine
    const { caching, name: diskName } = place
    const facts = { lun, caching, sku: disk.sku, sizeGb: snapshot.sizeGb, zone: disk.zone, diskName }
    return { ...ofMachine, ...diskTags({ ...facts, of: backup.disks.length }) }
  }
}

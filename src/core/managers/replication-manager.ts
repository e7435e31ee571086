import type { Backup, BackupSchedule } from '../domain/backup.js'
import type { Impossible } from '../domain/copy-plan.js'
import type { Machine, VmRef } from '../domain/machine.js'
import { replicatedToIn } from '../domain/recovery-tags.js'
import type { CopyWant, JobStatus, ReplicationJob } from '../domain/replication.js'
import { AzlinError } from '../errors.js'
import type { JobFilter } from '../ports/replications.js'
import type { Run } from '../run.js'
import { audited, requireRecords } from './audited.js'
import { scheduleOf } from './backup-inventory.js'
import { type Replicated, runCopies } from './copy-queues.js'
import { vmOfBackup } from './find-backup.js'
import {
  planReplication,
  type ReplicationDeps,
  type ReplicationPlan,
  type ReplicationWish,
  refuseImpossible,
} from './replication-plan.js'

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
    const waiting = await this.#waitingFor(vm, wish.region)
    return planReplication(this.#deps, vm, snapshots, wish, run, (backups, incomplete) => {
      const isIt = (one: Backup) => one.name.toLowerCase() === name.toLowerCase()
      const found = backups.find(isIt)
      if (found) {
        const older = backups.filter((one) => one.createdAt < found.createdAt)
        const first = older.filter((one) => waiting.has(one.name.toLowerCase()))
        tellOvertaken(
          found,
          older.filter((one) => !first.includes(one)),
          wish.region,
          run,
        )
        return [...first, found]
      }
      if (!incomplete.some(isIt)) throw new AzlinError('BACKUP_NOT_FOUND', { backup: name, vm: vm.name })
      throw new AzlinError('BACKUP_INCOMPLETE', { backup: name, why: 'a disk is missing, or its data has not arrived' })
    })
  }

  /** Backups that an earlier command wanted there, and whose turn never came. */
  async #waitingFor({ name: vm, resourceGroup }: VmRef, region: string): Promise<ReadonlySet<string>> {
    const jobs = (await this.#deps.records?.replications.list({ vm, resourceGroup, status: 'pending' })) ?? []
    return new Set(jobs.filter((job) => job.targetRegion === region).map(({ backup }) => backup.toLowerCase()))
  }

  /** Every complete backup of a VM that the region lacks. VM_NOT_FOUND and as `planOne`. */
  async planAll(vm: VmRef, wish: ReplicationWish, run: Run): Promise<ReplicationPlan> {
    const snapshots = await this.#deps.azure.snapshots.inSubscription(run.signal)
    const plan = await planReplication(this.#deps, vm, snapshots, wish, run, (backups) => backups)
    // Those that are known to be there are nobody's business any more.
    const isNews = ({ want }: { readonly want: CopyWant }) => !replicatedToIn(want.source.tags).includes(wish.region)
    const arrived = plan.arrived.filter(isNews)
    return { ...plan, arrived, known: plan.arrived.length - arrived.length }
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
      return runCopies(this.#deps, plan, wait, run)
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
      const impossible = withoutOvertaken(plan)
      tellImpossible(vm, region, impossible, run)
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

  /** The same, until all is there; undefined where the schedule wants no copies. NOT_COPYABLE as `execute`. */
  async complete(vm: VmRef, run: Run): Promise<(Replicated & { readonly region: string }) | undefined> {
    const { crossRegionEnabled, targetRegion: region } = scheduleOf(await this.#deps.azure.machines.get(vm, run.signal))
    if (!crossRegionEnabled || region === undefined) return undefined
    const plan = await this.planAll(vm, { region }, run)
    const possible = { ...plan, impossible: withoutOvertaken(plan) }
    return { ...(await this.execute(possible, { wait: true, makeGroup: false }, run)), region }
  }

  /** From the database alone; newest first. */
  jobs(filter: JobFilter): Promise<readonly ReplicationJob[]> {
    return requireRecords(this.#deps).replications.list(filter)
  }
}

/** Azure copies a disk's snapshots in order, so that what is passed over now can never be copied. */
function tellOvertaken(one: Backup, older: readonly Backup[], region: string, run: Run): void {
  const lacking = older.filter(({ replicatedTo }) => !replicatedTo.includes(region.toLowerCase()))
  if (lacking.length === 0) return
  const backups = lacking.length === 1 ? '1 older backup' : `${lacking.length} older backups`
  const text = `${backups} of ${one.vm.name} have no copy in ${region}, and cannot get one once ${one.name} is copied: azlin backup replicate-all ${one.vm.name} --target-region ${region} copies them in order.`
  run.report({ type: 'notice', code: 'OVERTAKES', text })
}

/** What was overtaken stays so for ever, and was told when it was. */
function withoutOvertaken({ impossible }: ReplicationPlan): readonly Impossible[] {
  return impossible.filter(({ overtaken }) => !overtaken)
}

/** At every run: nothing will be copied until somebody has mended it. */
function tellImpossible(vm: VmRef, region: string, impossible: readonly Impossible[], run: Run): void {
  const [first] = impossible
  if (!first) return
  const backups = new Set(impossible.map(({ want }) => want.backup)).size
  const text = `${backups === 1 ? '1 backup' : `${backups} backups`} of ${vm.name} cannot be copied to ${region}: ${first.why}. ${first.way}`
  run.report({ type: 'notice', code: 'NOT_COPYABLE', text })
}

function tellLate(vm: VmRef, region: string, reason: string, run: Run): void {
  const text = `The copies of ${vm.name} to ${region} are late: ${reason} The next run tries again.`
  run.report({ type: 'notice', code: 'COPIES_LATE', text })
}

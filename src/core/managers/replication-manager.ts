import type { Backup, BackupSchedule } from '../domain/backup.js'
import { type Impossible, stillLacking } from '../domain/copy-plan.js'
import { taken } from '../domain/filling.js'
import type { Machine, VmRef } from '../domain/machine.js'
import { replicatedToIn } from '../domain/recovery-tags.js'
import type { CopyWant, JobStatus, ReplicationJob } from '../domain/replication.js'
import { whyIncomplete } from '../domain/verify-plan.js'
import { AzlinError } from '../errors.js'
import type { JobFilter } from '../ports/replications.js'
import type { Run } from '../run.js'
import { audited, requireRecords } from './audited.js'
import { scheduleOf } from './backup-inventory.js'
import { type Replicated, runCopies } from './copy-queues.js'
import { vmOfBackup } from './find-backup.js'
import {
  mendable,
  notCopyable,
  planReplication,
  type ReplicationDeps,
  type ReplicationPlan,
  type ReplicationWish,
  refuseImpossible,
} from './replication-plan.js'

export interface Copied extends Replicated {
  /** Why what was wanted beside the jobs cannot be copied before somebody has mended it: one for each disk's snapshot. */
  readonly refused: readonly AzlinError[]
}

export type CopiesOfSchedule = Copied & { readonly region: string }

/** Copies of backups in a second region. */
export class ReplicationManager {
  readonly #deps: ReplicationDeps

  constructor(deps: ReplicationDeps) {
    this.#deps = deps
  }

  /**
   * One backup, by its name. BACKUP_NOT_FOUND, AMBIGUOUS_BACKUP, BACKUP_INCOMPLETE, REGION_UNKNOWN, INVALID_INPUT for
   * the backup's own region; NOT_COPYABLE when one of its disks cannot be copied, as half a backup is none.
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
    const isIt = (one: string) => one.toLowerCase() === name.toLowerCase()
    let passed: readonly Backup[] = []
    const plan = await planReplication(this.#deps, vm, snapshots, wish, run, (backups, incomplete) => {
      const found = backups.find((one) => isIt(one.name))
      if (found) {
        const isOlder = (one: Backup) => one.createdAt < found.createdAt
        const first = backups.filter((one) => isOlder(one) && waiting.has(one.name.toLowerCase()))
        passed = taken({ backups, incomplete }).filter((one) => isOlder(one) && !first.includes(one))
        return [...first, found]
      }
      const half = incomplete.find((one) => isIt(one.name))
      if (!half) throw new AzlinError('BACKUP_NOT_FOUND', { backup: name, vm: vm.name })
      throw halfThere(half)
    })
    const impossible = plan.impossible.find(({ want }) => isIt(want.backup))
    if (impossible) throw notCopyable(impossible)
    if (plan.wants.length > 0) tellOvertaken(name, stillLacking(passed, snapshots, wish.region), wish.region, run)
    return plan
  }

  /** Backups that an earlier command wanted there, and whose turn never came. */
  async #waitingFor({ name: vm, resourceGroup }: VmRef, region: string): Promise<ReadonlySet<string>> {
    const jobs = (await this.#deps.records?.replications.list({ vm, resourceGroup, status: 'pending' })) ?? []
    return new Set(jobs.filter((job) => job.targetRegion === region).map(({ backup }) => backup.toLowerCase()))
  }

  /** Every complete backup of a VM that the region lacks. VM_NOT_FOUND, NO_BACKUPS, BACKUP_INCOMPLETE where there are only such, and as `planOne`. */
  async planAll(vm: VmRef, wish: ReplicationWish, run: Run): Promise<ReplicationPlan> {
    const snapshots = await this.#deps.azure.snapshots.inSubscription(run.signal)
    const plan = await planReplication(this.#deps, vm, snapshots, wish, run, (backups, incomplete) => {
      // Nothing is not everything.
      if (backups.length === 0) throw nothingYet(vm, incomplete)
      return backups
    })
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
  ): Promise<Copied> {
    const { vm, place, impossible, wants } = plan
    refuseImpossible(plan)
    const details = { region: place.region, resourceGroup: place.resourceGroup, copies: wants.length }
    const refused = mendable(impossible).map(notCopyable)
    const isPartial = ({ errors }: Replicated) => refused.length > 0 || errors.some((error) => error !== undefined)
    return audited(this.#deps, { operation: 'replicate', subject: vm.name, details, isPartial }, run, async () => {
      if (plan.makesGroup && wants.length > 0) {
        if (!makeGroup) throw new AzlinError('RESOURCE_GROUP_NOT_FOUND', { resourceGroup: place.resourceGroup })
        await this.#deps.azure.groups.create(place.resourceGroup, place.region, run.signal)
      }
      for (const { want, why } of impossible)
        run.report({ type: 'notice', code: 'NOT_COPYABLE', text: `${want.backup} is passed over: ${why}.` })
      return { ...(await runCopies(this.#deps, plan, wait, run)), refused }
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
      const impossible = mendable(plan.impossible)
      tellImpossible(vm, region, impossible, run)
      if (plan.wants.length + plan.arrived.length === 0) return
      const { jobs, errors } = await this.execute({ ...plan, impossible: [] }, { wait: false, makeGroup: false }, run)
      const of = (status: JobStatus) => jobs.filter((job) => job.status === status).length
      const [underWay, waiting] = [of('in_progress'), of('pending')]
      if (underWay > 0) run.report({ type: 'copies.begun', vm: vm.name, region, underWay, waiting })
      const failed = errors.filter((error) => error !== undefined)
      // What no run will copy was told when it was passed over.
      for (const { code, message } of failed) if (code !== 'NOT_COPYABLE') tellLate(vm, region, message, run)
    } catch (error) {
      if (!AzlinError.is(error) || run.signal.aborted) throw error
      // Said already of the backup itself, and its turn comes when it is complete.
      if (error.code !== 'BACKUP_INCOMPLETE') tellLate(vm, region, error.message, run)
    }
  }

  /** The same, until all is there; undefined where the schedule wants no copies. NOT_COPYABLE as `execute`. */
  async complete(vm: VmRef, run: Run): Promise<CopiesOfSchedule | undefined> {
    const { crossRegionEnabled, targetRegion: region } = scheduleOf(await this.#deps.azure.machines.get(vm, run.signal))
    if (!crossRegionEnabled || region === undefined) return undefined
    const plan = await this.planAll(vm, { region }, run)
    const possible = { ...plan, impossible: mendable(plan.impossible) }
    return { ...(await this.execute(possible, { wait: true, makeGroup: false }, run)), region }
  }

  /** From the database alone; newest first. */
  jobs(filter: JobFilter): Promise<readonly ReplicationJob[]> {
    return requireRecords(this.#deps).replications.list(filter)
  }
}

function nothingYet({ name: vm, resourceGroup }: VmRef, [newest]: readonly Backup[]): AzlinError {
  return newest ? halfThere(newest) : new AzlinError('NO_BACKUPS', { vm, resourceGroup })
}

function halfThere(half: Backup): AzlinError {
  return new AzlinError('BACKUP_INCOMPLETE', { backup: half.name, ...whyIncomplete(half) })
}

/** Azure copies a disk's snapshots in order, so that what is passed over now can never be copied. */
function tellOvertaken(name: string, lacking: readonly Backup[], region: string, run: Run): void {
  const [one] = lacking
  if (!one) return
  const vm = one.vm.name
  const have = lacking.length === 1 ? `1 older backup of ${vm} has` : `${lacking.length} older backups of ${vm} have`
  const text = `${have} no copy in ${region}, and cannot get one once ${name} is copied: azlin backup replicate-all ${vm} --target-region ${region} copies them in order.`
  run.report({ type: 'notice', code: 'OVERTAKES', text })
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

import type { Backup, BackupSchedule, Tier } from '../domain/backup.js'
import { filledPercent, isFilling, taken } from '../domain/filling.js'
import type { Machine, VmRef } from '../domain/machine.js'
import type { Recovery } from '../domain/recovery-points.js'
import { readSchedule } from '../domain/schedule.js'
import { dueToday } from '../domain/tiers.js'
import { AzlinError } from '../errors.js'
import type { Limit, Run } from '../run.js'
import { type GroupReader, inventoryOf } from './backup-inventory.js'
import type { BackupManager, Triggered } from './backup-manager.js'
import type { ManagerDeps } from './deps.js'
import type { CopiesOfSchedule, ReplicationManager } from './replication-manager.js'

export type RunItem = {
  readonly vm: VmRef
  /** Of a run that waits, where the schedule wants copies in a second region: what became of them. */
  readonly copies?: CopiesOfRun | undefined
} & Outcome

type Outcome =
  | { readonly outcome: 'taken'; readonly triggered: Triggered; readonly arriving: readonly Backup[] }
  /** Dry run: a backup of this tier would be taken. */
  | { readonly outcome: 'due'; readonly tier: Tier }
  /** `arriving`, of a VM whose schedule is on: what was begun and is not complete yet, by earlier runs too. */
  | { readonly outcome: 'skipped'; readonly reason: string; readonly arriving?: readonly Backup[] }
  | { readonly outcome: 'failed'; readonly error: AzlinError }

/** `error`: nothing could be copied at all. */
export type CopiesOfRun = CopiesOfSchedule | { readonly error: AzlinError }

export interface RunSelection {
  /** Empty: every VM with an enabled schedule. */
  readonly vms: readonly VmRef[]
  /** Where to look for them when `vms` is empty; absent: the whole subscription. */
  readonly resourceGroup?: string | undefined
}

export interface RunOptions {
  readonly dryRun: boolean
  /** Until what was taken is complete, and every copy is there that the schedules want, of earlier backups too. */
  readonly wait?: boolean
}

/** Takes the backups that are due, for a timer to call. Missing a call costs nothing but time: what exists in Azure decides. */
export class BackupRunner {
  readonly #deps: ManagerDeps
  readonly #vmLimit: Limit
  readonly #backups: BackupManager
  readonly #replication: ReplicationManager

  /** `vmLimit`: how many VMs are backed up at once; another limit than that of the deps. */
  constructor(
    { vmLimit, ...deps }: ManagerDeps & { readonly vmLimit: Limit },
    backups: BackupManager,
    replication: ReplicationManager,
  ) {
    this.#deps = deps
    this.#replication = replication
    this.#vmLimit = vmLimit
    this.#backups = backups
  }

  /** A backup for each VM whose day (UTC) has none. One VM's failure is in its item and stops no other. */
  async runDue(selection: RunSelection, options: RunOptions, run: Run): Promise<readonly RunItem[]> {
    const items = await this.#takeDue(selection, options, run)
    // Only when every VM has its backup: a copy may take hours.
    return options.wait ? Promise.all(items.map((item) => this.#vmLimit(() => this.#withCopies(item, run)))) : items
  }

  async #takeDue({ vms, resourceGroup }: RunSelection, options: RunOptions, run: Run): Promise<readonly RunItem[]> {
    const { machines } = this.#deps.azure
    const inGroup = this.#readOnce(run)
    if (vms.length > 0)
      return this.#each(vms, run, async (vm) => this.#runOne(await machines.get(vm, run.signal), inGroup, options, run))

    const scheduled = (await machines.list(resourceGroup, run.signal)).filter(hasSchedule)
    return this.#each(scheduled, run, (machine) => this.#runOne(machine, inGroup, options, run))
  }

  async #runOne(machine: Machine, inGroup: GroupReader, { dryRun }: RunOptions, run: Run): Promise<Outcome> {
    const { recovery, schedule } = await inventoryOf(machine, inGroup)
    if (!schedule.enabled) return { outcome: 'skipped', reason: 'its schedule is disabled' }
    const tier = dueToday(taken(recovery), schedule, this.#deps.clock.now())
    if (tier !== undefined && dryRun) return { outcome: 'due', tier }
    const triggered = tier === undefined ? undefined : await this.#backups.triggerOfDay(machine, run)
    const arriving = recovery.incomplete.filter(isFilling)
    if (triggered) {
      const { backup } = triggered
      return { outcome: 'taken', triggered, arriving: backup.complete ? arriving : [...arriving, backup] }
    }
    // Copies go one by one: each call of the timer begins those that may begin now.
    if (!dryRun && awaitsCopies(recovery, schedule)) await this.#replication.advance(machine, schedule, run)
    return { outcome: 'skipped', reason: whyNotDue(recovery), arriving }
  }

  async #withCopies(item: RunItem, run: Run): Promise<RunItem> {
    const arriving = 'arriving' in item ? item.arriving : undefined
    if (!arriving) return item
    try {
      for (const backup of arriving) await this.#backups.complete(backup, run)
      const copies = await this.#replication.complete(item.vm, run)
      return { ...item, ...(item.outcome === 'skipped' && arriving.length > 0 && { reason: nothingDue }), copies }
    } catch (error) {
      if (!AzlinError.is(error) || run.signal.aborted) throw error
      return { ...item, copies: { error } }
    }
  }

  #each<T extends VmRef>(vms: readonly T[], run: Run, work: (vm: T) => Promise<Outcome>): Promise<readonly RunItem[]> {
    return Promise.all(
      vms.map((one) =>
        this.#vmLimit(async () => {
          run.signal.throwIfAborted()
          const vm = { name: one.name, resourceGroup: one.resourceGroup }
          return { vm, ...(await this.#outcomeOf(() => work(one), run)) }
        }),
      ),
    )
  }

  async #outcomeOf(work: () => Promise<Outcome>, run: Run): Promise<Outcome> {
    try {
      return await work()
    } catch (error) {
      if (!AzlinError.is(error) || run.signal.aborted) throw error
      if (error.code === 'BACKUP_IN_PROGRESS') return { outcome: 'skipped', reason: error.message, arriving: [] }
      return { outcome: 'failed', error }
    }
  }

  /** VMs of one group share its list of snapshots. */
  #readOnce(run: Run): GroupReader {
    const read = new Map<string, ReturnType<GroupReader>>()
    return (resourceGroup) => {
      const key = resourceGroup.toLowerCase()
      const reading = read.get(key) ?? this.#deps.azure.snapshots.inGroup(resourceGroup, run.signal)
      read.set(key, reading)
      return reading
    }
  }
}

const nothingDue = 'nothing is due today'

function whyNotDue({ incomplete }: Recovery): string {
  const filling = incomplete.find(isFilling)
  if (!filling) return nothingDue
  return `${filling.name} was begun, and Azure is still copying its data (${filledPercent(filling)} % is there)`
}

function awaitsCopies({ backups }: Recovery, { crossRegionEnabled, targetRegion }: BackupSchedule): boolean {
  if (!crossRegionEnabled || targetRegion === undefined) return false
  return backups.some(({ replicatedTo }) => !replicatedTo.includes(targetRegion.toLowerCase()))
}

/** One whose schedule cannot be read counts: nobody would notice that it is not backed up. */
function hasSchedule({ tags }: Machine): boolean {
  const schedule = readSchedule(tags)
  return schedule === 'unreadable' || (schedule !== 'none' && schedule.enabled)
}

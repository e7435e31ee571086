/** Brings what a failover VM holds back to the VM whose place it took. Neither is switched off or removed. */
import type { Backup, BackupSchedule } from '../domain/backup.js'
import { originIn } from '../domain/failover-origin.js'
import { isFilling } from '../domain/filling.js'
import type { Machine, VmRef } from '../domain/machine.js'
import { recoveryOf } from '../domain/recovery-points.js'
import { usualRetention } from '../domain/schedule.js'
import { AzlinError } from '../errors.js'
import type { Run } from '../run.js'
import { audited } from './audited.js'
import { awaitData } from './await-data.js'
import type { DrillDeps } from './drill-deps.js'
import { replicasIn } from './replica-inventory.js'
import type { RestoreManager } from './restore-manager.js'
import { takeBackup } from './take-backup.js'
import { inTurn } from './turn.js'

export interface FailbackPlan {
  /** The VM that runs now. */
  readonly from: Machine
  /** The VM whose disks are going to be replaced. */
  readonly home: Machine
}

export interface FailbackResult {
  readonly vmName: string
  readonly resourceGroup: string
  readonly region: string
  readonly backupName: string
  readonly rtoSeconds: number
  readonly restoredDisks: readonly string[]
  readonly previousDisks: readonly string[]
  readonly guestReported: boolean
  /** ARM ids of what is in use and still carries the mark of temporary things. */
  readonly stillMarked: readonly string[]
  /** What is left to the operator. */
  readonly notes: readonly string[]
}

type Restores = Pick<RestoreManager, 'plan' | 'execute'>

export class FailbackManager {
  readonly #deps: DrillDeps
  readonly #restores: Restores

  constructor(deps: DrillDeps, restores: Restores) {
    this.#deps = deps
    this.#restores = restores
  }

  /**
   * `to`: where to, if the VM was not made by `dr failover`, whose tag says it. VM_NOT_FOUND for either of them; NOT_READY.
   */
  async plan(vm: VmRef, to: VmRef | undefined, run: Run): Promise<FailbackPlan> {
    const { machines } = this.#deps.azure
    const from = await machines.getWithStatus(vm, run.signal)
    const origin = to ?? originIn(from.tags)
    const what = `The failback of ${vm.name}`
    if (!origin)
      throw new AzlinError('NOT_READY', {
        what,
        problems: [`${vm.name} was not made by azlin dr failover, so --to has to name the VM at home`],
      })
    const home = await machines.get(origin, run.signal)
    const problems = problemsOf(from, home)
    if (problems.length > 0) throw new AzlinError('NOT_READY', { what, problems })
    return { from, home }
  }

  /** The home VM keeps its old disks until it is up; on failure it has them again. */
  execute({ from, home }: FailbackPlan, run: Run): Promise<FailbackResult> {
    const { clock } = this.#deps
    const details = { to: home.id }
    return audited(this.#deps, { operation: 'dr failback', subject: from.id, details }, run, async () => {
      const begun = clock.elapsed()
      const backup = await this.#backUp(from, run)
      // Azure copies to another region only what is all there.
      if (isFilling(backup)) await awaitData(this.#deps, backup, run)
      const copy = await this.#copyHome(from, home, backup, run)
      const plan = await this.#restores.plan(refOf(home), copy, {}, run)
      for (const text of plan.notices) run.report({ type: 'notice', code: 'RESTORE', text })
      const { restoredDisks, previousDisks, guestReported, stillMarked } = await this.#restores.execute(plan, run)
      const named = { vmName: home.name, resourceGroup: home.resourceGroup, region: home.region }
      const rtoSeconds = (clock.elapsed() - begun) / 1000
      return {
        ...named,
        backupName: backup.name,
        rtoSeconds,
        restoredDisks,
        previousDisks,
        guestReported,
        stillMarked,
        notes: notesOn(from, home, backup),
      }
    })
  }

  /** Whether or not the VM has a schedule of backups by now. */
  #backUp(from: Machine, run: Run): Promise<Backup> {
    const vm = refOf(from)
    return inTurn(this.#deps, vm, { name: 'backup trigger', details: { for: 'dr failback' } }, run, async (records) => {
      const snapshots = await this.#deps.azure.snapshots.inGroup(vm.resourceGroup, run.signal)
      const recovery = recoveryOf(snapshots, vm, from)
      const inventory = { machine: from, schedule: once, snapshots, recovery }
      return (await takeBackup(this.#deps, records, inventory, 'daily', run)).backup
    })
  }

  async #copyHome(from: Machine, home: Machine, backup: Backup, run: Run): Promise<Backup> {
    const { azure, replication } = this.#deps
    const wish = { region: home.region, resourceGroup: home.resourceGroup }
    const plan = await replication.planOne(backup.name, from.resourceGroup, wish, run)
    const { errors } = await replication.execute(plan, { wait: true, makeGroup: false }, run)
    const failed = errors.find((error) => error !== undefined)
    if (failed) throw failed
    const there = await replicasIn(azure, refOf(from), home.region, run)
    const copy = there.find(({ name }) => name.toLowerCase() === backup.name.toLowerCase())
    if (!copy) throw new AzlinError('BACKUP_INCOMPLETE', { backup: backup.name, why: 'its copy is not complete' })
    return copy
  }
}

/** Of a backup that is taken once, by hand. */
const once: BackupSchedule = {
  enabled: true,
  dailyRetention: usualRetention.daily,
  weeklyRetention: 0,
  monthlyRetention: 0,
  lastDaily: undefined,
  lastWeekly: undefined,
  lastMonthly: undefined,
  crossRegionEnabled: false,
  targetRegion: undefined,
  targetResourceGroup: undefined,
  backupResourceGroup: undefined,
}

function refOf({ name, resourceGroup }: Machine): VmRef {
  return { name, resourceGroup }
}

function problemsOf(from: Machine, home: Machine): string[] {
  const problems: string[] = []
  if (from.region.toLowerCase() === home.region.toLowerCase())
    problems.push(`${from.name} and ${home.name} are both in ${home.region}: azlin backup restore does that`)
  if (home.osDiskKind !== 'managed') problems.push(`${home.name} has an ${home.osDiskKind} OS disk`)
  const there = new Set(home.disks.map(({ lun }) => lun))
  const missing = from.disks.filter(({ lun }) => !there.has(lun))
  if (missing.length > 0)
    problems.push(`${home.name} has no disk at the place of ${missing.map(({ name }) => name).join(', ')}`)
  return problems
}

function notesOn(from: Machine, home: Machine, backup: Backup): string[] {
  return [
    `${home.name} in ${home.region} runs with what ${from.name} held at ${backup.createdAt.toISOString()}.`,
    `${from.name} in ${from.region} still runs: what is written to it from then on is not at home. Switch the clients over, then remove it.`,
  ]
}

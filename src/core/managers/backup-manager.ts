import type { Backup, Tier } from '../domain/backup.js'
import { filledPercent, isFilling, taken } from '../domain/filling.js'
import type { VmRef } from '../domain/machine.js'
import { whyBroken } from '../domain/snapshot.js'
import { dueToday } from '../domain/tiers.js'
import { whyIncomplete } from '../domain/verify-plan.js'
import { AzlinError } from '../errors.js'
import type { Run } from '../run.js'
import { awaitData } from './await-data.js'
import { type Inventory, readBackups, readInventory } from './backup-inventory.js'
import type { ManagerDeps } from './deps.js'
import { rememberBackup } from './last-run.js'
import { type InRegion, replicasIn } from './replica-inventory.js'
import type { ReplicationManager } from './replication-manager.js'
import { type CleanupResult, RetentionManager } from './retention-manager.js'
import { takeBackup } from './take-backup.js'
import { inTurn } from './turn.js'

export interface Triggered {
  readonly backup: Backup
  /** Undefined when the cleanup after it failed; then an event `cleanup.failed` said why. */
  readonly cleanup: CleanupResult | undefined
}

export interface BackupFilter {
  readonly tier?: Tier | undefined
  /** Only those begun at this moment or later. */
  readonly since?: Date | undefined
}

/** Takes backups and finds them. What exists in Azure is the truth. */
export class BackupManager {
  readonly #deps: ManagerDeps
  readonly #retention: RetentionManager
  readonly #replication: ReplicationManager

  constructor(deps: ManagerDeps, replication: ReplicationManager) {
    this.#deps = deps
    this.#replication = replication
    this.#retention = new RetentionManager(deps)
  }

  /**
   * Takes a backup of all disks, begins the copies that its schedule wants, and lets expired ones go. BACKUP_NOT_CONFIGURED, SCHEDULE_UNREADABLE,
   * TIER_OFF, BACKUP_IN_PROGRESS, VM_BUSY, UNSUPPORTED_DISK, BACKUP_FAILED.
   */
  trigger(vm: VmRef, { tier }: { readonly tier?: Tier | undefined }, run: Run): Promise<Triggered> {
    return inTurn(this.#deps, vm, { name: 'backup trigger', details: { tier } }, run, async (records) => {
      const inventory = await readInventory(this.#deps.azure, vm, run)
      return this.#finish(await takeBackup(this.#deps, records, inventory, tier, run), run)
    })
  }

  /** The same, unless the day (UTC) has a backup or no tier is due; then undefined. */
  triggerOfDay(vm: VmRef, run: Run): Promise<Triggered | undefined> {
    return inTurn(this.#deps, vm, { name: 'backup run' }, run, async (records) => {
      const inventory = await readInventory(this.#deps.azure, vm, run)
      const { recovery, schedule } = inventory
      if (!dueToday(taken(recovery), schedule, this.#deps.clock.now())) return undefined
      return this.#finish(await takeBackup(this.#deps, records, inventory, undefined, run), run)
    })
  }

  /**
   * Complete backups in the VM's home region, newest first. Needs no database, and no VM:
   * the tags say whose they are. VM_NOT_FOUND when neither VM nor backup is there.
   */
  async list(vm: VmRef, { tier, since }: BackupFilter, run: Run): Promise<readonly Backup[]> {
    const { backups, incomplete } = await readBackups(this.#deps.azure, vm, run)
    const isWanted = (one: Backup) => (!tier || one.tier === tier) && (!since || one.createdAt >= since)
    for (const backup of incomplete.filter(isWanted)) tellWhatIsMissing(backup, run)
    return backups.filter(isWanted)
  }

  /** What can be restored in a region. Asks nothing of the VM, nor of its own region. REGION_UNKNOWN. */
  async listIn(region: string, vm: VmRef, { tier, since }: BackupFilter, run: Run): Promise<readonly InRegion[]> {
    const found = await replicasIn(this.#deps.azure, vm, region, run)
    return found.filter((one) => (!tier || one.tier === tier) && (!since || one.createdAt >= since))
  }

  /** BACKUP_NOT_FOUND, BACKUP_INCOMPLETE. */
  async find(vm: VmRef, name: string, run: Run): Promise<Backup> {
    const { backups, incomplete } = await readBackups(this.#deps.azure, vm, run)
    const isIt = (one: Backup) => one.name.toLowerCase() === name.toLowerCase()
    const found = backups.find(isIt)
    if (found) return found
    const half = incomplete.find(isIt)
    if (!half) throw new AzlinError('BACKUP_NOT_FOUND', { backup: name, vm: vm.name })
    throw new AzlinError('BACKUP_INCOMPLETE', { backup: half.name, ...whyIncomplete(half) })
  }

  /** The backup when all of its data is there. BACKUP_INCOMPLETE when it never will be. */
  async complete(backup: Backup, run: Run): Promise<Backup> {
    await awaitData(this.#deps, backup, run)
    return this.find(backup.vm, backup.name, run)
  }

  /** One of those that a region holds. BACKUP_NOT_FOUND. */
  async findIn(region: string, vm: VmRef, name: string, run: Run): Promise<Backup> {
    const found = (await this.listIn(region, vm, {}, run)).find((one) => one.name.toLowerCase() === name.toLowerCase())
    if (!found) throw new AzlinError('BACKUP_NOT_FOUND', { backup: name, vm: vm.name, region })
    return found
  }

  /** The newest complete backup (with `region`: of those it holds) not after a moment. NO_BACKUPS, NO_BACKUP_AT. */
  async newestAt(vm: VmRef, at: Date, region: string | undefined, run: Run): Promise<Backup> {
    const backups = region === undefined ? await this.list(vm, {}, run) : await this.listIn(region, vm, {}, run)
    if (backups.length === 0)
      throw new AzlinError('NO_BACKUPS', { vm: vm.name, resourceGroup: vm.resourceGroup, region })
    const found = backups.find((one) => one.createdAt <= at)
    if (!found) throw new AzlinError('NO_BACKUP_AT', { vm: vm.name, at: at.toISOString() })
    return found
  }

  /** From here on the backup stands, and nothing may fail it any more. */
  async #finish({ backup, inventory }: { backup: Backup; inventory: Inventory }, run: Run): Promise<Triggered> {
    const { machine } = inventory
    await rememberBackup(this.#deps.azure, machine, backup, run)
    // Before anything expires: what is being copied stays.
    await this.#replication.advance(machine, inventory.schedule, run)
    try {
      const plan = await this.#retention.planFor(inventory, run)
      const cleanup = await this.#retention.apply(plan, { confirmed: false }, run)
      for (const { name, error } of cleanup.failed)
        run.report({ type: 'cleanup.failed', vm: machine.name, code: error.code, message: `${name}: ${error.message}` })
      return { backup, cleanup }
    } catch (error) {
      if (!AzlinError.is(error)) throw error
      run.report({ type: 'cleanup.failed', vm: machine.name, code: error.code, message: error.message })
      return { backup, cleanup: undefined }
    }
  }
}

/** Of a backup that was begun and is not listed; half of one that a stopped command left is the business of azlin cleanup. */
function tellWhatIsMissing(backup: Backup, run: Run): void {
  const { name, disks } = backup
  if (isFilling(backup)) {
    const text = `${name} does not count yet: Azure is still copying its data (${filledPercent(backup)} % is there).`
    run.report({ type: 'notice', code: 'DATA_ARRIVING', text })
  } else if (disks.some(({ snapshot }) => whyBroken(snapshot) !== undefined)) {
    const text = `${name} will never be complete, and does not count: ${whyIncomplete(backup).why}.`
    run.report({ type: 'notice', code: 'BACKUP_BROKEN', text })
  }
}

import type { Backup, BackupSchedule } from '../domain/backup.js'
import type { VmRef } from '../domain/machine.js'
import { planRetention, type RetentionPlan } from '../domain/retention.js'
import { AzlinError } from '../errors.js'
import type { Run } from '../run.js'
import { audited } from './audited.js'
import { type Inventory, readInventory } from './backup-inventory.js'
import type { ManagerDeps } from './deps.js'

export interface CleanupPlan {
  readonly vm: VmRef
  readonly schedule: BackupSchedule
  /** Verdicts with reasons; `massive` when it wants the user's word. */
  readonly retention: RetentionPlan
}

/** The shape of the JSON result, and what went wrong beside it. */
export interface CleanupResult {
  readonly daily: number
  readonly weekly: number
  readonly monthly: number
  readonly deleted: readonly string[]
  readonly kept: readonly { readonly name: string; readonly reason: string }[]
  readonly failed: readonly { readonly name: string; readonly error: AzlinError }[]
  /** Half backups, never listed, that were past their retention as well. */
  readonly leftovers: readonly string[]
}

/** Refusals that protect a backup as a rule of its own would. */
const saving: Readonly<Record<string, string>> = {
  LOCKED: 'it is under a lock',
  ACTIVE_SAS: 'somebody still holds an access link to it',
}

type Outcome = { readonly backup: Backup } & ({ readonly saved?: string } | { readonly error: AzlinError })

/** Lets expired backups go. Azure is asked what there is; the plan is made before anything is removed. */
export class RetentionManager {
  readonly #deps: ManagerDeps

  constructor(deps: ManagerDeps) {
    this.#deps = deps
  }

  /** Reads only. BACKUP_NOT_CONFIGURED, SCHEDULE_UNREADABLE, VM_NOT_FOUND. */
  async plan(vm: VmRef, run: Run): Promise<CleanupPlan> {
    return this.planFor(await readInventory(this.#deps.azure, vm, run), run)
  }

  async planFor({ machine, schedule, recovery }: Inventory, run: Run): Promise<CleanupPlan> {
    const now = this.#deps.clock.now()
    const input = { ...recovery, policy: schedule, now }
    const unlocked = planRetention({ ...input, isLocked: () => false })
    const going = [...expiring(unlocked), ...unlocked.leftovers]
    // Locks are asked for only where something would go.
    const isLocked = going.length > 0 ? await this.#locksOn(going, run) : () => false
    return { vm: machine, schedule, retention: planRetention({ ...input, isLocked }) }
  }

  /** What `apply` would do, in the same shape. */
  preview({ retention }: CleanupPlan): CleanupResult {
    const gone = expiring(retention).map((backup): Outcome => ({ backup }))
    return resultOf(
      retention,
      gone,
      retention.leftovers.map((backup): Outcome => ({ backup })),
    )
  }

  /** MASS_DELETION (nothing removed) for a massive plan that is not confirmed. */
  async apply(plan: CleanupPlan, { confirmed }: { readonly confirmed: boolean }, run: Run): Promise<CleanupResult> {
    const { vm, retention } = plan
    const going = expiring(retention)
    if (retention.massive && !confirmed) {
      const total = retention.verdicts.length
      throw new AzlinError('MASS_DELETION', { vm: vm.name, count: going.length, total })
    }
    if (going.length === 0 && retention.leftovers.length === 0) return this.preview(plan)
    const details = { backups: going.map(({ name }) => name), leftovers: retention.leftovers.map(({ name }) => name) }
    const isPartial = ({ failed }: CleanupResult) => failed.length > 0
    return audited(this.#deps, { operation: 'backup cleanup', subject: vm.name, details, isPartial }, run, async () => {
      const outcomes = await Promise.all([...going, ...retention.leftovers].map((backup) => this.#remove(backup, run)))
      run.signal.throwIfAborted()
      return resultOf(retention, outcomes.slice(0, going.length), outcomes.slice(going.length))
    })
  }

  /** Never rejects for one backup: one that will not go must not keep the others. */
  async #remove(backup: Backup, run: Run): Promise<Outcome> {
    const { azure, limit } = this.#deps
    // Seen beforehand, because half a backup would be gone by the time Azure refuses the other half.
    if (backup.disks.some(({ snapshot }) => snapshot.diskState?.startsWith('ActiveSAS')))
      return { backup, saved: saving['ACTIVE_SAS'] ?? '' }
    let removed = 0
    try {
      // The OS disk first: what is left of it, if this is interrupted, cannot be taken for a whole backup.
      for (const { snapshot } of backup.disks) {
        await limit(async () => {
          run.signal.throwIfAborted()
          await azure.snapshots.remove(snapshot, run.signal)
        })
        removed++
        run.report({ type: 'snapshot.removed', snapshot: snapshot.name, reason: 'expired' })
      }
      return { backup }
    } catch (error) {
      if (!AzlinError.is(error)) throw error
      const saved = removed === 0 ? saving[error.code] : undefined
      return saved === undefined ? { backup, error } : { backup, saved }
    }
  }

  async #locksOn(backups: readonly Backup[], run: Run): Promise<(backup: Backup) => boolean> {
    const groups = new Set(
      backups.flatMap(({ disks }) => disks.map(({ snapshot }) => snapshot.resourceGroup.toLowerCase())),
    )
    const found = await Promise.all([...groups].map((group) => this.#deps.azure.locks.inGroup(group, run.signal)))
    const scopes = found.flatMap((list) => list ?? [])
    return ({ disks }) =>
      disks.some(({ snapshot }) => {
        const id = snapshot.id.toLowerCase()
        return scopes.some((scope) => id === scope || id.startsWith(`${scope}/`))
      })
  }
}

function expiring({ verdicts }: RetentionPlan): readonly Backup[] {
  return verdicts.flatMap(({ backup, keep }) => (keep ? [] : [backup]))
}

function resultOf(
  { verdicts }: RetentionPlan,
  outcomes: readonly Outcome[],
  leftovers: readonly Outcome[],
): CleanupResult {
  const isGone = (outcome: Outcome) => !('error' in outcome) && outcome.saved === undefined
  const gone = outcomes.filter(isGone).map(({ backup }) => backup)
  const of = (tier: Backup['tier']) => gone.filter((backup) => backup.tier === tier).length
  return {
    daily: of('daily'),
    weekly: of('weekly'),
    monthly: of('monthly'),
    deleted: gone.map(({ name }) => name),
    kept: [
      ...verdicts.flatMap(({ backup, keep, reason }) => (keep ? [{ name: backup.name, reason }] : [])),
      ...outcomes.flatMap((outcome) =>
        'saved' in outcome && outcome.saved !== undefined ? [{ name: outcome.backup.name, reason: outcome.saved }] : [],
      ),
    ],
    failed: [...outcomes, ...leftovers].flatMap((outcome) =>
      'error' in outcome ? [{ name: outcome.backup.name, error: outcome.error }] : [],
    ),
    leftovers: leftovers.filter(isGone).map(({ backup }) => backup.name),
  }
}

import type { Backup, BackupSchedule } from '../domain/backup.js'
import type { Machine, VmRef } from '../domain/machine.js'
import { isReplica, type Recovery, recoveryOf } from '../domain/recovery-points.js'
import { planReplicas, planRetention, type RetentionPlan } from '../domain/retention.js'
import type { Snapshot } from '../domain/snapshot.js'
import { AzlinError } from '../errors.js'
import { look } from '../retry.js'
import type { Run } from '../run.js'
import { audited } from './audited.js'
import { type Inventory, readInventory, type Scheduled, scheduleOf } from './backup-inventory.js'
import type { ManagerDeps } from './deps.js'
import { locksOn } from './locked.js'

export interface CleanupPlan {
  readonly vm: VmRef
  readonly schedule: BackupSchedule
  /** Verdicts with reasons; `massive` when it wants the user's word. */
  readonly retention: RetentionPlan
  /** The same for the copies, one plan for each region. */
  readonly replicas: readonly RetentionPlan[]
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
  /** Copies in other regions, by the name of their backup. */
  readonly replicas: {
    readonly deleted: readonly { readonly name: string; readonly region: string }[]
    readonly kept: readonly { readonly name: string; readonly region: string; readonly reason: string }[]
  }
}

/** Refusals that protect a backup as a rule of its own would. */
const saving: Readonly<Record<string, string>> = {
  LOCKED: 'it is under a lock',
  ACTIVE_SAS: 'somebody still holds an access link to it',
}

type Outcome = { readonly backup: Backup } & ({ readonly saved?: string } | { readonly error: AzlinError })

interface Seen {
  readonly snapshots: readonly Snapshot[]
  /** Copies in every group are among them. */
  readonly hasCopies: boolean
}

/** Lets expired backups go. Azure is asked what there is; the plan is made before anything is removed. */
export class RetentionManager {
  readonly #deps: ManagerDeps

  constructor(deps: ManagerDeps) {
    this.#deps = deps
  }

  /** Reads only. BACKUP_NOT_CONFIGURED, SCHEDULE_UNREADABLE, VM_NOT_FOUND. */
  async plan(vm: VmRef, run: Run): Promise<CleanupPlan> {
    return this.#planOver(await readInventory(this.#deps.azure, vm, run), run)
  }

  /** Of what was read already; copies are looked for only where something would go, or where they are expected. */
  async planFor(inventory: Inventory, run: Run): Promise<CleanupPlan> {
    const { schedule, recovery } = inventory
    const { backups, incomplete } = recovery
    const expectsCopies = schedule.crossRegionEnabled || recovery.replicas.length > 0 || backups.some(isCopied)
    const plan = planRetention({
      backups,
      incomplete,
      policy: schedule,
      isLocked: () => false,
      now: this.#deps.clock.now(),
    })
    if (!expectsCopies && goingBy(plan).length === 0)
      return { vm: inventory.machine, schedule, retention: plan, replicas: [] }
    // The policy was read before the backup was taken, and somebody may want more to be kept by now.
    const machine = await this.#deps.azure.machines.get(inventory.machine, run.signal)
    return this.#planOver({ ...inventory, machine, schedule: scheduleOf(machine) }, run)
  }

  async #planOver(inventory: Inventory, run: Run): Promise<CleanupPlan> {
    return this.#planOf(inventory, await this.#withReplicas(inventory, run), run)
  }

  async #planOf({ machine, schedule }: Scheduled, seen: Seen, run: Run): Promise<CleanupPlan> {
    const now = this.#deps.clock.now()
    const { backups, incomplete, replicas } = recoveryIn(seen, machine)
    const planned = (isLocked: (backup: Backup) => boolean) => {
      const rules = { policy: schedule, now, isLocked }
      return {
        retention: planRetention({ ...rules, backups, incomplete }),
        replicas: planReplicas({ ...rules, replicas }),
      }
    }
    const unlocked = planned(() => false)
    const plans = [unlocked.retention, ...unlocked.replicas].filter((one) => goingBy(one).length > 0)
    const ghosts = await this.#goneOf(plans, run)
    if (ghosts.size > 0) {
      const snapshots = seen.snapshots.filter(({ id }) => !ghosts.has(id))
      return this.#planOf({ machine, schedule }, { ...seen, snapshots }, run)
    }
    const going = plans.flatMap(goingBy)
    // Locks are asked for only where something would go.
    const plan = planned(going.length > 0 ? await this.#locksOn(going, run) : () => false)
    tellWhatWaits(machine.name, schedule, plan.retention, run)
    return { vm: machine, schedule, ...plan }
  }

  /** What `apply` would do, in the same shape. */
  preview({ retention, replicas }: CleanupPlan): CleanupResult {
    const gone = (list: readonly Backup[]) => list.map((backup): Outcome => ({ backup }))
    return {
      ...resultOf(retention, gone(expiring(retention)), gone(retention.leftovers)),
      replicas: replicasOf(replicas, gone(replicas.flatMap(expiring))),
    }
  }

  /** MASS_DELETION (nothing removed) for a massive plan that is not confirmed. */
  async apply(plan: CleanupPlan, { confirmed }: { readonly confirmed: boolean }, run: Run): Promise<CleanupResult> {
    const { vm, retention, replicas } = plan
    const all = [retention, ...replicas]
    const massive = all.find((one) => one.massive)
    if (massive && !confirmed) {
      const total = massive.verdicts.length
      throw new AzlinError('MASS_DELETION', { vm: vm.name, count: expiring(massive).length, total })
    }
    const going = all.flatMap(expiring)
    const leftovers = all.flatMap((one) => one.leftovers)
    if (going.length + leftovers.length === 0) return this.preview(plan)
    const nameOf = ({ name, region }: Backup) => `${name} (${region})`
    const details = { backups: going.map(nameOf), leftovers: leftovers.map(nameOf) }
    const isPartial = ({ failed }: CleanupResult) => failed.length > 0
    return audited(this.#deps, { operation: 'backup cleanup', subject: vm.name, details, isPartial }, run, async () => {
      const removed = new Map(
        await Promise.all([...going, ...leftovers].map(async (one) => [one, await this.#remove(one, run)] as const)),
      )
      run.signal.throwIfAborted()
      const outcomes = (list: readonly Backup[]) => list.flatMap((one) => removed.get(one) ?? [])
      const copies = outcomes(replicas.flatMap(expiring))
      const home = resultOf(retention, outcomes(expiring(retention)), outcomes(retention.leftovers))
      const failed = [...home.failed, ...failures([...copies, ...outcomes(replicas.flatMap((one) => one.leftovers))])]
      return { ...home, failed, replicas: replicasOf(replicas, copies) }
    })
  }

  /**
   * Ids of what a list still shows though it is gone, of the backups that let others go: a list may lag behind, and
   * nothing may go in favour of what is not there. Of copies in a region that is out of reach nobody can say so; there
   * nothing can be removed either, and it must not keep what has expired at home.
   */
  async #goneOf(plans: readonly RetentionPlan[], run: Run): Promise<ReadonlySet<string>> {
    const keepers = plans.flatMap(({ keepers: list }) => list.flatMap(({ disks }) => disks))
    const { azure, limit } = this.#deps
    const looks = keepers.map(({ snapshot }) =>
      limit(async () => {
        const find = () => azure.snapshots.find(snapshot, run.signal)
        return (await (isReplica(snapshot) ? look(find, run) : find())) ? [] : [snapshot.id]
      }),
    )
    return new Set((await Promise.all(looks)).flat())
  }

  /** Copies may lie in any group, also one that no schedule names; one that is under way holds its source. */
  async #withReplicas({ schedule, snapshots }: Inventory, run: Run): Promise<Seen> {
    const known = new Set(snapshots.map(({ id }) => id.toLowerCase()))
    try {
      const all = await this.#deps.azure.snapshots.inSubscription(run.signal)
      const copies = all.filter((one) => isReplica(one) && !known.has(one.id.toLowerCase()))
      return { snapshots: [...snapshots, ...copies], hasCopies: true }
    } catch (error) {
      // Whoever may see one group only has no copies in others.
      if (schedule.crossRegionEnabled || !AzlinError.is(error, 'FORBIDDEN')) throw error
      return { snapshots, hasCopies: false }
    }
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
    const snapshots = backups.flatMap(({ disks }) => disks.map(({ snapshot }) => snapshot))
    const isLocked = await locksOn(this.#deps.azure, snapshots, run)
    return ({ disks }) => disks.some(({ snapshot }) => isLocked(snapshot))
  }
}

function isCopied({ replicatedTo }: Backup): boolean {
  return replicatedTo.length > 0
}

/** Where all copies were seen, what is there decides, and not what a tag says was there. */
function recoveryIn({ snapshots, hasCopies }: Seen, machine: Machine): Recovery {
  const found = recoveryOf(snapshots, machine, machine)
  if (!hasCopies) return found
  return { ...found, backups: found.backups.map((backup) => ({ ...backup, replicatedTo: regionsOf(backup, found) })) }
}

function goingBy(plan: RetentionPlan): readonly Backup[] {
  return [...expiring(plan), ...plan.leftovers]
}

function regionsOf({ name }: Backup, { replicas }: Recovery): readonly string[] {
  const mine = replicas.filter((one) => one.complete && one.name.toLowerCase() === name.toLowerCase())
  return [...new Set(mine.map(({ region }) => region.toLowerCase()))]
}

function expiring({ verdicts }: RetentionPlan): readonly Backup[] {
  return verdicts.flatMap(({ backup, keep }) => (keep ? [] : [backup]))
}

function resultOf(
  { verdicts }: RetentionPlan,
  outcomes: readonly Outcome[],
  leftovers: readonly Outcome[],
): Omit<CleanupResult, 'replicas'> {
  const gone = outcomes.filter(isGone).map(({ backup }) => backup)
  const of = (tier: Backup['tier']) => gone.filter((backup) => backup.tier === tier).length
  return {
    daily: of('daily'),
    weekly: of('weekly'),
    monthly: of('monthly'),
    deleted: gone.map(({ name }) => name),
    kept: kept(verdicts, outcomes).map(({ backup, reason }) => ({ name: backup.name, reason })),
    failed: failures([...outcomes, ...leftovers]),
    leftovers: leftovers.filter(isGone).map(({ backup }) => backup.name),
  }
}

function replicasOf(plans: readonly RetentionPlan[], outcomes: readonly Outcome[]): CleanupResult['replicas'] {
  const verdicts = plans.flatMap((plan) => plan.verdicts)
  return {
    deleted: outcomes.filter(isGone).map(({ backup: { name, region } }) => ({ name, region })),
    kept: kept(verdicts, outcomes).map(({ backup: { name, region }, reason }) => ({ name, region, reason })),
  }
}

function kept(verdicts: RetentionPlan['verdicts'], outcomes: readonly Outcome[]) {
  return [
    ...verdicts.flatMap(({ backup, keep, reason }) => (keep ? [{ backup, reason }] : [])),
    ...outcomes.flatMap((outcome) =>
      'saved' in outcome && outcome.saved !== undefined ? [{ backup: outcome.backup, reason: outcome.saved }] : [],
    ),
  ]
}

function isGone(outcome: Outcome): boolean {
  return !('error' in outcome) && outcome.saved === undefined
}

function failures(outcomes: readonly Outcome[]): CleanupResult['failed'] {
  return outcomes.flatMap((outcome) =>
    'error' in outcome ? [{ name: outcome.backup.name, error: outcome.error }] : [],
  )
}

/** At every run, so that it cannot pile up unseen. */
function tellWhatWaits(vm: string, { targetRegion }: BackupSchedule, { verdicts }: RetentionPlan, run: Run): void {
  const waiting = verdicts.filter((verdict) => verdict.awaitsReplica).length
  if (waiting === 0) return
  const backups = waiting === 1 ? '1 backup' : `${waiting} backups`
  const text = `${backups} of ${vm} would have expired, but ${targetRegion} has no copy yet: azlin backup replicate-all ${vm} --target-region ${targetRegion} makes those that Azure still takes. The others go 14 days after their time, once a newer backup is copied.`
  run.report({ type: 'notice', code: 'AWAITING_REPLICA', text })
}

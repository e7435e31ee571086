import type { Backup } from '../domain/backup.js'
import type { VmRef } from '../domain/machine.js'
import { recoveryOf } from '../domain/recovery-points.js'
import type { Snapshot } from '../domain/snapshot.js'
import { depthName, isStale, type Verification, type VerifyOptions, verdictOn } from '../domain/verification.js'
import { isSettled, whyNotVerifiable } from '../domain/verify-plan.js'
import { AzlinError } from '../errors.js'
import type { Records } from '../ports/records.js'
import type { Limit, Run } from '../run.js'
import { audited, requireRecords } from './audited.js'
import { readBackups } from './backup-inventory.js'
import type { ManagerDeps } from './deps.js'
import { vmOfBackup } from './find-backup.js'
import { mustKnowRegion } from './known-region.js'
import { verifyDisk } from './verify-disk.js'
import { recallFault } from './verify-history.js'
import { tagsNow, tagVerified } from './verify-tags.js'

export interface VerificationDeps extends ManagerDeps {
  readonly host: string
  /** Milliseconds between two looks at something that is about to change. */
  readonly lookEveryMs: number
  /** How many backups of a VM are verified at once; Azure allows five links in the family of a disk's snapshots. */
  readonly backupLimit: Limit
}

export interface VerifyOne {
  readonly resourceGroup?: string | undefined
  /** The copy in this region. */
  readonly replicaIn?: string | undefined
}

export interface VerifyMany {
  /** `unverified`: those without a success; `stale`: by the policy; `all` */
  readonly which: 'unverified' | 'stale' | 'all'
  readonly replicaIn?: string | undefined
}

export interface VerifyItem {
  readonly backup: Backup
  readonly result: Verification | undefined
  /** Why it could not be verified at all. */
  readonly error: AzlinError | undefined
}

/** Shows of backups that they can be restored: a disk is made of each snapshot, read, and removed again. */
export class VerificationManager {
  readonly #deps: VerificationDeps

  constructor(deps: VerificationDeps) {
    this.#deps = deps
  }

  /** By its name alone, complete or not. BACKUP_NOT_FOUND, AMBIGUOUS_BACKUP, RESOURCE_GROUP_NOT_FOUND, REGION_UNKNOWN. */
  async find(name: string, where: VerifyOne, run: Run): Promise<Backup> {
    const { snapshots } = this.#deps.azure
    const { resourceGroup, replicaIn } = where
    if (resourceGroup !== undefined && replicaIn === undefined) {
      try {
        return pick(name, await snapshots.inGroup(resourceGroup, run.signal), where)
      } catch (error) {
        // Backups may be kept in another group than the VM's.
        if (!AzlinError.is(error, 'BACKUP_NOT_FOUND')) throw error
      }
    }
    try {
      return pick(name, await snapshots.inSubscription(run.signal), where)
    } catch (error) {
      if (replicaIn !== undefined && AzlinError.is(error, 'BACKUP_NOT_FOUND'))
        await mustKnowRegion(this.#deps.azure, replicaIn, run)
      throw error
    }
  }

  /**
   * NOT_VERIFIABLE before anything is made; VERIFICATION_IN_PROGRESS. A verification that failed is a result, and one
   * that was stopped rejects with the run's own reason.
   */
  async verify(backup: Backup, options: VerifyOptions, run: Run): Promise<Verification> {
    const { clock } = this.#deps
    const refusal = whyNotVerifiable(backup)
    if (refusal) throw new AzlinError('NOT_VERIFIABLE', { backup: backup.name, ...refusal })
    const records = requireRecords(this.#deps)
    const depth = depthName(options.depth)
    const details = { region: backup.region, depth }
    const isPartial = ({ success }: Verification) => !success
    return audited(this.#deps, { operation: 'verify', subject: backup.name, details, isPartial }, run, async () => {
      const turn = await records.turnstile.enter('verify', `verify/${backup.disks[0]?.snapshot.id}`, clock.now())
      if (!turn.entered) {
        const since = turn.since.toISOString()
        throw new AzlinError('VERIFICATION_IN_PROGRESS', { backup: backup.name, since })
      }
      try {
        return await this.#recorded(records, backup, options, run)
      } finally {
        await turn.leave()
      }
    })
  }

  /** VM_NOT_FOUND, NO_BACKUPS, REGION_UNKNOWN. One that fails stops no other. */
  async verifyAll(
    vm: VmRef,
    { which, replicaIn }: VerifyMany,
    options: VerifyOptions,
    run: Run,
  ): Promise<readonly VerifyItem[]> {
    const wanted = (await this.#backupsOf(vm, replicaIn, run)).filter((backup) => this.#isWanted(backup, which))
    return Promise.all(
      wanted.map((backup) =>
        this.#deps.backupLimit(async () => {
          run.signal.throwIfAborted()
          try {
            return { backup, result: await this.verify(backup, options, run), error: undefined }
          } catch (error) {
            if (!AzlinError.is(error) || run.signal.aborted) throw error
            return { backup, result: undefined, error }
          }
        }),
      ),
    )
  }

  async #backupsOf(vm: VmRef, replicaIn: string | undefined, run: Run): Promise<readonly Backup[]> {
    const { azure, clock } = this.#deps
    const now = clock.now()
    const recovery =
      replicaIn === undefined
        ? await readBackups(azure, vm, run)
        : recoveryOf(await azure.snapshots.inSubscription(run.signal), vm, undefined)
    const { backups, incomplete, replicas } = recovery
    const there = replicas.filter(({ region }) => region.toLowerCase() === replicaIn?.toLowerCase())
    const found =
      replicaIn === undefined
        ? [...backups, ...incomplete.filter((one) => isSettled(one, now))]
        : there.filter((one) => one.complete || isSettled(one, now))
    if (found.length > 0) return found
    if (replicaIn !== undefined) await mustKnowRegion(azure, replicaIn, run)
    throw new AzlinError('NO_BACKUPS', { vm: vm.name, resourceGroup: vm.resourceGroup, region: replicaIn })
  }

  #isWanted(backup: Backup, which: VerifyMany['which']): boolean {
    // What a backup was when it was verified says nothing once snapshots of it are gone.
    if (which === 'all' || !backup.complete) return true
    return which === 'stale' ? isStale(backup, this.#deps.clock.now()) : backup.verifiedAt === undefined
  }

  async #recorded(records: Records, backup: Backup, options: VerifyOptions, run: Run): Promise<Verification> {
    const { azure, clock } = this.#deps
    const begun = clock.elapsed()
    const seconds = () => (clock.elapsed() - begun) / 1000
    const what = { backup: backup.name, vm: backup.vm, region: backup.region, depth: depthName(options.depth) }
    const id = await records.verifications.begin(what, clock.now())
    run.report({ type: 'verify.started', backup: backup.name, disks: backup.disks.length, depth: what.depth })
    try {
      const deps = { ...this.#deps, journal: records.journal, verifications: records.verifications }
      const outcomes = await Promise.allSettled(
        backup.disks.map((disk) => verifyDisk(deps, backup, disk, options, run)),
      )
      const disks = outcomes.map((outcome) => {
        if (outcome.status === 'rejected') throw outcome.reason
        return outcome.value
      })
      const now = await tagsNow(azure, backup, run)
      for (const disk of disks) recallFault(now.get(disk.snapshot.id) ?? {}, options.depth, disk)
      const verdict = verdictOn(disks, options.allowUnread)
      const result: Verification = { ...what, ...verdict, verifiedAt: clock.now(), seconds: seconds(), disks }
      await tagVerified(azure, now, result, run)
      await records.verifications.end(id, result)
      const { success, errorMessage: reason } = result
      const unread = result.diskReadable === undefined
      run.report({ type: 'verify.finished', backup: backup.name, success, unread, reason })
      return result
    } catch (error) {
      await records.verifications.interrupted(id, clock.now(), seconds()).catch(() => {})
      throw error
    }
  }
}

/** BACKUP_NOT_FOUND, AMBIGUOUS_BACKUP. */
function pick(name: string, snapshots: readonly Snapshot[], { resourceGroup, replicaIn }: VerifyOne): Backup {
  const vm = vmOfBackup(name, snapshots, resourceGroup)
  const { backups, incomplete, replicas } = recoveryOf(snapshots, vm, undefined)
  const region = replicaIn?.toLowerCase()
  const there =
    region === undefined ? [...backups, ...incomplete] : replicas.filter((one) => one.region.toLowerCase() === region)
  const found = there.find((one) => one.name.toLowerCase() === name.toLowerCase())
  if (found) return found
  throw new AzlinError('BACKUP_NOT_FOUND', { backup: name, vm: vm.name, region })
}

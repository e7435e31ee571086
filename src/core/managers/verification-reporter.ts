import type { Backup } from '../domain/backup.js'
import type { Machine, VmRef } from '../domain/machine.js'
import { recoveryOf } from '../domain/recovery-points.js'
import { recoveryTag } from '../domain/recovery-tags.js'
import { readSchedule } from '../domain/schedule.js'
import type { Snapshot } from '../domain/snapshot.js'
import { tagOf } from '../domain/tag-text.js'
import { reportOn, type VerificationReport, type VmFacts } from '../domain/verification-report.js'
import { isSettled } from '../domain/verify-plan.js'
import { AzlinError } from '../errors.js'
import type { VerificationRecord } from '../ports/verifications.js'
import type { Run } from '../run.js'
import { readRecovery } from './backup-inventory.js'
import type { ManagerDeps } from './deps.js'

export interface ReportScope {
  /** One VM; otherwise all of the group, or of the subscription. */
  readonly vm?: VmRef | undefined
  readonly resourceGroup?: string | undefined
  readonly days: number
}

/** Puts together what this machine has recorded and what the tags in Azure say. Works without a database. */
export class VerificationReporter {
  readonly #deps: ManagerDeps

  constructor(deps: ManagerDeps) {
    this.#deps = deps
  }

  /** VM_NOT_FOUND, RESOURCE_GROUP_NOT_FOUND. */
  async report({ vm, resourceGroup, days }: ReportScope, run: Run): Promise<VerificationReport> {
    const found = vm ? [await this.#readOne(vm, run)] : await this.#readAll(resourceGroup, run)
    const records =
      (await this.#deps.records?.verifications.list({ vm: vm?.name, resourceGroup: vm?.resourceGroup })) ?? []
    const facts = found.map((one): VmFacts => {
      const mine = records.filter((record) => sameVm(record.vm, one.vm))
      const verified = mine.filter(({ outcome }) => outcome === 'passed' || outcome === 'failed')
      return { ...one, verified, interrupted: mine.filter(wasCutOff).map(({ verifiedAt }) => verifiedAt) }
    })
    return reportOn(facts, days, this.#deps.clock.now())
  }

  async #readOne(vm: VmRef, run: Run): Promise<Found> {
    const { azure } = this.#deps
    const [machine, { backups, incomplete, replicas }] = await Promise.all([
      azure.machines.find(vm, run.signal),
      readRecovery(azure, vm, run),
    ])
    return { vm, backups, incomplete: this.#settled(incomplete), copies: replicas, schedule: scheduleOf(machine) }
  }

  #settled(incomplete: readonly Backup[]): readonly Backup[] {
    return incomplete.filter((backup) => isSettled(backup, this.#deps.clock.now()))
  }

  async #readAll(resourceGroup: string | undefined, run: Run): Promise<readonly Found[]> {
    const { machines: ports } = this.#deps.azure
    const [machines, snapshots] = await Promise.all([
      ports.list(resourceGroup, run.signal),
      this.#snapshotsOf(resourceGroup, run),
    ])
    const byVm = new Map<string, { readonly vm: VmRef; readonly machine: Machine | undefined; mine: Snapshot[] }>()
    for (const machine of machines) byVm.set(keyOf(machine), { vm: machine, machine, mine: [] })
    for (const snapshot of snapshots) {
      const owner = ownerOf(snapshot)
      if (!owner || (resourceGroup !== undefined && !same(owner.resourceGroup, resourceGroup))) continue
      const known = byVm.get(keyOf(owner))
      if (known) known.mine.push(snapshot)
      else byVm.set(keyOf(owner), { vm: owner, machine: undefined, mine: [snapshot] })
    }
    return [...byVm.values()]
      .map(({ vm: { name, resourceGroup: group }, machine, mine }) => {
        const vm = { name, resourceGroup: group }
        const { backups, incomplete, replicas } = recoveryOf(mine, vm, machine)
        const known = { vm, schedule: scheduleOf(machine) }
        return { ...known, backups, incomplete: this.#settled(incomplete), copies: replicas }
      })
      .filter(
        ({ backups, incomplete, copies, schedule }) =>
          schedule !== undefined || backups.length + incomplete.length + copies.length > 0,
      )
  }

  /** Backups of a group's VMs may lie in other groups; an account that sees only the one group sees what is there. */
  async #snapshotsOf(resourceGroup: string | undefined, run: Run): Promise<readonly Snapshot[]> {
    const { snapshots } = this.#deps.azure
    try {
      return await snapshots.inSubscription(run.signal)
    } catch (error) {
      if (resourceGroup === undefined || !AzlinError.is(error, 'FORBIDDEN')) throw error
      return snapshots.inGroup(resourceGroup, run.signal)
    }
  }
}

type Found = Omit<VmFacts, 'verified' | 'interrupted'>

function scheduleOf(machine: Machine | undefined): Found['schedule'] {
  const schedule = machine && readSchedule(machine.tags)
  return typeof schedule === 'object' ? schedule : undefined
}

/** The VM that a backup's snapshot names; without its group, the one that the snapshot lies in. */
function ownerOf({ tags, resourceGroup }: Snapshot): VmRef | undefined {
  const name = tagOf(tags, recoveryTag.vm)
  if (name === undefined || tagOf(tags, recoveryTag.backup) === undefined) return undefined
  return { name, resourceGroup: tagOf(tags, recoveryTag.vmGroup) ?? resourceGroup }
}

/** It did not come to an end, and no longer can. One on another computer's shared record cannot be asked. */
function wasCutOff({ outcome, ownerAlive }: VerificationRecord): boolean {
  return outcome === 'interrupted' || (outcome === 'running' && ownerAlive === false)
}

function sameVm(one: VmRef, other: VmRef): boolean {
  return keyOf(one) === keyOf(other)
}

function keyOf({ name, resourceGroup }: VmRef): string {
  return `${resourceGroup}/${name}`.toLowerCase()
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}

import type { Backup } from '../domain/backup.js'
import type { Machine, VmRef } from '../domain/machine.js'
import { readSchedule } from '../domain/schedule.js'
import { reportOn, type VerificationReport, type VmFacts } from '../domain/verification-report.js'
import { isSettled } from '../domain/verify-plan.js'
import type { VerificationRecord } from '../ports/verifications.js'
import type { Run } from '../run.js'
import { readBackups } from './backup-inventory.js'
import type { ManagerDeps } from './deps.js'
import { recoveriesIn } from './vm-recoveries.js'

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
    const owners = ownersOf(found)
    const facts = found.map((one): VmFacts => {
      const mine = records.filter((record) => owners.get(keyOf(record.vm)) === one)
      const verified = mine.filter(({ outcome }) => outcome === 'passed' || outcome === 'failed')
      return { ...one, verified, interrupted: mine.filter(wasCutOff).map(({ verifiedAt }) => verifiedAt) }
    })
    return reportOn(facts, days, this.#deps.clock.now())
  }

  async #readOne(vm: VmRef, run: Run): Promise<Found> {
    const { azure } = this.#deps
    const [machine, { backups, incomplete, replicas }] = await Promise.all([
      azure.machines.find(vm, run.signal),
      readBackups(azure, vm, run),
    ])
    return { vm, backups, incomplete: this.#settled(incomplete), copies: replicas, schedule: scheduleOf(machine) }
  }

  #settled(incomplete: readonly Backup[]): readonly Backup[] {
    return incomplete.filter((backup) => isSettled(backup, this.#deps.clock.now()))
  }

  async #readAll(resourceGroup: string | undefined, run: Run): Promise<readonly Found[]> {
    return (await recoveriesIn(this.#deps.azure, resourceGroup, run))
      .map(({ vm, machine, recovery: { backups, incomplete, replicas } }) => {
        const known = { vm, schedule: scheduleOf(machine) }
        return { ...known, backups, incomplete: this.#settled(incomplete), copies: replicas }
      })
      .filter(
        ({ backups, incomplete, copies, schedule }) =>
          schedule !== undefined || backups.length + incomplete.length + copies.length > 0,
      )
  }
}

type Found = Omit<VmFacts, 'verified' | 'interrupted'>

function scheduleOf(machine: Machine | undefined): Found['schedule'] {
  const schedule = machine && readSchedule(machine.tags)
  return typeof schedule === 'object' ? schedule : undefined
}

/** It did not come to an end, and no longer can. One on another computer's shared record cannot be asked. */
function wasCutOff({ outcome, ownerAlive }: VerificationRecord): boolean {
  return outcome === 'interrupted' || (outcome === 'running' && ownerAlive === false)
}

/** By the keys of their VMs. A record that another program wrote may lack the group; then it is of the first of its name. */
function ownersOf(found: readonly Found[]): ReadonlyMap<string, Found> {
  const nowhere = found.map((one) => [keyOf({ ...one.vm, resourceGroup: '' }), one] as const)
  return new Map([...nowhere.toReversed(), ...found.map((one) => [keyOf(one.vm), one] as const)])
}

function keyOf({ name, resourceGroup }: VmRef): string {
  return `${resourceGroup}/${name}`.toLowerCase()
}

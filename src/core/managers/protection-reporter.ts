import { readDrillSchedule } from '../domain/drill-schedule.js'
import type { VmRef } from '../domain/machine.js'
import { type Protection, protectionOf } from '../domain/protection.js'
import { readSchedule } from '../domain/schedule.js'
import type { Run } from '../run.js'
import type { ManagerDeps } from './deps.js'
import { recoveriesIn, recoveriesOf, type VmRecovery } from './vm-recoveries.js'

export interface ProtectionScope {
  /** Empty: all of the group, or of the subscription. */
  readonly vms: readonly VmRef[]
  readonly resourceGroup: string | undefined
  /** Also VMs that have neither a schedule nor a backup. */
  readonly unscheduled: boolean
}

/** Tells of every VM whether it could be restored now. Asks Azure alone: no database, and no other computer, is needed. */
export class ProtectionReporter {
  readonly #deps: Pick<ManagerDeps, 'azure' | 'clock'>

  constructor(deps: Pick<ManagerDeps, 'azure' | 'clock'>) {
    this.#deps = deps
  }

  /** VM_NOT_FOUND, RESOURCE_GROUP_NOT_FOUND. */
  async report({ vms, resourceGroup, unscheduled }: ProtectionScope, run: Run): Promise<readonly Protection[]> {
    const { azure, clock } = this.#deps
    const all = vms.length > 0 ? await recoveriesOf(azure, vms, run) : await recoveriesIn(azure, resourceGroup, run)
    const asked = vms.length > 0 || unscheduled ? all : all.filter(isMeant)
    return asked.map(({ vm, machine, recovery: { backups, incomplete, replicas } }) => {
      const tags = machine?.tags ?? {}
      const known = { vm, gone: machine === undefined, backups, incomplete, copies: replicas }
      return protectionOf({ ...known, schedule: readSchedule(tags), drills: readDrillSchedule(tags) }, clock.now())
    })
  }
}

/** Somebody wants it backed up, or has had it backed up. */
function isMeant({ machine, recovery: { backups, incomplete, replicas } }: VmRecovery): boolean {
  return backups.length + incomplete.length + replicas.length > 0 || readSchedule(machine?.tags ?? {}) !== 'none'
}

/** A drill of several VMs as one: groups in order, what is waited for between them, and checks for each VM. */
import type { HttpCheck } from './drill-input.js'
import type { VmRef } from './machine.js'

export interface DrillPlan {
  readonly name: string
  readonly testRegion: string
  /** An existing group to use; the plan makes one for itself when absent. */
  readonly testResourceGroup: string | undefined
  readonly subnetId: string | undefined
  readonly sshSource: string | undefined
  readonly requireReplica: boolean
  readonly allowSizeChange: boolean
  /** In order: none begins before the one before it has come as far as it says. */
  readonly groups: readonly DrillGroup[]
}

export interface DrillGroup {
  readonly name: string
  /** How far each of its VMs must be before the next group begins. */
  readonly waitFor: 'boot' | 'checks'
  /** Seconds to wait beyond that. */
  readonly pauseSeconds: number
  readonly vms: readonly PlannedDrill[]
}

export interface PlannedDrill {
  readonly vm: VmRef
  /** Name of the backup; the newest with a replica when absent. */
  readonly backup: string | undefined
  readonly size: string | undefined
  readonly connectivity: boolean
  readonly checkHttp: HttpCheck | undefined
  readonly checkCommand: string | undefined
  readonly checkTimeoutMs: number | undefined
}

export function vmsOf({ groups }: Pick<DrillPlan, 'groups'>): readonly PlannedDrill[] {
  return groups.flatMap(({ vms }) => vms)
}

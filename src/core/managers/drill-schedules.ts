import {
  type DrillSchedule,
  drillScheduleTag,
  encodeDrillSchedule,
  readDrillSchedule,
} from '../domain/drill-schedule.js'
import type { Machine, VmRef } from '../domain/machine.js'
import { readSchedule } from '../domain/schedule.js'
import { AzlinError } from '../errors.js'
import type { Run } from '../run.js'
import { audited } from './audited.js'
import type { ManagerDeps } from './deps.js'
import { mustKnowRegion } from './known-region.js'

export interface DrillPolicy {
  readonly testRegion: string
  readonly everyDays: number
}

export class DrillSchedules {
  readonly #deps: ManagerDeps

  constructor(deps: ManagerDeps) {
    this.#deps = deps
  }

  /** The times of earlier drills stay. VM_NOT_FOUND, REGION_UNKNOWN. */
  async configure(
    vm: VmRef,
    { testRegion, everyDays }: DrillPolicy,
    run: Run,
  ): Promise<{ readonly schedule: DrillSchedule; readonly notices: readonly string[] }> {
    const { azure } = this.#deps
    const [machine] = await Promise.all([azure.machines.get(vm, run.signal), mustKnowRegion(azure, testRegion, run)])
    const before = readDrillSchedule(machine.tags)
    const { lastDrill = undefined, lastProven = {} } = typeof before === 'string' ? {} : before
    const schedule = { enabled: true, testRegion, everyDays, lastDrill, lastProven }
    await this.#write(machine, schedule, 'dr configure', run)
    return { schedule, notices: noticesOn(machine, testRegion) }
  }

  /** Keeps the rest and switches it off. DRILLS_NOT_CONFIGURED, SCHEDULE_UNREADABLE. */
  async disable(vm: VmRef, run: Run): Promise<DrillSchedule> {
    const machine = await this.#deps.azure.machines.get(vm, run.signal)
    const schedule = { ...drillScheduleOf(machine), enabled: false }
    await this.#write(machine, schedule, 'dr disable', run)
    return schedule
  }

  #write(machine: Machine, schedule: DrillSchedule, operation: string, run: Run): Promise<void> {
    const details = { schedule: encodeDrillSchedule(schedule) }
    return audited(this.#deps, { operation, subject: machine.id, details }, run, () =>
      writeDrillSchedule(this.#deps, machine, schedule, run),
    )
  }
}

/** Merged: no other tag is touched. */
export async function writeDrillSchedule(
  { azure }: Pick<ManagerDeps, 'azure'>,
  { id }: Pick<Machine, 'id'>,
  schedule: DrillSchedule,
  run: Run,
): Promise<void> {
  await azure.tags.merge(id, { [drillScheduleTag]: encodeDrillSchedule(schedule) }, run.signal)
}

/** DRILLS_NOT_CONFIGURED, SCHEDULE_UNREADABLE. */
export function drillScheduleOf({ name: vm, tags }: Pick<Machine, 'name' | 'tags'>): DrillSchedule {
  const schedule = readDrillSchedule(tags)
  if (schedule === 'none') throw new AzlinError('DRILLS_NOT_CONFIGURED', { vm })
  if (schedule === 'unreadable') throw new AzlinError('SCHEDULE_UNREADABLE', { vm, tag: drillScheduleTag })
  return schedule
}

/** What makes drills slower, or prove less, than they could. */
function noticesOn({ name, region, tags }: Machine, testRegion: string): string[] {
  const backups = readSchedule(tags)
  if (region.toLowerCase() === testRegion.toLowerCase())
    return [`${testRegion} is the region of ${name} itself: a drill there proves nothing about the loss of the region.`]
  if (typeof backups === 'string') return [`${name} has no backup schedule: a drill needs a backup.`]
  if (backups.crossRegionEnabled && backups.targetRegion?.toLowerCase() === testRegion.toLowerCase()) return []
  return [
    `Its backups are not copied to ${testRegion} by schedule: each drill has to make a copy first, which takes long.`,
  ]
}

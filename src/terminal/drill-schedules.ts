/** Schedules of drills in words, and as JSON. */
import type { DrillSchedule } from '../core/domain/drill-schedule.js'
import { age, minute } from './time.js'

export interface DrillScheduleJson {
  readonly enabled: boolean
  readonly testRegion: string
  readonly everyDays: number
  readonly lastDrill: string | null
}

export function drillScheduleJson({ enabled, testRegion, everyDays, lastDrill }: DrillSchedule): DrillScheduleJson {
  return { enabled, testRegion, everyDays, lastDrill: lastDrill?.toISOString() ?? null }
}

export function drillScheduleLine(vm: string, schedule: DrillSchedule, now: Date): string {
  const { enabled, testRegion, everyDays, lastDrill } = schedule
  const last = lastDrill ? `the last one was ${minute(lastDrill)} UTC (${age(lastDrill, now)} ago)` : 'none yet'
  if (!enabled) return `Drills of ${vm} are switched off (${last}).`
  const often = everyDays === 1 ? 'every day' : `every ${everyDays} days`
  return `${vm} is drilled ${often} in ${testRegion}; ${last}. azlin dr test-all runs what is due.`
}

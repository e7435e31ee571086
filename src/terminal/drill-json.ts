/** What `--json` and `--csv` print of drills. Keys are an interface: they are added, never renamed. */
import type { Drill, DrillItem, PlanDrill } from '../core/domain/drill.js'
import type { DrillPlan } from '../core/domain/drill-plan.js'
import type { AzlinError } from '../core/errors.js'
import { csv } from './csv.js'

export interface DrillJson {
  readonly testId: number
  readonly vmName: string
  readonly backupName: string
  readonly testRegion: string
  readonly startedAt: string
  readonly completedAt: string | null
  /** Null: it was stopped, and says neither yes nor no. */
  readonly success: boolean | null
  /** Null: not checked, here and below. */
  readonly restoreSucceeded: boolean | null
  readonly bootSucceeded: boolean | null
  readonly connectivitySucceeded: boolean | null
  readonly cleanupSucceeded: boolean | null
  readonly rtoSeconds: number | null
  readonly errorMessage: string | null
  readonly errorCode: string | null
  readonly outcome: Drill['outcome']
  /** The VM's own. */
  readonly resourceGroup: string
  readonly connectionMethod: string | null
  readonly phases: readonly {
    readonly phase: string
    readonly beganSeconds: number
    readonly seconds: number
    readonly outcome: string
    readonly note: string | null
  }[]
  readonly notes: readonly string[]
  readonly testResourceGroup: string | null
  readonly testVm: string | null
  readonly vmSize: string | null
  readonly bootLog: readonly string[]
  /** ARM ids of what is still there. */
  readonly left: readonly string[]
  readonly plan: string | null
}

export function drillJson(drill: Drill): DrillJson {
  const { outcome } = drill
  return {
    testId: drill.id,
    vmName: drill.vm.name,
    backupName: drill.backup,
    testRegion: drill.testRegion,
    startedAt: drill.startedAt.toISOString(),
    completedAt: drill.completedAt?.toISOString() ?? null,
    success: outcome === 'succeeded' ? true : outcome === 'failed' ? false : null,
    restoreSucceeded: drill.restoreSucceeded ?? null,
    bootSucceeded: drill.bootSucceeded ?? null,
    connectivitySucceeded: drill.connectivitySucceeded ?? null,
    cleanupSucceeded: drill.cleanupSucceeded ?? null,
    rtoSeconds: millis(drill.rtoSeconds),
    errorMessage: drill.errorMessage ?? null,
    errorCode: drill.errorCode ?? null,
    outcome,
    resourceGroup: drill.vm.resourceGroup,
    connectionMethod: drill.method ?? null,
    phases: drill.phases.map(({ phase, beganSeconds, seconds, outcome: ended, note }) => {
      return { phase, beganSeconds: millis(beganSeconds), seconds: millis(seconds), outcome: ended, note: note ?? null }
    }),
    notes: drill.notes,
    testResourceGroup: drill.resourceGroup ?? null,
    testVm: drill.testVm ?? null,
    vmSize: drill.size ?? null,
    bootLog: drill.bootLog,
    left: drill.left,
    plan: drill.plan ?? null,
  }
}

/** Seconds to the millisecond: what a clock says beyond that is noise. */
function millis(seconds: number): number
function millis(seconds: number | undefined): number | null
function millis(seconds: number | undefined): number | null {
  return seconds === undefined ? null : Math.round(seconds * 1000) / 1000
}

/** A drill, or why there was none. */
export type DrillItemJson =
  | DrillJson
  | (typeof neverBegun & {
      readonly vmName: string
      readonly resourceGroup: string
      readonly success: false
      readonly errorMessage: string
      readonly error: AzlinError
    })

/** Whoever reads the items of a list finds the same keys in each. */
const neverBegun = {
  testId: null,
  backupName: null,
  testRegion: null,
  startedAt: null,
  completedAt: null,
  restoreSucceeded: null,
  bootSucceeded: null,
  connectivitySucceeded: null,
  cleanupSucceeded: null,
  rtoSeconds: null,
} as const

export function drillItemJson({ vm, drill, error }: DrillItem): DrillItemJson[] {
  if (drill) return [drillJson(drill)]
  if (!error) return []
  const { name: vmName, resourceGroup } = vm
  return [{ ...neverBegun, vmName, resourceGroup, success: false, errorMessage: error.message, error }]
}

/** What a plan would do. */
export function planJson({ name, testRegion, groups }: DrillPlan) {
  return {
    plan: name,
    testRegion,
    dryRun: true,
    groups: groups.map(({ name: group, waitFor, pauseSeconds, vms }) => {
      const planned = vms.map(({ vm, backup }) => {
        return { vmName: vm.name, resourceGroup: vm.resourceGroup, backupName: backup ?? null }
      })
      return { name: group, waitFor, pauseSeconds, vms: planned }
    }),
  }
}

export function planDrillJson(plan: PlanDrill) {
  const { name, testRegion, startedAt, completedAt, success, rtoSeconds, errorMessage, items } = plan
  return {
    plan: name,
    testRegion,
    startedAt: startedAt.toISOString(),
    completedAt: completedAt.toISOString(),
    success,
    rtoSeconds: millis(rtoSeconds),
    errorMessage: errorMessage ?? null,
    results: items.flatMap(drillItemJson),
  }
}

const csvKeys = [
  'testId',
  'vmName',
  'resourceGroup',
  'backupName',
  'testRegion',
  'startedAt',
  'completedAt',
  'outcome',
  'success',
  'restoreSucceeded',
  'bootSucceeded',
  'connectivitySucceeded',
  'cleanupSucceeded',
  'rtoSeconds',
  'errorMessage',
] as const satisfies readonly (keyof DrillJson)[]

export function drillsCsv(drills: readonly Drill[]): string {
  const rows = drills.map(drillJson)
  return csv(
    csvKeys,
    rows.map((row) => csvKeys.map((key) => row[key])),
  )
}

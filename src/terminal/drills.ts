/** Drills in words: what was found, how long each part took, and what many of them say together. */
import {
  type ConnectionMethod,
  type Drill,
  type DrillItem,
  type DrillOutcome,
  type DrillPhase,
  type PlanDrill,
  rtoTargetSeconds,
} from '../core/domain/drill.js'
import type { DrillPlan } from '../core/domain/drill-plan.js'
import { type Column, fittingTable } from './fitting-table.js'
import { type Columns, oneLine, table } from './table.js'
import { minute, span } from './time.js'

const phaseWords: Readonly<Record<DrillPhase, string>> = {
  preflight: 'preflight',
  copy: 'copy to the region',
  quarantine: 'quarantine',
  network: 'network',
  disks: 'disks',
  vm: 'VM',
  boot: 'boot',
  connectivity: 'SSH',
  http: 'HTTP check',
  command: 'command check',
  cleanup: 'cleanup',
}

const outcomes: Readonly<Record<DrillOutcome, string>> = {
  succeeded: 'the drill succeeded',
  failed: 'THE DRILL FAILED',
  interrupted: 'the drill was interrupted',
  running: 'the drill is running',
}

const methods: Readonly<Record<ConnectionMethod, string>> = {
  'ssh-public': 'by a handshake from here, over a temporary public address',
  'ssh-private': 'by a handshake from here, over the private address',
  'run-command': 'inside the guest, through Run Command',
}

/** The whole result of one drill. */
export function drillLines(drill: Drill, out: Columns): string {
  const { vm, backup, testRegion, outcome, size, method, errorMessage, bootLog } = drill
  const of = [backup, `in ${testRegion}`, size].filter((text) => text !== undefined && text !== '')
  const checked = method !== undefined && drill.connectivitySucceeded !== undefined
  return [
    `${vm.name}: ${outcomes[outcome]} (${of.join(', ')}).`,
    phaseTable(drill, out),
    `Restore ${verdict(drill.restoreSucceeded)}, boot ${verdict(drill.bootSucceeded)}, connectivity ${verdict(drill.connectivitySucceeded)}, cleanup ${verdict(drill.cleanupSucceeded)}.`,
    ...(checked ? [`SSH was checked ${methods[method]}.`] : []),
    rtoLine(drill.rtoSeconds),
    ...drill.notes.map(oneLine),
    ...(errorMessage === undefined ? [] : [oneLine(errorMessage)]),
    ...(bootLog.length > 0 ? ['The end of its boot log:', ...bootLog.map((line) => `  ${oneLine(line)}`)] : []),
    ...leftLines(drill.left),
  ].join('\n')
}

/** In less room the notes say nothing; the reason of a failure is below the table, too. */
const leastForNotes = 20

/** The phases that were come to. Those that run side by side overlap. */
function phaseTable({ phases }: Drill, out: Columns): string {
  const headings = ['PHASE', 'BEGAN', 'SECONDS', 'RESULT']
  const rows = phases.map(({ phase, beganSeconds, seconds, outcome }) => [
    phaseWords[phase],
    `+${tenths(beganSeconds)}`,
    tenths(seconds),
    outcome === 'succeeded' ? 'ok' : outcome,
  ])
  const bare = table(headings, rows, out)
  const room = out.isTTY === true && out.columns ? out.columns : Number.POSITIVE_INFINITY
  if (room - Math.max(...bare.split('\n').map((line) => line.length)) < leastForNotes) return bare
  const noted = rows.map((row, index) => [...row, phases[index]?.note ?? ''])
  return table([...headings, ''], noted, out)
}

/** What was not asked for is no success: it was not checked. */
function verdict(value: boolean | undefined): string {
  return value === undefined ? 'not checked' : value ? 'ok' : 'FAILED'
}

function rtoLine(seconds: number | undefined): string {
  const target = span(rtoTargetSeconds)
  if (seconds === undefined) return `RTO: none, because not every check passed (the target is ${target}).`
  return `RTO: ${span(seconds)}, ${seconds <= rtoTargetSeconds ? 'within' : 'BEYOND'} the target of ${target}.`
}

function leftLines(left: readonly string[]): string[] {
  if (left.length === 0) return []
  return ['Still there:', ...left.map((id) => `  ${id}`), 'azlin cleanup removes it.']
}

/** A line for each VM of many. */
export function itemLines(items: readonly DrillItem[]): string {
  return items.map(itemLine).join('\n')
}

function itemLine({ vm, drill, error }: DrillItem): string {
  if (!drill) return `${vm.name}: no drill. ${error ? `${error.message} ${error.hint}` : ''}`.trimEnd()
  const { outcome, backup, testRegion, rtoSeconds, errorMessage } = drill
  const rto = rtoSeconds === undefined ? '' : `, RTO ${span(rtoSeconds)}`
  const why = errorMessage === undefined ? '' : ` ${oneLine(errorMessage)}`
  return `${vm.name}: ${outcomes[outcome]} (${backup}, in ${testRegion}${rto}).${why}`
}

/** What a plan would do. */
export function planLines({ name, testRegion, groups }: DrillPlan): string {
  const lines = groups.flatMap(({ name: group, waitFor, pauseSeconds, vms }, index) => {
    const until = waitFor === 'boot' ? 'have booted' : 'have passed their checks'
    const pause = pauseSeconds > 0 ? `, and ${span(pauseSeconds)} more` : ''
    const next = index < groups.length - 1 ? [`     until all ${until}${pause}`] : []
    return [`  ${index + 1}. ${group}: ${vms.map(({ vm }) => vm.name).join(', ')}`, ...next]
  })
  return [`${name}, in ${testRegion}:`, ...lines].join('\n')
}

export function planDrillLines({ name, success, rtoSeconds, errorMessage, items }: PlanDrill): string {
  return [
    `${name}: ${success ? 'the plan succeeded' : 'THE PLAN FAILED'}.`,
    itemLines(items),
    rtoLine(rtoSeconds),
    ...(errorMessage === undefined ? [] : [oneLine(errorMessage)]),
    ...leftLines(items.flatMap(({ drill }) => drill?.left ?? [])),
  ].join('\n')
}

export function drillTable(drills: readonly Drill[], out: Columns): string {
  const columns: readonly Column<Drill>[] = [
    { heading: 'ID', cell: ({ id }) => String(id) },
    { heading: 'VM', cell: ({ vm }) => vm.name },
    { heading: 'STARTED (UTC)', cell: ({ startedAt }) => minute(startedAt), dispensable: 1 },
    { heading: 'RESULT', cell: ({ outcome }) => outcome },
    { heading: 'RTO', cell: ({ rtoSeconds }) => (rtoSeconds === undefined ? '-' : span(rtoSeconds)), dispensable: 2 },
    { heading: 'REGION', cell: ({ testRegion }) => testRegion, dispensable: 4 },
    { heading: 'NOT CHECKED', cell: unchecked, dispensable: 5 },
    { heading: 'BACKUP', cell: ({ backup }) => backup, dispensable: 3 },
  ]
  const wrong = drills.filter(({ outcome, errorMessage }) => outcome === 'failed' && errorMessage !== undefined)
  const why = wrong.map(({ id, errorMessage = '' }) => `${id}: ${oneLine(errorMessage)}`)
  return [fittingTable(columns, drills, out), ...why].join('\n')
}

function unchecked(drill: Drill): string {
  const steps = {
    restore: drill.restoreSucceeded,
    boot: drill.bootSucceeded,
    connectivity: drill.connectivitySucceeded,
    cleanup: drill.cleanupSucceeded,
  }
  const names = Object.entries(steps).flatMap(([name, value]) => (value === undefined ? [name] : []))
  return names.join(', ') || '-'
}

interface Rate {
  /** 0 to 100; null: there were no drills. */
  readonly successRate: number | null
  /** Of the 95 % interval. */
  readonly lowerBound: number | null
  readonly total: number
  readonly succeeded: number
}

export function rateLine({ successRate, lowerBound, total, succeeded }: Rate, days: number, vm?: string): string {
  const whose = vm === undefined ? '' : ` of ${vm}`
  if (successRate === null || lowerBound === null)
    return `No drill${whose} ended in the last ${days} days, so there is no rate. azlin dr test runs one.`
  const proven = `with 95 % confidence that proves at least ${tenths(lowerBound)} %`
  return `${succeeded} of ${total} drills${whose} in the last ${days} days succeeded: ${tenths(successRate)} %; ${proven}.`
}

const tenths = (number: number) => number.toFixed(1)

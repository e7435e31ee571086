/** Several VMs drilled as one: in one quarantine, group after group, with one result and one RTO. */
import type { DrillItem, DrillOptions, PlanDrill } from '../domain/drill.js'
import { drillNames } from '../domain/drill-names.js'
import { type DrillGroup, type DrillPlan, type PlannedDrill, vmsOf } from '../domain/drill-plan.js'
import { AzlinError } from '../errors.js'
import type { Run } from '../run.js'
import { audited } from './audited.js'
import { cleanUp, keptNote, temporaryOf } from './drill-cleanup.js'
import type { DrillDeps } from './drill-deps.js'
import { type Blueprint, planDrill } from './drill-preflight.js'
import { Quarantine } from './drill-quarantine.js'
import { DrillRun } from './drill-run.js'
import type { TemporaryResources } from './temporary-resources.js'

type Wish = Pick<DrillOptions, 'login' | 'cleanup'>

export async function runDrillPlan(deps: DrillDeps, plan: DrillPlan, wish: Wish, run: Run): Promise<PlanDrill> {
  const at = deps.clock.now()
  const names = drillNames(plan.name, at, deps.newToken())
  const blueprints = await blueprintsOf(deps, plan, wish, { at, names }, run)
  const details = { region: plan.testRegion, vms: vmsOf(plan).map(({ vm }) => vm.name) }
  const isPartial = ({ success }: PlanDrill) => !success
  return audited(deps, { operation: 'dr plan', subject: plan.name, details, isPartial }, run, async () => {
    await using kept = temporaryOf(deps, `dr plan ${plan.name}`)
    const { temporary } = kept
    const drills = new Map<PlannedDrill, DrillRun>()
    for (const [planned, blueprint] of blueprints)
      drills.set(planned, await DrillRun.begin(deps, blueprint, plan.name, run))

    let stopped: unknown
    let skipped: readonly PlannedDrill[] = []
    try {
      skipped = await runGroups(deps, plan, blueprints, drills, temporary, run)
    } catch (error) {
      stopped = error
    }
    const items = await settle(deps, plan, wish, drills, { skipped, stopped, temporary }, run)
    if (stopped !== undefined) throw stopped
    return verdict(plan, items, [...drills.values()], at, deps.clock.now())
  })
}

/** NOT_READY with the problems of all VMs. */
async function blueprintsOf(
  deps: DrillDeps,
  plan: DrillPlan,
  wish: Wish,
  shared: Pick<Blueprint, 'at' | 'names'>,
  run: Run,
): Promise<ReadonlyMap<PlannedDrill, Blueprint>> {
  const problems: string[] = []
  const blueprints = new Map<PlannedDrill, Blueprint>()
  for (const planned of vmsOf(plan)) {
    try {
      blueprints.set(planned, await planDrill(deps, requestOf(plan, planned, wish), run, shared))
    } catch (error) {
      if (!AzlinError.is(error) || run.signal.aborted) throw error
      const said = AzlinError.is(error, 'NOT_READY') ? error.details.problems : [error.message.replace(/\.$/, '')]
      problems.push(...said.map((problem) => `${planned.vm.name}: ${problem}`))
    }
  }
  if (problems.length > 0) throw new AzlinError('NOT_READY', { what: `The plan ${plan.name}`, problems })
  return blueprints
}

function requestOf(plan: DrillPlan, planned: PlannedDrill, { login, cleanup }: Wish) {
  const { testRegion, testResourceGroup, subnetId, sshSource, requireReplica, allowSizeChange } = plan
  const { vm, backup, size, connectivity, ...checks } = planned
  const where = { testRegion, testResourceGroup, subnetId, sshSource, requireReplica, allowSizeChange }
  return { ...where, ...checks, vm, backup, size, connectivity, boot: true, login, cleanup }
}

/** @returns the VMs of the groups that were not begun, because one before them failed. */
async function runGroups(
  deps: DrillDeps,
  plan: DrillPlan,
  blueprints: ReadonlyMap<PlannedDrill, Blueprint>,
  drills: ReadonlyMap<PlannedDrill, DrillRun>,
  temporary: TemporaryResources,
  run: Run,
): Promise<readonly PlannedDrill[]> {
  const [first] = blueprints.values()
  if (!first) return []
  // What one of them needs is open to all: they share the network.
  const options = { ...first.request, ...openings([...blueprints.values()]) }
  const wish = { ...first, options, amongThemselves: true }
  const quarantine = new Quarantine(deps, wish, temporary, run)
  const proving: Promise<void>[] = []
  for (const [index, group] of plan.groups.entries()) {
    const reached = group.vms.map((planned) => {
      const drill = drills.get(planned)
      return drill ? waitFor(group, drill, quarantine, temporary, run, proving) : Promise.resolve(true)
    })
    const ready = await Promise.all(reached)
    run.signal.throwIfAborted()
    const isLast = index === plan.groups.length - 1
    if (!isLast && ready.includes(false)) {
      await Promise.allSettled(proving)
      return plan.groups.slice(index + 1).flatMap(({ vms }) => vms)
    }
    if (!isLast && group.pauseSeconds > 0) await deps.clock.sleep(group.pauseSeconds * 1000, run.signal)
  }
  await allEnded(proving)
  return []
}

/** Resolves as soon as the VM is as far as its group says (true), or will never be (false). */
function waitFor(
  group: DrillGroup,
  drill: DrillRun,
  quarantine: Quarantine,
  temporary: TemporaryResources,
  run: Run,
  proving: Promise<void>[],
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const whole = drill.prove(quarantine, temporary, run, () => {
      if (group.waitFor === 'boot') resolve(true)
    })
    proving.push(whole)
    whole.then(() => resolve(drill.isProven), reject)
  })
}

/** The first rejection counts, but nothing is left running behind it. */
async function allEnded(work: readonly Promise<void>[]): Promise<void> {
  await Promise.allSettled(work)
  await Promise.all(work)
}

function openings(blueprints: readonly Blueprint[]): Partial<DrillOptions> {
  const requests = blueprints.map(({ request }) => request)
  const checking = requests.find(({ checkHttp, checkCommand }) => checkHttp ?? checkCommand)
  const own = checking && { checkHttp: checking.checkHttp, checkCommand: checking.checkCommand }
  return { connectivity: requests.some(({ connectivity }) => connectivity), ...own }
}

async function settle(
  deps: DrillDeps,
  plan: DrillPlan,
  { cleanup }: Wish,
  drills: ReadonlyMap<PlannedDrill, DrillRun>,
  {
    skipped,
    stopped,
    temporary,
  }: { readonly skipped: readonly PlannedDrill[]; readonly stopped: unknown; readonly temporary: TemporaryResources },
  run: Run,
): Promise<readonly DrillItem[]> {
  const [first] = drills.values()
  const { group = '', names, makesGroup = false } = first?.blueprint ?? {}
  const where = { group, token: names?.token ?? '', makesGroup }
  const left = first && cleanup ? await cleanUp(deps, temporary, where, first.log, run) : undefined
  const items: DrillItem[] = []
  for (const [planned, drill] of drills) {
    if (!left) drill.note(keptNote(group))
    const reason = skipped.includes(planned) ? new AzlinError('GROUP_BEFORE_FAILED', { plan: plan.name }) : stopped
    items.push({ vm: planned.vm, drill: await drill.end(left, run, reason), error: undefined })
  }
  return items
}

function verdict(
  { name, testRegion }: DrillPlan,
  items: readonly DrillItem[],
  drills: readonly DrillRun[],
  startedAt: Date,
  completedAt: Date,
): PlanDrill {
  const success = items.every(({ drill }) => drill?.outcome === 'succeeded')
  const passed = drills.map(({ passedAt }) => passedAt)
  const ends = passed.filter((at) => at !== undefined)
  const begun = Math.min(...drills.flatMap(({ begunAt }) => begunAt ?? []))
  const rtoSeconds = ends.length === passed.length ? (Math.max(...ends) - begun) / 1000 : undefined
  const wrong = items.flatMap(({ vm, drill }) => (drill?.errorMessage ? [`${vm.name}: ${drill.errorMessage}`] : []))
  const errorMessage = wrong.length > 0 ? wrong.join(' ') : undefined
  return { name, testRegion, startedAt, completedAt, success, rtoSeconds, errorMessage, items }
}

import { armId } from '../domain/arm-id.js'
import type { Tier } from '../domain/backup.js'
import type { Drill, DrillItem, DrillOptions, DrillRequest, PlanDrill } from '../domain/drill.js'
import type { DrillPlan } from '../domain/drill-plan.js'
import { afterDrill, backupToProve, isDrillDue, readDrillSchedule } from '../domain/drill-schedule.js'
import type { Machine, VmRef } from '../domain/machine.js'
import { AzlinError } from '../errors.js'
import type { Limit, Run } from '../run.js'
import { withinMs } from '../time-limit.js'
import { audited, textOf } from './audited.js'
import { cleanUp, keptNote, temporaryOf } from './drill-cleanup.js'
import type { DrillDeps } from './drill-deps.js'
import { runDrillPlan } from './drill-plans.js'
import { type Blueprint, backupsOf, planDrill } from './drill-preflight.js'
import { Quarantine } from './drill-quarantine.js'
import { DrillRun } from './drill-run.js'
import { drillScheduleOf, writeDrillSchedule } from './drill-schedules.js'

export interface DrillManagerDeps extends DrillDeps {
  /** Drills at once. */
  readonly drillLimit: Limit
}

/** A region that is down answers late. */
const noteMs = 30_000

export class DrillManager {
  readonly #deps: DrillManagerDeps

  constructor(deps: DrillManagerDeps) {
    this.#deps = deps
  }

  /**
   * NOT_READY before anything is made, VM_NOT_FOUND, NO_BACKUPS. A drill that failed is a result; one that was stopped
   * rejects with the run's own reason, once everything is removed.
   */
  async test(request: DrillRequest, run: Run): Promise<Drill> {
    const drill = await this.#drill(await planDrill(this.#deps, request, run), run)
    await this.#remember(request.vm, drill, run)
    return drill
  }

  /** Every VM whose drill is due (`force`: also the others). One VM's failure stops no other. */
  async testAll(
    { resourceGroup, force }: { readonly resourceGroup: string | undefined; readonly force: boolean },
    options: Omit<DrillOptions, 'testRegion'> & { readonly testRegion?: string | undefined },
    run: Run,
  ): Promise<readonly DrillItem[]> {
    const machines = await this.#deps.azure.machines.list(resourceGroup, run.signal)
    const now = this.#deps.clock.now()
    const wanted = machines.filter(({ tags }) => {
      const schedule = readDrillSchedule(tags)
      if (schedule === 'none') return false
      // Whoever wrote it wants drills; that none can be run is to be told.
      return schedule === 'unreadable' || (schedule.enabled && (force || isDrillDue(schedule, now)))
    })
    return Promise.all(
      wanted.map((machine) => {
        const vm = { name: machine.name, resourceGroup: machine.resourceGroup }
        return this.#deps.drillLimit(async (): Promise<DrillItem> => {
          run.signal.throwIfAborted()
          try {
            return { vm, drill: await this.#scheduled(machine, vm, options, run), error: undefined }
          } catch (error) {
            if (!AzlinError.is(error) || run.signal.aborted) throw error
            return { vm, drill: undefined, error }
          }
        })
      }),
    )
  }

  /** NOT_READY with what any of its VMs lacks. */
  runPlan(plan: DrillPlan, wish: Pick<DrillOptions, 'login' | 'cleanup'>, run: Run): Promise<PlanDrill> {
    return runDrillPlan(this.#deps, plan, wish, run)
  }

  async #scheduled(
    machine: Machine,
    vm: VmRef,
    options: Omit<DrillOptions, 'testRegion'> & { readonly testRegion?: string | undefined },
    run: Run,
  ): Promise<Drill> {
    const schedule = drillScheduleOf(machine)
    const testRegion = options.testRegion ?? schedule.testRegion
    const { there, home } = await backupsOf(this.#deps, vm, testRegion, run)
    const backup = backupToProve(there, home, schedule)?.name
    return this.test({ ...options, vm, testRegion, backup }, run)
  }

  #drill(blueprint: Blueprint, run: Run): Promise<Drill> {
    const { azure } = this.#deps
    const { request, backup } = blueprint
    const subject = armId(azure.subscriptionId, 'vm', request.vm)
    const details = { backup: backup.name, region: request.testRegion }
    const isPartial = ({ outcome }: Drill) => outcome !== 'succeeded'
    return audited(this.#deps, { operation: 'dr test', subject, details, isPartial }, run, async () => {
      const drill = await DrillRun.begin(this.#deps, blueprint, undefined, run)
      await using kept = temporaryOf(this.#deps, `dr test ${request.vm.name}`)
      const { temporary } = kept
      let stopped: unknown
      try {
        const wish = { ...blueprint, options: request, amongThemselves: false }
        await drill.prove(new Quarantine(this.#deps, wish, temporary, run), temporary, run)
      } catch (error) {
        stopped = error
      }
      const where = { group: blueprint.group, token: blueprint.names.token, makesGroup: blueprint.makesGroup }
      const left = request.cleanup ? await cleanUp(this.#deps, temporary, where, drill.log, run) : undefined
      if (!left) drill.note(keptNote(blueprint.group))
      const result = await drill.end(left, run, stopped)
      if (stopped !== undefined) throw stopped
      return result
    })
  }

  /** A drill by hand counts as well, where there is a schedule. The VM's region may be down: then it is let be. */
  async #remember(vm: VmRef, drill: Drill, run: Run): Promise<void> {
    const { azure } = this.#deps
    const soon = { ...run, signal: withinMs(run.signal, noteMs) }
    try {
      const machine = await azure.machines.find(vm, soon.signal)
      const schedule = machine && readDrillSchedule(machine.tags)
      if (!machine || !schedule || typeof schedule === 'string') return
      if (schedule.testRegion.toLowerCase() !== drill.testRegion.toLowerCase()) return
      const provenTier = drill.bootSucceeded ? tierIn(drill.backup) : undefined
      await writeDrillSchedule(this.#deps, machine, afterDrill(schedule, { at: drill.startedAt, provenTier }), soon)
    } catch (error) {
      if (run.signal.aborted || !(AzlinError.is(error) || soon.signal.aborted)) throw error
      const text = `The drill of ${vm.name} could not be noted in its schedule: ${textOf(error)}`
      run.report({ type: 'notice', code: 'NOT_RECORDED', text })
    }
  }
}

function tierIn(backup: string): Tier | undefined {
  const named = /-backup-(daily|weekly|monthly)-/i.exec(backup)?.[1]?.toLowerCase()
  return named as Tier | undefined
}

/** One VM's part of a drill: from its row in the record to the verdict. What it makes is removed by whoever began it. */

import { resourceRefOf } from '../domain/arm-id.js'
import type { Backup, ProofLevel } from '../domain/backup.js'
import { madeThere } from '../domain/disk-kinds.js'
import { type Drill, isProven, isSuccess, methodOf } from '../domain/drill.js'
import { newestFirst } from '../domain/recovery-points.js'
import { encodeProof, proofIn, recoveryTag } from '../domain/recovery-tags.js'
import type { Snapshot } from '../domain/snapshot.js'
import { strongerProof } from '../domain/verification.js'
import { AzlinError } from '../errors.js'
import type { Run } from '../run.js'
import { withinMs } from '../time-limit.js'
import { requireRecords, textOf } from './audited.js'
import { type Checked, checkMachine } from './drill-checks.js'
import type { DrillDeps } from './drill-deps.js'
import { DrillLog } from './drill-log.js'
import type { Blueprint } from './drill-preflight.js'
import type { Quarantine } from './drill-quarantine.js'
import { restoreForDrill, type TestMachine } from './drill-restore.js'
import { replicasIn } from './replica-inventory.js'
import type { TemporaryResources } from './temporary-resources.js'

/** A drill must not wait for a region that is down. */
const patienceWithSourceMs = 8_000

export class DrillRun {
  readonly blueprint: Blueprint
  readonly log: DrillLog
  readonly #deps: DrillDeps
  readonly #id: number
  readonly #plan: string | undefined
  readonly #notes: string[]
  #machine: TestMachine | undefined
  /** What was restored: the copy in the region. */
  #point: Backup | undefined
  #begunAt: number | undefined
  #checked: Checked | undefined
  #failure: AzlinError | undefined

  private constructor(deps: DrillDeps, blueprint: Blueprint, id: number, plan: string | undefined, log: DrillLog) {
    this.blueprint = blueprint
    this.log = log
    this.#deps = deps
    this.#id = id
    this.#plan = plan
    this.#notes = [...blueprint.notes]
  }

  /** Written down from here on. */
  static async begin(deps: DrillDeps, blueprint: Blueprint, plan: string | undefined, run: Run): Promise<DrillRun> {
    const { request, backup, at } = blueprint
    const { drills } = requireRecords(deps)
    const id = await drills.begin({ vm: request.vm, backup: backup.name, testRegion: request.testRegion, plan }, at)
    const log = new DrillLog({ clock: deps.clock, drills }, { id, vm: request.vm.name }, run)
    run.report({ type: 'drill.started', vm: request.vm.name, backup: backup.name, region: request.testRegion })
    for (const text of blueprint.notes) run.report({ type: 'notice', code: 'DRILL', text })
    return new DrillRun(deps, blueprint, id, plan, log)
  }

  /** When the restore, or the copy that it needs, began; by `clock.elapsed`. Undefined before. */
  get begunAt(): number | undefined {
    return this.#begunAt
  }

  /** Undefined as long as not all that was asked for has passed. */
  get passedAt(): number | undefined {
    return this.isProven ? this.#checked?.passedAt : undefined
  }

  get isProven(): boolean {
    return isProven(this.blueprint.request, this.#steps)
  }

  /**
   * Copies if need be, restores and checks. What goes wrong with the drill is kept for the verdict; rejects with the
   * run's own reason, and with what is no explained error.
   */
  async prove(
    quarantine: Pick<Quarantine, 'enter' | 'network'>,
    temporary: TemporaryResources,
    run: Run,
    onBooted?: () => void,
  ): Promise<void> {
    const { request, facts, size, group, names, at, agent, diskKinds } = this.blueprint
    this.#begunAt = this.#deps.clock.elapsed()
    try {
      this.#point = await this.#pointInRegion(run)
      await this.log.during('quarantine', () => quarantine.enter())
      const { point: backup } = madeThere(this.#point, request.testRegion, diskKinds)
      const wish = { options: request, vm: request.vm, backup, facts, size, group, names, at }
      this.#machine = await restoreForDrill(this.#deps, wish, quarantine, temporary, this.log, run)
      this.#checked = await checkMachine(
        this.#deps,
        { options: request, agent },
        this.#machine,
        this.log,
        run,
        onBooted,
      )
      this.#failure = this.#checked.failure
      await this.#tagProof(run)
    } catch (error) {
      if (!AzlinError.is(error) || run.signal.aborted) throw error
      this.#failure = error
    }
  }

  /** The verdict, written down. `left`: what is still there; undefined when nothing was to be removed. */
  async end(left: readonly string[] | undefined, run: Run, stopped?: unknown): Promise<Drill> {
    const { request, backup, at, group } = this.blueprint
    const cleanupSucceeded = request.cleanup && left ? left.length === 0 : undefined
    const steps = { ...this.#steps, cleanupSucceeded }
    const error = this.#errorWith(left, cleanupSucceeded)
    const drill: Drill = {
      id: this.#id,
      vm: request.vm,
      backup: backup.name,
      testRegion: request.testRegion,
      startedAt: at,
      completedAt: this.#deps.clock.now(),
      outcome: stopped !== undefined ? 'interrupted' : isSuccess(request, steps) ? 'succeeded' : 'failed',
      ...steps,
      rtoSeconds: stopped === undefined ? secondsBetween(this.#begunAt, this.passedAt) : undefined,
      errorMessage: stopped === undefined ? error?.message : textOf(stopped),
      errorCode: stopped === undefined ? error?.code : AzlinError.is(stopped) ? stopped.code : 'INTERNAL',
      method: methodOf(request),
      resourceGroup: group,
      testVm: this.#machine?.name,
      size: this.#machine?.size ?? this.blueprint.size,
      plan: this.#plan,
      phases: this.log.phases,
      notes: this.#notes,
      bootLog: this.#checked?.bootLog ?? [],
      left: left ?? [],
    }
    await this.#record(drill, run)
    run.report({ type: 'drill.finished', vm: request.vm.name, outcome: drill.outcome })
    return drill
  }

  note(text: string): void {
    this.#notes.push(text)
  }

  get #steps() {
    const begun = this.#machine !== undefined || this.#failure !== undefined
    return {
      restoreSucceeded: begun ? this.#machine !== undefined : undefined,
      bootSucceeded: this.#checked?.bootSucceeded,
      connectivitySucceeded: this.#checked?.connectivitySucceeded,
      cleanupSucceeded: undefined,
    }
  }

  #errorWith(left: readonly string[] | undefined, cleanupSucceeded: boolean | undefined): AzlinError | undefined {
    if (this.#failure || cleanupSucceeded !== false) return this.#failure
    return new AzlinError('CLEANUP_INCOMPLETE', { left: left?.length ?? 0 })
  }

  async #pointInRegion(run: Run): Promise<Backup> {
    const { copy, backup, request } = this.blueprint
    if (!copy) return backup
    const { replication, azure } = this.#deps
    return this.log.during('copy', async (note) => {
      const { errors } = await replication.execute(copy, { wait: true, makeGroup: false }, run)
      const failed = errors.find((error) => error !== undefined)
      if (failed) throw failed
      const there = await replicasIn(azure, request.vm, request.testRegion, run)
      const found = there.toSorted(newestFirst).find(({ name }) => name.toLowerCase() === backup.name.toLowerCase())
      if (!found) throw new AzlinError('BACKUP_INCOMPLETE', { backup: backup.name, why: 'its copy is not complete' })
      note(`copied to ${request.testRegion}`)
      return found
    })
  }

  /** For every other computer to see. A snapshot that cannot be tagged is told and is no failure: the result stands. */
  async #tagProof(run: Run): Promise<void> {
    const level = this.#provenLevel()
    if (!this.#point || level === undefined) return
    const { proof, disks, name } = this.#point
    const at = this.#deps.clock.now()
    const tag = { [recoveryTag.proof]: encodeProof(strongerProof(proof, level, at)) }
    try {
      await Promise.all(disks.map(({ snapshot }) => this.#deps.azure.tags.merge(snapshot.id, tag, run.signal)))
    } catch (error) {
      if (!AzlinError.is(error) || run.signal.aborted) throw error
      this.note(`The proof could not be written on the snapshots of ${name}: ${error.message}`)
    }
    await Promise.all(disks.map(({ snapshot }) => this.#tagSource(snapshot, level, at, run)))
  }

  /** What a copy proves holds for what it was copied from, where lists look for it. That region may be down: then not. */
  async #tagSource({ createOption, sourceId }: Snapshot, level: ProofLevel, at: Date, run: Run): Promise<void> {
    const ref = createOption === 'CopyStart' && sourceId !== undefined ? resourceRefOf(sourceId) : undefined
    if (!ref) return
    const { snapshots, tags } = this.#deps.azure
    const signal = withinMs(run.signal, patienceWithSourceMs)
    try {
      const source = await snapshots.find(ref, signal)
      const tag = source && { [recoveryTag.proof]: encodeProof(strongerProof(proofIn(source.tags), level, at)) }
      if (source && tag) await tags.merge(source.id, tag, signal)
    } catch (error) {
      if (run.signal.aborted || !(AzlinError.is(error) || signal.aborted)) throw error
      this.note(`The proof could not be written on ${ref.name}, which was copied.`)
    }
  }

  #provenLevel(): ProofLevel | undefined {
    const { bootSucceeded, connectivitySucceeded } = this.#checked ?? {}
    if (connectivitySucceeded && bootSucceeded !== false) return 5
    return bootSucceeded ? 4 : undefined
  }

  async #record(drill: Drill, run: Run): Promise<void> {
    try {
      await requireRecords(this.#deps).drills.end(drill)
    } catch (error) {
      if (!AzlinError.is(error)) throw error
      run.report({
        type: 'notice',
        code: 'NOT_RECORDED',
        text: `The end of the drill was not recorded: ${error.message}`,
      })
    }
  }
}

function secondsBetween(from: number | undefined, to: number | undefined): number | undefined {
  return from === undefined || to === undefined ? undefined : (to - from) / 1000
}

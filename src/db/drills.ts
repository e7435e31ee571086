import { type Kysely, sql } from 'kysely'
import type { Drill, PhaseRecord } from '../core/domain/drill.js'
import type { DrillFilter, DrillRecords, NewDrill } from '../core/ports/drills.js'
import { isOfGroup, isOfSubscription, isPlain } from './plain-rows.js'
import type { DrillRow, Schema } from './schema.js'
import { isAlive, thisProcess } from './this-process.js'
import { usable } from './trouble.js'

/** What has no column of its own. */
type Details = Pick<Drill, 'method' | 'resourceGroup' | 'testVm' | 'size' | 'plan' | 'notes' | 'bootLog' | 'left'>

export class SqliteDrills implements DrillRecords {
  readonly #db: Kysely<Schema>
  readonly #file: string
  readonly #subscription: string

  constructor(db: Kysely<Schema>, file: string, subscription: string) {
    this.#db = db
    this.#file = file
    this.#subscription = subscription.toLowerCase()
  }

  begin({ vm, backup, testRegion, plan }: NewDrill, at: Date): Promise<number> {
    const { host, pid, mark } = thisProcess()
    return usable(this.#file, async () => {
      const { id } = await this.#db
        .insertInto('dr_tests')
        .values({
          vm_name: vm.name,
          vm_resource_group: vm.resourceGroup,
          subscription: this.#subscription,
          backup_name: backup,
          test_region: testRegion,
          started_at: at.toISOString(),
          details: JSON.stringify({ plan }),
          host,
          pid,
          process_mark: mark,
        })
        .returning('id')
        .executeTakeFirstOrThrow()
      return id
    })
  }

  async phase(id: number, record: PhaseRecord): Promise<void> {
    // In one statement: phases that run side by side end at the same moment.
    const phases = sql<string>`json_insert(phases, '$[#]', json(${JSON.stringify(record)}))`
    await usable(this.#file, () => this.#db.updateTable('dr_tests').set({ phases }).where('id', '=', id).execute())
  }

  async end(drill: Drill): Promise<void> {
    const { method, resourceGroup, testVm, size, plan, notes, bootLog, left } = drill
    const details: Details = { method, resourceGroup, testVm, size, plan, notes, bootLog, left }
    await usable(this.#file, () =>
      this.#db
        .updateTable('dr_tests')
        .set({
          completed_at: drill.completedAt?.toISOString() ?? null,
          success: successOf(drill),
          restore_succeeded: maybe(drill.restoreSucceeded),
          boot_succeeded: maybe(drill.bootSucceeded),
          connectivity_succeeded: maybe(drill.connectivitySucceeded),
          cleanup_succeeded: maybe(drill.cleanupSucceeded),
          rto_seconds: drill.rtoSeconds ?? null,
          error_message: drill.errorMessage ?? null,
          error_code: drill.errorCode ?? null,
          outcome: drill.outcome,
          phases: JSON.stringify(drill.phases),
          details: JSON.stringify(details),
        })
        .where('id', '=', drill.id)
        .execute(),
    )
  }

  list({ vm, resourceGroup, since }: DrillFilter): Promise<readonly Drill[]> {
    return usable(this.#file, async () => {
      let query = this.#db
        .selectFrom('dr_tests')
        .selectAll()
        .where(isOfSubscription(this.#subscription))
        .orderBy('started_at', 'desc')
        .orderBy('id', 'desc')
      if (vm !== undefined) query = query.where(sql<boolean>`vm_name = ${vm} collate nocase`)
      if (resourceGroup !== undefined) query = query.where(isOfGroup(resourceGroup))
      if (since !== undefined) query = query.where('started_at', '>=', since.toISOString())
      return (await query.execute()).map(toDrill)
    })
  }
}

function toDrill(row: DrillRow): Drill {
  const { host, pid, process_mark: mark } = row
  const isDead = row.outcome === 'running' && isAlive({ host, pid, mark }) === false
  const details = JSON.parse(row.details) as Partial<Details>
  return {
    id: row.id,
    vm: { name: row.vm_name, resourceGroup: row.vm_resource_group },
    backup: row.backup_name,
    testRegion: row.test_region,
    startedAt: new Date(row.started_at),
    completedAt: row.completed_at === null ? undefined : new Date(row.completed_at),
    outcome: isDead ? 'interrupted' : outcomeOf(row),
    restoreSucceeded: known(row.restore_succeeded),
    bootSucceeded: known(row.boot_succeeded),
    connectivitySucceeded: known(row.connectivity_succeeded),
    cleanupSucceeded: known(row.cleanup_succeeded),
    rtoSeconds: row.rto_seconds ?? undefined,
    errorMessage:
      row.error_message ??
      (isDead ? 'azlin was ended in the middle of it; azlin cleanup removes what it left.' : undefined),
    errorCode: row.error_code ?? undefined,
    method: details.method,
    resourceGroup: details.resourceGroup,
    testVm: details.testVm,
    size: details.size,
    plan: details.plan,
    phases: (JSON.parse(row.phases) as (Omit<PhaseRecord, 'note'> & { note?: string })[]).map((one) => ({
      ...one,
      note: one.note,
    })),
    notes: details.notes ?? [],
    bootLog: details.bootLog ?? [],
    left: details.left ?? [],
  }
}

function outcomeOf(row: DrillRow): Drill['outcome'] {
  return isPlain(row) && row.success !== null ? (row.success === 1 ? 'succeeded' : 'failed') : row.outcome
}

/** One that was stopped is neither success nor failure. */
function successOf({ outcome }: Drill): 0 | 1 | null {
  return outcome === 'succeeded' ? 1 : outcome === 'failed' ? 0 : null
}

function maybe(value: boolean | undefined): 0 | 1 | null {
  return value === undefined ? null : value ? 1 : 0
}

function known(value: number | null): boolean | undefined {
  return value === null ? undefined : value === 1
}

import { type Kysely, sql } from 'kysely'
import type { ReplicationJob } from '../core/domain/replication.js'
import type { JobChange, JobFilter, NewReplicationJob, ReplicationJobs } from '../core/ports/replications.js'
import { isOfSubscription, namesIn } from './plain-rows.js'
import type { ReplicationJobRow, Schema } from './schema.js'
import { isAlive, thisProcess } from './this-process.js'
import { usable } from './trouble.js'

export class SqliteReplicationJobs implements ReplicationJobs {
  readonly #db: Kysely<Schema>
  readonly #file: string
  readonly #subscription: string

  constructor(db: Kysely<Schema>, file: string, subscription: string) {
    this.#db = db
    this.#file = file
    this.#subscription = subscription.toLowerCase()
  }

  open(job: NewReplicationJob, at: Date): Promise<ReplicationJob> {
    const { host, pid, mark } = thisProcess()
    const mine = { host, pid, process_mark: mark }
    return usable(this.#file, async () => {
      await this.#claim(job.target)
      // One statement decides: the unique index on open targets turns the second insert into an adoption.
      const row = await this.#db
        .insertInto('replication_jobs')
        .values({
          ...mine,
          vm_name: job.vm.name,
          vm_resource_group: job.vm.resourceGroup,
          subscription: this.#subscription,
          backup_name: job.backup,
          disk_key: job.diskKey,
          source_snapshot: job.source.name,
          source_resource_group: job.source.resourceGroup,
          source_region: job.sourceRegion,
          target_snapshot: job.target.name,
          target_resource_group: job.target.resourceGroup,
          target_region: job.targetRegion,
          status: 'pending',
          started_at: at.toISOString(),
          completed_at: null,
          error_message: null,
        })
        .onConflict((conflict) =>
          conflict
            .expression(sql`subscription, target_resource_group collate nocase, target_snapshot collate nocase`)
            .where(sql<boolean>`status in ('pending', 'in_progress')`)
            .doUpdateSet(mine),
        )
        .returningAll()
        .executeTakeFirstOrThrow()
      return toJob(row)
    })
  }

  /** A row from before azlin told subscriptions apart is this one's when somebody wants its copy here. */
  async #claim({ name, resourceGroup }: NewReplicationJob['target']): Promise<void> {
    if (this.#subscription === '') return
    await sql`update or ignore replication_jobs set subscription = ${this.#subscription}
      where subscription = '' and status in ('pending', 'in_progress')
      and target_snapshot = ${name} collate nocase and target_resource_group = ${resourceGroup} collate nocase`.execute(
      this.#db,
    )
  }

  change(id: number, change: JobChange): Promise<ReplicationJob> {
    const { status, startedAt, completedAt, errorMessage, attempts, percent } = change
    const { host, pid, mark } = thisProcess()
    return usable(this.#file, async () => {
      const row = await this.#db
        .updateTable('replication_jobs')
        .set({
          host,
          pid,
          process_mark: mark,
          ...(status !== undefined && { status }),
          ...(startedAt !== undefined && { started_at: startedAt.toISOString() }),
          ...(completedAt !== undefined && { completed_at: completedAt?.toISOString() ?? null }),
          ...(errorMessage !== undefined && { error_message: errorMessage }),
          ...(attempts !== undefined && { attempts }),
          ...(percent !== undefined && { percent }),
        })
        .where('id', '=', id)
        .returningAll()
        .executeTakeFirstOrThrow()
      return toJob(row)
    })
  }

  list({ status, vm, resourceGroup, sourceSnapshot, diskKey }: JobFilter): Promise<readonly ReplicationJob[]> {
    return usable(this.#file, async () => {
      let query = this.#db
        .selectFrom('replication_jobs')
        .selectAll()
        .where(isOfSubscription(this.#subscription))
        .orderBy('id', 'desc')
      if (status !== undefined) query = query.where('status', '=', status)
      // What a plain row lacks is in the names of its snapshots.
      if (vm !== undefined) query = query.where(sql<boolean>`vm_name collate nocase in (${vm}, '')`)
      if (resourceGroup !== undefined)
        query = query.where(
          sql<boolean>`(vm_resource_group = ${resourceGroup} collate nocase or vm_resource_group = '' and source_resource_group = ${resourceGroup} collate nocase)`,
        )
      if (sourceSnapshot !== undefined)
        query = query.where(sql<boolean>`source_snapshot = ${sourceSnapshot} collate nocase`)
      if (diskKey !== undefined) query = query.where('disk_key', '=', diskKey)
      // Thousands of rows have few owners: each is looked for once.
      const alive = new Map<string, boolean | undefined>()
      const jobs = (await query.execute()).map((row) => toJob(row, alive))
      return vm === undefined ? jobs : jobs.filter((job) => job.vm.name.toLowerCase() === vm.toLowerCase())
    })
  }
}

function toJob(row: ReplicationJobRow, known: Map<string, boolean | undefined> = new Map()): ReplicationJob {
  const named = namesIn(row.source_snapshot)
  return {
    id: row.id,
    vm: {
      name: row.vm_name || named.vm,
      resourceGroup: row.vm_resource_group || row.source_resource_group,
    },
    backup: row.backup_name || named.backup,
    diskKey: row.disk_key,
    source: { name: row.source_snapshot, resourceGroup: row.source_resource_group },
    sourceRegion: row.source_region,
    target: { name: row.target_snapshot, resourceGroup: row.target_resource_group },
    targetRegion: row.target_region,
    status: row.status,
    startedAt: new Date(row.started_at),
    completedAt: row.completed_at === null ? undefined : new Date(row.completed_at),
    errorMessage: row.error_message ?? undefined,
    attempts: row.attempts,
    percent: row.percent,
    ownerAlive: aliveIn(row, known),
  }
}

function aliveIn({ host, pid, process_mark: mark }: ReplicationJobRow, known: Map<string, boolean | undefined>) {
  const key = `${host}/${pid}/${mark}`
  if (!known.has(key)) known.set(key, host === '' ? false : isAlive({ host, pid, mark }))
  return known.get(key)
}

import type { Kysely } from 'kysely'
import { sql } from 'kysely'

/** What a copy needs beyond the contract's columns: whose it is, its disk's queue, and who works on it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const text = ['vm_name', 'vm_resource_group', 'backup_name', 'disk_key', 'host', 'process_mark'] as const
  for (const name of text)
    await db.schema
      .alterTable('replication_jobs')
      .addColumn(name, 'text', (c) => c.notNull().defaultTo(''))
      .execute()
  for (const name of ['pid', 'attempts'] as const)
    await db.schema
      .alterTable('replication_jobs')
      .addColumn(name, 'integer', (c) => c.notNull().defaultTo(0))
      .execute()
  await db.schema
    .alterTable('replication_jobs')
    .addColumn('percent', 'real', (c) => c.notNull().defaultTo(0))
    .execute()

  await sql`create index idx_replication_vm on replication_jobs (vm_name collate nocase)`.execute(db)
  await sql`create index idx_replication_source on replication_jobs (source_snapshot collate nocase)`.execute(db)
  await sql`create index idx_replication_disk on replication_jobs (disk_key)`.execute(db)
  // Two processes that want the same copy at once share one job.
  await sql`create unique index idx_replication_open on replication_jobs
    (target_resource_group collate nocase, target_snapshot collate nocase)
    where status in ('pending', 'in_progress')`.execute(db)
}

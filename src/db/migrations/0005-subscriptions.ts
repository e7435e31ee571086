import { type Kysely, sql } from 'kysely'

/** Names of VMs and groups come again in other subscriptions. Empty: a row from before, or of another program. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const table of ['replication_jobs', 'verifications', 'dr_tests'] as const)
    await db.schema
      .alterTable(table)
      .addColumn('subscription', 'text', (c) => c.notNull().defaultTo(''))
      .execute()
  await sql`drop index idx_replication_open`.execute(db)
  await sql`create unique index idx_replication_open on replication_jobs
    (subscription, target_resource_group collate nocase, target_snapshot collate nocase)
    where status in ('pending', 'in_progress')`.execute(db)
}

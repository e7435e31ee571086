import { type Kysely, sql } from 'kysely'

/** What a verification needs beyond the contract's columns: whose it is, how it ended, and what each disk held. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const name of ['vm_resource_group', 'region', 'depth', 'host', 'process_mark'] as const)
    await db.schema
      .alterTable('verifications')
      .addColumn(name, 'text', (c) => c.notNull().defaultTo(''))
      .execute()
  await db.schema
    .alterTable('verifications')
    .addColumn('pid', 'integer', (c) => c.notNull().defaultTo(0))
    .execute()
  await db.schema
    .alterTable('verifications')
    .addColumn('outcome', 'text', (c) =>
      c.notNull().defaultTo('running').check(sql`outcome in ('running','passed','failed','interrupted')`),
    )
    .execute()

  await db.schema
    .createTable('verification_disks')
    .addColumn('id', 'integer', (c) => c.primaryKey().autoIncrement())
    .addColumn('verification_id', 'integer', (c) => c.notNull().references('verifications.id').onDelete('cascade'))
    .addColumn('snapshot_id', 'text', (c) => c.notNull())
    .addColumn('snapshot_created_at', 'text', (c) => c.notNull())
    .addColumn('lun', 'integer')
    .addColumn('readable', 'integer')
    .addColumn('content', 'text')
    .addColumn('blank', 'integer', (c) => c.notNull())
    .addColumn('digest', 'text')
    .addColumn('details', 'text', (c) => c.notNull())
    .execute()
  await sql`create index idx_verification_disks_of on verification_disks (verification_id)`.execute(db)
  await sql`create index idx_verification_disks_snapshot on verification_disks (snapshot_id)`.execute(db)
}

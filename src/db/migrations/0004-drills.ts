import { type Kysely, sql } from 'kysely'

/** What a drill needs beyond the contract's columns: whose it is, how far it came, and what it left. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const name of ['vm_resource_group', 'host', 'process_mark'] as const)
    await db.schema
      .alterTable('dr_tests')
      .addColumn(name, 'text', (c) => c.notNull().defaultTo(''))
      .execute()
  await db.schema
    .alterTable('dr_tests')
    .addColumn('pid', 'integer', (c) => c.notNull().defaultTo(0))
    .execute()
  await db.schema
    .alterTable('dr_tests')
    .addColumn('outcome', 'text', (c) =>
      c.notNull().defaultTo('running').check(sql`outcome in ('running','succeeded','failed','interrupted')`),
    )
    .execute()
  for (const [name, empty] of [
    ['phases', '[]'],
    ['details', '{}'],
  ] as const)
    await db.schema
      .alterTable('dr_tests')
      .addColumn(name, 'text', (c) => c.notNull().defaultTo(empty))
      .execute()
  await db.schema.alterTable('dr_tests').addColumn('error_code', 'text').execute()
  await sql`create index idx_dr_tests_vm on dr_tests (vm_name collate nocase)`.execute(db)
}

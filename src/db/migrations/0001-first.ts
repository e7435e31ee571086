import { type Kysely, sql } from 'kysely'

/**
 * The contract's three tables, and azlin's own record, journal and turnstile. A program that made the three from the
 * specification, before azlin ran here, has made them with the columns and indexes that they are promised to have.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  const stamped = sql`(strftime('%Y-%m-%dT%H:%M:%fZ','now'))`

  await db.schema
    .createTable('replication_jobs')
    .ifNotExists()
    .addColumn('id', 'integer', (c) => c.primaryKey().autoIncrement())
    .addColumn('source_snapshot', 'text', (c) => c.notNull())
    .addColumn('target_snapshot', 'text', (c) => c.notNull())
    .addColumn('source_region', 'text', (c) => c.notNull())
    .addColumn('target_region', 'text', (c) => c.notNull())
    .addColumn('source_resource_group', 'text', (c) => c.notNull())
    .addColumn('target_resource_group', 'text', (c) => c.notNull())
    .addColumn('status', 'text', (c) =>
      c.notNull().check(sql`status in ('pending','in_progress','completed','failed')`),
    )
    .addColumn('started_at', 'text', (c) => c.notNull())
    .addColumn('completed_at', 'text')
    .addColumn('error_message', 'text')
    .addColumn('created_at', 'text', (c) => c.notNull().defaultTo(stamped))
    .execute()
  await index(db, 'idx_snapshot', 'replication_jobs', 'source_snapshot')
  await index(db, 'idx_status', 'replication_jobs', 'status')
  await index(db, 'idx_target_region', 'replication_jobs', 'target_region')

  await db.schema
    .createTable('verifications')
    .ifNotExists()
    .addColumn('id', 'integer', (c) => c.primaryKey().autoIncrement())
    .addColumn('backup_name', 'text', (c) => c.notNull())
    .addColumn('vm_name', 'text', (c) => c.notNull())
    .addColumn('verified_at', 'text', (c) => c.notNull())
    .addColumn('success', 'integer', (c) => c.notNull().check(sql`success in (0, 1)`))
    .addColumn('disk_readable', 'integer')
    .addColumn('size_matches', 'integer')
    .addColumn('test_disk_created', 'integer')
    .addColumn('test_disk_deleted', 'integer')
    .addColumn('error_message', 'text')
    .addColumn('verification_time_seconds', 'real')
    .addColumn('created_at', 'text', (c) => c.notNull().defaultTo(stamped))
    .execute()
  await index(db, 'idx_backup_name', 'verifications', 'backup_name')
  await index(db, 'idx_vm_name', 'verifications', 'vm_name')
  await index(db, 'idx_verified_at', 'verifications', 'verified_at')
  await index(db, 'idx_success', 'verifications', 'success')

  await db.schema
    .createTable('dr_tests')
    .ifNotExists()
    .addColumn('id', 'integer', (c) => c.primaryKey().autoIncrement())
    .addColumn('vm_name', 'text', (c) => c.notNull())
    .addColumn('backup_name', 'text', (c) => c.notNull())
    .addColumn('test_region', 'text', (c) => c.notNull())
    .addColumn('started_at', 'text', (c) => c.notNull())
    .addColumn('completed_at', 'text')
    .addColumn('success', 'integer')
    .addColumn('restore_succeeded', 'integer')
    .addColumn('boot_succeeded', 'integer')
    .addColumn('connectivity_succeeded', 'integer')
    .addColumn('cleanup_succeeded', 'integer')
    .addColumn('rto_seconds', 'real')
    .addColumn('error_message', 'text')
    .addColumn('created_at', 'text', (c) => c.notNull().defaultTo(stamped))
    .execute()
  await index(db, 'idx_vm_name_test', 'dr_tests', 'vm_name')
  await index(db, 'idx_started_at', 'dr_tests', 'started_at')
  await index(db, 'idx_success_test', 'dr_tests', 'success')

  await db.schema
    .createTable('audit')
    .addColumn('id', 'integer', (c) => c.primaryKey().autoIncrement())
    .addColumn('operation', 'text', (c) => c.notNull())
    .addColumn('subject', 'text', (c) => c.notNull())
    .addColumn('started_at', 'text', (c) => c.notNull())
    .addColumn('ended_at', 'text')
    .addColumn('outcome', 'text', (c) => c.check(sql`outcome in ('succeeded','failed','interrupted','partial')`))
    .addColumn('error_code', 'text')
    .addColumn('error_message', 'text')
    .addColumn('details', 'text', (c) => c.notNull())
    .addColumn('host', 'text', (c) => c.notNull())
    .addColumn('pid', 'integer', (c) => c.notNull())
    .addColumn('created_at', 'text', (c) => c.notNull().defaultTo(stamped))
    .execute()
  await index(db, 'idx_audit_subject', 'audit', 'subject')
  await index(db, 'idx_audit_started_at', 'audit', 'started_at')

  await db.schema
    .createTable('journal')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('kind', 'text', (c) => c.notNull())
    .addColumn('resource_id', 'text', (c) => c.notNull())
    .addColumn('purpose', 'text', (c) => c.notNull())
    .addColumn('details', 'text', (c) => c.notNull())
    .addColumn('host', 'text', (c) => c.notNull())
    .addColumn('pid', 'integer', (c) => c.notNull())
    .addColumn('process_mark', 'text', (c) => c.notNull())
    .addColumn('created_at', 'text', (c) => c.notNull())
    .addColumn('last_failure', 'text')
    .execute()

  await db.schema
    .createTable('turns')
    .addColumn('resource', 'text', (c) => c.primaryKey())
    .addColumn('what', 'text', (c) => c.notNull())
    .addColumn('host', 'text', (c) => c.notNull())
    .addColumn('pid', 'integer', (c) => c.notNull())
    .addColumn('process_mark', 'text', (c) => c.notNull())
    .addColumn('since', 'text', (c) => c.notNull())
    .execute()
}

async function index(db: Kysely<unknown>, name: string, table: string, column: string): Promise<void> {
  await db.schema.createIndex(name).ifNotExists().on(table).column(column).execute()
}

/**
 * The one SQLite file, as Kysely sees it. Times are ISO 8601 UTC text; only this
 * folder knows that, and hands core Dates.
 */
import type { ColumnType, Generated, Selectable } from 'kysely'
import type { DrillOutcome } from '../core/domain/drill.js'
import type { JobStatus } from '../core/domain/replication.js'

/** Set by SQLite when the row is written, then fixed. */
type Stamp = ColumnType<string, string | undefined, never>

export interface Schema {
  audit: AuditTable
  dr_tests: DrillTable
  journal: JournalTable
  replication_jobs: ReplicationJobsTable
  turns: TurnTable
  verification_disks: VerificationDisksTable
  verifications: VerificationsTable
}

interface AuditTable {
  id: Generated<number>
  operation: string
  subject: string
  started_at: string
  ended_at: string | null
  outcome: string | null
  error_code: string | null
  error_message: string | null
  /** JSON. */
  details: string
  host: string
  pid: number
  created_at: Stamp
}

interface DrillTable {
  id: Generated<number>
  vm_name: string
  backup_name: string
  test_region: string
  started_at: string
  completed_at: ColumnType<string | null, string | null | undefined>
  success: ColumnType<0 | 1 | null, 0 | 1 | null | undefined>
  restore_succeeded: ColumnType<0 | 1 | null, 0 | 1 | null | undefined>
  boot_succeeded: ColumnType<0 | 1 | null, 0 | 1 | null | undefined>
  connectivity_succeeded: ColumnType<0 | 1 | null, 0 | 1 | null | undefined>
  cleanup_succeeded: ColumnType<0 | 1 | null, 0 | 1 | null | undefined>
  rto_seconds: ColumnType<number | null, number | null | undefined>
  error_message: ColumnType<string | null, string | null | undefined>
  error_code: ColumnType<string | null, string | null | undefined>
  vm_resource_group: string
  /** Lower case. */
  subscription: string
  outcome: Generated<DrillOutcome>
  /** JSON, in the order of their ends. */
  phases: Generated<string>
  /** JSON. */
  details: string
  host: string
  pid: number
  process_mark: string
  created_at: Stamp
}

interface JournalTable {
  id: string
  kind: string
  resource_id: string
  purpose: string
  /** JSON. */
  details: string
  host: string
  pid: number
  /** What tells this process from a later one with the same pid; empty where the system does not say. */
  process_mark: string
  created_at: string
  last_failure: string | null
}

interface ReplicationJobsTable {
  id: Generated<number>
  source_snapshot: string
  target_snapshot: string
  source_region: string
  target_region: string
  source_resource_group: string
  target_resource_group: string
  status: JobStatus
  started_at: string
  completed_at: string | null
  error_message: string | null
  vm_name: string
  vm_resource_group: string
  /** Lower case. */
  subscription: string
  backup_name: string
  disk_key: string
  host: string
  pid: number
  process_mark: string
  attempts: Generated<number>
  percent: Generated<number>
  created_at: Stamp
}

interface TurnTable {
  /** ARM id in lower case: one turn at a time on one resource, whatever it is for. */
  resource: string
  what: string
  host: string
  pid: number
  process_mark: string
  since: string
}

interface VerificationsTable {
  id: Generated<number>
  backup_name: string
  vm_name: string
  verified_at: string
  success: 0 | 1
  disk_readable: ColumnType<0 | 1 | null, 0 | 1 | null | undefined>
  size_matches: ColumnType<0 | 1 | null, 0 | 1 | null | undefined>
  test_disk_created: ColumnType<0 | 1 | null, 0 | 1 | null | undefined>
  test_disk_deleted: ColumnType<0 | 1 | null, 0 | 1 | null | undefined>
  error_message: ColumnType<string | null, string | null | undefined>
  verification_time_seconds: ColumnType<number | null, number | null | undefined>
  vm_resource_group: string
  /** Lower case. */
  subscription: string
  region: string
  /** `usual`, `deep`, or the part of a deep one: `2/8`. */
  depth: string
  outcome: 'running' | 'passed' | 'failed' | 'interrupted'
  host: string
  pid: number
  process_mark: string
  created_at: Stamp
}

interface VerificationDisksTable {
  id: Generated<number>
  verification_id: number
  /** ARM id in lower case. */
  snapshot_id: string
  snapshot_created_at: string
  /** Null for the OS disk. */
  lun: number | null
  readable: 0 | 1 | null
  content: string | null
  blank: 0 | 1
  digest: string | null
  /** JSON. */
  details: string
}

export type DrillRow = Selectable<DrillTable>
export type JournalRow = Selectable<JournalTable>
export type ReplicationJobRow = Selectable<ReplicationJobsTable>
export type TurnRow = Selectable<TurnTable>
export type VerificationRow = Selectable<VerificationsTable>

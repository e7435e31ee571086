/**
 * The one SQLite file, as Kysely sees it. Times are ISO 8601 UTC text; only this
 * folder knows that, and hands core Dates.
 */
import type { ColumnType, Generated, Selectable } from 'kysely'

/** Set by SQLite when the row is written, then fixed. */
type Stamp = ColumnType<string, string | undefined, never>

export interface Schema {
  audit: AuditTable
  journal: JournalTable
  turns: TurnTable
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

interface TurnTable {
  /** ARM id in lower case: one turn at a time on one resource, whatever it is for. */
  resource: string
  what: string
  host: string
  pid: number
  process_mark: string
  since: string
}

export type JournalRow = Selectable<JournalTable>
export type TurnRow = Selectable<TurnTable>

/** What azlin writes down on this machine. `Azure` is the truth; these are the record, the journal and the turnstile. */
import type { DrillRecords } from './drills.js'
import type { ReplicationJobs } from './replications.js'
import type { Verifications } from './verifications.js'

/** What a command makes for a while. */
export type TemporaryMade = 'vm' | 'nic' | 'pip' | 'disk' | 'vnet' | 'nsg' | 'group'

/** Something made in Azure that must not be forgotten. Written before it is made. */
export interface JournalEntry {
  readonly id: string
  readonly kind: 'snapshot' | 'restore' | TemporaryMade
  /** ARM id of the thing; for `restore`, of the VM. */
  readonly resourceId: string
  /** The command it was made for, as in `restore web-1`. */
  readonly purpose: string
  readonly owner: { readonly host: string; readonly pid: number }
  readonly createdAt: Date
  /** What undoing it needs to know, by kind. */
  readonly details: Readonly<Record<string, unknown>>
  /** Whether the process that wrote it is still alive on this machine. Unknown on another machine. */
  readonly ownerAlive: boolean | undefined
  /** It was decided that it stays: only its mark is still to go. Of a restore: its VM has been started. */
  readonly kept: boolean
}

export type NewJournalEntry = Pick<JournalEntry, 'kind' | 'resourceId' | 'purpose' | 'details'>

export interface Journal {
  /** Durable before it resolves. DATABASE_UNUSABLE when it cannot be: then nothing may be sent. */
  open(entry: NewJournalEntry, at: Date): Promise<string>
  /** They stay, whatever becomes of this process. Durable before it resolves, and all of them or none. */
  keep(ids: readonly string[]): Promise<void>
  /** The thing is gone, or is no longer temporary. */
  close(id: string): Promise<void>
  /** Why it could not be removed; the entry stays. */
  failed(id: string, reason: string): Promise<void>
  list(): Promise<readonly JournalEntry[]>
}

/** One line of the audit log: what was done, on what, when, how it ended. */
export interface Audit {
  begin(operation: string, subject: string, at: Date, details?: Readonly<Record<string, unknown>>): Promise<number>
  /** Never rejects: the work is done by then. */
  end(
    id: number,
    outcome: 'succeeded' | 'failed' | 'interrupted' | 'partial',
    at: Date,
    error?: { code: string; message: string },
  ): Promise<void>
}

/** What a turn is for. */
export type TurnKind = 'backup' | 'restore' | 'replicate' | 'verify' | 'drill'

/** One operation of a kind on one resource at a time, among the azlin processes of this machine. */
export interface Turnstile {
  /**
   * Takes the place or says who holds it. A holder whose process has died loses it.
   * `resource` is an ARM id, or another key, compared without case.
   */
  enter(what: TurnKind, resource: string, at: Date): Promise<Turn>
}

export type Turn =
  | { readonly entered: true; leave(): Promise<void> }
  | { readonly entered: false; readonly what: string; readonly since: Date }

/** The one SQLite file. */
export interface Records {
  readonly journal: Journal
  readonly audit: Audit
  readonly turnstile: Turnstile
  readonly replications: ReplicationJobs
  readonly verifications: Verifications
  readonly drills: DrillRecords
}

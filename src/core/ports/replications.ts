/** The record of copies. Azure's snapshots are the truth; this says what was wanted and how it went. */
import type { JobStatus, ReplicationJob } from '../domain/replication.js'

export type NewReplicationJob = Pick<
  ReplicationJob,
  'vm' | 'backup' | 'diskKey' | 'source' | 'sourceRegion' | 'target' | 'targetRegion'
>

export interface JobChange {
  readonly status?: JobStatus
  readonly startedAt?: Date
  /** Null takes an earlier one away; so of the message. */
  readonly completedAt?: Date | null
  readonly errorMessage?: string | null
  readonly attempts?: number
  readonly percent?: number
}

export interface JobFilter {
  readonly status?: JobStatus | undefined
  readonly vm?: string | undefined
  readonly resourceGroup?: string | undefined
  /** Name of the source's snapshot. */
  readonly sourceSnapshot?: string | undefined
  readonly diskKey?: string | undefined
}

export interface ReplicationJobs {
  /** The open job (pending or in progress) of this target, which is now this process's; a new pending one if there is none. */
  open(job: NewReplicationJob, at: Date): Promise<ReplicationJob>
  /** Durable before it resolves. DATABASE_UNUSABLE. */
  change(id: number, change: JobChange): Promise<ReplicationJob>
  /** Newest first. Names compare without case, and whole. */
  list(filter: JobFilter): Promise<readonly ReplicationJob[]>
}

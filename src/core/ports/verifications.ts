/** The record of verifications on this machine. The tags of the snapshots tell other computers how they ended. */
import type { VmRef } from '../domain/machine.js'
import type { Snapshot } from '../domain/snapshot.js'
import type { Verification } from '../domain/verification.js'

export type NewVerification = Pick<Verification, 'backup' | 'vm' | 'region' | 'depth'>

export interface VerificationRecord extends Omit<Verification, 'disks'> {
  readonly id: number
  /** `running` with a process that is no more: it was killed. `unread`: nothing is wrong but that nobody may read it. */
  readonly outcome: 'running' | 'passed' | 'failed' | 'interrupted'
  /** Whether the process that wrote it lives; unknown of another computer's. */
  readonly ownerAlive: boolean | undefined
}

export interface VerificationFilter {
  readonly vm?: string | undefined
  readonly resourceGroup?: string | undefined
  readonly since?: Date | undefined
}

/** What was read of a snapshot earlier. */
export interface EarlierReading {
  readonly digest: string
  readonly at: Date
}

export interface EarlierContent {
  readonly backup: string
  readonly content: string
  /** When it was read. */
  readonly at: Date
}

/** A disk of a VM, whatever its snapshots are called. */
export interface DiskOfVm {
  readonly vm: VmRef
  /** Null for the OS disk. */
  readonly lun: number | null
  /** Another disk at the same LUN is another one. Undefined: nobody knows, and the LUN has to do. */
  readonly diskName: string | undefined
}

export interface Verifications {
  /** Durable before it resolves: from then on a crash leaves a trace. DATABASE_UNUSABLE. */
  begin(verification: NewVerification, at: Date): Promise<number>
  end(id: number, verification: Verification): Promise<void>
  /** Stopped before it came to an end: neither success nor failure. */
  interrupted(id: number, at: Date, seconds: number): Promise<void>
  /** Newest first. Names compare without case, and whole. */
  list(filter: VerificationFilter): Promise<readonly VerificationRecord[]>
  /** The first digest of this very snapshot (not of another one of its name) for the same part of it. */
  digestOf(snapshot: Pick<Snapshot, 'id' | 'createdAt'>, depth: string): Promise<EarlierReading | undefined>
  /** What this very snapshot held when it was last read and held anything. */
  contentIn(snapshot: Pick<Snapshot, 'id' | 'createdAt'>): Promise<EarlierContent | undefined>
  /** What the disk held in its newest backup from before `before` that held anything; not if it was allowed to be blank since. */
  contentBefore(disk: DiskOfVm, before: Date): Promise<EarlierContent | undefined>
}

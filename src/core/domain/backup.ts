/** Recovery points: the whole VM at one moment, as a set of disk snapshots. */
import type { Caching, ExportAccess, Generation, OsType, Plan, TrustedLaunch, VmRef } from './machine.js'
import type { Snapshot } from './snapshot.js'

export const tiers = ['daily', 'weekly', 'monthly'] as const
export type Tier = (typeof tiers)[number]

/** What the snapshots' tags say about the VM, so that it can be rebuilt when the VM is gone. */
export interface MachineFacts {
  readonly size: string
  readonly osType: OsType
  readonly generation: Generation | undefined
  readonly trustedLaunch: TrustedLaunch | undefined
  readonly zone: string | undefined
  readonly architecture: string | undefined
  readonly licenseType: string | undefined
  readonly plan: Plan | undefined
  /** It showed a working guest agent when it was backed up; undefined where it did not run then, or nobody looked. */
  readonly agent: boolean | undefined
}

/** What the tags say about one disk. */
export interface DiskFacts {
  readonly lun: number | null
  readonly caching: Caching
  readonly sku: string
  readonly sizeGb: number
  readonly zone: string | undefined
  /** How many disks the recovery point has in all: fewer snapshots than this is half a backup. */
  readonly of: number
  readonly diskName: string
  /** Without the id of its private way, which is long and of its region. Undefined: open, or not known. */
  readonly exportAccess?: ExportAccess | undefined
}

export interface RecoveryDisk {
  readonly snapshot: Snapshot
  /** Null for the OS disk. */
  readonly lun: number | null
  /** Absent on snapshots that another tool, or an earlier azlin, made. */
  readonly facts: DiskFacts | undefined
}

/** Snapshots of one VM that belong together. OS disk first, then by LUN. */
export interface RecoveryPoint {
  readonly name: string
  readonly vm: VmRef
  readonly region: string
  /** The moment it was begun (UTC, to the second): the stamp in its name. Replicas carry the same. */
  readonly createdAt: Date
  readonly disks: readonly RecoveryDisk[]
  readonly machine: MachineFacts | undefined
  /** Every disk is there and its data has arrived. */
  readonly complete: boolean
}

/** 1 complete, 2 a disk was made of it, 3 its content was read, 4 it booted, 5 its checks passed. */
export const proofLevels = [1, 2, 3, 4, 5] as const
export type ProofLevel = (typeof proofLevels)[number]

/** How far a backup was shown to be restorable, and when. */
export interface Proof {
  readonly level: ProofLevel
  readonly at: Date
}

export interface Backup extends RecoveryPoint {
  readonly tier: Tier
  /** Regions that hold a complete copy, as the tags say. */
  readonly replicatedTo: readonly string[]
  readonly verifiedAt: Date | undefined
  /** When a verification last failed, if none has passed since. */
  readonly verifyFailedAt: Date | undefined
  /** It was found to be at fault then, and not only could not be looked at. */
  readonly condemned: boolean
  /** The weakest of its disks' proofs; undefined when a disk has none. A complete backup is at level 1 by itself. */
  readonly proof: Proof | undefined
  /** Set on a copy in a second region: the name of the source OS disk's snapshot. */
  readonly replicaOf: string | undefined
  /** A cross-region copy of it is under way, or this is the copy. */
  readonly copying: boolean
}

export interface BackupSchedule {
  readonly enabled: boolean
  readonly dailyRetention: number
  readonly weeklyRetention: number
  readonly monthlyRetention: number
  readonly lastDaily: Date | undefined
  readonly lastWeekly: Date | undefined
  readonly lastMonthly: Date | undefined
  readonly crossRegionEnabled: boolean
  readonly targetRegion: string | undefined
  /** Where copies go; the VM's own group when absent. */
  readonly targetResourceGroup: string | undefined
  /** Where backups are kept; the VM's own group when absent. */
  readonly backupResourceGroup: string | undefined
}

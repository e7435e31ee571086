/** What `--json` prints of core's values. Keys are an interface: they are added, never renamed. */
import type { Backup, BackupSchedule } from '../core/domain/backup.js'
import type { AzlinError } from '../core/errors.js'
import type { CopiesOfRun, RunItem } from '../core/managers/backup-runner.js'
import type { CleanupResult } from '../core/managers/retention-manager.js'
import { type JobJson, jobJson } from './replications.js'

export interface BackupJson {
  readonly snapshotName: string
  readonly vmName: string
  /** The group that holds its snapshots. */
  readonly resourceGroup: string
  readonly creationTime: string
  readonly retentionTier: string
  readonly replicated: boolean
  readonly verified: boolean
  /** All disks together, GiB. */
  readonly sizeGb: number
  readonly disks: readonly { readonly snapshotName: string; readonly lun: number | null; readonly sizeGb: number }[]
  readonly region: string
  readonly complete: boolean
  readonly replicatedTo: readonly string[]
  readonly vmResourceGroup: string
  /** 1 complete, 2 disk made, 3 content read, 4 booted, 5 checks passed; 0 for one that is not complete. */
  readonly proofLevel: number
  readonly provenAt: string | null
  readonly verifiedAt: string | null
  /** When a verification last failed, if none has passed since. */
  readonly verifyFailedAt: string | null
  /** The backup was found to be at fault then, and not only could not be looked at. */
  readonly condemned: boolean
  /** Of a copy: the name of the snapshot it was made from. */
  readonly replicaOf: string | null
  readonly orphan: boolean
}

export function backupJson(backup: Backup & { readonly orphan?: boolean }): BackupJson {
  return {
    snapshotName: backup.name,
    vmName: backup.vm.name,
    resourceGroup: backup.disks[0]?.snapshot.resourceGroup ?? backup.vm.resourceGroup,
    creationTime: backup.createdAt.toISOString(),
    retentionTier: backup.tier,
    replicated: backup.replicatedTo.length > 0 || backup.replicaOf !== undefined,
    verified: backup.verifiedAt !== undefined,
    sizeGb: totalSizeGb(backup),
    disks: backup.disks.map(({ snapshot, lun }) => ({ snapshotName: snapshot.name, lun, sizeGb: snapshot.sizeGb })),
    region: backup.region,
    complete: backup.complete,
    replicatedTo: backup.replicatedTo,
    vmResourceGroup: backup.vm.resourceGroup,
    proofLevel: provenLevel(backup),
    provenAt: backup.proof?.at.toISOString() ?? null,
    verifiedAt: backup.verifiedAt?.toISOString() ?? null,
    verifyFailedAt: backup.verifyFailedAt?.toISOString() ?? null,
    condemned: backup.condemned,
    replicaOf: backup.replicaOf ?? null,
    orphan: backup.orphan ?? false,
  }
}

/** A backup that is complete is at the first level by itself. */
export function provenLevel({ proof, complete }: Pick<Backup, 'proof' | 'complete'>): number {
  return proof?.level ?? (complete ? 1 : 0)
}

export function totalSizeGb({ disks }: Pick<Backup, 'disks'>): number {
  return disks.reduce((sum, { snapshot }) => sum + snapshot.sizeGb, 0)
}

export interface ScheduleJson {
  readonly enabled: boolean
  readonly dailyRetention: number
  readonly weeklyRetention: number
  readonly monthlyRetention: number
  readonly lastDaily: string | null
  readonly lastWeekly: string | null
  readonly lastMonthly: string | null
  readonly crossRegionEnabled: boolean
  readonly targetRegion: string | null
  readonly targetResourceGroup: string | null
  readonly backupResourceGroup: string | null
}

export function scheduleJson(schedule: BackupSchedule): ScheduleJson {
  const { enabled, dailyRetention, weeklyRetention, monthlyRetention, crossRegionEnabled } = schedule
  return {
    enabled,
    dailyRetention,
    weeklyRetention,
    monthlyRetention,
    lastDaily: schedule.lastDaily?.toISOString() ?? null,
    lastWeekly: schedule.lastWeekly?.toISOString() ?? null,
    lastMonthly: schedule.lastMonthly?.toISOString() ?? null,
    crossRegionEnabled,
    targetRegion: schedule.targetRegion ?? null,
    targetResourceGroup: schedule.targetResourceGroup ?? null,
    backupResourceGroup: schedule.backupResourceGroup ?? null,
  }
}

export interface CleanupJson {
  readonly daily: number
  readonly weekly: number
  readonly monthly: number
  readonly deleted: readonly string[]
  readonly kept: readonly { readonly name: string; readonly reason: string }[]
  readonly failed: readonly { readonly name: string; readonly reason: string }[]
  readonly dryRun: boolean
  readonly replicas: CleanupResult['replicas']
}

export function cleanupJson(result: CleanupResult, dryRun: boolean): CleanupJson {
  const { daily, weekly, monthly, deleted, kept, replicas } = result
  const failed = result.failed.map(({ name, error }) => ({ name, reason: error.message }))
  return { daily, weekly, monthly, deleted, kept, failed, dryRun, replicas }
}

export interface RunJson {
  readonly results: readonly {
    readonly vm: string
    readonly resourceGroup: string
    readonly outcome: RunItem['outcome']
    readonly tier?: string
    readonly backup?: BackupJson
    readonly reason?: string
    readonly error?: AzlinError
    /** With --wait, where the schedule wants copies. */
    readonly copies?: CopiesJson
  }[]
}

interface CopiesJson {
  readonly region?: string
  readonly jobs: readonly JobJson[]
  readonly errors: readonly AzlinError[]
}

export function runJson(items: readonly RunItem[]): RunJson {
  return {
    results: items.map((item) => ({
      vm: item.vm.name,
      resourceGroup: item.vm.resourceGroup,
      ...outcomeJson(item),
      ...(item.copies && { copies: copiesJson(item.copies) }),
    })),
  }
}

function copiesJson(copies: CopiesOfRun): CopiesJson {
  if ('error' in copies) return { jobs: [], errors: [copies.error] }
  const { region, jobs, errors, refused } = copies
  return { region, jobs: jobs.map(jobJson), errors: [...errors.filter((error) => error !== undefined), ...refused] }
}

function outcomeJson(item: RunItem) {
  const { outcome } = item
  switch (outcome) {
    case 'taken':
      return { outcome, tier: item.triggered.backup.tier, backup: backupJson(item.triggered.backup) }
    case 'due':
      return { outcome, tier: item.tier }
    case 'skipped':
      return { outcome, reason: item.reason }
    case 'failed':
      return { outcome, reason: item.error.message, error: item.error }
  }
}

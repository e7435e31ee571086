/** What `--json` prints of verifications. */
import type { DiskVerdict, Verification } from '../core/domain/verification.js'
import type { Unverified, VerificationReport, Verified, VmReport } from '../core/domain/verification-report.js'
import type { AzlinError } from '../core/errors.js'
import type { VerifyItem } from '../core/managers/verification-manager.js'

export interface VerificationJson {
  readonly backupName: string
  readonly vmName: string
  readonly verifiedAt: string
  readonly success: boolean
  /** Null: it was not read. */
  readonly diskReadable: boolean | null
  readonly sizeMatches: boolean | null
  readonly testDiskCreated: boolean
  readonly testDiskDeleted: boolean
  readonly errorMessage: string | null
  readonly verificationTimeSeconds: number
  readonly vmResourceGroup: string
  readonly region: string
}

export interface DiskVerdictJson {
  readonly snapshotName: string
  readonly lun: number | null
  readonly sizeGb: number
  readonly diskReadable: boolean | null
  readonly sizeMatches: boolean | null
  readonly content: string | null
  readonly problems: readonly string[]
  readonly notes: readonly string[]
  /** What mends the problem, where azlin knows. */
  readonly hint: string | null
  /** It holds nothing but zeros, as far as it was read. */
  readonly blank: boolean
  readonly bytesRead: number
  readonly readRequests: number
  readonly sha256: string | null
}

export type WholeVerificationJson = VerificationJson & {
  /** `usual`, `deep`, or the part that was read: `2/8`. */
  readonly depth: string
  readonly disks: readonly DiskVerdictJson[]
}

export function verificationJson(result: Verification): WholeVerificationJson {
  return { ...verifiedJson(result), depth: result.depth, disks: result.disks.map(diskJson) }
}

export type VerifyItemJson = (WholeVerificationJson | VerificationJson) & { readonly error?: AzlinError }

/** One that could not be verified at all has the same keys, and the reason. */
export function verifyItemJson({ backup, result, error }: VerifyItem, now: Date): VerifyItemJson {
  if (result) return verificationJson(result)
  return {
    backupName: backup.name,
    vmName: backup.vm.name,
    verifiedAt: now.toISOString(),
    success: false,
    diskReadable: null,
    sizeMatches: null,
    testDiskCreated: false,
    testDiskDeleted: false,
    errorMessage: error?.message ?? null,
    verificationTimeSeconds: 0,
    vmResourceGroup: backup.vm.resourceGroup,
    region: backup.region,
    ...(error && { error }),
  }
}

function verifiedJson(one: Verified): VerificationJson {
  return {
    backupName: one.backup,
    vmName: one.vm.name,
    verifiedAt: one.verifiedAt.toISOString(),
    success: one.success,
    diskReadable: one.diskReadable ?? null,
    sizeMatches: one.sizeMatches ?? null,
    testDiskCreated: one.testDiskCreated,
    testDiskDeleted: one.testDiskDeleted,
    errorMessage: one.errorMessage ?? null,
    verificationTimeSeconds: one.seconds,
    vmResourceGroup: one.vm.resourceGroup,
    region: one.region,
  }
}

function diskJson(disk: DiskVerdict): DiskVerdictJson {
  return {
    snapshotName: disk.snapshot.name,
    lun: disk.lun,
    sizeGb: disk.sizeGb,
    diskReadable: disk.readable ?? null,
    sizeMatches: disk.sizeMatches ?? null,
    content: disk.content ?? null,
    problems: disk.unread === undefined ? disk.problems : [...disk.problems, disk.unread],
    notes: disk.notes,
    hint: disk.error?.hint ?? null,
    blank: disk.blank,
    bytesRead: disk.bytesRead,
    readRequests: disk.requests,
    sha256: disk.digest ?? null,
  }
}

interface UnverifiedJson {
  readonly backupName: string
  readonly vmName: string
  readonly creationTime: string
  readonly verifiedAt: string | null
}

interface TotalsJson {
  readonly totalVerified: number
  /** 0 to 100; null where there were none. */
  readonly successRate: number | null
  readonly failures: readonly VerificationJson[]
  readonly lastVerified: string | null
  /** Stopped or killed: neither success nor failure. */
  readonly interrupted: number
  /** By `--allow-unread`: in neither the total nor the rate. */
  readonly acceptedUnread: number
  /** For more than seven days. */
  readonly unverified: readonly UnverifiedJson[]
  readonly warnings: readonly string[]
}

export interface VerificationReportJson extends TotalsJson {
  readonly days: number
  readonly vms: readonly (TotalsJson & { readonly vmName: string; readonly vmResourceGroup: string })[]
}

export function verificationReportJson(report: VerificationReport): VerificationReportJson {
  const vms = report.vms.map((one) => ({
    vmName: one.vm.name,
    vmResourceGroup: one.vm.resourceGroup,
    ...totalsJson(one),
  }))
  return { ...totalsJson(report), days: report.days, vms }
}

function totalsJson(one: VerificationReport | VmReport): TotalsJson {
  return {
    totalVerified: one.totalVerified,
    successRate: one.successRate ?? null,
    failures: one.failures.map(verifiedJson),
    lastVerified: one.lastVerified?.toISOString() ?? null,
    interrupted: one.interrupted,
    acceptedUnread: one.acceptedUnread,
    unverified: one.unverified.map(unverifiedJson),
    warnings: one.warnings,
  }
}

function unverifiedJson({ backup, vm, createdAt, verifiedAt }: Unverified): UnverifiedJson {
  return {
    backupName: backup,
    vmName: vm.name,
    creationTime: createdAt.toISOString(),
    verifiedAt: verifiedAt?.toISOString() ?? null,
  }
}

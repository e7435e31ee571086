import type { AzlinError, ErrorCode } from './core/errors.js'

const failed = 1
const badInput = 2
const missing = 4

/** A new error code does not compile until someone has decided what a script should see. */
export const exitCodes = {
  INVALID_INPUT: badInput,
  USAGE: badInput,
  CONFIRMATION_NEEDED: badInput,
  DECLINED: failed,
  SETTING_MISSING: badInput,
  CONFIG_UNREADABLE: badInput,
  PLAN_INVALID: badInput,
  VM_NOT_FOUND: missing,
  RESOURCE_GROUP_NOT_FOUND: missing,
  SUBSCRIPTION_NOT_FOUND: missing,
  BACKUP_NOT_FOUND: missing,
  NO_BACKUPS: missing,
  NO_BACKUP_AT: missing,
  SNAPSHOT_NOT_FOUND: missing,
  BACKUP_NOT_CONFIGURED: missing,
  TIER_OFF: badInput,
  SNAPSHOTS_NOT_CONFIGURED: missing,
  SCHEDULE_UNREADABLE: failed,
  BACKUP_INCOMPLETE: failed,
  NOT_A_SNAPSHOT: badInput,
  WRONG_VM: badInput,
  UNSUPPORTED_DISK: missing,
  REGION_UNKNOWN: missing,
  NOT_COPYABLE: missing,
  AMBIGUOUS_BACKUP: badInput,
  NOT_VERIFIABLE: failed,
  NAME_TAKEN: failed,
  BACKUP_IN_PROGRESS: failed,
  VERIFICATION_IN_PROGRESS: failed,
  VM_BUSY: failed,
  BACKUP_FAILED: failed,
  PREFLIGHT_FAILED: missing,
  RESTORE_ROLLED_BACK: failed,
  ROLLBACK_FAILED: failed,
  MASS_DELETION: failed,
  COPY_BROKEN: failed,
  COPY_WRONG: failed,
  COPY_STALLED: failed,
  HOLDS_OTHERS: failed,
  NOT_READY: missing,
  DRILLS_NOT_CONFIGURED: missing,
  GROUP_BEFORE_FAILED: failed,
  BOOT_UNPROVEN: failed,
  CHECK_FAILED: failed,
  CLEANUP_INCOMPLETE: failed,
  NOT_SIGNED_IN: missing,
  FORBIDDEN: missing,
  POLICY_DENIED: failed,
  PROVIDER_NOT_REGISTERED: missing,
  AZURE_NOT_FOUND: missing,
  LOCKED: failed,
  DISK_ATTACHED: failed,
  ACTIVE_SAS: failed,
  READ_REFUSED: failed,
  VM_MUST_BE_DEALLOCATED: failed,
  QUOTA_EXCEEDED: failed,
  CAPACITY: failed,
  SNAPSHOT_LIMIT: failed,
  THROTTLED: failed,
  AZURE_UNAVAILABLE: failed,
  NETWORK: failed,
  CONFLICT: failed,
  TIMED_OUT: failed,
  AZURE_REJECTED: failed,
  SSH_FAILED: failed,
  DATABASE_NEWER: failed,
  DATABASE_UNUSABLE: failed,
  SANDBOX_NOT_RUNNING: missing,
  SANDBOX_FAILED: failed,
  OUTPUT_FAILED: failed,
  INTERRUPTED: 130,
  INTERNAL: failed,
} as const satisfies Record<ErrorCode, number>

/** Some items of a bulk operation succeeded and some failed. */
export const partial = 3

/** The exit code of a bulk operation, from each item's error. One item alone ends as it would by itself. */
export function exitOfMany(errors: readonly (AzlinError | undefined)[]): number {
  const failures = errors.filter((error) => error !== undefined)
  if (failures.length === 0) return 0
  if (failures.length < errors.length) return partial
  const [only] = failures
  return only && failures.length === 1 ? exitCodes[only.code] : failed
}

interface Copied {
  readonly jobs: readonly { readonly status: string }[]
  /** One for each job. */
  readonly errors: readonly (AzlinError | undefined)[]
  readonly refused: readonly AzlinError[]
}

/**
 * What waits for its turn has neither succeeded nor failed. A backup is as many copies as it has disks: where all of them
 * fail in the same way, one ends as the other.
 */
export function exitOfCopies({ jobs, errors, refused }: Copied): number {
  const ended = [...errors.filter((_, index) => jobs[index]?.status !== 'pending'), ...refused]
  const [exit, ...others] = new Set(ended.map((error) => (error ? exitCodes[error.code] : 0)))
  return exit !== undefined && others.length === 0 ? exit : exitOfMany(ended)
}

interface Ran {
  readonly error?: AzlinError
  readonly copies?: Copied | { readonly error: AzlinError } | undefined
}

/** A VM counts as failed that got no backup, or of which a run that waits could not make every copy. */
export function exitOfRun(items: readonly Ran[]): number {
  const exits = items.map(({ error, copies }) => {
    const stopped = error ?? (copies && 'error' in copies ? copies.error : undefined)
    if (stopped) return exitCodes[stopped.code]
    return copies && 'jobs' in copies ? exitOfCopies(copies) : 0
  })
  return exitOfAll(exits)
}

interface Verified {
  readonly success: boolean
  readonly disks: readonly { readonly fault: string | undefined; readonly error: AzlinError | undefined }[]
}

/** A backup that is not good is an answer (1); one that could not be looked at ends as what stood in the way does. */
export function exitOfVerification({ success, disks }: Verified): number {
  if (success) return 0
  if (disks.some(({ fault }) => fault !== undefined)) return failed
  const error = disks.map((disk) => disk.error).find((one) => one !== undefined)
  return error ? exitCodes[error.code] : failed
}

export function exitOfVerifications(
  items: readonly { readonly result: Verified | undefined; readonly error: AzlinError | undefined }[],
): number {
  const exits = items.map(({ result, error }) =>
    result ? exitOfVerification(result) : error ? exitCodes[error.code] : 0,
  )
  return exitOfAll(exits)
}

interface Drilled {
  readonly drill: { readonly outcome: string } | undefined
  readonly error: AzlinError | undefined
}

/** A drill that failed is an answer (1); one that could not begin ends as what stood in the way does. */
export function exitOfDrills(items: readonly Drilled[]): number {
  const exits = items.map(({ drill, error }) =>
    drill ? (drill.outcome === 'succeeded' ? 0 : failed) : error ? exitCodes[error.code] : failed,
  )
  return exitOfAll(exits)
}

/** A VM that is gone is nobody's trouble while it can be restored. */
export function exitOfStandings(items: readonly { readonly standing: string; readonly gone: boolean }[]): number {
  const isFine = ({ standing, gone }: (typeof items)[number]) =>
    standing === 'protected' || (gone && standing !== 'unprotected')
  return exitOfAll(items.map((item) => (isFine(item) ? 0 : failed)))
}

function exitOfAll(exits: readonly number[]): number {
  const failures = exits.filter((exit) => exit !== 0)
  if (failures.length === 0) return 0
  if (failures.length < exits.length) return partial
  return failures.length === 1 ? (failures[0] ?? failed) : failed
}

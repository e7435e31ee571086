/**
 * The one place that knows both core and the world.
 *
 * Adapters are imported when they are needed: `azlin --help` must not pay for the SDK or for SQLite.
 */
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import pLimit from 'p-limit'
import type { AzureTarget } from './azure/connect.js'
import { type Clock, systemClock } from './core/clock.js'
import { AzlinError } from './core/errors.js'
import { BackupManager } from './core/managers/backup-manager.js'
import { BackupRunner } from './core/managers/backup-runner.js'
import { BackupSchedules } from './core/managers/backup-schedules.js'
import { DrillHistory } from './core/managers/drill-history.js'
import type { DrillManager } from './core/managers/drill-manager.js'
import { DrillSchedules } from './core/managers/drill-schedules.js'
import type { FailbackManager } from './core/managers/failback-manager.js'
import type { FailoverManager } from './core/managers/failover-manager.js'
import { ProtectionReporter } from './core/managers/protection-reporter.js'
import { ReplicationManager } from './core/managers/replication-manager.js'
import { ReplicationRecords } from './core/managers/replication-records.js'
import { RestoreManager } from './core/managers/restore-manager.js'
import { RetentionManager } from './core/managers/retention-manager.js'
import { SnapshotManager } from './core/managers/snapshot-manager.js'
import { SnapshotSchedules } from './core/managers/snapshot-schedules.js'
import { TemporaryManager } from './core/managers/temporary-manager.js'
import type { VerificationManager } from './core/managers/verification-manager.js'
import { VerificationReporter } from './core/managers/verification-reporter.js'
import type { Run } from './core/run.js'
import type { OpenRecords } from './db/open.js'
import { readSandboxConnection, type SandboxConnection } from './settings/sandbox-connection.js'
import type { Settings } from './settings/settings.js'

/**
 * What a command wants of the database: `required` refuses to go on without one (nothing is sent that could not be
 * written down), `optional` goes on with a warning where it cannot be written (a disaster must not wait for a mended file
 * or a disk with room), `readable` where it cannot be read, `none` does not open it.
 */
export type RecordsNeed = 'required' | 'optional' | 'readable' | 'none'

export interface Azlin extends AsyncDisposable {
  /** What every operation is given: the right to stop it, and an ear. */
  readonly run: Run
  readonly clock: Clock
  readonly schedules: BackupSchedules
  readonly backups: BackupManager
  readonly retention: RetentionManager
  readonly runner: BackupRunner
  readonly snapshots: SnapshotManager
  readonly snapshotSchedules: SnapshotSchedules
  readonly restores: RestoreManager
  readonly replication: ReplicationManager
  readonly replicationRecords: ReplicationRecords
  /** Reading disks takes packages that no other command needs. `atOnce`: backups that are verified at once. */
  verification(options: { readonly atOnce: number }): Promise<VerificationManager>
  readonly verificationReports: VerificationReporter
  readonly protection: ProtectionReporter
  /** Drills take packages that no other command needs. `atOnce`: VMs that are drilled at once. */
  drills(options: { readonly atOnce: number }): Promise<DrillManager>
  readonly drillSchedules: DrillSchedules
  readonly drillRecords: DrillHistory
  failover(): Promise<FailoverManager>
  failback(): Promise<FailbackManager>
  /** Only with `required` records. */
  readonly temporary: TemporaryManager
}

/** Requests that Azure works on at once, for one command. */
const requestsAtOnce = 8
/** VMs that `backup run` takes in hand at once. */
const vmsAtOnce = 3
/** Copies that one command follows at once. */
export const copiesAtOnce = 3
const usualSshPort = 22
/** Even where the poll interval is set to nothing. */
const quickestLookMs = 20

export interface Lanes {
  /** Copies that are followed at once. */
  readonly copies?: number | undefined
}

export async function compose(
  settings: Settings,
  need: RecordsNeed,
  run: Run,
  { copies = copiesAtOnce }: Lanes = {},
): Promise<Azlin> {
  const { home, sandbox } = settings
  const clock = systemClock(sandbox && offsetOf(home, sandbox))
  const records = await openRecordsAs(need, settings, run)

  const { connectAzure } = await import('./azure/connect.js')
  const azure = await connectAzure(targetOf(settings), run.report, clock)

  const deps = { azure, clock, records, limit: pLimit(requestsAtOnce) }
  const boot = { machines: azure.machines, clock, lookEveryMs: Math.max(quickestLookMs, settings.pollIntervalMs * 2.5) }
  const encryptionSetIn = (region: string) => settings.encryptionSets[region.toLowerCase()]
  const replication = new ReplicationManager({
    ...deps,
    copyLimit: pLimit(copies),
    lookEveryMs: Math.max(quickestLookMs, settings.pollIntervalMs),
    retryPauseMs: Math.max(quickestLookMs, settings.pollIntervalMs * 2.5),
    random: Math.random,
    encryptionSetIn,
  })
  const backups = new BackupManager(deps, replication)
  const snapshots = new SnapshotManager(deps)
  const restores = new RestoreManager({ ...deps, boot, journal: deps.records?.journal, host: hostname() })
  const drillDeps = async () => {
    const { Ssh2 } = await import('./ssh/ssh2.js')
    const { usualPatience } = await import('./core/managers/drill-deps.js')
    const newToken = () => randomBytes(4).toString('hex')
    const sshPort = sandbox?.sshPort ?? usualSshPort
    return { ...deps, host: hostname(), boot, replication, ssh: new Ssh2(), sshPort, newToken, patience: usualPatience }
  }
  return {
    run,
    clock,
    backups,
    replication,
    replicationRecords: new ReplicationRecords(deps),
    snapshots,
    schedules: new BackupSchedules({ ...deps, encryptionSetIn }),
    retention: new RetentionManager(deps),
    runner: new BackupRunner({ ...deps, vmLimit: pLimit(vmsAtOnce) }, backups, replication),
    snapshotSchedules: new SnapshotSchedules(deps, snapshots),
    restores,
    verification: async ({ atOnce }) => {
      const { VerificationManager } = await import('./core/managers/verification-manager.js')
      const lookEveryMs = Math.max(quickestLookMs, settings.pollIntervalMs)
      return new VerificationManager({ ...deps, host: hostname(), lookEveryMs, backupLimit: pLimit(atOnce) })
    },
    verificationReports: new VerificationReporter(deps),
    protection: new ProtectionReporter(deps),
    drills: async ({ atOnce }) => {
      const { DrillManager } = await import('./core/managers/drill-manager.js')
      return new DrillManager({ ...(await drillDeps()), drillLimit: pLimit(atOnce) })
    },
    drillSchedules: new DrillSchedules(deps),
    drillRecords: new DrillHistory(deps),
    failover: async () => {
      const { FailoverManager } = await import('./core/managers/failover-manager.js')
      return new FailoverManager(await drillDeps())
    },
    failback: async () => {
      const { FailbackManager } = await import('./core/managers/failback-manager.js')
      return new FailbackManager(await drillDeps(), restores)
    },
    get temporary() {
      if (!deps.records) throw new AzlinError('INTERNAL', { reason: 'the database was not opened' })
      return new TemporaryManager({ azure, clock, records: deps.records })
    },
    [Symbol.asyncDispose]: async () => records?.close(),
  }
}

function targetOf({ subscriptionId, cloud, armEndpoint, pollIntervalMs, sandbox }: Settings): AzureTarget {
  const target = { subscriptionId, cloud, pollIntervalMs, ...(armEndpoint !== undefined && { armEndpoint }) }
  if (!sandbox) return target
  const identity = { endpoint: sandbox.identityEndpoint, header: sandbox.identityHeader }
  return { ...target, identity, caPem: readFileSync(sandbox.caFile, 'utf8') }
}

async function openRecordsAs(
  need: RecordsNeed,
  { home, subscriptionId }: Settings,
  run: Run,
): Promise<OpenRecords | undefined> {
  if (need === 'none') return undefined
  try {
    const { openRecords } = await import('./db/open.js')
    return await openRecords(home, { subscription: subscriptionId, proven: need === 'optional' })
  } catch (error) {
    if (need === 'required' || !AzlinError.is(error)) throw error
    run.report({ type: 'notice', code: error.code, text: `${error.message} Going on without it.` })
    return undefined
  }
}

/** Looked up each time, because the sandbox's clock may be moved while a command runs. */
function offsetOf(home: string, known: SandboxConnection): () => number {
  let { clockOffsetMs } = known
  return () => {
    try {
      clockOffsetMs = readSandboxConnection(home).clockOffsetMs
    } catch (error) {
      // It was stopped meanwhile: the next request will say so.
      if (!AzlinError.is(error, 'SANDBOX_NOT_RUNNING')) throw error
    }
    return clockOffsetMs
  }
}

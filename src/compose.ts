/**
 * The one place that knows both core and the world.
 *
 * Adapters are imported when they are needed: `azlin --help` must not pay for the SDK or for SQLite.
 */
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import pLimit from 'p-limit'
import type { AzureTarget } from './azure/connect.js'
import { type Clock, systemClock } from './core/clock.js'
import { AzlinError } from './core/errors.js'
import { BackupManager } from './core/managers/backup-manager.js'
import { BackupRunner } from './core/managers/backup-runner.js'
import { BackupSchedules } from './core/managers/backup-schedules.js'
import { RestoreManager } from './core/managers/restore-manager.js'
import { RetentionManager } from './core/managers/retention-manager.js'
import { SnapshotManager } from './core/managers/snapshot-manager.js'
import { SnapshotSchedules } from './core/managers/snapshot-schedules.js'
import { TemporaryManager } from './core/managers/temporary-manager.js'
import type { Run } from './core/run.js'
import type { OpenRecords } from './db/open.js'
import { readSandboxConnection, type SandboxConnection } from './settings/sandbox-connection.js'
import type { Settings } from './settings/settings.js'

/**
 * What a command wants of the database: `required` refuses to go on without one (nothing is sent that could not be
 * written down), `optional` goes on with a warning (a disaster must not wait for a mended file), `none` does not open it.
 */
export type RecordsNeed = 'required' | 'optional' | 'none'

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
  /** Only with `required` records. */
  readonly temporary: TemporaryManager
}

/** Requests that Azure works on at once, for one command. */
const requestsAtOnce = 8
/** VMs that `backup run` takes in hand at once. */
const vmsAtOnce = 3
/** Even where the poll interval is set to nothing. */
const quickestLookMs = 20

export async function compose(settings: Settings, need: RecordsNeed, run: Run): Promise<Azlin> {
  const { home, sandbox } = settings
  const clock = systemClock(sandbox && offsetOf(home, sandbox))
  const records = await openRecordsAs(need, home, run)

  const { connectAzure } = await import('./azure/connect.js')
  const azure = await connectAzure(targetOf(settings), run.report, clock)

  const deps = { azure, clock, records, limit: pLimit(requestsAtOnce) }
  const boot = { machines: azure.machines, clock, lookEveryMs: Math.max(quickestLookMs, settings.pollIntervalMs * 2.5) }
  const backups = new BackupManager(deps)
  const snapshots = new SnapshotManager(deps)
  return {
    run,
    clock,
    backups,
    snapshots,
    schedules: new BackupSchedules(deps),
    retention: new RetentionManager(deps),
    runner: new BackupRunner({ ...deps, vmLimit: pLimit(vmsAtOnce) }, backups),
    snapshotSchedules: new SnapshotSchedules(deps, snapshots),
    restores: new RestoreManager({ ...deps, boot, journal: deps.records?.journal, host: hostname() }),
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

async function openRecordsAs(need: RecordsNeed, home: string, run: Run): Promise<OpenRecords | undefined> {
  if (need === 'none') return undefined
  try {
    const { openRecords } = await import('./db/open.js')
    return await openRecords(home)
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

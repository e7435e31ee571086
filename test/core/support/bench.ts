/** The managers on an Azure in memory, with a clock that a test moves. */
import { AzlinError } from '../../../src/core/errors.js'
import type { AzlinEvent } from '../../../src/core/events.js'
import { BackupManager } from '../../../src/core/managers/backup-manager.js'
import { BackupRunner } from '../../../src/core/managers/backup-runner.js'
import { BackupSchedules } from '../../../src/core/managers/backup-schedules.js'
import { RetentionManager } from '../../../src/core/managers/retention-manager.js'
import { SnapshotManager } from '../../../src/core/managers/snapshot-manager.js'
import { SnapshotSchedules } from '../../../src/core/managers/snapshot-schedules.js'
import type { Limit, Run } from '../../../src/core/run.js'
import { MemoryAzure } from './memory-azure.js'
import { MemoryRecords } from './memory-records.js'
import { replicationOf } from './replication.js'
import { SimulatedClock } from './simulated-clock.js'

export const usualPolicy = { dailyRetention: 7, weeklyRetention: 4, monthlyRetention: 12 } as const

const atOnce: Limit = (work) => work()

/** One computer: records of its own, an Azure that others share. */
export function computer(azure: MemoryAzure, clock: SimulatedClock) {
  const records = new MemoryRecords()
  const deps = { azure: azure.ports, records, clock, limit: atOnce }
  const replication = replicationOf(deps)
  const backups = new BackupManager(deps, replication)
  const snapshots = new SnapshotManager(deps)
  return {
    deps,
    records,
    backups,
    snapshots,
    schedules: new BackupSchedules({ ...deps, encryptionSetIn: () => undefined }),
    retention: new RetentionManager(deps),
    runner: new BackupRunner({ ...deps, vmLimit: atOnce }, backups, replication),
    snapshotSchedules: new SnapshotSchedules(deps, snapshots),
  }
}

export function bench({
  at = '2026-11-23T01:02:03Z',
  groups = ['rg'],
}: {
  at?: string
  groups?: readonly string[]
} = {}) {
  const clock = new SimulatedClock(at)
  const azure = new MemoryAzure(clock, groups)
  const events: AzlinEvent[] = []
  const stop = new AbortController()
  const run: Run = { signal: stop.signal, report: (event) => void events.push(event) }
  return { clock, azure, events, stop, run, ...computer(azure, clock) }
}

/** Two VMs with a schedule: web-1 with one disk, db-1 with three. What led there is forgotten. */
export async function configured(options: Parameters<typeof bench>[0] = {}, policy: object = {}) {
  const all = bench(options)
  all.azure.addMachine('web-1')
  all.azure.addMachine('db-1', 2)
  for (const name of ['web-1', 'db-1'])
    await all.schedules.configure({ name, resourceGroup: 'rg' }, { ...usualPolicy, ...policy }, all.run)
  all.azure.requests.length = 0
  all.events.length = 0
  return all
}

/** The code that the work is refused with; an error of another kind is a failure of the test. */
export async function codeOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (AzlinError.is(error)) return error.code
  throw new Error(`No AzlinError: ${String(error)}`)
}

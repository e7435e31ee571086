/** Core with the real adapters and the real database, on an embedded Azure of its own. */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import pLimit from 'p-limit'
import { connectAzure } from '../../src/azure/connect.js'
import { type Clock, systemClock } from '../../src/core/clock.js'
import type { AzlinEvent } from '../../src/core/events.js'
import { BackupManager } from '../../src/core/managers/backup-manager.js'
import { BackupSchedules } from '../../src/core/managers/backup-schedules.js'
import { type DrillDeps, usualPatience } from '../../src/core/managers/drill-deps.js'
import { DrillHistory } from '../../src/core/managers/drill-history.js'
import { DrillManager } from '../../src/core/managers/drill-manager.js'
import { DrillSchedules } from '../../src/core/managers/drill-schedules.js'
import { FailbackManager } from '../../src/core/managers/failback-manager.js'
import { FailoverManager } from '../../src/core/managers/failover-manager.js'
import type { ReplicationManager } from '../../src/core/managers/replication-manager.js'
import { ReplicationRecords } from '../../src/core/managers/replication-records.js'
import { RestoreManager } from '../../src/core/managers/restore-manager.js'
import { RetentionManager } from '../../src/core/managers/retention-manager.js'
import { TemporaryManager } from '../../src/core/managers/temporary-manager.js'
import { VerificationManager } from '../../src/core/managers/verification-manager.js'
import { VerificationReporter } from '../../src/core/managers/verification-reporter.js'
import type { DrillAzure } from '../../src/core/ports/drill-azure.js'
import type { NewJournalEntry } from '../../src/core/ports/records.js'
import type { Run } from '../../src/core/run.js'
import { type OpenRecords, openRecords } from '../../src/db/open.js'
import type { CopyReport } from '../../src/sandbox/compute/copy-progress.js'
import { SandboxControl } from '../../src/sandbox/control-client.js'
import { type RunningSandbox, startSandbox } from '../../src/sandbox/server.js'
import { Ssh2 } from '../../src/ssh/ssh2.js'
import { replicationOf } from '../core/support/replication.js'

export interface CoreOnSandbox {
  readonly sandbox: RunningSandbox
  readonly azure: DrillAzure
  readonly records: OpenRecords
  readonly clock: Clock
  readonly events: AzlinEvent[]
  readonly backups: BackupManager
  readonly schedules: BackupSchedules
  readonly restores: RestoreManager
  readonly retention: RetentionManager
  readonly replication: ReplicationManager
  readonly replicationRecords: ReplicationRecords
  readonly temporary: TemporaryManager
  readonly drills: DrillManager
  readonly drillDeps: DrillDeps
  readonly drillSchedules: DrillSchedules
  readonly drillHistory: DrillHistory
  readonly failovers: FailoverManager
  readonly failbacks: FailbackManager
  readonly verification: VerificationManager
  readonly verificationReports: VerificationReporter
  /** A private key that all machines let in, as `azureuser`. */
  readonly sshKeyFile: string
  /** A new network's only subnet: its ARM id. Addresses of 127.0.0.0/8 can be reached. */
  subnetIn(resourceGroup: string, region: string, prefix?: string): Promise<string>
  /** More machines, in the group lab-rg. */
  seedLab(): Promise<unknown>
  /** Every copy that the embedded Azure has made. */
  copies(): Promise<readonly CopyReport[]>
  /** What was asked of the embedded Azure, as `PUT /path`. */
  requests(): Promise<readonly string[]>
  /** Writes a journal entry as a process that has died since. */
  journalOfTheDead(entry: NewJournalEntry): Promise<void>
  /** A run that `stop` ends, as Ctrl-C would. */
  run(stop?: AbortController): Run
  close(): Promise<void>
}

/** One server a test file, because the SDK keeps its token for as long as the process lives; what is in it is new each time. */
let server: { readonly sandbox: RunningSandbox; readonly control: SandboxControl } | undefined

interface Pace {
  /** For core so many seconds pass in one, so that its deadlines of minutes end in a test. */
  readonly hurry?: number
  /** How many times as fast as Azure the server is; the first of a test file decides. */
  readonly speed?: number
}

export async function coreOnSandbox({ hurry = 1, speed = 1000 }: Pace = {}): Promise<CoreOnSandbox> {
  const home = mkdtempSync(join(tmpdir(), 'azlin-core-'))
  server ??= await serve(speed)
  const { sandbox, control } = server
  sandbox.faults.clear()
  await control.reset()
  const clock = hurried(
    systemClock(() => +sandbox.world.now() - Date.now()),
    hurry,
  )
  const events: AzlinEvent[] = []
  const report = (event: AzlinEvent) => void events.push(event)
  const target = {
    subscriptionId: sandbox.subscriptionId,
    cloud: 'sandbox',
    armEndpoint: sandbox.url,
    pollIntervalMs: 10 * hurry,
    caPem: readFileSync(sandbox.caFile, 'utf8'),
    identity: { endpoint: sandbox.identityEndpoint, header: sandbox.identityHeader },
  } as const
  const azure = await connectAzure(target, report, clock)
  const records = await openRecords(home)
  const deps = { azure, clock, records, limit: pLimit(8) }
  const replication = replicationOf(deps)
  const boot = { machines: azure.machines, clock, lookEveryMs: 20 * hurry }
  const restores = new RestoreManager({ ...deps, boot, journal: records.journal, host: hostname() })
  const drillDeps = {
    ...deps,
    host: hostname(),
    boot,
    replication,
    ssh: new Ssh2(),
    sshPort: control.connection.sshPort,
    newToken: () => randomBytes(4).toString('hex'),
    patience: usualPatience,
  }
  return {
    sandbox,
    azure,
    records,
    clock,
    events,
    backups: new BackupManager(deps, replication),
    retention: new RetentionManager(deps),
    replication,
    replicationRecords: new ReplicationRecords(deps),
    schedules: new BackupSchedules({ ...deps, encryptionSetIn: () => undefined }),
    restores,
    temporary: new TemporaryManager({ ...deps, arrivalMs: 200 }),
    drillDeps,
    drills: new DrillManager({ ...drillDeps, drillLimit: pLimit(2) }),
    drillSchedules: new DrillSchedules(deps),
    drillHistory: new DrillHistory(deps),
    failovers: new FailoverManager(drillDeps),
    failbacks: new FailbackManager(drillDeps, restores),
    verification: new VerificationManager({ ...deps, host: hostname(), lookEveryMs: 20, backupLimit: pLimit(2) }),
    verificationReports: new VerificationReporter(deps),
    sshKeyFile: control.connection.sshKeyFile,
    subnetIn: async (resourceGroup, region, prefix = '10.9.0.0/24') => {
      const signal = AbortSignal.timeout(60_000)
      const want = { resourceGroup, region, tags: {} }
      const securityGroupId = await azure.testNetworks.createSecurityGroup({ ...want, name: 'nsg', rules: [] }, signal)
      const network = { ...want, name: 'vnet', prefix, securityGroupId }
      return (await azure.testNetworks.createNetwork(network, signal)).subnetId
    },
    seedLab: () => control.seed('lab'),
    copies: () => control.copies(),
    requests: async () => (await control.requests()).map(({ method, path }) => `${method} ${path}`),
    journalOfTheDead: (entry) => writeAndDie(home, entry),
    run: (stop = new AbortController()) => ({ signal: stop.signal, report }),
    close: async () => {
      await records.close()
      rmSync(home, { recursive: true, force: true })
    },
  }
}

/** Ends the server of this test file: for afterAll. */
export async function endServer(): Promise<void> {
  if (!server) return
  await server.sandbox.close()
  rmSync(server.control.connection.caFile.replace(/\/[^/]+$/, ''), { recursive: true, force: true })
  server = undefined
}

async function serve(speed: number) {
  const folder = mkdtempSync(join(tmpdir(), 'azlin-server-'))
  const sandbox = await startSandbox({ home: folder, speed })
  const control = await SandboxControl.connect(folder)
  if (!control) throw new Error('the sandbox does not answer')
  return { sandbox, control }
}

async function writeAndDie(home: string, entry: NewJournalEntry): Promise<void> {
  const module = new URL('../../src/db/open.js', import.meta.url).href
  const script = `import { openRecords } from ${JSON.stringify(module)}
    const records = await openRecords(${JSON.stringify(home)})
    await records.journal.open(${JSON.stringify(entry)}, new Date())
    process.kill(process.pid, 'SIGKILL')`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  await once(child, 'close')
}

function hurried(clock: Clock, factor: number): Clock {
  if (factor === 1) return clock
  return {
    now: () => clock.now(),
    elapsed: () => clock.elapsed() * factor,
    sleep: (ms, signal) => clock.sleep(ms / factor, signal),
  }
}

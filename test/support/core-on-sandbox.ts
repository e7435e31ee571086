/** Core with the real adapters and the real database, on an embedded Azure of its own. */
import { spawn } from 'node:child_process'
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
import { RestoreManager } from '../../src/core/managers/restore-manager.js'
import { TemporaryManager } from '../../src/core/managers/temporary-manager.js'
import type { Azure } from '../../src/core/ports/azure.js'
import type { NewJournalEntry } from '../../src/core/ports/records.js'
import type { Run } from '../../src/core/run.js'
import { type OpenRecords, openRecords } from '../../src/db/open.js'
import { SandboxControl } from '../../src/sandbox/control-client.js'
import { type RunningSandbox, startSandbox } from '../../src/sandbox/server.js'

export interface CoreOnSandbox {
  readonly sandbox: RunningSandbox
  readonly azure: Azure
  readonly records: OpenRecords
  readonly clock: Clock
  readonly events: AzlinEvent[]
  readonly backups: BackupManager
  readonly schedules: BackupSchedules
  readonly restores: RestoreManager
  readonly temporary: TemporaryManager
  /** Writes a journal entry as a process that has died since. */
  journalOfTheDead(entry: NewJournalEntry): Promise<void>
  /** A run that `stop` ends, as Ctrl-C would. */
  run(stop?: AbortController): Run
  close(): Promise<void>
}

/** One server a test file, because the SDK keeps its token for as long as the process lives; what is in it is new each time. */
let server: { readonly sandbox: RunningSandbox; readonly control: SandboxControl } | undefined

export async function coreOnSandbox(): Promise<CoreOnSandbox> {
  const home = mkdtempSync(join(tmpdir(), 'azlin-core-'))
  server ??= await serve()
  const { sandbox, control } = server
  sandbox.faults.clear()
  await control.reset()
  const clock = systemClock(() => +sandbox.world.now() - Date.now())
  const events: AzlinEvent[] = []
  const report = (event: AzlinEvent) => void events.push(event)
  const target = {
    subscriptionId: sandbox.subscriptionId,
    cloud: 'sandbox',
    armEndpoint: sandbox.url,
    pollIntervalMs: 10,
    caPem: readFileSync(sandbox.caFile, 'utf8'),
    identity: { endpoint: sandbox.identityEndpoint, header: sandbox.identityHeader },
  } as const
  const azure = await connectAzure(target, report, clock)
  const records = await openRecords(home)
  const deps = { azure, clock, records, limit: pLimit(8) }
  const boot = { machines: azure.machines, clock, lookEveryMs: 20 }
  return {
    sandbox,
    azure,
    records,
    clock,
    events,
    backups: new BackupManager(deps),
    schedules: new BackupSchedules(deps),
    restores: new RestoreManager({ ...deps, boot, journal: records.journal, host: hostname() }),
    temporary: new TemporaryManager(deps),
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

async function serve() {
  const folder = mkdtempSync(join(tmpdir(), 'azlin-server-'))
  const sandbox = await startSandbox({ home: folder, speed: 1000 })
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

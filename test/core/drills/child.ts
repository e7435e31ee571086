/** A process that drills and is killed at a moment of the test's choice. Argument: JSON of `ChildOrder`. */
import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import pLimit from 'p-limit'
import { type AzureTarget, connectAzure } from '../../../src/azure/connect.js'
import { systemClock } from '../../../src/core/clock.js'
import type { DrillPhase, DrillRequest } from '../../../src/core/domain/drill.js'
import type { AzlinEvent } from '../../../src/core/events.js'
import { usualPatience } from '../../../src/core/managers/drill-deps.js'
import { DrillManager } from '../../../src/core/managers/drill-manager.js'
import { ReplicationManager } from '../../../src/core/managers/replication-manager.js'
import { openRecords } from '../../../src/db/open.js'
import { Ssh2 } from '../../../src/ssh/ssh2.js'

export interface ChildOrder {
  readonly home: string
  readonly target: AzureTarget
  readonly sshPort: number
  readonly request: DrillRequest
  readonly killAt: DrillPhase
  /** So that what the phase has asked Azure for is under way. */
  readonly afterMs: number
}

const order = JSON.parse(process.argv[2] ?? '') as ChildOrder
const clock = systemClock()
const report = (event: AzlinEvent) => {
  if (event.type !== 'drill.phase' || event.phase !== order.killAt || event.state !== 'began') return
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), order.afterMs)
}
const azure = await connectAzure(order.target, report, clock)
const records = await openRecords(order.home)
const deps = { azure, clock, records, limit: pLimit(8) }
const replication = new ReplicationManager({
  ...deps,
  copyLimit: pLimit(3),
  lookEveryMs: 20,
  retryPauseMs: 10,
  random: () => 0.5,
  encryptionSetIn: () => undefined,
})
const drills = new DrillManager({
  ...deps,
  replication,
  host: hostname(),
  boot: { machines: azure.machines, clock, lookEveryMs: 20 },
  ssh: new Ssh2(),
  sshPort: order.sshPort,
  newToken: () => randomBytes(4).toString('hex'),
  patience: usualPatience,
  drillLimit: (work) => work(),
})
await drills.test(order.request, { signal: new AbortController().signal, report })

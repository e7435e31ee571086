/** `kill -9` in each phase: what was made is swept by the next `azlin cleanup` on the same computer. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, describe, expect, it } from '@jest/globals'
import type { DrillPhase } from '../../../src/core/domain/drill.js'
import { DrillHistory } from '../../../src/core/managers/drill-history.js'
import { TemporaryManager } from '../../../src/core/managers/temporary-manager.js'
import { openRecords } from '../../../src/db/open.js'
import { type CoreOnSandbox, endServer } from '../../support/core-on-sandbox.js'
import type { ChildOrder } from './child.js'
import { backedUp, db, leftovers, ready, usual } from './support.js'

let core: CoreOnSandbox
afterEach(() => core.close())
afterAll(endServer)

const phases: readonly DrillPhase[] = [
  'copy',
  'quarantine',
  'network',
  'disks',
  'vm',
  'boot',
  'connectivity',
  'command',
  'cleanup',
]

describe('a drill that was killed', () => {
  it.each(phases)('at "%s" is swept, and its row says that it was interrupted', async (phase) => {
    core = await ready()
    await backedUp(core, db, { copied: phase !== 'copy' })
    const home = mkdtempSync(join(tmpdir(), 'azlin-killed-'))
    expect(await drillUntilKilled(home, phase)).toBe('SIGKILL')

    const records = await openRecords(home)
    const [row] = await new DrillHistory({ records, clock: core.clock }).history({ days: 1 })
    expect(row).toMatchObject({ outcome: 'interrupted', completedAt: undefined })
    const reached = row?.phases.map((one) => one.phase) ?? []
    if (!['copy', 'quarantine'].includes(phase)) expect(reached).toContain('quarantine')

    const { left } = await new TemporaryManager({
      azure: core.azure,
      clock: core.clock,
      records,
      arrivalMs: 200,
    }).sweep({ dryRun: false }, core.run())
    expect(left).toEqual([])
    expect(leftovers(core)).toEqual([])
    expect(await records.journal.list()).toEqual([])
    await records.close()
    rmSync(home, { recursive: true, force: true })
  })
})

async function drillUntilKilled(home: string, killAt: DrillPhase): Promise<string> {
  const { sandbox, drillDeps } = core
  const order: ChildOrder = {
    home,
    target: {
      subscriptionId: sandbox.subscriptionId,
      cloud: 'sandbox',
      armEndpoint: sandbox.url,
      pollIntervalMs: 10,
      caPem: readFileSync(sandbox.caFile, 'utf8'),
      identity: { endpoint: sandbox.identityEndpoint, header: sandbox.identityHeader },
    },
    sshPort: drillDeps.sshPort,
    request: { ...usual, vm: db, checkCommand: 'true' },
    killAt,
    afterMs: 15,
  }
  const program = fileURLToPath(new URL('./child.js', import.meta.url))
  const child = spawn(process.execPath, [program, JSON.stringify(order)], { stdio: ['ignore', 'ignore', 'inherit'] })
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
  return signal ?? `ended with ${code}`
}

/** Copies of one VM that two computers want: each with its own record, and nothing but Azure between them. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { Run } from '../../../src/core/run.js'
import { openRecords } from '../../../src/db/open.js'
import { type CoreOnSandbox, coreOnSandbox, endServer } from '../../support/core-on-sandbox.js'
import { usualPolicy } from '../support/bench.js'
import { copiesIn, db, group, hourMs, there, waiting } from '../support/copies.js'
import { replicationOf } from '../support/replication.js'

let core: CoreOnSandbox
let run: Run

beforeEach(async () => {
  core = await coreOnSandbox()
  run = core.run()
})
afterEach(() => core.close())
afterAll(endServer)

describe('two computers that copy the same VM at once', () => {
  let home = ''
  let records: Awaited<ReturnType<typeof openRecords>>

  beforeEach(async () => {
    home = mkdtempSync(join(tmpdir(), 'azlin-other-'))
    records = await openRecords(home)
    await core.schedules.configure(db, usualPolicy, run)
    for (let index = 0; index < 4; index++) {
      await core.backups.trigger(db, { tier: 'daily' }, run)
      core.sandbox.world.advance(hourMs)
    }
  })
  afterEach(async () => {
    await records.close()
    rmSync(home, { recursive: true, force: true })
  })

  it('share the work, and neither takes what the other one began for a failure', async () => {
    const { azure, clock } = core
    const other = replicationOf({ azure, clock, records, limit: (work) => work() })
    const both = [core.replication, other].map(async (one) =>
      one.execute(await one.planAll(db, there, run), waiting, run),
    )
    for (const { jobs, errors } of await Promise.all(both)) {
      expect(errors.filter(Boolean)).toEqual([])
      expect(jobs.map(({ status }) => status)).toEqual(Array(12).fill('completed'))
    }
    expect(await copiesIn(core)).toHaveLength(12)
  })

  it('wait for a copy that the other one has begun since they looked', async () => {
    const { azure, clock } = core
    const other = replicationOf({ azure, clock, records, limit: (work) => work() })
    const [newest] = await core.backups.list(db, {}, run)
    const plan = await other.planOne(newest?.name ?? '', group, there, run)
    const oldest = (await core.backups.list(db, {}, run)).at(-1)
    const first = await core.replication.planOne(oldest?.name ?? '', group, there, run)
    core.sandbox.faults.add({ kind: 'stallCopy', path: 'eastus2', percent: 40 })
    await core.replication.execute(first, { wait: false, makeGroup: true }, run)
    const waits: string[] = []
    const report: Run['report'] = (event) => {
      if (event.type !== 'copy.waiting') return
      waits.push(event.reason)
      if (waits.length === 3) core.sandbox.faults.clear()
    }
    const { jobs, errors } = await other.execute(plan, waiting, { ...run, report })
    expect(waits.join()).toMatch(/one snapshot of a disk at a time, and .* is under way/)
    expect(errors.filter(Boolean)).toEqual([])
    expect(jobs.map(({ status }) => status)).toEqual(['completed', 'completed', 'completed'])
  })
})

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { Drill, PhaseRecord } from '../../src/core/domain/drill.js'
import { type OpenRecords, openRecords } from '../../src/db/open.js'
import { rawDatabase } from '../support/raw-database.js'

const at = (hour: number) => new Date(Date.UTC(2026, 10, 23, hour))
const vm = { name: 'web-1', resourceGroup: 'rg' }
const what = { vm, backup: 'b-1', testRegion: 'eastus2', plan: undefined }
let home: string
let records: OpenRecords

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'azlin-db-'))
  records = await openRecords(home)
})
afterEach(async () => {
  await records.close()
  rmSync(home, { recursive: true, force: true })
})

const phase = (change: Partial<PhaseRecord> = {}): PhaseRecord => ({
  phase: 'disks',
  beganSeconds: 1,
  seconds: 2.5,
  outcome: 'succeeded',
  note: undefined,
  ...change,
})

function drill(id: number, change: Partial<Drill> = {}): Drill {
  return {
    id,
    ...what,
    startedAt: at(1),
    completedAt: at(2),
    outcome: 'succeeded',
    restoreSucceeded: true,
    bootSucceeded: true,
    connectivitySucceeded: undefined,
    cleanupSucceeded: true,
    rtoSeconds: 123.5,
    errorMessage: undefined,
    errorCode: undefined,
    method: 'run-command',
    resourceGroup: 'azlin-dr-1',
    testVm: 'web-1-dr',
    size: 'Standard_D2s_v5',
    phases: [phase({ note: 'two disks' }), phase({ phase: 'boot', outcome: 'failed', note: 'why' })],
    notes: ['a copy was made'],
    bootLog: ['login:'],
    left: [],
    ...change,
  }
}

describe('the record of drills', () => {
  it('gives back what was written', async () => {
    const id = await records.drills.begin(what, at(1))
    await records.drills.end(drill(id))
    expect(await records.drills.list({})).toEqual([drill(id)])
  })

  it('has a row from the beginning, and each phase as it ends', async () => {
    const id = await records.drills.begin({ ...what, plan: 'shop' }, at(1))
    await Promise.all([records.drills.phase(id, phase()), records.drills.phase(id, phase({ phase: 'network' }))])
    const [row] = await records.drills.list({})
    expect(row).toMatchObject({ id, outcome: 'running', completedAt: undefined, plan: 'shop' })
    expect(row?.phases.map((one) => one.phase).toSorted()).toEqual(['disks', 'network'])
  })

  it('tells one whose process was killed as interrupted', async () => {
    const module = new URL('../../src/db/open.js', import.meta.url).href
    const script = `import { openRecords } from ${JSON.stringify(module)}
      const records = await openRecords(${JSON.stringify(home)})
      await records.drills.begin(${JSON.stringify(what)}, new Date('2026-11-23T01:00:00Z'))
      process.kill(process.pid, 'SIGKILL')`
    expect(spawnSync(process.execPath, ['--input-type=module', '-e', script]).signal).toBe('SIGKILL')
    const [row] = await records.drills.list({})
    expect(row).toMatchObject({ outcome: 'interrupted', errorMessage: expect.stringContaining('azlin cleanup') })
  })

  it('finds by the whole name, without case, newest first, and since a moment', async () => {
    for (const [name, hour] of [
      ['web-1', 1],
      ['web-10', 2],
      ['WEB-1', 3],
    ] as const)
      await records.drills.begin({ ...what, vm: { ...vm, name } }, at(hour))
    const names = async (filter: Parameters<typeof records.drills.list>[0]) =>
      (await records.drills.list(filter)).map((one) => one.vm.name)
    expect(await names({ vm: 'Web-1' })).toEqual(['WEB-1', 'web-1'])
    expect(await names({ since: at(2) })).toEqual(['WEB-1', 'web-10'])
    expect(await names({ resourceGroup: 'other' })).toEqual([])
  })

  it('keeps the columns of the contract for whoever reads the file', async () => {
    const id = await records.drills.begin(what, at(1))
    await records.drills.end(
      drill(id, { outcome: 'failed', bootSucceeded: false, rtoSeconds: undefined, errorMessage: 'no boot' }),
    )
    const stopped = await records.drills.begin(what, at(2))
    await records.drills.end(drill(stopped, { outcome: 'interrupted' }))
    const db = rawDatabase(join(home, 'azlin.db'), { readonly: true })
    const rows = db.prepare('select * from dr_tests order by id').all() as Record<string, unknown>[]
    db.close()
    expect(rows[0]).toMatchObject({
      vm_name: 'web-1',
      backup_name: 'b-1',
      test_region: 'eastus2',
      started_at: '2026-11-23T01:00:00.000Z',
      completed_at: '2026-11-23T02:00:00.000Z',
      success: 0,
      restore_succeeded: 1,
      boot_succeeded: 0,
      connectivity_succeeded: null,
      cleanup_succeeded: 1,
      rto_seconds: null,
      error_message: 'no boot',
    })
    expect(rows[1]).toMatchObject({ success: null })
  })
})

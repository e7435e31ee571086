import { afterAll, afterEach, describe, expect, it } from '@jest/globals'
import type { DrillGroup, DrillPlan, PlannedDrill } from '../../../src/core/domain/drill-plan.js'
import type { VmRef } from '../../../src/core/domain/machine.js'
import { AzlinError } from '../../../src/core/errors.js'
import { type CoreOnSandbox, endServer } from '../../support/core-on-sandbox.js'
import { codeOf } from '../support/bench.js'
import { db, leftovers, ready, region, trusted, web } from './support.js'

let core: CoreOnSandbox
afterEach(async () => {
  expect(leftovers(core)).toEqual([])
  expect(await core.records.journal.list()).toEqual([])
  await core.close()
})
afterAll(endServer)

const planned = (vm: VmRef, change: Partial<PlannedDrill> = {}): PlannedDrill => ({
  vm,
  backup: undefined,
  size: undefined,
  connectivity: false,
  checkHttp: undefined,
  checkCommand: undefined,
  checkTimeoutMs: undefined,
  ...change,
})
const group = (name: string, vms: readonly PlannedDrill[], change: Partial<DrillGroup> = {}): DrillGroup => ({
  name,
  waitFor: 'boot',
  pauseSeconds: 0,
  vms,
  ...change,
})
const planOf = (...groups: readonly DrillGroup[]): DrillPlan => ({
  name: 'shop',
  testRegion: region,
  testResourceGroup: undefined,
  subnetId: undefined,
  sshSource: undefined,
  requireReplica: true,
  allowSizeChange: false,
  groups,
})
const wish = { login: undefined, cleanup: true }
const runPlan = (plan: DrillPlan) => core.drills.runPlan(plan, wish, core.run())

/** The moments at which a VM's phases began and ended. */
function moment(vm: VmRef, phase: string, state: string): number {
  return core.events.findIndex(
    (event) => event.type === 'drill.phase' && event.vm === vm.name && event.phase === phase && event.state === state,
  )
}

describe('a drill plan', () => {
  it('drills its VMs as one: in one quarantine, with one result and one RTO', async () => {
    core = await ready(web, db)
    const done = await runPlan(planOf(group('all', [planned(web), planned(db)])))
    expect(done).toMatchObject({ name: 'shop', success: true, errorMessage: undefined })
    const drills = done.items.map(({ drill }) => drill)
    expect(drills.map((drill) => drill?.outcome)).toEqual(['succeeded', 'succeeded'])
    expect(new Set(drills.map((drill) => drill?.resourceGroup)).size).toBe(1)
    const slowest = Math.max(...drills.map((drill) => drill?.rtoSeconds ?? 0))
    expect(done.rtoSeconds).toBeGreaterThanOrEqual(slowest)
    expect(done.rtoSeconds).toBeLessThan(slowest * 1.5 + 20)
    const rows = await core.drillHistory.history({ days: 1 })
    expect(rows.map(({ plan, outcome }) => [plan, outcome])).toEqual([
      ['shop', 'succeeded'],
      ['shop', 'succeeded'],
    ])
  })

  it('begins a group when the one before it has come as far as it says', async () => {
    core = await ready(web, db, trusted)
    const check = { connectivity: true, checkHttp: { path: '/health', port: 8080 } }
    const done = await runPlan(
      planOf(
        group('data', [planned(db, check)], { waitFor: 'checks', pauseSeconds: 5 }),
        group('apps', [planned(web), planned(trusted)]),
      ),
    )
    expect(done.success).toBe(true)
    const checked = moment(db, 'http', 'succeeded')
    expect(checked).toBeGreaterThan(0)
    for (const vm of [web, trusted]) expect(moment(vm, 'disks', 'began')).toBeGreaterThan(checked)
    // Within a group they go side by side.
    expect(moment(trusted, 'disks', 'began')).toBeLessThan(moment(web, 'vm', 'succeeded'))
  })

  it('goes on when the first group has booted, though its checks are still to come', async () => {
    core = await ready(web, db)
    const done = await runPlan(
      planOf(group('data', [planned(db, { connectivity: true })]), group('apps', [planned(web)])),
    )
    expect(done.success).toBe(true)
    expect(moment(web, 'disks', 'began')).toBeGreaterThan(moment(db, 'boot', 'succeeded'))
    expect(moment(web, 'disks', 'began')).toBeLessThan(moment(db, 'connectivity', 'succeeded'))
  })

  it('does not begin what comes after a group that failed, and says so', async () => {
    core = await ready(web, db)
    core.sandbox.faults.add({ kind: 'noGuest', path: 'virtualMachines/db-1-dr-' })
    const done = await runPlan(planOf(group('data', [planned(db)]), group('apps', [planned(web)])))
    expect(done).toMatchObject({ success: false, rtoSeconds: undefined })
    expect(done.items.map(({ drill }) => [drill?.outcome, drill?.errorCode])).toEqual([
      ['failed', 'TIMED_OUT'],
      ['interrupted', 'GROUP_BEFORE_FAILED'],
    ])
    expect(await core.drillHistory.rate({ days: 1 })).toMatchObject({ total: 1, succeeded: 0 })
  })

  it('is refused with what any of its VMs lacks, before anything is made', async () => {
    core = await ready(web)
    const plan = planOf(group('all', [planned(db), planned(web, { size: 'Standard_X1' })]))
    await expect(runPlan(plan)).rejects.toMatchObject({
      code: 'NOT_READY',
      details: { problems: [expect.stringMatching(/^db-1: /), expect.stringMatching(/^web-1: .*Standard_X1/)] },
    })
    expect(await core.drillHistory.history({ days: 1 })).toEqual([])
  })

  it('is removed as a whole when it is stopped', async () => {
    core = await ready(web, db)
    const stop = new AbortController()
    const { signal, report } = core.run(stop)
    const ended = core.drills.runPlan(planOf(group('data', [planned(db)]), group('apps', [planned(web)])), wish, {
      signal,
      report: (event) => {
        report(event)
        if (event.type === 'drill.phase' && event.vm === web.name && event.phase === 'vm')
          stop.abort(new AzlinError('INTERRUPTED', { by: 'Ctrl-C' }))
      },
    })
    expect(await codeOf(ended)).toBe('INTERRUPTED')
    expect((await core.drillHistory.history({ days: 1 })).map(({ outcome }) => outcome)).toEqual([
      'interrupted',
      'interrupted',
    ])
  })
})

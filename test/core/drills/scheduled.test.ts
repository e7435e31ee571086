import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { readDrillSchedule } from '../../../src/core/domain/drill-schedule.js'
import type { VmRef } from '../../../src/core/domain/machine.js'
import { type CoreOnSandbox, endServer } from '../../support/core-on-sandbox.js'
import { codeOf } from '../support/bench.js'
import { backedUp, db, home, leftovers, offline, ready, region, trusted, usual, web } from './support.js'

let core: CoreOnSandbox
beforeEach(async () => {
  core = await ready(web, db)
})
afterEach(async () => {
  expect(leftovers(core)).toEqual([])
  await core.close()
})
afterAll(endServer)

const { testRegion: _, ...options } = { ...usual, ...offline }
const policy = { testRegion: region, everyDays: 7 }
const configure = (vm: VmRef, change = {}) => core.drillSchedules.configure(vm, { ...policy, ...change }, core.run())
const testAll = (force = false) => core.drills.testAll({ resourceGroup: home, force }, options, core.run())
const scheduleOf = async (vm: VmRef) => {
  const schedule = readDrillSchedule((await core.azure.machines.get(vm, core.run().signal)).tags)
  if (typeof schedule === 'string') throw new Error(schedule)
  return schedule
}
const outcomes = async (force = false) =>
  (await testAll(force)).map(({ vm, drill, error }) => [vm.name, drill?.outcome ?? error?.code]).toSorted()
const advance = (days: number) => core.sandbox.world.clock.advance(days * 86_400_000)

describe('a drill schedule', () => {
  it('is a tag on the VM beside its others, and keeps what was done when it is written again', async () => {
    const before = (await core.azure.machines.get(web, core.run().signal)).tags
    const { schedule, notices } = await configure(web)
    expect(schedule).toMatchObject({ enabled: true, testRegion: region, everyDays: 7, lastDrill: undefined })
    expect(notices.join(' ')).toContain('not copied')
    await testAll()
    await configure(web, { everyDays: 30 })
    expect(await scheduleOf(web)).toMatchObject({ everyDays: 30, lastDrill: expect.any(Date) })
    const after = (await core.azure.machines.get(web, core.run().signal)).tags
    expect(after).toMatchObject(before)
  })

  it('refuses a region that there is not, and warns of the VM’s own', async () => {
    expect(await codeOf(configure(web, { testRegion: 'eastus22' }))).toBe('REGION_UNKNOWN')
    expect((await configure(web, { testRegion: 'westus2' })).notices.join(' ')).toContain('proves nothing')
    expect(await codeOf(core.drillSchedules.disable(db, core.run()))).toBe('DRILLS_NOT_CONFIGURED')
  })

  it('is kept, and rests, when it is disabled', async () => {
    await configure(web)
    expect(await core.drillSchedules.disable(web, core.run())).toMatchObject({ enabled: false, testRegion: region })
    expect(await testAll()).toEqual([])
    expect(await testAll(true)).toEqual([])
  })
})

describe('all drills that are due', () => {
  it('are run, each VM once in its days', async () => {
    await configure(web)
    await configure(db, { everyDays: 30 })
    expect(await outcomes()).toEqual([
      ['db-1', 'succeeded'],
      ['web-1', 'succeeded'],
    ])
    expect(await outcomes()).toEqual([])
    expect(await outcomes(true)).toHaveLength(2)
    advance(7)
    expect(await outcomes()).toEqual([['web-1', 'succeeded']])
  })

  it('count a drill by hand in the schedule’s region', async () => {
    await configure(web)
    await core.drills.test({ ...usual, ...offline, vm: web }, core.run())
    expect(await outcomes()).toEqual([])
  })

  it('do not stop at one that fails or cannot be begun', async () => {
    await configure(web)
    await configure(db)
    await configure(trusted)
    core.sandbox.faults.add({ kind: 'noGuest', path: 'virtualMachines/db-1-dr-' })
    expect(await outcomes()).toEqual([
      ['db-1', 'failed'],
      ['tl-1', 'NO_BACKUPS'],
      ['web-1', 'succeeded'],
    ])
  })

  it('prove every tier in time, each time the one that was not proven for longest', async () => {
    await configure(web)
    await core.drills.test({ ...usual, ...offline, vm: web }, core.run())
    const first = (await core.drillHistory.history({ days: 1 }))[0]?.backup ?? ''
    for (let i = 0; i < 2; i++) {
      advance(1)
      await backedUp(core, web)
    }
    const drilled: string[] = [first]
    for (let i = 0; i < 3; i++) {
      advance(7)
      const [item] = await testAll()
      drilled.push(item?.drill?.backup ?? '')
    }
    const tiers = drilled.map((name) => /-backup-(\w+)-/.exec(name)?.[1])
    expect(new Set(tiers).size).toBeGreaterThan(1)
    const { lastProven } = await scheduleOf(web)
    expect(Object.keys(lastProven).length).toBe(new Set(tiers).size)
  })
})

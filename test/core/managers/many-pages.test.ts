/** A group with more VMs, snapshots and disks than Azure lists at once: what stands on a later page counts as well. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { BackupRunner } from '../../../src/core/managers/backup-runner.js'
import type { Resource } from '../../../src/sandbox/resource.js'
import { type CoreOnSandbox, coreOnSandbox, endServer } from '../../support/core-on-sandbox.js'
import { usualPolicy } from '../support/bench.js'

const group = 'demo-rg'
const web = { name: 'web-1', resourceGroup: group }
const vmType = 'Microsoft.Compute/virtualMachines'
const snapshotType = 'Microsoft.Compute/snapshots'
const diskType = 'Microsoft.Compute/disks'
const vmCount = 104
const perPage = 1000
/** At the beginning, on both sides of two boundaries, and at the end. */
const backupPlaces = [0, perPage - 1, perPage, 2 * perPage - 1, 2 * perPage, 2 * perPage + 200]

let core: CoreOnSandbox
let taken: string[]

beforeAll(async () => {
  core = await coreOnSandbox()
  const { schedules, backups, sandbox } = core
  await schedules.configure(web, usualPolicy, core.run())
  cloneVms()
  taken = []
  for (const place of backupPlaces) {
    if (place > 0) sandbox.world.advance(86_400_000)
    fill(snapshotType, place)
    const { backup } = await backups.trigger(web, { tier: 'daily' }, core.run())
    taken.unshift(backup.name)
  }
  fill(diskType, 2 * perPage + 1)
}, 120_000)
beforeEach(() => core.sandbox.faults.clear())
afterAll(async () => {
  await core.close()
  await endServer()
})

const inWorld = (type: string) => core.sandbox.world.list(type)
const { signal } = new AbortController()

function clone(original: Resource, name: string): Resource {
  const id = original.id.replace(/[^/]+$/, name)
  return core.sandbox.world.put({ ...structuredClone(original), id, name })
}

/** All with the schedule of web-1. */
function cloneVms(): void {
  const original = inWorld(vmType).find(({ name }) => name === web.name)
  if (!original) throw new Error('web-1 is not there')
  for (let number = inWorld(vmType).length; number < vmCount; number++) clone(original, `many-${number}`)
}

/** Until there are so many: others' full snapshots, and disks. */
function fill(type: string, count: number): void {
  const [original] = inWorld(type)
  for (let number = inWorld(type).length; number < count && original; number++) {
    const { tags: _, ...untagged } = original
    const { incrementalSnapshotFamilyId: _family, ...properties } = original.properties
    clone({ ...untagged, properties: { ...properties, incremental: false } }, `filler-${number}`)
  }
}

/** How often a list of these was asked for while `work` was done. */
async function pagesAskedFor<T>(type: string, work: () => Promise<T>): Promise<{ result: T; pages: number }> {
  const lists = async () => (await core.requests()).filter((one) => one.startsWith('GET') && one.endsWith(`/${type}`))
  const before = (await lists()).length
  const result = await work()
  return { result, pages: (await lists()).length - before }
}

describe('a group of several pages', () => {
  it('is there: the backups lie where they are meant to', () => {
    const names = inWorld(snapshotType).map(({ name }) => name)
    expect(taken.toReversed().map((name) => names.indexOf(name))).toEqual(backupPlaces)
  })

  it.each([undefined, group])('has all its VMs listed (group: %s)', async (where) => {
    const { result, pages } = await pagesAskedFor(vmType, () => core.azure.machines.list(where, signal))
    expect(new Set(result.map(({ name }) => name)).size).toBe(vmCount)
    expect([result.length, pages]).toEqual([vmCount, 3])
  })

  it('has the backups of every page listed, newest first', async () => {
    const { result, pages } = await pagesAskedFor(snapshotType, () => core.backups.list(web, {}, core.run()))
    expect(result.map(({ name }) => name)).toEqual(taken)
    expect(pages).toBe(3)
  })

  it('is listed once and whole when a page in the middle is refused at first', async () => {
    core.sandbox.faults.add({
      ...{ kind: 'status', status: 503, code: 'ServerBusy', message: 'Busy.' },
      ...{ method: 'GET', path: '/snapshots$', after: 1, times: 1 },
    })
    const found = await core.azure.snapshots.inGroup(group, signal)
    expect(core.sandbox.faults.list()[0]?.hits).toBe(1)
    expect(found.map(({ name }) => name)).toEqual(inWorld(snapshotType).map(({ name }) => name))
  })

  it('has all its disks listed', async () => {
    const { result, pages } = await pagesAskedFor(diskType, () => core.azure.disks.inSubscription(signal))
    expect(result.map(({ name }) => name)).toEqual(inWorld(diskType).map(({ name }) => name))
    expect(pages).toBe(3)
  })

  it('has every scheduled VM looked at by a run', async () => {
    const { azure, records, clock, backups, replication } = core
    const atOnce = <T>(work: () => Promise<T>) => work()
    const runner = new BackupRunner({ azure, records, clock, limit: atOnce, vmLimit: atOnce }, backups, replication)
    const items = await runner.runDue({ vms: [], resourceGroup: group }, { dryRun: true }, core.run())
    expect(new Set(items.map(({ vm }) => vm.name)).size).toBe(vmCount - 3)
    expect(items.find(({ vm }) => vm.name === web.name)?.outcome).toBe('skipped')
    expect(items.find(({ vm }) => vm.name === `many-${vmCount - 1}`)).toMatchObject({ outcome: 'due' })
  })

  it('has every backup copied by replicate-all, those of later pages too', async () => {
    const run = core.run()
    const plan = await core.replication.planAll(web, { region: 'eastus2' }, run)
    expect(plan.wants.map(({ backup }) => backup)).toEqual(taken.toReversed())
    const { errors } = await core.replication.execute(plan, { wait: true, makeGroup: false }, run)
    expect(errors.filter((error) => error !== undefined)).toEqual([])
    const listed = await core.backups.list(web, {}, run)
    expect(listed.map(({ replicatedTo }) => replicatedTo)).toEqual(taken.map(() => ['eastus2']))
    const there = await core.backups.listIn('eastus2', web, {}, run)
    expect(there.map(({ name }) => name)).toEqual(taken)
  })

  it.each([undefined, group])(
    'is in the report on verification with every VM and backup (group: %s)',
    async (where) => {
      // Longer than a backup should be without a verification.
      core.sandbox.world.advance(8 * 86_400_000)
      const report = await core.verificationReports.report({ resourceGroup: where, days: 7 }, core.run())
      const scheduled = vmCount - 3
      expect(report.vms).toHaveLength(scheduled)
      const own = report.vms.find(({ vm }) => vm.name === web.name)
      expect(own?.unverified.map(({ backup }) => backup).toSorted()).toEqual(taken.toSorted())
    },
  )
})

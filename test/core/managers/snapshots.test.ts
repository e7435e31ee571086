import { describe, expect, it } from '@jest/globals'
import { AzlinError } from '../../../src/core/errors.js'
import { bench, codeOf, usualPolicy } from '../support/bench.js'

const hour = 3_600_000
const web = { name: 'web', resourceGroup: 'rg' }
const db = { name: 'db', resourceGroup: 'rg' }

function ready() {
  const all = bench({ at: '2026-11-23T00:00:00Z' })
  const machine = all.azure.addMachine('web')
  all.azure.addMachine('web-2')
  all.azure.addMachine('db', 2)
  return { ...all, machine }
}

describe('snapshots by hand', () => {
  it('are taken of all disks, and are no backups', async () => {
    const { snapshots, backups, records, run } = ready()
    const taken = await snapshots.create(db, run)
    expect(taken).toMatchObject({ name: 'db-snapshot-20261123-000000', own: true, complete: true })
    expect(taken.disks.map(({ lun }) => lun)).toEqual([null, 0, 1])
    expect((await snapshots.list(db, run)).map(({ name }) => name)).toEqual([taken.name])
    expect(await backups.list(db, {}, run)).toEqual([])
    expect(records.entries).toEqual([])
  })

  it('of one second have names of their own', async () => {
    const { snapshots, run } = ready()
    const names = [await snapshots.create(web, run), await snapshots.create(web, run)].map(({ name }) => name)
    expect(new Set(names).size).toBe(2)
  })

  it('of another VM are not this VM’s, however alike the names are', async () => {
    const { snapshots, run } = ready()
    const other = await snapshots.create({ ...web, name: 'web-2' }, run)
    expect(await snapshots.list(web, run)).toEqual([])
    expect(await codeOf(snapshots.find(web, other.name, run))).toBe('WRONG_VM')
    expect(await codeOf(snapshots.find(web, 'nothing', run))).toBe('SNAPSHOT_NOT_FOUND')
  })

  it('are found as a set, or as one disk of it', async () => {
    const { snapshots, run } = ready()
    const { name } = await snapshots.create(db, run)
    expect((await snapshots.find(db, name.toUpperCase(), run)).disks).toHaveLength(3)
    const one = await snapshots.find(db, `${name}-lun1`, run)
    expect([one.name, one.disks.map(({ lun }) => lun)]).toEqual([`${name}-lun1`, [1]])
  })

  it('are deleted as a set, or one disk of it', async () => {
    const { snapshots, azure, records, run } = ready()
    const { name } = await snapshots.create(db, run)
    const one = await snapshots.planRemoval({ name: `${name}-lun0`, resourceGroup: 'rg' }, run)
    expect(await snapshots.remove(one, run)).toEqual([`${name}-lun0`])
    const rest = await snapshots.planRemoval({ name, resourceGroup: 'rg' }, run)
    expect((await snapshots.remove(rest, run)).toSorted()).toEqual([name, `${name}-lun1`])
    expect(azure.all).toEqual([])
    expect(records.lines.at(-1)).toMatchObject({ operation: 'snapshot delete', outcome: 'succeeded' })
    expect(await codeOf(snapshots.planRemoval({ name, resourceGroup: 'rg' }, run))).toBe('SNAPSHOT_NOT_FOUND')
  })

  it('that another tool took are listed and can be deleted', async () => {
    const { snapshots, azure, machine, run } = ready()
    azure.addSnapshot({ name: 'before-upgrade', osType: 'Linux', sourceId: machine.disks[0]?.id })
    expect(await snapshots.list(web, run)).toMatchObject([{ name: 'before-upgrade', own: false }])
    const plan = await snapshots.planRemoval({ name: 'before-upgrade', resourceGroup: 'rg' }, run)
    expect(await snapshots.remove(plan, run)).toEqual(['before-upgrade'])
  })

  it('that belong to a backup are refused', async () => {
    const { snapshots, schedules, backups, azure, run } = ready()
    await schedules.configure(db, usualPolicy, run)
    const { backup } = await backups.trigger(db, {}, run)
    for (const name of [backup.name, `${backup.name}-lun0`]) {
      expect(await codeOf(snapshots.planRemoval({ name, resourceGroup: 'rg' }, run))).toBe('NOT_A_SNAPSHOT')
      expect(await codeOf(snapshots.find(db, name, run))).toBe('NOT_A_SNAPSHOT')
    }
    expect(azure.all).toHaveLength(3)
  })

  it('try every disk before they say what went wrong', async () => {
    const { snapshots, azure, run } = ready()
    const { name } = await snapshots.create(db, run)
    azure.lock(azure.all.find((one) => one.name === `${name}-lun0`)?.id ?? '')
    const plan = await snapshots.planRemoval({ name, resourceGroup: 'rg' }, run)
    expect(await codeOf(snapshots.remove(plan, run))).toBe('LOCKED')
    expect(azure.all.map((one) => one.name)).toEqual([`${name}-lun0`])
  })
})

describe('snapshots by schedule', () => {
  it('are taken when they are due and keep the newest so many, and never touch a backup or another maker’s', async () => {
    const { snapshotSchedules, schedules, snapshots, backups, azure, machine, clock, run } = ready()
    await schedules.configure(web, usualPolicy, run)
    azure.addSnapshot({ name: 'before-upgrade', osType: 'Linux', sourceId: machine.disks[0]?.id })
    for (let count = 0; count < 4; count++) {
      await backups.trigger(web, { tier: 'daily' }, run)
      clock.advance(1_000)
    }
    await snapshotSchedules.enable(web, { everyHours: 6, keep: 2 }, run)
    const taken: (string | undefined)[] = []
    for (let step = 0; step < 8; step++) {
      const [item] = await snapshotSchedules.sync({ vm: web }, run)
      expect(item?.error).toBeUndefined()
      taken.push(item?.taken)
      clock.advance(3 * hour)
    }
    expect(taken.filter((name) => name !== undefined)).toHaveLength(4)
    const own = (await snapshots.list(web, run)).filter((set) => set.own)
    expect(own.map(({ name }) => name)).toEqual([taken[6], taken[4]])
    expect(await backups.list(web, {}, run)).toHaveLength(4)
    expect(azure.all.map(({ name }) => name)).toContain('before-upgrade')
  })

  it('keep a set whole of which one snapshot is under a lock', async () => {
    const { snapshotSchedules, snapshots, azure, clock, run } = ready()
    const locked = await snapshots.create(db, run)
    azure.lock(locked.disks[2]?.snapshot.id ?? '')
    clock.advance(1_000)
    const free = await snapshots.create(db, run)
    await snapshotSchedules.enable(db, { everyHours: 1, keep: 1 }, run)
    clock.advance(1_000)
    const [item] = await snapshotSchedules.sync({ vm: db }, run)
    expect(item).toMatchObject({ removed: [free.name], error: undefined })
    const kept = await snapshots.list(db, run)
    expect(kept.map(({ name, disks }) => [name, disks.length])).toEqual([
      [item?.taken, 3],
      [locked.name, 3],
    ])
  })

  it('do not make room for one that a wrong clock has dated far ahead', async () => {
    const { snapshotSchedules, snapshots, clock, run } = ready()
    clock.advance(400 * 24 * hour)
    const ahead = await snapshots.create(web, run)
    clock.advance(-400 * 24 * hour)
    await snapshotSchedules.enable(web, { everyHours: 1, keep: 1 }, run)
    const [first] = await snapshotSchedules.sync({ vm: web }, run)
    expect(first).toMatchObject({ removed: [], error: undefined })
    clock.advance(hour)
    expect(await snapshotSchedules.sync({ vm: web }, run)).toMatchObject([{ removed: [first?.taken] }])
    expect((await snapshots.list(web, run)).map(({ name }) => name)).toContain(ahead.name)
  })

  it('make no room in favour of what is gone and still listed', async () => {
    const { snapshotSchedules, snapshots, azure, clock, run } = ready()
    const taken: string[] = []
    for (let count = 0; count < 3; count++) {
      taken.unshift((await snapshots.create(web, run)).name)
      clock.advance(1_000)
    }
    const ghosts = azure.all.filter(({ name }) => name === taken[0])
    for (const ghost of ghosts) await azure.snapshots.remove(ghost, run.signal)
    azure.listed = (there) => [...there, ...ghosts]
    await snapshotSchedules.enable(web, { everyHours: 1, keep: 2 }, run)
    const [item] = await snapshotSchedules.sync({ vm: web }, run)
    expect(item).toMatchObject({ removed: [taken[2]], error: undefined })
    expect(azure.all.map(({ name }) => name).toSorted()).toEqual([taken[1], item?.taken].toSorted())
  })

  it('make no room when somebody wants more to be kept by then', async () => {
    const { snapshotSchedules, azure, clock, run } = ready()
    await snapshotSchedules.enable(web, { everyHours: 1, keep: 1 }, run)
    await snapshotSchedules.sync({ vm: web }, run)
    clock.advance(hour)
    azure.trouble = {
      after: async (request) => {
        if (request !== 'put snapshot') return
        azure.trouble = {}
        await snapshotSchedules.enable(web, { everyHours: 1, keep: 5 }, run)
      },
    }
    expect(await snapshotSchedules.sync({ vm: web }, run)).toMatchObject([{ removed: [], error: undefined }])
    expect(azure.all).toHaveLength(2)
  })

  it('let the half of a set go whose removal was cut off, and none that an access link holds', async () => {
    const { snapshotSchedules, snapshots, azure, clock, run } = ready()
    const linked = await snapshots.create(db, run)
    const { id } = linked.disks[1]?.snapshot ?? {}
    azure.listed = (there) => there.map((one) => (one.id === id ? { ...one, diskState: 'ActiveSAS' } : one))
    clock.advance(1_000)
    const half = await snapshots.create(db, run)
    for (const { snapshot } of half.disks.slice(0, 1)) await azure.snapshots.remove(snapshot, run.signal)
    clock.advance(hour)
    await snapshotSchedules.enable(db, { everyHours: 1, keep: 1 }, run)
    const [young] = await snapshotSchedules.sync({ vm: db }, run)
    expect(young).toMatchObject({ removed: [], error: undefined })
    clock.advance(25 * hour)
    const [item] = await snapshotSchedules.sync({ vm: db }, run)
    expect(item).toMatchObject({ removed: [young?.taken, half.name], error: undefined })
    const kept = await snapshots.list(db, run)
    expect(kept.map(({ name, disks }) => [name, disks.length])).toEqual([
      [item?.taken, 3],
      [linked.name, 3],
    ])
  })

  it('are told as they stand', async () => {
    const { snapshotSchedules, clock, run } = ready()
    expect(await codeOf(snapshotSchedules.status(web, run))).toBe('SNAPSHOTS_NOT_CONFIGURED')
    await snapshotSchedules.enable(web, { everyHours: 1, keep: 2 }, run)
    expect(await snapshotSchedules.status(web, run)).toMatchObject({
      count: 0,
      newest: undefined,
      nextDue: clock.now(),
    })
    const begun = clock.now()
    await snapshotSchedules.sync({ vm: web }, run)
    const { count, newest, nextDue, schedule } = await snapshotSchedules.status(web, run)
    expect([count, newest, schedule.lastSnapshot]).toEqual([1, begun, begun])
    expect(+(nextDue ?? 0) - +begun).toBe(hour - hour / 20)
    await snapshotSchedules.disable(web, run)
    expect((await snapshotSchedules.status(web, run)).nextDue).toBeUndefined()
  })

  it('of one VM fail without stopping those of the others', async () => {
    const { snapshotSchedules, azure, run } = ready()
    for (const vm of [web, db]) await snapshotSchedules.enable(vm, { everyHours: 1, keep: 2 }, run)
    azure.addMachine('odd', 0, { tags: { 'azlin:snapshot-schedule': 'garbage' } })
    azure.trouble = {
      before: (request, name) => {
        if (request === 'put snapshot' && name.startsWith('web-'))
          throw new AzlinError('CONFLICT', { what: name, reason: 'busy' })
      },
    }
    const items = await snapshotSchedules.sync({ resourceGroup: 'rg' }, run)
    expect(items.map(({ vm, taken, error }) => [vm.name, taken, error?.code])).toEqual([
      ['web', undefined, 'BACKUP_FAILED'],
      ['db', 'db-snapshot-20261123-000000', undefined],
      ['odd', undefined, 'SCHEDULE_UNREADABLE'],
    ])
  })

  it('are not taken by a schedule that is disabled', async () => {
    const { snapshotSchedules, run } = ready()
    await snapshotSchedules.enable(web, { everyHours: 1, keep: 2 }, run)
    await snapshotSchedules.disable(web, run)
    expect(await snapshotSchedules.sync({}, run)).toEqual([])
    expect(await snapshotSchedules.sync({ vm: web }, run)).toMatchObject([{ taken: undefined, error: undefined }])
  })
})

/** Copies over many runs: what breaks off again and again, what cannot be copied beside what can, what may not be noted. */
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { Backup } from '../../../src/core/domain/backup.js'
import type { Run } from '../../../src/core/run.js'
import { exitOfCopies } from '../../../src/exit-codes.js'
import { type CoreOnSandbox, coreOnSandbox, endServer } from '../../support/core-on-sandbox.js'
import { usualPolicy } from '../support/bench.js'
import { acrossRegions, copiesIn, dayMs, db, group, hourMs, noticesOf, there, waiting, web } from '../support/copies.js'

const breaksOff = { kind: 'failCopy', errorCode: 'InternalError', message: 'The copy broke.' } as const

let core: CoreOnSandbox
let run: Run

beforeEach(async () => {
  core = await coreOnSandbox()
  run = core.run()
  // Jest cannot load two packages of the SDK at once.
  await core.azure.machines.get(web, run.signal)
})
afterEach(() => core.close())
afterAll(endServer)

const pass = (ms: number) => core.sandbox.world.advance(ms)
const copied = async () => (await core.backups.list(web, {}, run)).map(({ replicatedTo }) => replicatedTo.join())

async function take(vm = web): Promise<Backup> {
  const { backup } = await core.backups.trigger(vm, { tier: 'daily' }, run)
  return backup
}

async function takeMany(count: number): Promise<readonly Backup[]> {
  await core.schedules.configure(web, usualPolicy, run)
  const taken: Backup[] = []
  for (let index = 0; index < count; index++) {
    taken.push(await take())
    pass(hourMs)
  }
  return taken
}

describe('a schedule that wants copies', () => {
  it('says that the first backup has not all its data yet, and not that there is none', async () => {
    await core.schedules.configure(web, usualPolicy, run)
    const { name } = await take()
    await core.schedules.configure(web, acrossRegions, run)
    const [snapshot] = core.sandbox.world.list('Microsoft.Compute/snapshots')
    if (!snapshot) throw new Error('no snapshot')
    // As that of a Premium SSD v2 disk is for a while.
    const startedAt = core.sandbox.world.now().toISOString()
    snapshot.hidden.copy = { sourceId: '', sourceFamily: '', startedAt, workMs: 1e9, doneMs: 4e8 }
    await expect(core.replication.complete(web, run)).rejects.toMatchObject({
      code: 'BACKUP_INCOMPLETE',
      message: expect.stringContaining(name),
    })
  })
})

describe('a copy of a schedule that breaks off each time', () => {
  it('is begun three times, and then keeps nothing newer from the second region', async () => {
    await core.schedules.configure(web, acrossRegions, run)
    core.sandbox.faults.add({ ...breaksOff, path: 'eastus2', times: 3 })
    const first = await take()
    for (let day = 0; day < 4; day++) {
      pass(dayMs)
      await take()
    }
    expect(noticesOf(core, 'COPY_AGAIN')).toHaveLength(2)
    expect(noticesOf(core, 'PASSED_OVER').join()).toMatch(first.name)
    expect(noticesOf(core, 'COPIES_LATE')).toEqual([])
    // The half copy is gone, and nobody wants it again once it is overtaken.
    expect((await copiesIn(core)).map(({ tags }) => tags['azlin:replica-of'])).not.toContain(first.name)
    const all = async () => core.replication.execute(await core.replication.planAll(web, there, run), waiting, run)
    expect((await all()).errors.filter(Boolean)).toEqual([])
    expect(await copied()).toEqual(['eastus2', 'eastus2', 'eastus2', 'eastus2', ''])
    expect(await all()).toMatchObject({ jobs: [], refused: [] })
    const { jobs } = await core.replicationRecords.status(web, run)
    expect(jobs.filter(({ status }) => status === 'failed').map(({ backup }) => backup)).toEqual([first.name])
  })

  it('is begun anew when it broke off once', async () => {
    await core.schedules.configure(web, acrossRegions, run)
    core.sandbox.faults.add({ ...breaksOff, path: 'eastus2', times: 1 })
    await take()
    for (let day = 0; day < 3; day++) {
      pass(dayMs)
      await take()
    }
    pass(dayMs)
    await core.replicationRecords.status(web, run)
    expect(noticesOf(core, 'PASSED_OVER')).toEqual([])
    expect((await copied()).at(-1)).toBe('eastus2')
  })
})

describe('what cannot be copied beside what can', () => {
  const sealed = { name: 'key-1', resourceGroup: 'lab-rg' }
  const keyId = () =>
    core.sandbox.world.list('Microsoft.Compute/diskEncryptionSets').find(({ location }) => location === there.region)
      ?.id

  it('is no success, though earlier backups are there', async () => {
    await core.seedLab()
    await core.schedules.configure(sealed, acrossRegions, run)
    const first = await take(sealed)
    const wish = { ...there, encryptionSetId: keyId() }
    await core.replication.execute(await core.replication.planOne(first.name, 'lab-rg', wish, run), waiting, run)
    pass(dayMs)
    await take(sealed)
    const refused = { code: 'NOT_COPYABLE', hint: expect.stringContaining('--target-disk-encryption-set') }
    await expect(core.replication.complete(sealed, run)).rejects.toMatchObject(refused)
    const plan = await core.replication.planAll(sealed, there, run)
    await expect(core.replication.execute(plan, waiting, run)).rejects.toMatchObject(refused)
  })

  it('makes a run partial, and one backup impossible that has such a disk', async () => {
    await core.schedules.configure(db, usualPolicy, run)
    const backup = await take(db)
    const data = core.sandbox.world.get(backup.disks[1]?.snapshot.id ?? '')
    if (!data) throw new Error('There is no data disk.')
    const diskEncryptionSetId = '/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/diskEncryptionSets/home'
    const encryption = { type: 'EncryptionAtRestWithCustomerKey', diskEncryptionSetId }
    core.sandbox.world.put({ ...data, properties: { ...data.properties, encryption } })

    await expect(core.replication.planOne(backup.name, group, there, run)).rejects.toMatchObject({
      code: 'NOT_COPYABLE',
    })
    expect(await copiesIn(core)).toEqual([])
    const done = await core.replication.execute(await core.replication.planAll(db, there, run), waiting, run)
    expect(done.jobs.map(({ status }) => status)).toEqual(['completed', 'completed'])
    expect(done.refused.map(({ code }) => code)).toEqual(['NOT_COPYABLE'])
    expect(exitOfCopies(done)).toBe(3)
  })

  it('is no failure of every run to come when it is a full snapshot, as an earlier azlin took them', async () => {
    const [old] = await takeMany(2)
    const full = core.sandbox.world.get(old?.disks[0]?.snapshot.id ?? '')
    if (!full) throw new Error('There is no snapshot.')
    core.sandbox.world.put({ ...full, properties: { ...full.properties, incremental: false } })
    const all = async () => core.replication.execute(await core.replication.planAll(web, there, run), waiting, run)
    for (const statuses of [['completed'], []]) {
      const done = await all()
      expect(done.jobs.map(({ status }) => status)).toEqual(statuses)
      expect(exitOfCopies(done)).toBe(0)
    }
    expect(noticesOf(core, 'NOT_COPYABLE').join()).toMatch(/is passed over: its snapshot .* is a full one/)
    expect(noticesOf(core, 'OVERTAKES')).toEqual([])
  })

  it('ends with 1 when one failed and all others wait behind it', async () => {
    await takeMany(3)
    core.sandbox.faults.add({ ...breaksOff, path: 'eastus2' })
    const done = await core.replication.execute(await core.replication.planAll(web, there, run), waiting, run)
    expect(done.jobs.map(({ status }) => status)).toEqual(['failed', 'pending', 'pending'])
    expect(exitOfCopies(done)).toBe(1)
  })
})

describe('the word about what is overtaken', () => {
  it('is not said of one that is under way, nor of one that was overtaken long ago', async () => {
    const [, second, third] = await takeMany(4)
    const begin = async (backup: Backup | undefined) =>
      core.replication.execute(
        await core.replication.planOne(backup?.name ?? '', group, there, run),
        { wait: false, makeGroup: true },
        run,
      )
    await begin(second)
    expect(noticesOf(core, 'OVERTAKES').join()).toMatch(
      /^1 older backup of web-1 has no copy in eastus2, and cannot get one/,
    )
    await begin(third)
    expect(noticesOf(core, 'OVERTAKES')).toHaveLength(1)
  })
})

describe('a job that waits', () => {
  it('holds up nobody when its source is gone, be its process alive', async () => {
    const [first, second, third] = await takeMany(3)
    const plan = await core.replication.planAll(web, there, run)
    await core.replication.execute(plan, { wait: false, makeGroup: true }, run)
    pass(dayMs)
    for (const { snapshot } of second?.disks ?? []) await core.azure.snapshots.remove(snapshot, run.signal)
    const { jobs } = await core.replication.execute(
      await core.replication.planAll(web, there, run),
      { wait: false, makeGroup: true },
      run,
    )
    expect(jobs.map(({ backup, status }) => [backup, status])).toEqual([
      [first?.name, 'completed'],
      [third?.name, 'in_progress'],
    ])
  })

  it('has no end any more when its copy goes on after all', async () => {
    const [first] = await takeMany(1)
    const plan = await core.replication.planOne(first?.name ?? '', group, there, run)
    core.sandbox.faults.add({ kind: 'stallCopy', path: 'eastus2', percent: 40 })
    const [begun] = (await core.replication.execute(plan, { wait: false, makeGroup: true }, run)).jobs
    const { replications } = core.records
    await replications.change(begun?.id ?? 0, { status: 'failed', completedAt: new Date(), errorMessage: 'Lost it.' })
    const [job] = (await core.replicationRecords.status(web, run)).jobs
    expect(job).toMatchObject({ status: 'in_progress', completedAt: undefined, errorMessage: undefined })
  })
})

describe('the only copy of a region', () => {
  const told = async () => (await core.azure.snapshots.find({ name: first, resourceGroup: group }, run.signal))?.tags
  let first = ''

  beforeEach(async () => {
    first = (await takeMany(1))[0]?.name ?? ''
    const wish = { ...there, resourceGroup: 'far-rg' }
    await core.replication.execute(await core.replication.planOne(first, group, wish, run), waiting, run)
  })

  it('is taken off its source when somebody removed it', async () => {
    const [copy] = await copiesIn(core)
    if (copy) await core.azure.snapshots.remove(copy, run.signal)
    await core.replicationRecords.status(web, run)
    expect(await told()).not.toHaveProperty('azlin:replicated-to')
  })

  it('stays on it while Azure does not say that it is gone', async () => {
    // Not seen in the list, and not to be read by itself either.
    const [copy] = await copiesIn(core)
    const kept = core.sandbox.world.get(copy?.id ?? '')
    core.sandbox.world.remove(copy?.id ?? '')
    const fault = { kind: 'status', status: 403, code: 'AuthorizationFailed', message: 'No.' } as const
    core.sandbox.faults.add({ ...fault, method: 'GET', path: '/far-rg/' })
    await core.replicationRecords.status(web, run)
    expect(await told()).toHaveProperty('azlin:replicated-to', 'eastus2')
    if (kept) core.sandbox.world.put(kept)
  })
})

describe('a status that may only be read', () => {
  const mayNotWrite = () =>
    core.sandbox.faults.add({
      kind: 'status',
      status: 403,
      code: 'AuthorizationFailed',
      message: "The client does not have authorization to perform action 'Microsoft.Resources/tags/write'.",
      method: 'PATCH',
      path: 'tags/default',
    })

  it('tells how far the copies are all the same', async () => {
    const [first] = await takeMany(1)
    const plan = await core.replication.planOne(first?.name ?? '', group, there, run)
    await core.replication.execute(plan, { wait: false, makeGroup: true }, run)
    pass(dayMs)
    mayNotWrite()
    const { jobs, regions } = await core.replicationRecords.status(web, run)
    expect(jobs.map(({ status }) => status)).toEqual(['completed'])
    expect(regions[0]?.newest?.name).toBe(first?.name)
    expect(noticesOf(core, 'COPY_NOT_NOTED').join()).toMatch(/is complete in eastus2, but its tag could not be told so/)
  })

  it('tells of a copy that is gone', async () => {
    const taken = await takeMany(2)
    for (const { name } of taken)
      await core.replication.execute(await core.replication.planOne(name, group, there, run), waiting, run)
    const [copy] = await copiesIn(core)
    if (copy) await core.azure.snapshots.remove(copy, run.signal)
    mayNotWrite()
    await core.replicationRecords.status(web, run)
    expect(noticesOf(core, 'COPY_NOT_NOTED').join()).toMatch(/is no longer there, but its tag could not be told so/)
  })
})

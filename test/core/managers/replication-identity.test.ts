/** What a copy is a copy of, what holds its source, and what is told where none can be made. */
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { Backup } from '../../../src/core/domain/backup.js'
import type { Snapshot } from '../../../src/core/domain/snapshot.js'
import type { BackupPolicy } from '../../../src/core/managers/backup-schedules.js'
import type { Run } from '../../../src/core/run.js'
import { type CoreOnSandbox, coreOnSandbox, endServer } from '../../support/core-on-sandbox.js'
import { usualPolicy } from '../support/bench.js'
import { acrossRegions, copiesIn, dayMs, group, hourMs, noticesOf, there, waiting, web } from '../support/copies.js'

let core: CoreOnSandbox
let run: Run

beforeEach(async () => {
  core = await coreOnSandbox()
  run = core.run()
})
afterEach(() => core.close())
afterAll(endServer)

const pass = (ms: number) => core.sandbox.world.advance(ms)

async function replicate(name: string, resourceGroup = group, wish = there) {
  return core.replication.execute(await core.replication.planOne(name, resourceGroup, wish, run), waiting, run)
}

async function take(count: number, policy: BackupPolicy = usualPolicy): Promise<readonly Backup[]> {
  await core.schedules.configure(web, policy, run)
  const taken: Backup[] = []
  for (let index = 0; index < count; index++) {
    taken.push((await core.backups.trigger(web, { tier: 'daily' }, run)).backup)
    pass(hourMs)
  }
  return taken
}

describe('two VMs of one name with backups of one second', () => {
  const name = 'web-1-backup-daily-20261101-010203'

  async function backupIn(resourceGroup: string, disk: string): Promise<Snapshot> {
    const source = core.sandbox.world.list('Microsoft.Compute/disks').find((one) => one.name === disk)
    const tags = {
      'azlin:backup': name,
      'azlin:vm': 'web-1',
      'azlin:vm-group': resourceGroup,
      'azlin:backup-tier': 'daily',
    }
    const want = { name, resourceGroup, region: 'westus2', tags, encryptionSetId: undefined }
    return core.azure.snapshots.create({ ...want, sourceId: source?.id ?? '' }, run.signal)
  }

  it('have copies of their own though both are begun at once', async () => {
    await core.seedLab()
    const osDisk = async (vm: typeof web) => (await core.azure.machines.get(vm, run.signal)).disks[0]?.name ?? ''
    const sources = [
      await backupIn(group, await osDisk(web)),
      await backupIn('lab-rg', await osDisk({ name: 'raw-1', resourceGroup: 'lab-rg' })),
    ]
    const wish = { ...there, resourceGroup: group }
    const plans = [
      await core.replication.planOne(name, group, wish, run),
      await core.replication.planOne(name, 'lab-rg', wish, run),
    ]
    const done = await Promise.all(plans.map((plan) => core.replication.execute(plan, waiting, run)))
    expect(done.flatMap(({ jobs }) => jobs.map(({ status }) => status))).toEqual(['completed', 'completed'])
    const made = (await copiesIn(core)).map(({ sourceId }) => sourceId?.toLowerCase())
    expect(made.toSorted()).toEqual(sources.map(({ id }) => id.toLowerCase()).toSorted())
  })

  it("have copies of their own, and neither takes the other's for its own", async () => {
    await core.seedLab()
    const osDisk = async (vm: typeof web) => (await core.azure.machines.get(vm, run.signal)).disks[0]?.name ?? ''
    const mine = await backupIn(group, await osDisk(web))
    const theirs = await backupIn('lab-rg', await osDisk({ name: 'raw-1', resourceGroup: 'lab-rg' }))
    const wish = { ...there, resourceGroup: group }
    await replicate(name, group, wish)
    const before = await copiesIn(core)
    expect(before.map(({ sourceId }) => sourceId?.toLowerCase())).toEqual([mine.id.toLowerCase()])
    const lab = { name: 'web-1', resourceGroup: 'lab-rg' }
    expect(await core.backups.listIn('eastus2', lab, {}, run)).toEqual([])

    const { jobs } = await replicate(name, 'lab-rg', wish)
    expect(jobs.map(({ status }) => status)).toEqual(['completed'])
    const both = await copiesIn(core)
    expect(both.map(({ sourceId }) => sourceId?.toLowerCase()).toSorted()).toEqual(
      [mine.id, theirs.id].map((id) => id.toLowerCase()).toSorted(),
    )
    const kept = both.find(({ sourceId }) => sourceId?.toLowerCase() === mine.id.toLowerCase())
    expect(kept?.tags).toEqual(before[0]?.tags)
    for (const [vm, source] of [
      [web, mine],
      [lab, theirs],
    ] as const) {
      const [replica] = await core.backups.listIn('eastus2', vm, {}, run)
      expect(replica?.disks[0]?.snapshot.sourceId?.toLowerCase()).toBe(source.id.toLowerCase())
    }
    // Asked again, each finds its own.
    for (const owner of [group, 'lab-rg'])
      expect((await replicate(name, owner, wish)).jobs.map(({ status }) => status)).toEqual(['completed'])
    expect(await copiesIn(core)).toHaveLength(2)
  })
})

describe('a VM whose disks have a key of the customer', () => {
  it('is told at the schedule, at each backup, and where the copies are waited for', async () => {
    await core.seedLab()
    const sealed = { name: 'key-1', resourceGroup: 'lab-rg' }
    const { notices } = await core.schedules.configure(sealed, acrossRegions, run)
    expect(notices.join()).toMatch(/customer-managed key, and no disk encryption set of eastus2/)
    await core.backups.trigger(sealed, {}, run)
    expect(noticesOf(core, 'NOT_COPYABLE').join()).toMatch(
      /1 backup of key-1 cannot be copied to eastus2: .* key of its own/,
    )
    await expect(core.replication.complete(sealed, run)).rejects.toMatchObject({ code: 'NOT_COPYABLE' })
  })
})

describe("the order of a disk's copies", () => {
  it('is kept for what an earlier command had wanted and never begun', async () => {
    const [, second, third] = await take(3)
    const plan = await core.replication.planAll(web, there, run)
    await core.replication.execute(plan, { wait: false, makeGroup: true }, run)
    pass(dayMs)
    const { jobs } = await replicate(third?.name ?? '')
    expect(jobs.map(({ backup, status }) => [backup, status])).toEqual(
      [second, third].map((one) => [one?.name, 'completed']),
    )
    expect(await copiesIn(core)).toHaveLength(3)
  })

  it('is broken only with a word about what is lost by it', async () => {
    const [, , third] = await take(3)
    await replicate(third?.name ?? '')
    expect(noticesOf(core, 'OVERTAKES').join()).toMatch(
      /^2 older backups of web-1 have no copy in eastus2, and cannot get one once/,
    )
  })
})

describe('what is copied without a schedule', () => {
  const elsewhere = { region: 'eastus2', resourceGroup: 'far-rg' }
  const brief = { ...usualPolicy, dailyRetention: 1 }

  it('is not let go while it is being copied', async () => {
    const [first] = await take(2, brief)
    core.sandbox.faults.add({ kind: 'stallCopy', path: 'eastus2', percent: 40 })
    const plan = await core.replication.planOne(first?.name ?? '', group, elsewhere, run)
    await core.replication.execute(plan, { wait: false, makeGroup: true }, run)
    pass(3 * dayMs)
    const cleanup = await core.retention.plan(web, run)
    const verdict = cleanup.retention.verdicts.find(({ backup }) => backup.name === first?.name)
    expect(verdict).toMatchObject({ keep: true, reason: expect.stringMatching(/being copied/) })
    await core.retention.apply(cleanup, { confirmed: true }, run)
    expect((await core.backups.list(web, {}, run)).map(({ name }) => name)).toContain(first?.name)
  })

  it('is let go in its time when its sources are gone', async () => {
    const taken = await take(2, brief)
    for (const { name } of taken) await replicate(name, group, elsewhere)
    for (const { disks } of taken)
      for (const { snapshot } of disks) await core.azure.snapshots.remove(snapshot, run.signal)
    pass(40 * dayMs)
    const { replicas } = core.retention.preview(await core.retention.plan(web, run))
    expect(replicas.deleted).toEqual([{ name: taken[0]?.name, region: 'eastus2' }])
    expect(replicas.kept).toMatchObject([{ name: taken[1]?.name }])
  })
})

describe('a copy that somebody removed', () => {
  it('no longer counts: it is told to the source, the source stays, and is copied again', async () => {
    const brief = { ...acrossRegions, dailyRetention: 1 }
    const taken = await take(2, brief)
    await core.replication.complete(web, run)
    const [gone] = (await copiesIn(core)).toSorted((a, b) => +b.createdAt - +a.createdAt)
    if (gone) await core.azure.snapshots.remove(gone, run.signal)
    pass(3 * dayMs)
    const { verdicts } = (await core.retention.plan(web, run)).retention
    expect(verdicts.find(({ backup }) => backup.name === taken[1]?.name)?.backup.replicatedTo).toEqual([])

    await core.replicationRecords.status(web, run)
    const listed = await core.backups.list(web, {}, run)
    expect(listed.map(({ name, replicatedTo }) => [name, replicatedTo])).toEqual([
      [taken[1]?.name, []],
      [taken[0]?.name, ['eastus2']],
    ])
    const again = await core.replication.complete(web, run)
    expect(again?.jobs.map(({ status }) => status)).toEqual(['completed'])
    await core.replicationRecords.status(web, run)
    expect((await core.backups.list(web, {}, run))[0]?.replicatedTo).toEqual(['eastus2'])
  })
})

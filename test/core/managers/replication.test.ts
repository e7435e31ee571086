/** Copies to a second region: real managers, SDK and database against the embedded Azure. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { Backup } from '../../../src/core/domain/backup.js'
import type { ReplicationWish } from '../../../src/core/managers/replication-plan.js'
import { ReplicationRecords } from '../../../src/core/managers/replication-records.js'
import type { Run } from '../../../src/core/run.js'
import { openRecords } from '../../../src/db/open.js'
import { type CoreOnSandbox, coreOnSandbox, endServer } from '../../support/core-on-sandbox.js'
import { usualPolicy } from '../support/bench.js'
import { copiesIn, dayMs, db, group, there, waiting, web } from '../support/copies.js'
import { replicationOf } from '../support/replication.js'

let core: CoreOnSandbox
let run: Run

beforeEach(async () => {
  core = await coreOnSandbox()
  run = core.run()
})
afterEach(() => core.close())
afterAll(endServer)

async function backupsOf(vm: typeof web, count: number): Promise<readonly Backup[]> {
  await core.schedules.configure(vm, usualPolicy, run)
  for (let index = 0; index < count; index++) {
    await core.backups.trigger(vm, { tier: 'daily' }, run)
    core.sandbox.world.advance(dayMs / 4)
  }
  return core.backups.list(vm, {}, run)
}

async function replicate(name: string, wish = there) {
  const { replication } = core
  return replication.execute(await replication.planOne(name, group, wish, run), waiting, run)
}

async function replicateAll(vm: typeof web, wish = there) {
  const { replication } = core
  return replication.execute(await replication.planAll(vm, wish, run), waiting, run)
}

const sent = async (what: RegExp) => (await core.requests()).filter((line) => what.test(line))

describe('copying a backup to another region', () => {
  it('copies every disk with its tags, and says so on the backup', async () => {
    const [backup] = await backupsOf(db, 1)
    const { jobs, errors } = await replicate(backup?.name ?? '')
    expect(errors.filter(Boolean)).toEqual([])
    expect(jobs.map(({ status, percent }) => [status, percent])).toEqual(Array(3).fill(['completed', 100]))
    const made = await copiesIn(core)
    expect(made).toHaveLength(3)
    for (const copy of made) {
      const source = backup?.disks.find(({ snapshot }) => snapshot.id.toLowerCase() === copy.sourceId?.toLowerCase())
      expect(copy).toMatchObject({ region: 'eastus2', completionPercent: 100, incremental: true })
      expect(copy.sizeGb).toBe(source?.snapshot.sizeGb)
      expect(copy.tags).toMatchObject({
        'azlin:backup': backup?.name,
        'azlin:vm': 'db-1',
        'azlin:backup-tier': 'daily',
        'azlin:replica-of': source?.snapshot.name,
        'azlin:source-region': 'westus2',
        'azlin:machine': source?.snapshot.tags['azlin:machine'],
        'azlin:disk': source?.snapshot.tags['azlin:disk'],
      })
      expect(copy.tags['azlin:arrived-at']).toBeDefined()
    }
    const [listed] = await core.backups.list(db, {}, run)
    expect(listed?.replicatedTo).toEqual(['eastus2'])
    const [replica] = await core.backups.listIn('eastus2', db, {}, run)
    expect(replica).toMatchObject({ name: backup?.name, complete: true, orphan: false, createdAt: backup?.createdAt })
    expect(replica?.disks.map(({ lun }) => lun)).toEqual([null, 0, 2])
  })

  it('copies a backup whose name has 80 characters, of an earlier maker, beside it in one group', async () => {
    const machine = await core.azure.machines.get(web, run.signal)
    const name = `${'w'.repeat(80 - 34)}-backup-weekly-20261101-010203`.padStart(80, 'w')
    expect(name).toHaveLength(80)
    const tags = { 'azlin:backup': name, 'azlin:vm': 'web-1', 'azlin:backup-tier': 'weekly' }
    const want = { name, resourceGroup: group, region: 'westus2', tags, encryptionSetId: undefined }
    await core.azure.snapshots.create({ ...want, sourceId: machine.disks[0]?.id ?? '' }, run.signal)
    const { jobs } = await replicate(name)
    expect(jobs.map(({ status }) => status)).toEqual(['completed'])
    expect(jobs[0]?.target.name.length).toBeLessThanOrEqual(80)
    // The VM itself still knew what the snapshot did not say: the copy alone is enough.
    const [copy] = await core.backups.listIn('eastus2', web, {}, run)
    expect(copy).toMatchObject({ name, complete: true, machine: { size: 'Standard_D2s_v5' } })
  })

  it('makes no second copy when it is asked again', async () => {
    const [backup] = await backupsOf(db, 1)
    const first = await replicate(backup?.name ?? '')
    const again = await replicate(backup?.name ?? '')
    expect(again.jobs.map(({ id, status }) => [id, status])).toEqual(first.jobs.map(({ id }) => [id, 'completed']))
    expect(await sent(/^PUT .*eastus2/)).toHaveLength(3)
  })

  it('is not complete before the data has arrived, whatever the operation says', async () => {
    const [backup] = await backupsOf(web, 1)
    const plan = await core.replication.planOne(backup?.name ?? '', group, there, run)
    const { jobs } = await core.replication.execute(plan, { wait: false, makeGroup: true }, run)
    expect(jobs.map(({ status }) => status)).toEqual(['in_progress'])
    expect((await core.backups.list(web, {}, run))[0]).toMatchObject({ replicatedTo: [], copying: true })
    core.sandbox.world.advance(dayMs)
    const { jobs: now, regions } = await core.replicationRecords.status(web, run)
    expect(now.map(({ status }) => status)).toEqual(['completed'])
    expect(regions[0]?.newest?.name).toBe(backup?.name)
    expect(regions[0]?.rpoSeconds).toBeGreaterThan(dayMs / 1000)
    expect(regions[0]?.lags[0]?.lagSeconds).toBeGreaterThan(0)
    expect((await core.backups.list(web, {}, run))[0]?.replicatedTo).toEqual(['eastus2'])
  })

  it('copies all backups, each disk in order and one at a time', async () => {
    const backups = await backupsOf(db, 4)
    const { jobs, errors } = await replicateAll(db)
    expect(errors.filter(Boolean)).toEqual([])
    expect(jobs).toHaveLength(12)
    const disks = [...new Set(jobs.map(({ diskKey }) => diskKey))]
    expect(disks).toHaveLength(3)
    for (const disk of disks) {
      const queue = jobs.filter(({ diskKey }) => diskKey === disk)
      const ordered = queue.toSorted((a, b) => +a.startedAt - +b.startedAt)
      expect(ordered.map(({ backup }) => backup)).toEqual(backups.map(({ name }) => name).toReversed())
      for (const [index, job] of ordered.entries())
        expect(+job.startedAt).toBeGreaterThanOrEqual(+(ordered[index - 1]?.completedAt ?? 0))
    }
    expect((await core.backups.list(db, {}, run)).map(({ replicatedTo }) => replicatedTo)).toEqual(
      backups.map(() => ['eastus2']),
    )
    expect((await replicateAll(db)).jobs).toEqual([])
  })

  it('takes up a copy in whatever group it was begun', async () => {
    const [backup] = await backupsOf(web, 1)
    await core.azure.groups.create('vault-rg', 'eastus2', run.signal)
    await replicate(backup?.name ?? '', { ...there, resourceGroup: 'vault-rg' })
    const { jobs } = await replicate(backup?.name ?? '')
    expect(jobs.map(({ target }) => target.resourceGroup)).toEqual(['vault-rg'])
    expect(await copiesIn(core)).toHaveLength(1)
    expect((await core.backups.listIn('eastus2', web, {}, run)).map(({ name }) => name)).toEqual([backup?.name])
  })

  it('makes the group for the copies only when it is told to', async () => {
    const [backup] = await backupsOf(web, 1)
    const plan = await core.replication.planOne(backup?.name ?? '', group, { ...there, resourceGroup: 'new-rg' }, run)
    expect(plan.makesGroup).toBe(true)
    await expect(core.replication.execute(plan, { wait: true, makeGroup: false }, run)).rejects.toMatchObject({
      code: 'RESOURCE_GROUP_NOT_FOUND',
    })
    await core.replication.execute(plan, waiting, run)
    expect(await core.azure.groups.find('new-rg', run.signal)).toMatchObject({ region: 'eastus2' })
  })

  it('refuses what cannot be copied before anything is sent', async () => {
    const [backup] = await backupsOf(web, 1)
    const name = backup?.name ?? ''
    const { replication } = core
    const before = await sent(/^PUT/)
    const refusal = (wish: ReplicationWish, which = name) => replication.planOne(which, group, wish, run)
    await expect(refusal({ region: 'eastus22' })).rejects.toMatchObject({ code: 'REGION_UNKNOWN' })
    await expect(refusal({ region: 'westus2' })).rejects.toMatchObject({ code: 'INVALID_INPUT' })
    await expect(refusal(there, 'web-1-backup-daily-20200101-000000')).rejects.toMatchObject({
      code: 'BACKUP_NOT_FOUND',
    })
    expect(await sent(/^PUT/)).toEqual(before)
  })

  it('passes over a backup that is older than what is there, because Azure copies in order only', async () => {
    const [newest, oldest] = await backupsOf(web, 2)
    await replicate(newest?.name ?? '')
    await expect(replicate(oldest?.name ?? '')).rejects.toMatchObject({ code: 'NOT_COPYABLE' })
    // That one is there and one can never be is so however often it is asked.
    for (let round = 0; round < 2; round++)
      expect(await replicateAll(web)).toMatchObject({ jobs: [], errors: [], refused: [] })
    expect(await copiesIn(core)).toHaveLength(1)
  })
})

describe('a copy that meets trouble', () => {
  it('is begun again when Azure does not answer, and exists once', async () => {
    const [backup] = await backupsOf(web, 1)
    core.sandbox.faults.add({ kind: 'drop', when: 'after', method: 'PUT', path: 'eastus2', times: 1 })
    const { errors } = await replicate(backup?.name ?? '')
    expect(errors.filter(Boolean)).toEqual([])
    expect(await copiesIn(core)).toHaveLength(1)
  })

  it('fails at once, with the reason, when it can never succeed', async () => {
    const [backup] = await backupsOf(db, 1)
    core.sandbox.faults.add({
      kind: 'status',
      status: 403,
      code: 'RequestDisallowedByPolicy',
      message: "Resource 'x' was disallowed by policy.",
      method: 'PUT',
      path: 'eastus2',
    })
    const { jobs, errors } = await replicate(backup?.name ?? '')
    expect(errors.map((error) => error?.code)).toEqual(Array(3).fill('POLICY_DENIED'))
    expect(jobs.map(({ status, attempts }) => [status, attempts])).toEqual(Array(3).fill(['failed', 1]))
    expect(jobs[0]?.errorMessage).toMatch(/policy/)
    core.sandbox.faults.clear()
    expect((await replicate(backup?.name ?? '')).jobs.map(({ status }) => status)).toEqual(Array(3).fill('completed'))
  })

  it('is removed and begun again when Azure breaks it off, three times at most', async () => {
    const [backup] = await backupsOf(web, 1)
    const name = backup?.name ?? ''
    const broken = {
      kind: 'failCopy',
      errorCode: 'InternalError',
      message: 'The copy broke.',
      path: 'eastus2',
    } as const
    core.sandbox.faults.add({ ...broken, times: 1 })
    const { jobs } = await replicate(name)
    expect(jobs.map(({ status, attempts }) => [status, attempts])).toEqual([['completed', 2]])
    const [copy] = await copiesIn(core)
    if (copy) await core.azure.snapshots.remove(copy, run.signal)
    core.sandbox.faults.add(broken)
    const again = await replicate(name)
    expect(again.jobs.map(({ status, attempts }) => [status, attempts])).toEqual([['failed', 3]])
    expect(again.jobs[0]?.errorMessage).toMatch(/broke off the copy .*The copy broke/)
  })

  it('is overtaken by newer ones only when it breaks off in the next run, too', async () => {
    await backupsOf(web, 3)
    const first = (await core.backups.list(web, {}, run)).at(-1)
    const path = `${first?.name}-eastus2`
    core.sandbox.faults.add({ kind: 'failCopy', errorCode: 'InternalError', message: 'No.', path })
    const { jobs } = await replicateAll(web)
    expect(jobs.map(({ status }) => status)).toEqual(['failed', 'pending', 'pending'])
    const { jobs: then } = await replicateAll(web)
    expect(then.map(({ status }) => status)).toEqual(['failed', 'completed', 'completed'])
    expect(core.events).toContainEqual(expect.objectContaining({ code: 'PASSED_OVER' }))
  })

  it('is copied in its turn when it does not break off again', async () => {
    await backupsOf(web, 3)
    core.sandbox.faults.add({ kind: 'failCopy', errorCode: 'InternalError', message: 'No.', path: 'eastus2', times: 3 })
    const { jobs } = await replicateAll(web)
    expect(jobs.map(({ status }) => status)).toEqual(['failed', 'pending', 'pending'])
    const { jobs: then } = await replicateAll(web)
    expect(then.map(({ status }) => status)).toEqual(['completed', 'completed', 'completed'])
  })

  it('keeps what comes after it pending when the place itself is out of reach', async () => {
    await backupsOf(web, 3)
    const status = { kind: 'status', status: 409, code: 'QuotaExceeded', message: 'Too many snapshots.' } as const
    core.sandbox.faults.add({ ...status, method: 'PUT', path: 'eastus2' })
    const { jobs } = await replicateAll(web)
    expect(jobs.map(({ status }) => status)).toEqual(['failed', 'pending', 'pending'])
    core.sandbox.faults.clear()
    const { jobs: then } = await replicateAll(web)
    expect(then.map(({ status }) => status)).toEqual(['completed', 'completed', 'completed'])
  })

  it('fails alone when its source is deleted, and leaves no half copy', async () => {
    const [backup] = await backupsOf(db, 1)
    const data = backup?.disks.find(({ lun }) => lun === 0)?.snapshot
    if (!data) throw new Error('no data disk')
    // So that it is under way when the source goes, however slow this computer is.
    core.sandbox.faults.add({ kind: 'stallCopy', path: 'lun0', percent: 40 })
    const plan = await core.replication.planOne(backup?.name ?? '', group, there, run)
    const stop = new AbortController()
    const report: Run['report'] = (event) => {
      if (event.type === 'copy.progress' && /lun0/.test(event.snapshot))
        void core.azure.snapshots.remove(data, run.signal)
    }
    const { jobs, errors } = await core.replication.execute(plan, waiting, { signal: stop.signal, report })
    expect(errors.map((error) => error?.code)).toEqual([undefined, 'NOT_COPYABLE', undefined])
    expect(jobs.map(({ status }) => status)).toEqual(['completed', 'failed', 'completed'])
    expect(jobs[1]?.errorMessage).toMatch(/was deleted while/)
    expect((await copiesIn(core)).map(({ name }) => name).toSorted()).toHaveLength(2)
  })

  it('goes on in Azure when the command is interrupted, and completes in the record later', async () => {
    const [backup] = await backupsOf(db, 1)
    const stop = new AbortController()
    const plan = await core.replication.planOne(backup?.name ?? '', group, there, run)
    const report: Run['report'] = (event) => {
      if (event.type === 'copy.progress') stop.abort(new Error('Ctrl-C'))
    }
    await expect(core.replication.execute(plan, waiting, { signal: stop.signal, report })).rejects.toThrow('Ctrl-C')
    const left = await core.replication.jobs({})
    expect(left.map(({ status }) => status)).toContain('in_progress')
    expect(left.map(({ status }) => status)).not.toContain('failed')
    core.sandbox.world.advance(dayMs)
    const { jobs } = await replicate(backup?.name ?? '')
    expect(jobs.map(({ status }) => status)).toEqual(Array(3).fill('completed'))
    expect(await copiesIn(core)).toHaveLength(3)
  })

  it('waits out a target region that is down, and goes on when it is back', async () => {
    const [backup] = await backupsOf(web, 1)
    core.sandbox.faults.add({ kind: 'regionDown', region: 'eastus2' })
    setTimeout(() => core.sandbox.faults.clear(), 300)
    const { jobs } = await replicate(backup?.name ?? '')
    expect(jobs.map(({ status }) => status)).toEqual(['completed'])
  })
})

describe('copies of disks with a key of the customer', () => {
  it('want a key in the other region, and are made with it', async () => {
    await core.seedLab()
    const sealed = { name: 'key-1', resourceGroup: 'lab-rg' }
    await core.schedules.configure(sealed, usualPolicy, run)
    const { backup } = await core.backups.trigger(sealed, {}, run)
    const plan = (encryptionSetId?: string) =>
      core.replication.planOne(backup.name, 'lab-rg', { ...there, encryptionSetId }, run)
    await expect(plan()).rejects.toMatchObject({
      code: 'NOT_COPYABLE',
      hint: expect.stringContaining('--target-disk-encryption-set'),
    })
    const key = core.sandbox.world
      .list('Microsoft.Compute/diskEncryptionSets')
      .find(({ location }) => location === there.region)
    const { jobs } = await core.replication.execute(await plan(key?.id), waiting, run)
    expect(jobs.every(({ status }) => status === 'completed')).toBe(true)
    expect((await copiesIn(core))[0]?.encryptionSetId?.toLowerCase()).toBe(key?.id.toLowerCase())
  })
})

describe('the record of copies', () => {
  it('is rebuilt on another computer from what Azure shows', async () => {
    const [backup] = await backupsOf(db, 1)
    await replicate(backup?.name ?? '')
    const home = mkdtempSync(join(tmpdir(), 'azlin-rebuilt-'))
    const records = await openRecords(home)
    try {
      const { azure, clock } = core
      const rebuilt = new ReplicationRecords({ azure, clock, records, limit: (work) => work() })
      const found = await rebuilt.sync(undefined, run)
      expect(found.map(({ status, vm, backup: name }) => [status, vm.name, name])).toEqual(
        Array(3).fill(['completed', 'db-1', backup?.name]),
      )
      expect(await rebuilt.sync(db, run)).toEqual([])
    } finally {
      await records.close()
      rmSync(home, { recursive: true, force: true })
    }
  })

  it('says of a VM that is not there that it is not there', async () => {
    await expect(core.replicationRecords.sync({ ...web, name: 'nope' }, run)).rejects.toMatchObject({
      code: 'VM_NOT_FOUND',
    })
    expect(await core.replicationRecords.sync(web, run)).toEqual([])
    await expect(core.replication.planAll(web, there, run)).rejects.toMatchObject({ code: 'NO_BACKUPS' })
    const ghost = { name: 'ghost', resourceGroup: group }
    await expect(core.replicationRecords.status(ghost, run)).rejects.toMatchObject({ code: 'VM_NOT_FOUND' })
    expect((await core.replicationRecords.status(web, run)).jobs).toEqual([])
  })

  it('is shared by two that want the same copies at once: each is made once', async () => {
    await backupsOf(db, 2)
    const { azure, clock, records } = core
    const other = replicationOf({ azure, clock, records, limit: (work) => work() })
    const both = [core.replication, other].map(async (one) =>
      one.execute(await one.planAll(db, there, run), waiting, run),
    )
    for (const { errors } of await Promise.all(both)) expect(errors.filter(Boolean)).toEqual([])
    expect(await copiesIn(core)).toHaveLength(6)
    expect(await sent(/^PUT .*eastus2/)).toHaveLength(6)
    expect(await core.replication.jobs({ status: 'completed' })).toHaveLength(6)
  })
})

describe('a schedule that wants copies', () => {
  const policy = {
    ...usualPolicy,
    dailyRetention: 2,
    weeklyRetention: 0,
    monthlyRetention: 0,
    crossRegionTo: 'eastus2',
  }

  it('has them begun by every backup, without waiting', async () => {
    await core.schedules.configure(web, policy, run)
    const { backup } = await core.backups.trigger(web, {}, run)
    expect((await copiesIn(core)).map(({ tags }) => tags['azlin:backup'])).toEqual([backup.name])
    expect((await core.replication.jobs({})).map(({ status }) => status)).toEqual(['in_progress'])
    core.sandbox.world.advance(dayMs)
    const second = await core.backups.trigger(web, {}, run)
    core.sandbox.world.advance(dayMs)
    await core.replication.complete(web, run)
    const listed = await core.backups.list(web, {}, run)
    expect(listed.map(({ name, replicatedTo }) => [name, replicatedTo])).toEqual([
      [second.backup.name, ['eastus2']],
      [backup.name, ['eastus2']],
    ])
  })

  it('expires the copies with their backups, each in its region', async () => {
    await core.schedules.configure(web, policy, run)
    const names: string[] = []
    for (let day = 0; day < 5; day++) {
      const { backup } = await core.backups.trigger(web, {}, run)
      await core.replication.complete(web, run)
      names.push(backup.name)
      core.sandbox.world.advance(dayMs)
    }
    await core.retention.apply(await core.retention.plan(web, run), { confirmed: false }, run)
    const left = (list: readonly Backup[]) => list.map(({ name }) => name)
    expect(left(await core.backups.list(web, {}, run))).toEqual(names.slice(-1))
    expect(left(await core.backups.listIn('eastus2', web, {}, run))).toEqual(names.slice(-1))
  })

  it('lets go what has expired at home while the second region is out of reach, and keeps the copies there', async () => {
    await core.schedules.configure(web, policy, run)
    for (let day = 0; day < 2; day++) {
      await core.backups.trigger(web, {}, run)
      await core.replication.complete(web, run)
      core.sandbox.world.advance(dayMs)
    }
    core.sandbox.world.advance(2 * dayMs)
    const copies = (await copiesIn(core)).map(({ name }) => name)
    core.sandbox.faults.add({ kind: 'regionDown', region: 'eastus2' })
    const result = await core.retention.apply(await core.retention.plan(web, run), { confirmed: false }, run)
    expect(result.deleted).toHaveLength(1)
    expect(result.failed).toHaveLength(1)
    expect(await core.backups.list(web, {}, run)).toHaveLength(1)
    core.sandbox.faults.clear()
    expect((await copiesIn(core)).map(({ name }) => name)).toEqual(copies)
  })

  it('keeps a copy whose source is gone until its own time, as an orphan that can be restored', async () => {
    await core.schedules.configure(web, policy, run)
    const { backup } = await core.backups.trigger(web, {}, run)
    await core.replication.complete(web, run)
    for (const { snapshot } of backup.disks) await core.azure.snapshots.remove(snapshot, run.signal)
    await core.retention.apply(await core.retention.plan(web, run), { confirmed: false }, run)
    const [orphan] = await core.backups.listIn('eastus2', web, {}, run)
    expect(orphan).toMatchObject({ name: backup.name, orphan: true, complete: true })
  })

  it('holds back what has no copy yet, says so, and lets it go two weeks later when a newer one is copied', async () => {
    await core.schedules.configure(web, { ...policy, crossRegionTo: undefined }, run)
    const old = (await core.backups.trigger(web, {}, run)).backup
    core.sandbox.world.advance(dayMs)
    const newer = (await core.backups.trigger(web, {}, run)).backup
    await replicate(newer.name)
    await core.schedules.configure(web, policy, run)
    core.sandbox.world.advance(3 * dayMs)
    const plan = await core.retention.plan(web, run)
    expect(core.retention.preview(plan).kept).toContainEqual({
      name: old.name,
      reason: 'it has no copy in eastus2 yet (older than its daily retention of 2 days)',
    })
    expect(core.events).toContainEqual(expect.objectContaining({ type: 'notice', code: 'AWAITING_REPLICA' }))
    core.sandbox.world.advance(13 * dayMs)
    const result = await core.retention.apply(await core.retention.plan(web, run), { confirmed: false }, run)
    expect(result.deleted).toEqual([old.name])
  })
})

describe('when the home region is down', () => {
  it('a VM is restored from the copies alone', async () => {
    const [backup] = await backupsOf(db, 1)
    await replicate(backup?.name ?? '')
    await core.azure.groups.create('dr-rg', 'eastus2', run.signal)
    const subnetId = await core.subnetIn('dr-rg', 'eastus2')
    core.sandbox.faults.add({ kind: 'regionDown', region: 'westus2' })
    const point = await core.backups.findIn('eastus2', db, backup?.name ?? '', run)
    const options = { newVm: 'db-dr', targetResourceGroup: 'dr-rg', subnetId, withoutOriginal: true }
    const plan = await core.restores.plan(db, point, options, run)
    const result = await core.restores.execute(plan, run)
    expect(result.restoredDisks).toHaveLength(3)
    const made = await core.azure.machines.get({ name: 'db-dr', resourceGroup: 'dr-rg' }, run.signal)
    expect(made).toMatchObject({ region: 'eastus2', size: 'Standard_E4s_v5' })
    expect(made.disks.map(({ lun }) => lun)).toEqual([null, 0, 2])
  })
})

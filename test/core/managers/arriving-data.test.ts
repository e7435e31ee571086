/** A machine with a Premium SSD v2 disk: Azure calls its snapshots made at once, and brings their data for minutes. */
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import pLimit from 'p-limit'
import { BackupRunner } from '../../../src/core/managers/backup-runner.js'
import { SnapshotManager } from '../../../src/core/managers/snapshot-manager.js'
import { failArrivals } from '../../../src/sandbox/compute/copy-progress.js'
import { type CoreOnSandbox, coreOnSandbox, endServer } from '../../support/core-on-sandbox.js'
import { usualPolicy } from '../support/bench.js'

const raw = { name: 'raw-1', resourceGroup: 'lab-rg' }
const fastDisk = '/Microsoft.Compute/disks/raw-1_data_2'
const hour = 3_600_000
let core: CoreOnSandbox

beforeEach(async () => {
  // Five minutes of Azure are ten seconds: nothing arrives unless the clock is moved, or somebody waits.
  core = await coreOnSandbox({ speed: 30 })
  // Early in the day (UTC): what takes hours here does not end on another one, when the next backup is due.
  const day = 24 * hour
  core.sandbox.world.advance(day - (+core.clock.now() % day) + hour)
  await core.seedLab()
  await core.schedules.configure(raw, usualPolicy, core.run())
})
afterEach(() => core.close())
afterAll(endServer)

const arrive = () => core.sandbox.world.advance(hour)
const trigger = async (tier?: 'daily' | 'monthly') => (await core.backups.trigger(raw, { tier }, core.run())).backup
const list = async () => (await core.backups.list(raw, {}, core.run())).map(({ name }) => name)
const notices = () => core.events.flatMap((event) => (event.type === 'notice' ? [event] : []))
const snapshots = () => core.sandbox.world.list('Microsoft.Compute/snapshots').map(({ name }) => name)

function runner(): BackupRunner {
  const { azure, records, clock, backups, replication } = core
  const limit = pLimit(8)
  return new BackupRunner({ azure, records, clock, limit, vmLimit: pLimit(4) }, backups, replication)
}

describe('a backup of a Premium SSD v2 disk', () => {
  it('says that it is not complete, and counts when all of its data is there', async () => {
    const begun = await trigger()
    expect(begun).toMatchObject({ complete: false, tier: 'monthly' })
    expect(notices()).toContainEqual(
      expect.objectContaining({ code: 'DATA_ARRIVING', text: expect.stringMatching(/was begun; .+ % is there/) }),
    )
    expect(core.events).toContainEqual(expect.objectContaining({ type: 'backup.finished', complete: false }))
    core.events.length = 0
    expect(await list()).toEqual([])
    expect(notices()).toContainEqual(
      expect.objectContaining({ code: 'DATA_ARRIVING', text: expect.stringMatching(/does not count yet/) }),
    )
    arrive()
    core.events.length = 0
    expect(await list()).toEqual([begun.name])
    expect(notices()).toEqual([])
  })

  it('can be waited for, with how far it is', async () => {
    const begun = await trigger()
    core.sandbox.world.advance(6_000)
    expect(await core.backups.complete(begun, core.run())).toMatchObject({ name: begun.name, complete: true })
    const seen = core.events.flatMap((event) => (event.type === 'data.arriving' ? [event.percent] : []))
    expect(seen.length).toBeGreaterThan(1)
    expect(seen).toEqual(seen.toSorted((a, b) => a - b))
    expect(core.events).toContainEqual({ type: 'data.arrived', backup: begun.name })
  })

  it('is no longer waited for when its disk grows, which has it fail, nor when the user stops', async () => {
    const stop = new AbortController()
    const stopped = core.backups.complete(await trigger(), core.run(stop))
    stop.abort(new Error('stopped'))
    await expect(stopped).rejects.toThrow('stopped')

    const begun = await trigger('daily')
    const waiting = core.backups.complete(begun, core.run())
    const disk = core.sandbox.world.list('Microsoft.Compute/disks').find(({ id }) => id.endsWith(fastDisk))
    if (disk) failArrivals(core.sandbox.world, disk)
    await expect(waiting).rejects.toMatchObject({ code: 'BACKUP_INCOMPLETE' })
    arrive()
    core.events.length = 0
    expect(await list()).toEqual([])
    const text = expect.stringMatching(new RegExp(`^${begun.name} will never be complete, .+-lun2 is Failed`))
    expect(notices()).toContainEqual({ type: 'notice', code: 'BACKUP_BROKEN', text })
    // The timer sees that the day has none.
    const [item] = await runner().runDue({ vms: [raw] }, { dryRun: true }, core.run())
    expect(item).toMatchObject({ outcome: 'due' })
  })

  it('is not taken twice by a timer while its data arrives, nor told to have vanished', async () => {
    const run = core.run()
    const begun = await trigger()
    core.events.length = 0
    for (const dryRun of [true, false]) {
      const [item] = await runner().runDue({ vms: [raw] }, { dryRun }, run)
      const reason = expect.stringMatching(new RegExp(`^${begun.name} was begun, .+ % is there`))
      expect(item).toMatchObject({ outcome: 'skipped', reason })
    }
    const next = await trigger()
    // What nobody can restore yet holds no place.
    expect(next.tier).toBe('monthly')
    expect(core.events.filter(({ type }) => type === 'backup.steppedDown')).toEqual([])
    expect(notices().map(({ code }) => code)).not.toContain('BACKUP_VANISHED')
    expect((await trigger('monthly')).tier).toBe('monthly')
  })

  it('can be neither restored, verified nor copied before, and each says so', async () => {
    const run = core.run()
    const { name } = await trigger()
    const there = snapshots()
    const incomplete = {
      code: 'BACKUP_INCOMPLETE',
      message: expect.stringMatching(/still copying its data in the background \(\d+ % is there\)/),
      hint: expect.stringMatching(/^Wait/),
    }
    await expect(core.backups.find(raw, name, run)).rejects.toMatchObject(incomplete)
    await expect(core.backups.newestAt(raw, core.clock.now(), undefined, run)).rejects.toMatchObject({
      code: 'NO_BACKUPS',
    })
    const wish = { region: 'eastus2' }
    await expect(core.replication.planOne(name, undefined, wish, run)).rejects.toMatchObject(incomplete)
    await expect(core.replication.planAll(raw, wish, run)).rejects.toMatchObject(incomplete)
    const found = await core.verification.find(name, {}, run)
    await expect(
      core.verification.verify(
        found,
        { depth: 'usual', allowExport: false, allowUnread: false, allowBlank: false },
        run,
      ),
    ).rejects.toMatchObject({
      code: 'NOT_VERIFIABLE',
      message: expect.stringMatching(/still being copied/),
    })
    expect(snapshots()).toEqual(there)
  })

  it('is copied to the second region by the next run after its data arrived', async () => {
    const run = core.run()
    await core.schedules.configure(raw, { ...usualPolicy, crossRegionTo: 'eastus2' }, run)
    await trigger()
    expect(await core.copies()).toEqual([])
    expect(notices().map(({ code }) => code)).not.toContain('COPIES_LATE')
    arrive()
    const [item] = await runner().runDue({ vms: [raw] }, { dryRun: false }, run)
    expect(item).toMatchObject({ outcome: 'skipped', reason: 'nothing is due today' })
    expect(await core.copies()).toHaveLength(4)
  })

  it('is waited for by a run that stays until the copies are there, whichever run began it', async () => {
    const run = core.run()
    await core.schedules.configure(raw, { ...usualPolicy, crossRegionTo: 'eastus2' }, run)
    const begun = await trigger()
    const pushing = setInterval(arrive, 200)
    const waiting = runner().runDue({ vms: [raw] }, { dryRun: false, wait: true }, run)
    const [item] = await waiting.finally(() => clearInterval(pushing))
    const jobs = Array(4).fill(expect.objectContaining({ backup: begun.name, status: 'completed' }))
    expect(item).toMatchObject({
      outcome: 'skipped',
      reason: 'nothing is due today',
      copies: { region: 'eastus2', jobs },
    })
  })

  it('is told to be overtaken when a later one, whose data was quicker, is copied first', async () => {
    core.sandbox.faults.add({ kind: 'stallCopy', path: '/snapshots/.*-monthly-.*-lun2$', percent: 10 })
    const slow = await trigger()
    const { name } = await trigger('daily')
    arrive()
    core.events.length = 0
    expect(await list()).toEqual([name])
    expect(notices().map(({ text }) => text)).toEqual([expect.stringMatching(`${slow.name} .+10 % is there`)])
    await core.replication.planOne(name, undefined, { region: 'eastus2' }, core.run())
    expect(notices().at(-1)).toMatchObject({ code: 'OVERTAKES', text: expect.stringMatching(/^1 older backup/) })
  })

  it('stays whole when it is the fourth that Azure refuses, and the fourth leaves nothing behind', async () => {
    for (let count = 0; count < 3; count++) {
      await trigger('daily')
      core.sandbox.world.advance(1_000)
    }
    const there = snapshots()
    await expect(trigger('daily')).rejects.toMatchObject({
      code: 'BACKUP_FAILED',
      message: expect.stringMatching(/raw-1_data_2.+pending/),
    })
    expect(snapshots()).toEqual(there)
    arrive()
    expect(await list()).toHaveLength(3)
  })

  it('is left alone by azlin cleanup and by retention when its command was killed', async () => {
    const run = core.run()
    const begun = await trigger('daily')
    for (const { snapshot } of begun.disks)
      await core.journalOfTheDead({
        kind: 'snapshot',
        resourceId: snapshot.id,
        purpose: 'backup raw-1',
        details: { set: begun.name, of: 4, token: snapshot.tags['azlin:capture'] },
      })
    expect(await core.temporary.sweep({ dryRun: false }, run)).toMatchObject({ removed: [], left: [] })
    expect(await core.records.journal.list()).toEqual([])
    const cleaned = await core.retention.apply(await core.retention.plan(raw, run), { confirmed: true }, run)
    expect(cleaned).toMatchObject({ deleted: [], leftovers: [] })
    arrive()
    expect(await list()).toEqual([begun.name])
  })
})

describe('a snapshot of a Premium SSD v2 disk, apart from any policy', () => {
  it('is not said to be complete before it is', async () => {
    const { azure, records, clock } = core
    const manager = new SnapshotManager({ azure, records, clock, limit: pLimit(8) })
    expect(await manager.create(raw, core.run())).toMatchObject({ complete: false })
    arrive()
    expect(await manager.list(raw, core.run())).toMatchObject([{ complete: true }])
  })
})

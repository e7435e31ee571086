import { describe, expect, it } from '@jest/globals'
import { backupName } from '../../../src/core/domain/naming.js'
import { AzlinError } from '../../../src/core/errors.js'
import { bench, usualPolicy } from '../support/bench.js'

const day = 86_400_000
const web = { name: 'web-1', resourceGroup: 'rg' }
const at = '2026-11-23T01:02:03Z'

/** One daily backup for each age in days, with the tags of the contract and no others. */
async function withBackups(ages: readonly number[]) {
  const all = bench({ at })
  const machine = all.azure.addMachine('web-1')
  await all.schedules.configure(web, usualPolicy, all.run)
  const names = ages.map((age) => {
    const createdAt = new Date(Date.parse(at) - age * day)
    const name = backupName('web-1', 'daily', createdAt)
    const tags = { 'azlin:backup': name, 'azlin:vm': 'web-1', 'azlin:backup-tier': 'daily' }
    all.azure.addSnapshot({ name, createdAt, osType: 'Linux', sourceId: machine.disks[0]?.id, tags })
    return name
  })
  all.azure.requests.length = 0
  return { ...all, names }
}

const left = ({ azure }: Awaited<ReturnType<typeof withBackups>>) => azure.all.map(({ name }) => name)

describe('cleanup', () => {
  it('does exactly what its dry run said, in the shape of the contract', async () => {
    const all = await withBackups([0.5, 6, 8, 9])
    const { retention, run, names } = all
    const plan = await retention.plan(web, run)
    const said = retention.preview(plan)
    expect(left(all)).toHaveLength(4)
    expect(said).toMatchObject({ daily: 2, weekly: 0, monthly: 0, deleted: names.slice(2), failed: [] })
    expect(said.kept.map(({ name, reason }) => [name, reason])).toEqual([
      [names[0], 'within its daily retention of 7 days'],
      [names[1], 'within its daily retention of 7 days'],
    ])
    expect(await retention.apply(plan, { confirmed: false }, run)).toEqual(said)
    expect(left(all)).toEqual(names.slice(0, 2))
  })

  it('asks for locks only where something would go', async () => {
    const quiet = await withBackups([1, 2])
    await quiet.retention.plan(web, quiet.run)
    expect(quiet.azure.requests.some((one) => one.startsWith('list locks'))).toBe(false)
    const busy = await withBackups([1, 20])
    await busy.retention.plan(web, busy.run)
    expect(busy.azure.requests).toContain('list locks rg')
  })

  it('lets nothing go in favour of what is gone and still listed', async () => {
    const all = await withBackups([8, 9, 30])
    const { azure, run, names } = all
    const ghosts = azure.all.slice(0, 1)
    for (const ghost of ghosts) await azure.snapshots.remove(ghost, run.signal)
    azure.listed = (there) => [...ghosts, ...there]
    const result = await all.retention.apply(await all.retention.plan(web, run), { confirmed: false }, run)
    expect(result.deleted).toEqual(names.slice(2))
    expect(result.kept).toEqual([{ name: names[1], reason: expect.stringMatching(/newest complete/) }])
    expect(left(all)).toEqual(names.slice(1, 2))
  })

  it('keeps what is under a lock, known beforehand or found out', async () => {
    const all = await withBackups([1, 20, 30])
    const [, twenty, thirty] = all.names
    const id = all.azure.all.find(({ name }) => name === twenty)?.id ?? ''
    all.azure.lock(id)
    const plan = await all.retention.plan(web, all.run)
    expect(all.retention.preview(plan).deleted).toEqual([thirty])
    all.azure.lock(all.azure.all.find(({ name }) => name === thirty)?.id ?? '')
    const done = await all.retention.apply(plan, { confirmed: false }, all.run)
    expect(done.deleted).toEqual([])
    expect(done.kept.map(({ name }) => name).toSorted()).toEqual(all.names.toSorted())
    expect(left(all)).toHaveLength(3)
  })

  it('removes nothing when it would be most of many, until somebody says yes', async () => {
    const all = await withBackups([1, ...Array.from({ length: 12 }, (_, index) => 20 + index)])
    const plan = await all.retention.plan(web, all.run)
    const error = await all.retention.apply(plan, { confirmed: false }, all.run).catch((reason: unknown) => reason)
    expect(AzlinError.is(error, 'MASS_DELETION') && error.details).toEqual({ vm: 'web-1', count: 12, total: 13 })
    expect(left(all)).toHaveLength(13)
    expect((await all.retention.apply(plan, { confirmed: true }, all.run)).deleted).toHaveLength(12)
    expect(left(all)).toHaveLength(1)
  })

  it('does not fail the backup that it runs after, and says that it failed', async () => {
    const all = await withBackups(Array.from({ length: 12 }, (_, index) => 20 + index))
    const { backup, cleanup } = await all.backups.trigger(web, {}, all.run)
    expect(cleanup).toBeUndefined()
    expect(all.events).toContainEqual(expect.objectContaining({ type: 'cleanup.failed', code: 'MASS_DELETION' }))
    expect(left(all)).toHaveLength(13)
    expect(left(all)).toContain(backup.name)
  })

  it('lets nothing go after a backup that somebody wants kept for longer by then', async () => {
    const all = await withBackups([20, 30])
    all.azure.trouble = {
      after: async (request) => {
        if (request !== 'put snapshot') return
        all.azure.trouble = {}
        await all.schedules.configure(web, { ...usualPolicy, dailyRetention: 60 }, all.run)
      },
    }
    const { cleanup } = await all.backups.trigger(web, {}, all.run)
    expect(cleanup?.deleted).toEqual([])
    expect(left(all)).toHaveLength(3)
  })

  it('goes on with the others when one will not go, and names it', async () => {
    const all = await withBackups([1, 20, 30])
    const stuck = all.names[1] ?? ''
    const plan = await all.retention.plan(web, all.run)
    all.azure.trouble = {
      before: (request, name) => {
        if (request === 'delete snapshot' && name === stuck)
          throw new AzlinError('CONFLICT', { what: name, reason: 'busy' })
      },
    }
    const done = await all.retention.apply(plan, { confirmed: false }, all.run)
    expect(done).toMatchObject({
      daily: 1,
      deleted: [all.names[2]],
      failed: [{ name: stuck, error: { code: 'CONFLICT' } }],
    })
    expect(all.records.lines.at(-1)).toMatchObject({ operation: 'backup cleanup', outcome: 'partial' })
  })

  it('finishes on a later day what was interrupted in the middle', async () => {
    const all = bench({ at: '2026-10-01T01:00:00Z' })
    const db = { name: 'db-1', resourceGroup: 'rg' }
    all.azure.addMachine('db-1', 2)
    await all.schedules.configure(db, usualPolicy, all.run)
    for (const tier of ['daily', 'daily'] as const) {
      await all.backups.trigger(db, { tier }, all.run)
      all.clock.advance(2 * day)
    }
    all.clock.advance(8 * day)
    const plan = await all.retention.plan(db, all.run)
    all.azure.trouble = {
      after: (request) =>
        void (request === 'delete snapshot' && all.stop.abort(new AzlinError('INTERRUPTED', { by: 'SIGINT' }))),
    }
    await expect(all.retention.apply(plan, { confirmed: false }, all.run)).rejects.toMatchObject({
      code: 'INTERRUPTED',
    })
    expect(all.azure.all).toHaveLength(5)

    all.azure.trouble = {}
    const again = { signal: new AbortController().signal, report: () => {} }
    expect(await all.backups.list(db, {}, again)).toHaveLength(1)
    const next = await all.retention.plan(db, again)
    const done = await all.retention.apply(next, { confirmed: false }, again)
    expect([done.deleted.length, done.leftovers.length]).toEqual([0, 1])
    expect(all.azure.all).toHaveLength(3)
  })
})

import { describe, expect, it } from '@jest/globals'
import { AzlinError } from '../../../src/core/errors.js'
import { bench, usualPolicy } from '../support/bench.js'

const web = { name: 'web-1', resourceGroup: 'rg' }

function ready() {
  const all = bench({ groups: ['rg', 'vault', 'vault-2'] })
  all.azure.addMachine('web-1', 0, { tags: { owner: 'ops' } })
  return all
}

async function detailsOf(work: Promise<unknown>) {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (AzlinError.is(error)) return { code: error.code, ...error.details }
  throw new Error(`No AzlinError: ${String(error)}`)
}

describe('configuring backups', () => {
  it('writes the policy beside the tags of others, and shows it again', async () => {
    const { schedules, azure, records, run } = ready()
    const { schedule } = await schedules.configure(web, usualPolicy, run)
    expect(schedule).toMatchObject({ enabled: true, dailyRetention: 7, weeklyRetention: 4, monthlyRetention: 12 })
    expect(await schedules.show(web, run)).toEqual(schedule)
    expect((await azure.machines.get(web, run.signal)).tags['owner']).toBe('ops')
    expect(records.lines).toMatchObject([{ operation: 'backup configure', outcome: 'succeeded' }])
  })

  it('keeps the last-run times, also those that an earlier version wrote', async () => {
    const { schedules, azure, run } = ready()
    const { id } = await azure.machines.get(web, run.signal)
    const long = {
      enabled: false,
      daily_retention: 3,
      last_daily: '2026-11-22T02:00:00.5',
      last_monthly: '2026-11-01T00:00:00Z',
    }
    await azure.tags.merge(id, { 'azlin:backup-schedule': JSON.stringify(long) }, run.signal)
    expect(await schedules.show(web, run)).toMatchObject({ enabled: false, dailyRetention: 3, weeklyRetention: 4 })
    await schedules.configure(web, usualPolicy, run)
    expect(await schedules.show(web, run)).toMatchObject({
      enabled: true,
      dailyRetention: 7,
      lastDaily: new Date('2026-11-22T02:00:00Z'),
      lastMonthly: new Date('2026-11-01T00:00:00Z'),
    })
  })

  it('is switched off and on without losing anything', async () => {
    const { schedules, run } = ready()
    const policy = {
      ...usualPolicy,
      crossRegionTo: 'eastus',
      targetResourceGroup: 'vault',
      backupResourceGroup: 'vault-2',
    }
    const { schedule } = await schedules.configure(web, policy, run)
    expect(await schedules.disable(web, run)).toEqual({ ...schedule, enabled: false })
    expect(await schedules.show(web, run)).toEqual({ ...schedule, enabled: false })
    expect((await schedules.configure(web, policy, run)).schedule).toEqual(schedule)
  })

  it('says why backups should not lie in the group of the VM itself, until they do not', async () => {
    const { schedules, run } = ready()
    expect((await schedules.configure(web, usualPolicy, run)).notices.join()).toContain('--backup-resource-group')
    const vault = { ...usualPolicy, backupResourceGroup: 'vault' }
    expect((await schedules.configure(web, vault, run)).notices).toEqual([])
    const moved = await schedules.configure(web, { ...vault, backupResourceGroup: 'vault-2' }, run)
    expect(moved.notices.join()).toContain('stay in vault,')
    const many = await schedules.configure(web, { ...vault, backupResourceGroup: 'vault-2', dailyRetention: 900 }, run)
    expect(many.notices.join()).toContain('500 incremental snapshots')
  })

  it.each([
    [{ dailyRetention: 0, weeklyRetention: 0, monthlyRetention: 0 }, { code: 'INVALID_INPUT' }],
    [{ crossRegionTo: 'westus2' }, { code: 'INVALID_INPUT', what: 'Target region' }],
    [{ crossRegionTo: 'eastus1' }, { code: 'REGION_UNKNOWN', near: 'eastus' }],
    [{ crossRegionTo: 'mars' }, { code: 'REGION_UNKNOWN', near: '' }],
    [{ backupResourceGroup: 'gone' }, { code: 'RESOURCE_GROUP_NOT_FOUND', resourceGroup: 'gone' }],
    [{ crossRegionTo: 'eastus', targetResourceGroup: 'gone' }, { code: 'RESOURCE_GROUP_NOT_FOUND' }],
  ])('refuses %j and writes nothing', async (change, expected) => {
    const { schedules, azure, run } = ready()
    expect(await detailsOf(schedules.configure(web, { ...usualPolicy, ...change }, run))).toMatchObject(expected)
    expect(azure.requests.filter((one) => one.startsWith('merge'))).toEqual([])
  })

  it('wants a schedule where one is to be shown or switched off', async () => {
    const { schedules, run } = ready()
    expect(await detailsOf(schedules.show(web, run))).toEqual({ code: 'BACKUP_NOT_CONFIGURED', vm: 'web-1' })
    expect(await detailsOf(schedules.disable(web, run))).toEqual({ code: 'BACKUP_NOT_CONFIGURED', vm: 'web-1' })
  })
})

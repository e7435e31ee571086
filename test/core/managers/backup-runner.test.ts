import { describe, expect, it } from '@jest/globals'
import { AzlinError } from '../../../src/core/errors.js'
import type { RunItem } from '../../../src/core/managers/backup-runner.js'
import { bench, usualPolicy } from '../support/bench.js'

const at = (name: string, resourceGroup = 'rg') => ({ name, resourceGroup })
const all = { vms: [] }
const wet = { dryRun: false }

async function ready() {
  const made = bench({ at: '2026-11-23T01:02:03Z', groups: ['rg', 'other'] })
  for (const name of ['a', 'b', 'off', 'bare']) made.azure.addMachine(name)
  made.azure.addMachine('far', 0, { resourceGroup: 'other' })
  for (const vm of [at('a'), at('b'), at('off'), at('far', 'other')])
    await made.schedules.configure(vm, usualPolicy, made.run)
  await made.schedules.disable(at('off'), made.run)
  made.azure.requests.length = 0
  return made
}

function outcomes(items: readonly RunItem[]) {
  return Object.fromEntries(items.map((item) => [item.vm.name, item.outcome]))
}

describe('backup run', () => {
  it('backs up every VM with an enabled schedule, of the subscription or of one group', async () => {
    const { runner, run } = await ready()
    expect(outcomes(await runner.runDue({ ...all, resourceGroup: 'rg' }, wet, run))).toEqual({ a: 'taken', b: 'taken' })
    expect(outcomes(await runner.runDue(all, wet, run))).toEqual({ a: 'skipped', b: 'skipped', far: 'taken' })
  })

  it('takes one a day, also when somebody has triggered one by hand', async () => {
    const { runner, backups, clock, run } = await ready()
    await backups.trigger(at('a'), { tier: 'daily' }, run)
    expect(outcomes(await runner.runDue({ vms: [at('a')] }, wet, run))).toEqual({ a: 'skipped' })
    clock.set('2026-11-24T00:00:00Z')
    const [item] = await runner.runDue({ vms: [at('a')] }, wet, run)
    expect(item?.outcome === 'taken' && item.triggered.backup.tier).toBe('monthly')
  })

  it('says in a dry run what it would take, and takes nothing', async () => {
    const { runner, azure, run } = await ready()
    const items = await runner.runDue(all, { dryRun: true }, run)
    expect(items.map((item) => [item.vm.name, item.outcome === 'due' && item.tier])).toEqual([
      ['a', 'monthly'],
      ['b', 'monthly'],
      ['far', 'monthly'],
    ])
    expect(azure.all).toEqual([])
    // One list for the VMs of one group.
    expect(azure.requests.filter((one) => one === 'list snapshots rg')).toHaveLength(1)
  })

  it('goes on with the others when one fails, and names what is wrong with each', async () => {
    const { runner, azure, run } = await ready()
    azure.addMachine('odd', 0, { tags: { 'azlin:backup-schedule': '?' } })
    azure.trouble = {
      before: (request, name) => {
        if (request === 'put snapshot' && name.startsWith('a-'))
          throw new AzlinError('CONFLICT', { what: name, reason: 'x' })
      },
    }
    const items = await runner.runDue(all, wet, run)
    expect(outcomes(items)).toEqual({ a: 'failed', b: 'taken', far: 'taken', odd: 'failed' })
    const named = await runner.runDue({ vms: [at('bare'), at('nobody'), at('off')] }, wet, run)
    expect(named.map((item) => (item.outcome === 'failed' ? item.error.code : item.outcome))).toEqual([
      'BACKUP_NOT_CONFIGURED',
      'VM_NOT_FOUND',
      'skipped',
    ])
  })

  it('leaves a VM to the command that is backing it up already', async () => {
    const { runner, backups, run } = await ready()
    const [item] = await Promise.all([
      runner.runDue({ vms: [at('a')] }, wet, run).then(([first]) => first),
      backups.trigger(at('a'), {}, run),
    ])
    expect(item?.outcome).toBe('skipped')
  })

  it('stops for the user', async () => {
    const { runner, azure, stop, run } = await ready()
    azure.trouble = {
      before: (request) =>
        void (request === 'put snapshot' && stop.abort(new AzlinError('INTERRUPTED', { by: 'SIGINT' }))),
    }
    await expect(runner.runDue(all, wet, run)).rejects.toMatchObject({ code: 'INTERRUPTED' })
  })
})

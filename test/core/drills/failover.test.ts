import { afterAll, afterEach, describe, expect, it } from '@jest/globals'
import { armId } from '../../../src/core/domain/arm-id.js'
import { temporaryTag } from '../../../src/core/domain/temporary.js'
import { AzlinError } from '../../../src/core/errors.js'
import type { FailoverRequest } from '../../../src/core/managers/failover-manager.js'
import { type CoreOnSandbox, endServer } from '../../support/core-on-sandbox.js'
import { codeOf } from '../support/bench.js'
import { backedUp, db, home, leftovers, ready, region, trusted, web } from './support.js'

let core: CoreOnSandbox
afterEach(() => core.close())
afterAll(endServer)

const { signal } = new AbortController()
const failOver = async (change: Partial<FailoverRequest> = {}) => {
  const plan = await core.failovers.plan(
    { vm: web, targetRegion: region, allowSizeChange: false, ...change },
    core.run(),
  )
  return { plan, result: await core.failovers.execute(plan, core.run()) }
}

describe('a failover', () => {
  it.each([web, db, trusted])(
    'makes a lasting VM of $name while its own region is down, and asks that region nothing',
    async (vm) => {
      core = await ready(vm)
      const source = await core.azure.machines.get(vm, signal)
      const before = (await core.requests()).length
      core.sandbox.faults.add({ kind: 'regionDown', region: 'westus2' })
      const { plan, result } = await failOver({ vm })
      expect(core.sandbox.faults.list()[0]?.hits).toBe(0)
      core.sandbox.faults.clear()
      const asked = (await core.requests()).slice(before)
      expect(
        asked.filter((one) =>
          one.toLowerCase().includes(`resourcegroups/${home}/providers/microsoft.compute/virtualmachines`),
        ),
      ).toEqual([])

      expect(result).toMatchObject({ vmName: vm.name, region, backupName: plan.backup.name, size: source.size })
      const made = await core.azure.machines.get(plan.newVm, signal)
      expect(made).toMatchObject({ region, size: source.size, trustedLaunch: source.trustedLaunch })
      expect(made.disks.map(({ lun, caching }) => [lun, caching])).toEqual(
        source.disks.map(({ lun, caching }) => [lun, caching]),
      )
      expect((await core.azure.machines.status(plan.newVm, signal)).power).toBe('running')
      expect(leftovers(core)).toEqual([])
      expect(await core.records.journal.list()).toEqual([])
      expect((await core.temporary.sweep({ dryRun: false }, core.run())).removed).toEqual([])
    },
  )

  it('removes no network of the name that somebody else made since it was planned', async () => {
    core = await ready(web)
    await core.azure.groups.create('there', region, signal)
    const request = { vm: web, targetRegion: region, allowSizeChange: false, resourceGroup: 'there' }
    const plan = await core.failovers.plan(request, core.run())
    const theirs = { name: `${web.name}-nsg`, resourceGroup: 'there' }
    await core.azure.testNetworks.createSecurityGroup({ ...theirs, region, rules: [], tags: {} }, signal)
    const denied = { status: 403, code: 'AuthorizationFailed', message: 'Not you.' }
    core.sandbox.faults.add({
      kind: 'status',
      ...denied,
      method: 'GET',
      path: `networkSecurityGroups/${theirs.name}`,
      times: 1,
    })
    expect(await codeOf(core.failovers.execute(plan, core.run()))).toBe('FORBIDDEN')
    expect(await core.azure.testNetworks.find('nsg', theirs, signal)).toBeDefined()
    expect(await core.records.journal.list()).toEqual([])
  })

  it.each(['resourcegroups/there', 'networkSecurityGroups/', 'virtualNetworks/'])(
    'is stopped, and forgets nothing though Azure makes %s later',
    async (path) => {
      core = await ready(web)
      const before = core.sandbox.world.all().map(({ id }) => id)
      const request = { vm: web, targetRegion: region, allowSizeChange: false, resourceGroup: 'there' }
      const plan = await core.failovers.plan(request, core.run())
      core.sandbox.faults.add({ kind: 'delay', ms: 100, method: 'PUT', path: `${path}[^/]*$`, times: 1 })
      const stop = new AbortController()
      const failing = codeOf(core.failovers.execute(plan, core.run(stop)))
      while (!core.sandbox.faults.list().some(({ hits }) => hits > 0))
        await new Promise((resolve) => setTimeout(resolve, 2))
      stop.abort(new AzlinError('INTERRUPTED', { by: 'SIGINT' }))
      expect(await failing).toBe('INTERRUPTED')
      await new Promise((resolve) => setTimeout(resolve, 200))
      const left = core.sandbox.world.all().flatMap(({ id }) => (before.includes(id) ? [] : [id.toLowerCase()]))
      const known = (await core.records.journal.list()).map(({ resourceId }) => resourceId.toLowerCase())
      expect(known).toEqual(expect.arrayContaining(left))
    },
  )

  it('is never taken for a leftover when its marks could not be taken off, here or elsewhere', async () => {
    core = await ready(db)
    const faults = core.sandbox.faults
    faults.add({ kind: 'role', actions: ['*'], notActions: ['Microsoft.Resources/tags/*'] })
    const { plan, result } = await failOver({ vm: db })
    expect(result.stillMarked.map((id) => id.split('/').at(-2)).toSorted()).toEqual(
      [
        'virtualMachines',
        'disks',
        'disks',
        'disks',
        'networkInterfaces',
        'virtualNetworks',
        'networkSecurityGroups',
        'resourceGroups',
      ].toSorted(),
    )
    const entries = await core.records.journal.list()
    expect(entries.every(({ kept }) => kept)).toBe(true)
    // The command has ended.
    for (const { id, kind, resourceId, purpose, details } of entries) {
      await core.records.journal.close(id)
      await core.journalOfTheDead({ kind, resourceId, purpose, details })
    }
    const there = async () => (await core.azure.machines.get(plan.newVm, signal)).disks.length
    for (const dryRun of [true, false]) {
      expect((await core.temporary.sweep({ dryRun }, core.run())).removed).toEqual([])
      expect(await there()).toBe(3)
    }
    expect(leftovers(core)).not.toEqual([])

    // Another computer has no journal of it, and its time is over.
    const journal = await core.records.journal.list()
    for (const { id } of journal) await core.records.journal.close(id)
    faults.clear()
    core.sandbox.world.clock.advance(30 * 86_400_000)
    for (const dryRun of [true, false]) {
      const { removed, left } = await core.temporary.sweep({ dryRun }, core.run())
      expect(removed).toEqual([])
      expect(left.filter(({ failed }) => failed)).toEqual([])
      expect(left.map(({ reason }) => reason).join()).toMatch(/may have finished, and somebody may work on it/)
      expect(await there()).toBe(3)
    }

    // Once the VM is no longer marked, what it uses, and its network, go the same way there as well.
    const { subscriptionId } = core.sandbox
    await core.azure.tags.remove(armId(subscriptionId, 'vm', plan.newVm), [temporaryTag], signal)
    expect((await core.temporary.sweep({ dryRun: false }, core.run())).removed).toEqual([])
    expect(leftovers(core)).toEqual([expect.stringMatching(/\/resourceGroups\/[^/]+$/i)])
    expect(await there()).toBe(3)

    // The first one takes the marks off when it may.
    for (const { kind, resourceId, purpose, details } of journal)
      await core.journalOfTheDead({ kind, resourceId, purpose, details })
    expect((await core.temporary.sweep({ dryRun: false }, core.run())).removed).toEqual([])
    expect(await there()).toBe(3)
    expect(leftovers(core)).toEqual([])
    expect(await core.records.journal.list()).toEqual([])
  })

  it('stays as a whole, with the network and group it stands in, from the moment at which that is decided', async () => {
    core = await ready(web)
    core.sandbox.faults.add({ kind: 'delay', ms: 200, path: '/Microsoft.Resources/tags/' })
    const journal = () => core.records.journal.list()
    let ended = false
    const failing = failOver().finally(() => {
      ended = true
    })
    let entries = await journal()
    while (!ended && !entries.some(({ kept }) => kept)) {
      await new Promise((resolve) => setTimeout(resolve, 5))
      entries = await journal()
    }
    expect(entries.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['vnet', 'nsg', 'group']))
    expect(entries.filter(({ kept }) => !kept)).toEqual([])
    await failing
    expect(await journal()).toEqual([])
  })

  it('survives that Azure does not say for a while how the new machine is', async () => {
    core = await ready(web)
    core.sandbox.faults.add({
      kind: 'status',
      status: 503,
      code: 'ServiceUnavailable',
      message: 'busy',
      method: 'GET',
      path: '/virtualMachines/web-9/instanceView$',
      times: 12,
    })
    const { result } = await failOver({ name: 'web-9' })
    expect(core.sandbox.faults.list()[0]?.hits).toBe(12)
    expect(result).toMatchObject({ vmName: 'web-9', guestReported: true, stillMarked: [] })
  })

  it('says how old the data is before anything is made', async () => {
    core = await ready(web)
    core.sandbox.world.clock.advance(3 * 3_600_000)
    const plan = await core.failovers.plan({ vm: web, targetRegion: region, allowSizeChange: false }, core.run())
    expect(plan.rpoSeconds).toBeGreaterThanOrEqual(3 * 3600)
    expect(plan.rpoSeconds).toBeLessThan(3 * 3600 + 600)
    expect(core.sandbox.world.list('Microsoft.Compute/virtualMachines').map(({ name }) => name)).toHaveLength(4)
  })

  it('goes into the subnet, the group, the size and the name that were asked for', async () => {
    core = await ready(web)
    await core.azure.groups.create('away', region, signal)
    const subnetId = await core.subnetIn('away', region)
    const { result } = await failOver({ subnetId, resourceGroup: 'away', size: 'Standard_D4s_v5', name: 'web-2' })
    expect(result).toMatchObject({ vmName: 'web-2', resourceGroup: 'away', size: 'Standard_D4s_v5' })
    expect(core.sandbox.world.list('Microsoft.Network/virtualNetworks', 'away')).toHaveLength(1)
  })

  it('takes the group that was given for the new one where the lost VM lay in another', async () => {
    core = await ready(web)
    const vm = { name: web.name, resourceGroup: 'dr-rg' }
    const plan = await core.failovers.plan(
      { vm, groupIsGiven: true, targetRegion: region, allowSizeChange: false },
      core.run(),
    )
    expect(plan).toMatchObject({ vm: web, newVm: { resourceGroup: 'dr-rg' }, makesGroup: true })
    // One that only the settings name is never taken for it.
    expect(await codeOf(failOver({ vm }))).toBe('NO_BACKUPS')
  })

  it('takes the backup, or the moment, that was asked for', async () => {
    core = await ready()
    const older = await backedUp(core, web)
    core.sandbox.world.clock.advance(25 * 3_600_000)
    const newer = await backedUp(core, web)
    const plan = (change: Partial<FailoverRequest>) =>
      core.failovers.plan({ vm: web, targetRegion: region, allowSizeChange: false, ...change }, core.run())
    const chosen = async (change: Partial<FailoverRequest>) => (await plan(change)).backup.name
    expect(await chosen({})).toBe(newer)
    expect(await chosen({ backup: older })).toBe(older)
    expect(await chosen({ at: new Date(+core.clock.now() - 3_600_000) })).toBe(older)
    expect(await codeOf(chosen({ at: new Date(0) }))).toBe('NO_BACKUP_AT')
    expect(await codeOf(chosen({ backup: 'web-1-backup-daily-20000101-000000' }))).toBe('BACKUP_NOT_FOUND')
    // Whoever takes one that is known to be damaged hears of the one that is not.
    const failed = { 'azlin:verify-failed-at': core.clock.now().toISOString() }
    for (const { snapshot } of (await plan({})).backup.disks) await core.azure.tags.merge(snapshot.id, failed, signal)
    const said = (await plan({})).notices.join('\n')
    expect(said).toContain(`The last verification of ${newer} failed`)
    expect(said).toContain(`--backup ${older}`)
    expect((await plan({ backup: older })).notices.join()).not.toContain('--backup')
  })

  it('refuses a region without a copy, and says all else that is missing at once', async () => {
    core = await ready(web)
    const plan = (change: Partial<FailoverRequest>) =>
      core.failovers.plan({ vm: web, targetRegion: region, allowSizeChange: false, ...change }, core.run())
    expect(await codeOf(plan({ targetRegion: 'westus3' }))).toBe('NO_BACKUPS')
    expect(await codeOf(plan({ targetRegion: 'eastus22' }))).toBe('REGION_UNKNOWN')
    const elsewhere = await core.subnetIn(home, 'westus2')
    await expect(plan({ subnetId: elsewhere, size: 'Standard_X1' })).rejects.toMatchObject({
      code: 'NOT_READY',
      details: { problems: [expect.stringContaining('Standard_X1'), expect.stringContaining('westus2')] },
    })
  })

  it('says at once which of the names that it would take are taken, and makes nothing', async () => {
    core = await ready(web)
    const { networks, testNetworks } = core.azure
    const [own] = core.sandbox.world.list('Microsoft.Network/networkInterfaces')
    if (!own) throw new Error('no interface')
    const subnetId = await core.subnetIn(home, region)
    const theirs = { resourceGroup: home, region, tags: {} }
    const name = 'web-1-eastus2'
    await networks.createNic(subnetId, { ...theirs, name: `${name}-nic` }, signal)
    const securityGroupId = await testNetworks.createSecurityGroup(
      { ...theirs, name: `${name}-nsg`, rules: [] },
      signal,
    )
    await testNetworks.createNetwork(
      { ...theirs, name: `${name}-vnet`, prefix: '10.8.0.0/24', securityGroupId },
      signal,
    )
    const before = core.sandbox.world.all().length

    const problems = async (change: Partial<FailoverRequest>) => {
      const failure: unknown = await failOver({ resourceGroup: home, ...change }).catch((error: unknown) => error)
      return AzlinError.is(failure, 'NOT_READY') ? failure.details.problems : failure
    }
    const taken = (what: string) => `there is already a ${what} in ${home}: choose another name with --name`
    const nic = taken(`network interface ${name}-nic`)
    expect(await problems({})).toEqual([
      nic,
      taken(`virtual network ${name}-vnet`),
      taken(`network security group ${name}-nsg`),
    ])
    // In a subnet that is there it makes no network, so those names may be anybody's.
    expect(await problems({ subnetId })).toEqual([nic])
    expect(await problems({ subnetId, name: 'web-1' })).toEqual([
      taken('VM web-1'),
      taken('network interface web-1-nic'),
    ])
    expect(core.sandbox.world.all()).toHaveLength(before)
  })

  it('never takes an interface of somebody else’s that has the name, and never removes it', async () => {
    core = await ready(web)
    const plan = await core.failovers.plan(
      { vm: web, targetRegion: region, allowSizeChange: false, resourceGroup: home },
      core.run(),
    )
    const [own] = core.sandbox.world.list('Microsoft.Network/networkInterfaces')
    if (!own) throw new Error('no interface')
    const theirs = { resourceGroup: plan.newVm.resourceGroup, name: `${plan.newVm.name}-nic` }
    await core.azure.networks.cloneNic(own.id, { ...theirs, region: 'westus2', tags: { owner: 'ops' } }, signal)
    expect(await codeOf(core.failovers.execute(plan, core.run()))).toBe('NAME_TAKEN')
    expect((await core.azure.networks.findNic(theirs, signal))?.tags).toEqual({ owner: 'ops' })
    expect((await core.temporary.sweep({ dryRun: false }, core.run())).removed).toEqual([])
    expect(await core.azure.networks.findNic(theirs, signal)).toBeDefined()
  })

  it('leaves nothing when it fails, and goes on to the next zone where there is no room', async () => {
    core = await ready(web)
    core.sandbox.faults.add({
      kind: 'status',
      status: 409,
      code: 'RequestDisallowedByPolicy',
      message: 'no',
      method: 'PUT',
      path: 'virtualMachines/',
    })
    expect(await codeOf(failOver())).toBe('POLICY_DENIED')
    expect(leftovers(core)).toEqual([])
    expect(core.sandbox.world.list('Microsoft.Resources/resourceGroups').map(({ name }) => name)).toEqual([home])

    core.sandbox.faults.clear()
    core.sandbox.faults.add({
      kind: 'failOperation',
      code: 'AllocationFailed',
      message: 'no room',
      method: 'PUT',
      path: 'virtualMachines/',
      times: 1,
    })
    const { plan } = await failOver()
    expect((await core.azure.machines.get(plan.newVm, signal)).zone).toBe('1')
    expect(leftovers(core)).toEqual([])
  })
})

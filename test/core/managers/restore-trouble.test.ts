/** Restores that fail, are stopped or are refused, and the attempts to lose data in them. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { planBeside } from '../../../src/core/domain/restore.js'
import { encodeTemporary, temporaryTag } from '../../../src/core/domain/temporary.js'
import { AzlinError } from '../../../src/core/errors.js'
import type { AzlinEvent } from '../../../src/core/events.js'
import { RestoreManager } from '../../../src/core/managers/restore-manager.js'
import { type SweepResult, TemporaryManager } from '../../../src/core/managers/temporary-manager.js'
import { TemporaryResources } from '../../../src/core/managers/temporary-resources.js'
import { openRecords } from '../../../src/db/open.js'
import type { FaultRequest } from '../../../src/sandbox/faults.js'
import { type CoreOnSandbox, coreOnSandbox, endServer } from '../../support/core-on-sandbox.js'
import { db, RestoreScene } from '../support/restore-scene.js'

let core: CoreOnSandbox
let scene: RestoreScene

beforeEach(async () => {
  core = await coreOnSandbox()
  scene = new RestoreScene(core)
})
afterEach(() => core.close())
afterAll(endServer)

describe('a restore in place that does not go well', () => {
  const machine = 'virtualMachines/db-1'
  const failOperation = {
    kind: 'failOperation',
    code: 'InternalExecutionError',
    message: 'An internal execution error occurred.',
  } as const
  const refused = { kind: 'status', status: 409, code: 'OperationNotAllowed', message: 'Not now.' } as const

  it.each<[string, FaultRequest]>([
    ['a disk is refused', { ...refused, method: 'PUT', path: 'disks/db-1-.*lun2', times: 1 }],
    [
      'making a disk fails after it was accepted',
      { ...failOperation, method: 'PUT', path: 'disks/', times: 1, after: 1 },
    ],
    ['stopping the VM fails', { ...failOperation, method: 'POST', path: `${machine}/deallocate`, times: 1 }],
    ['the swap is refused', { ...refused, method: 'PUT', path: machine, times: 1 }],
    ['the swap fails after it was accepted', { ...failOperation, method: 'PUT', path: machine, times: 1 }],
    ['the VM does not start', { ...failOperation, method: 'POST', path: `${machine}/start`, times: 1 }],
  ])('puts everything back when %s', async (_, fault) => {
    const backup = await scene.backedUp()
    const before = await scene.picture()
    const disks = scene.disks()
    core.sandbox.faults.add(fault)

    await expect(scene.restore(backup)).rejects.toMatchObject({ name: 'AzlinError' })

    core.sandbox.faults.clear()
    expect(await scene.picture()).toEqual(before)
    expect(scene.disks().toSorted()).toEqual(disks.toSorted())
    expect(await core.records.journal.list()).toEqual([])
  })

  it.each([
    ['LOCKED', 409, 'ScopeLocked', "following scope(s) are locked: '/subscriptions/s'."],
    ['FORBIDDEN', 403, 'AuthorizationFailed', "does not have authorization to perform action 'x'."],
  ])('says of no disk that it is still there when none could be made: %s', async (known, status, code, message) => {
    const backup = await scene.backedUp()
    core.events.length = 0
    core.sandbox.faults.add({ kind: 'status', status, code, message, method: 'PUT|DELETE', path: 'disks/' })
    await expect(scene.restore(backup)).rejects.toMatchObject({ code: known })
    expect(core.events.filter(({ type }) => type === 'temporary.left')).toEqual([])
    expect(await core.records.journal.list()).toEqual([])
  })

  it('says that it was rolled back, and why', async () => {
    const backup = await scene.backedUp()
    core.sandbox.faults.add({ ...failOperation, method: 'POST', path: `${machine}/start`, times: 1 })
    await expect(scene.restore(backup)).rejects.toMatchObject({
      code: 'RESTORE_ROLLED_BACK',
      message: expect.stringContaining('internal execution error'),
    })
  })

  it.each<AzlinEvent['type']>(['disk.started', 'disk.finished', 'vm.power', 'vm.swapping', 'vm.swapped', 'vm.waiting'])(
    'undoes everything when it is interrupted at %s',
    async (type) => {
      const backup = await scene.backedUp()
      const before = await scene.picture()
      const disks = scene.disks()
      const stop = new AbortController()
      const { report } = core.run()
      const plan = await core.restores.plan(db, backup, {}, core.run())
      const stopAt = (event: AzlinEvent) => {
        report(event)
        if (event.type === type) stop.abort(new AzlinError('INTERRUPTED', { by: 'SIGINT' }))
      }
      await expect(core.restores.execute(plan, { signal: stop.signal, report: stopAt })).rejects.toMatchObject({
        code: 'INTERRUPTED',
      })
      expect(await scene.picture()).toEqual(before)
      expect(scene.disks().toSorted()).toEqual(disks.toSorted())
      expect(await core.records.journal.list()).toEqual([])
    },
  )

  it.each([1_500, 6_000])('is stopped, and forgets no disk that Azure makes %i ms later', async (ms) => {
    const backup = await scene.backedUp()
    const disks = scene.disks()
    const plan = await core.restores.plan(db, backup, {}, core.run())
    core.sandbox.faults.add({ kind: 'delay', ms, method: 'PUT', path: 'disks/db-1-os', times: 1 })
    const stop = new AbortController()
    const restoring = expect(core.restores.execute(plan, core.run(stop))).rejects.toMatchObject({
      code: 'INTERRUPTED',
    })
    while (!core.sandbox.faults.list().some(({ hits }) => hits > 0))
      await new Promise((resolve) => setTimeout(resolve, 5))
    stop.abort(new AzlinError('INTERRUPTED', { by: 'SIGINT' }))
    await restoring
    await new Promise((resolve) => setTimeout(resolve, ms))
    const left = scene.disks().filter((name) => !disks.includes(name))
    const known = (await core.records.journal.list()).map(({ resourceId }) => resourceId.split('/').at(-1))
    expect(known).toEqual(expect.arrayContaining(left))
  })

  it.each<[string, 'PUT' | 'POST', string]>([
    ['the swap', 'PUT', `${machine}$`],
    ['the stop', 'POST', `${machine}/deallocate`],
  ])('is stopped while %s is on its way, and undoes it all the same', async (_, method, path) => {
    const backup = await scene.backedUp()
    const before = await scene.picture()
    const disks = scene.disks()
    const plan = await core.restores.plan(db, backup, {}, core.run())
    core.sandbox.faults.add({ kind: 'delay', ms: 1_200, method, path, times: 1 })
    const stop = new AbortController()
    const restoring = expect(core.restores.execute(plan, core.run(stop))).rejects.toMatchObject({
      code: 'INTERRUPTED',
    })
    while (!core.sandbox.faults.list().some(({ hits }) => hits > 0))
      await new Promise((resolve) => setTimeout(resolve, 5))
    stop.abort(new AzlinError('INTERRUPTED', { by: 'SIGINT' }))
    await restoring
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    expect(await scene.picture()).toEqual(before)
    expect(scene.disks().toSorted()).toEqual(disks.toSorted())
    expect(await core.records.journal.list()).toEqual([])
  })

  it('writes down that the VM was started, and anew that it is to be stopped again', async () => {
    const backup = await scene.backedUp()
    const seen: Record<string, boolean[]> = {}
    let looking = Promise.resolve()
    const run = core.run()
    const report = (event: AzlinEvent) => {
      run.report(event)
      if (event.type !== 'vm.waiting' && event.type !== 'restore.rollingBack') return
      looking = looking.then(async () => {
        const entries = (await core.records.journal.list()).filter(({ kind }) => kind === 'restore')
        seen[event.type] = entries.map(({ kept }) => kept)
        if (event.type === 'vm.waiting') stop.abort(new AzlinError('INTERRUPTED', { by: 'SIGINT' }))
      })
    }
    const stop = new AbortController()
    core.sandbox.faults.add({ kind: 'noAgent', path: machine })
    const plan = await core.restores.plan(db, backup, {}, core.run())
    await expect(core.restores.execute(plan, { signal: stop.signal, report })).rejects.toMatchObject({
      code: 'INTERRUPTED',
    })
    await looking
    expect(seen).toEqual({ 'vm.waiting': [true], 'restore.rollingBack': [false] })
    expect(await core.records.journal.list()).toEqual([])
  })

  it('leaves a swap that may still arrive to the next cleanup', async () => {
    const backup = await scene.backedUp()
    const old = (await scene.picture()).disks.map(({ id }) => id)
    const plan = await core.restores.plan(db, backup, {}, core.run())
    await core.azure.machines.deallocate(db, core.run().signal)
    core.sandbox.faults.add({ kind: 'delay', ms: 3_500, method: 'PUT', path: `${machine}$`, times: 1 })
    const stop = new AbortController()
    const restoring = expect(core.restores.execute(plan, core.run(stop))).rejects.toMatchObject({
      code: 'INTERRUPTED',
    })
    while (!core.sandbox.faults.list().some(({ hits }) => hits > 0))
      await new Promise((resolve) => setTimeout(resolve, 5))
    stop.abort(new AzlinError('INTERRUPTED', { by: 'SIGINT' }))
    await restoring
    expect((await core.records.journal.list()).map(({ kind }) => kind)).toContain('restore')
    expect((await scene.picture()).disks.map(({ id }) => id)).toEqual(old)
  })

  it('undoes nothing that another computer did to the VM meanwhile', async () => {
    const backup = await scene.backedUp()
    const plan = await core.restores.plan(db, backup, {}, core.run())
    const boot = { machines: core.azure.machines, clock: core.clock, lookEveryMs: 20 }
    const clock = { ...core.clock, now: () => new Date(+core.clock.now() + 5_000) }
    const none = { records: undefined, journal: undefined }
    const elsewhere = new RestoreManager({ ...core.drillDeps, boot, clock, ...none })
    let theirs: Promise<unknown> | undefined
    const run = core.run()
    const report = (event: AzlinEvent) => {
      run.report(event)
      if (event.type !== 'vm.swapping') return
      // Theirs finds it stopped, and makes its disks until ours is over.
      core.sandbox.faults.add({ kind: 'delay', ms: 1_500, method: 'PUT', path: 'disks/', times: 3 })
      core.sandbox.faults.add({ kind: 'delay', ms: 400, method: 'PUT', path: machine, times: 1 })
      theirs = elsewhere.execute(plan, core.run()).catch((error: unknown) => error)
    }
    const { restoredDisks } = await core.restores.execute(plan, { ...run, report })
    expect(await theirs).toMatchObject({ code: 'CONFLICT' })
    const { power, disks } = await scene.picture()
    expect(power).toBe('running')
    expect(disks.map(({ id }) => id.split('/').at(-1))).toEqual(restoredDisks.map((name) => name.toLowerCase()))
  })

  it('takes the disks of one that began in the same second elsewhere for theirs', async () => {
    const backup = await scene.backedUp()
    const plan = await core.restores.plan(db, backup, {}, core.run())
    const at = core.clock.now()
    const clock = { ...core.clock, now: () => at }
    const none = { records: undefined, journal: undefined }
    const computers = [1, 2].map(() => new RestoreManager({ ...core.drillDeps, clock, ...none }))
    core.sandbox.faults.add({ kind: 'delay', ms: 300, method: 'PUT', path: 'disks/', times: 6 })
    const ended = await Promise.allSettled(computers.map((one) => one.execute(plan, core.run())))
    const names = (await core.azure.machines.get(db, core.run().signal)).disks.map(({ name }) => name)
    const done = ended.flatMap((one) => (one.status === 'fulfilled' ? [one.value.restoredDisks] : []))
    expect(done).toEqual(done.length > 0 ? [names] : [])
    expect(scene.disks()).toEqual(expect.arrayContaining(names))
    const made = (await core.requests()).filter((line) => /^PUT .*\/disks\/db-1-/.test(line))
    expect(new Set(made).size).toBe(6)
  })

  it('neither stops the VM nor removes what it ran with when another restore has replaced its disks', async () => {
    const backup = await scene.backedUp()
    await core.azure.machines.deallocate(db, core.run().signal)
    const plan = await core.restores.plan(db, backup, {}, core.run())
    const clock = { ...core.clock, now: () => new Date(+core.clock.now() + 5_000) }
    const elsewhere = new RestoreManager({ ...core.drillDeps, clock, records: undefined, journal: undefined })
    let looks = 0
    const seen = async () => ({ power: looks++ === 0 ? 'deallocated' : 'running', agent: undefined }) as const
    const boot = { machines: { status: seen }, clock: core.clock, lookEveryMs: 20 }
    const ours = new RestoreManager({ ...core.drillDeps, boot, journal: core.records.journal })
    const stop = new AbortController()
    const run = core.run(stop)
    let theirs: ReturnType<RestoreManager['execute']> | undefined
    const report = (event: AzlinEvent) => {
      run.report(event)
      if (event.type !== 'vm.waiting' || event.for !== 'agent') return
      theirs = elsewhere
        .plan(db, backup, {}, core.run())
        .then((again) => elsewhere.execute(again, core.run()))
        .finally(() => stop.abort(new AzlinError('INTERRUPTED', { by: 'SIGINT' })))
    }
    await expect(ours.execute(plan, { ...run, report })).rejects.toMatchObject({ code: 'INTERRUPTED' })
    const { restoredDisks = [], previousDisks = [] } = (await theirs) ?? {}
    const { power, disks } = await scene.picture()
    expect(power).toBe('running')
    expect(disks.map(({ id }) => id.split('/').at(-1))).toEqual(restoredDisks.map((name) => name.toLowerCase()))
    expect(scene.disks()).toEqual(expect.arrayContaining([...previousDisks, ...restoredDisks]))
  })

  it('keeps the old disk from a cleanup elsewhere, though a restore that was cut off had made it', async () => {
    const { signal } = core.run()
    const backup = await scene.backedUp()
    const [old] = (await scene.picture()).disks
    const note = encodeTemporary({ purpose: 'restore db-1', owner: 'other-host', until: new Date(0) })
    await core.azure.tags.merge(old?.id ?? '', { [temporaryTag]: note }, signal)
    const folder = mkdtempSync(join(tmpdir(), 'azlin-elsewhere-'))
    const records = await openRecords(folder)
    const elsewhere = new TemporaryManager({ azure: core.azure, clock: core.clock, records })
    core.sandbox.faults.add({ kind: 'delay', ms: 1_000, method: 'POST', path: `${machine}/start`, times: 1 })
    let sweeping: Promise<SweepResult> | undefined
    const run = core.run()
    const report = (event: AzlinEvent) => {
      run.report(event)
      if (event.type === 'vm.swapped') sweeping = elsewhere.sweep({ dryRun: false }, core.run())
    }
    const plan = await core.restores.plan(db, backup, {}, run)
    const { previousDisks } = await core.restores.execute(plan, { ...run, report })
    expect(await sweeping).toMatchObject({ removed: [] })
    expect(scene.disks()).toEqual(expect.arrayContaining([...previousDisks]))
    await records.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it('does not stop a VM whose disks somebody changed while the new ones were made', async () => {
    const backup = await scene.backedUp()
    const plan = await core.restores.plan(db, backup, {}, core.run())
    const machineId = (await core.azure.machines.get(db, core.run().signal)).id
    core.sandbox.faults.add({ kind: 'delay', ms: 300, method: 'PUT', path: 'disks/', times: 3 })
    const restoring = expect(core.restores.execute(plan, core.run())).rejects.toMatchObject({ code: 'CONFLICT' })
    while (!core.sandbox.faults.list().some(({ hits }) => hits > 0))
      await new Promise((resolve) => setTimeout(resolve, 5))
    await core.azure.machines.detachDisks({ ...db }, [2], undefined, core.run().signal)
    await restoring
    expect(scene.resource(machineId).hidden.power?.code).toBe('running')
    expect((await core.requests()).filter((line) => /deallocate$/i.test(line))).toEqual([])
  })

  it('starts a VM again whose power state Azure did not say at first', async () => {
    const backup = await scene.backedUp()
    const before = await scene.picture()
    const { hidden } = scene.resource((await core.azure.machines.get(db, core.run().signal)).id)
    const { power } = hidden
    if (!power) throw new Error('no power state')
    const plan = await core.restores.plan(db, backup, {}, core.run())
    delete hidden.power
    setTimeout(() => {
      hidden.power = power
    }, 200)
    core.sandbox.faults.add({ ...refused, method: 'PUT', path: machine, times: 1 })
    await expect(core.restores.execute(plan, core.run())).rejects.toMatchObject({ code: 'RESTORE_ROLLED_BACK' })
    expect(await scene.picture()).toEqual(before)
  })

  it('starts a VM again of which Azure never said that it runs', async () => {
    const backup = await scene.backedUp()
    const before = await scene.picture()
    const plan = await core.restores.plan(db, backup, {}, core.run())
    let passed = 0
    const clock = { ...core.clock, elapsed: () => (passed += 30_000) }
    const status = async () => ({ power: 'unknown', agent: undefined }) as const
    const boot = { machines: { status }, clock, lookEveryMs: 20 }
    const restores = new RestoreManager({ ...core.drillDeps, boot, journal: core.records.journal })
    core.sandbox.faults.add({ ...refused, method: 'PUT', path: machine, times: 1 })
    await expect(restores.execute(plan, core.run())).rejects.toMatchObject({ code: 'RESTORE_ROLLED_BACK' })
    expect(await scene.picture()).toEqual(before)
  })

  it('does not touch a VM that somebody changed since it was planned', async () => {
    const backup = await scene.backedUp()
    const plan = await core.restores.plan(db, backup, {}, core.run())
    await scene.restore(backup)
    const before = await scene.picture()
    const disks = scene.disks()
    core.events.length = 0
    await expect(core.restores.execute(plan, core.run())).rejects.toMatchObject({ code: 'CONFLICT' })
    expect(core.events.some((event) => event.type === 'vm.power')).toBe(false)
    expect(await scene.picture()).toEqual(before)
    expect(scene.disks()).toEqual(disks)
  })

  it('never removes a disk that already had the name it wanted', async () => {
    const backup = await scene.backedUp()
    const { signal } = core.run()
    const deps = { ...core, journal: core.records.journal, host: 'here', limit: <T>(work: () => Promise<T>) => work() }
    const temporary = new TemporaryResources(deps, 'restore db-1')
    const ref = { name: 'kept', resourceGroup: 'demo-rg' }
    const [plan] = planBeside(backup, undefined, []).disks
    if (!plan) throw new Error('no disk')
    const other = new TemporaryResources(deps, 'restore web-1')
    await other.makeDisks([{ plan, ref }], 'westus2', {}, core.run())
    await other.keep(core.run())

    await expect(temporary.makeDisks([{ plan, ref }], 'westus2', {}, core.run())).rejects.toMatchObject({
      code: 'NAME_TAKEN',
    })
    await temporary.remove(core.run())
    expect(await core.azure.disks.find(ref, signal)).toBeDefined()

    // Stopped before that was seen: nothing was asked for, so there is nothing to remove.
    core.sandbox.faults.add({ kind: 'delay', ms: 300, method: 'GET', path: 'disks/kept', times: 1 })
    const stop = new AbortController()
    const making = expect(temporary.makeDisks([{ plan, ref }], 'westus2', {}, core.run(stop))).rejects.toMatchObject({
      code: 'INTERRUPTED',
    })
    while (!core.sandbox.faults.list().some(({ hits }) => hits > 0))
      await new Promise((resolve) => setTimeout(resolve, 5))
    stop.abort(new AzlinError('INTERRUPTED', { by: 'SIGINT' }))
    await making
    await temporary.remove(core.run())
    expect(await core.azure.disks.find(ref, signal)).toBeDefined()
    expect(await core.records.journal.list()).toEqual([])
  })

  it('is refused while a backup of the VM is being taken, and the other way round', async () => {
    const backup = await scene.backedUp()
    const vmId = (await core.azure.machines.get(db, core.run().signal)).id
    const turn = await core.records.turnstile.enter('backup', vmId, new Date())
    await expect(scene.restore(backup)).rejects.toMatchObject({ code: 'VM_BUSY' })
    if (turn.entered) await turn.leave()
    await core.records.turnstile.enter('restore', vmId, new Date())
    await expect(core.backups.trigger(db, {}, core.run())).rejects.toMatchObject({ code: 'VM_BUSY' })
  })

  it('finds every obstacle before it changes anything', async () => {
    const backup = await scene.backedUp()
    const before = core.sandbox.world.all().length
    const elsewhere = { ...backup, region: 'eastus' }
    await expect(core.restores.plan(db, elsewhere, {}, core.run())).rejects.toMatchObject({
      code: 'PREFLIGHT_FAILED',
      hint: expect.stringContaining('--new-vm'),
    })
    // What is done already is not what mends it.
    const gone = { newVm: 'db-2', withoutOriginal: true }
    await expect(core.restores.plan(db, backup, gone, core.run())).rejects.toMatchObject({
      code: 'PREFLIGHT_FAILED',
      hint: expect.not.stringContaining('--new-vm'),
    })
    await expect(core.restores.plan(db, { ...backup, complete: false }, {}, core.run())).rejects.toMatchObject({
      code: 'BACKUP_INCOMPLETE',
    })
    const nobody = { name: 'nobody', resourceGroup: 'demo-rg' }
    await expect(core.restores.plan(nobody, backup, {}, core.run())).rejects.toMatchObject({ code: 'VM_NOT_FOUND' })
    await expect(core.restores.plan(db, backup, { newVm: 'web-1' }, core.run())).rejects.toMatchObject({
      code: 'NAME_TAKEN',
    })
    // The interface that web-1 left behind when it went would be that of a new web-1.
    await core.azure.machines.remove({ name: 'web-1', resourceGroup: 'demo-rg' }, core.run().signal)
    await expect(core.restores.plan(db, backup, { newVm: 'web-1' }, core.run())).rejects.toMatchObject({
      code: 'NAME_TAKEN',
      details: { name: 'web-1-nic' },
    })
    expect(core.sandbox.world.all().length).toBe(before - 1)
  })
})

describe('a restore beside the VM that does not go well', () => {
  it('never removes a VM that took the name at the last moment', async () => {
    const backup = await scene.backedUp()
    const refused = { status: 409, code: 'PropertyChangeNotAllowed', message: 'Not allowed.' }
    core.sandbox.faults.add({ kind: 'status', ...refused, method: 'PUT', path: 'virtualMachines/db-2' })
    core.sandbox.faults.add({ kind: 'delay', ms: 300, method: 'PUT', path: 'virtualMachines/db-2' })
    const restoring = expect(scene.restore(backup, { newVm: 'db-2' })).rejects.toMatchObject({ name: 'AzlinError' })
    const theirs = scene.resource((await core.azure.machines.get(db, core.run().signal)).id)
    const id = theirs.id.replace('db-1', 'db-2')
    while (!(await core.requests()).some((line) => line.startsWith('PUT') && line.includes('virtualMachines/db-2')))
      await new Promise((resolve) => setTimeout(resolve, 5))
    core.sandbox.world.put({ ...theirs, id, name: 'db-2' })
    await restoring
    expect(core.sandbox.world.get(id)).toBeDefined()
    expect(await core.records.journal.list()).toEqual([])
    expect(scene.temporaryThings()).toEqual([])
  })

  it('calls nothing temporary that is not, where the journal cannot be written any more', async () => {
    const backup = await scene.backedUp()
    const { journal } = core.records
    const close = () => Promise.reject(new AzlinError('DATABASE_UNUSABLE', { file: 'azlin.db', reason: 'it is full' }))
    const unwritable: typeof journal = {
      open: (entry, at) => journal.open(entry, at),
      keep: (ids) => journal.keep(ids),
      failed: (id, reason) => journal.failed(id, reason),
      list: () => journal.list(),
      close,
    }
    const restores = new RestoreManager({ ...core.drillDeps, journal: unwritable })
    const plan = await restores.plan(db, backup, { newVm: 'db-2' }, core.run())
    expect(await restores.execute(plan, core.run())).toMatchObject({ vmName: 'db-2', stillMarked: [] })
    expect(scene.temporaryThings()).toEqual([])
    expect(core.events.some((event) => event.type === 'notice' && event.code === 'JOURNAL')).toBe(true)
  })

  it('leaves nothing when the VM cannot be made', async () => {
    const backup = await scene.backedUp()
    const before = scene.ids()
    core.sandbox.faults.add({
      kind: 'failOperation',
      code: 'AllocationFailed',
      message: 'No room.',
      method: 'PUT',
      path: 'virtualMachines/db-2',
    })
    await expect(scene.restore(backup, { newVm: 'db-2' })).rejects.toMatchObject({ code: 'CAPACITY' })
    core.sandbox.faults.clear()
    expect(scene.ids()).toEqual(before)
    expect(await core.records.journal.list()).toEqual([])
  })
})

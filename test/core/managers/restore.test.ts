/** Restores over the real adapters on the embedded Azure, and the attempts to lose data in them. */
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { Backup } from '../../../src/core/domain/backup.js'
import { planBeside } from '../../../src/core/domain/restore.js'
import { AzlinError } from '../../../src/core/errors.js'
import type { AzlinEvent } from '../../../src/core/events.js'
import { TemporaryResources } from '../../../src/core/managers/temporary-resources.js'
import type { FaultRequest } from '../../../src/sandbox/faults.js'
import { type CoreOnSandbox, coreOnSandbox, endServer } from '../../support/core-on-sandbox.js'

const db = { name: 'db-1', resourceGroup: 'demo-rg' }
const policy = { dailyRetention: 7, weeklyRetention: 4, monthlyRetention: 12 }
let core: CoreOnSandbox

beforeEach(async () => {
  core = await coreOnSandbox()
})
afterEach(() => core.close())
afterAll(endServer)

/** A backup, and then a round of writing by the guest, so that old and new data can be told apart. */
async function backedUp(vm = db): Promise<Backup> {
  await core.schedules.configure(vm, policy, core.run())
  const { backup } = await core.backups.trigger(vm, {}, core.run())
  for (const disk of (await core.azure.machines.get(vm, core.run().signal)).disks) write(disk.id)
  return backup
}

function resource(id: string) {
  const found = core.sandbox.world.get(id)
  if (!found) throw new Error(`${id} is gone`)
  return found
}
function write(diskId: string): void {
  const { hidden } = resource(diskId)
  if (hidden.content) hidden.content = { ...hidden.content, generation: hidden.content.generation + 1 }
}
const roundsOf = (id: string) => resource(id).hidden.content?.generation

/** What must be the same after a restore that failed: disks, their data, and the power state. */
async function picture(vm = db) {
  const { signal } = core.run()
  const machine = await core.azure.machines.get(vm, signal)
  const { power } = await core.azure.machines.status(vm, signal)
  return {
    power,
    disks: machine.disks.map(({ id, lun, caching }) => ({ id: id.toLowerCase(), lun, caching, rounds: roundsOf(id) })),
  }
}

const disksOf = () => core.sandbox.world.list('Microsoft.Compute/disks').map((disk) => disk.name)
const temporaryThings = () =>
  core.sandbox.world
    .all()
    .filter((one) => Object.keys(one.tags ?? {}).some((name) => name.toLowerCase() === 'azlin:temporary'))

async function restore(backup: Backup, options = {}, stop = new AbortController(), vm = db) {
  const plan = await core.restores.plan(vm, backup, options, core.run(stop))
  return core.restores.execute(plan, core.run(stop))
}

describe('a restore in place', () => {
  it('gives the VM the data of the backup on all its disks, at their LUNs, and keeps the old disks', async () => {
    const backup = await backedUp()
    const before = await picture()
    const result = await restore(backup)
    const after = await picture()

    expect(after.power).toBe('running')
    expect(after.disks.map(({ lun, caching }) => ({ lun, caching }))).toEqual(
      before.disks.map(({ lun, caching }) => ({ lun, caching })),
    )
    expect(after.disks.map((disk) => disk.rounds)).toEqual(before.disks.map((disk) => (disk.rounds ?? 0) - 1))
    expect(result.restoredDisks).toHaveLength(3)
    expect(result.rtoSeconds).toBeGreaterThan(0)
    for (const old of before.disks) {
      expect(roundsOf(old.id)).toBe(old.rounds)
      expect(resource(old.id).tags).toMatchObject({ 'azlin:previous-disk-of': 'db-1' })
    }
    expect(result.previousDisks.toSorted()).toEqual(before.disks.map(({ id }) => resource(id).name).toSorted())
  })

  it('leaves neither a temporary mark nor a journal entry behind', async () => {
    await restore(await backedUp())
    expect(temporaryThings()).toEqual([])
    expect(await core.records.journal.list()).toEqual([])
  })

  it('makes disks of the SKU, zone and tags of those they replace', async () => {
    const backup = await backedUp()
    const [os] = (await picture()).disks
    resource(os?.id ?? '').tags = { team: 'db' }
    await restore(backup)
    const [now] = (await picture()).disks
    const [old, fresh] = [resource(os?.id ?? ''), resource(now?.id ?? '')]
    expect(fresh).toMatchObject({
      sku: { name: old.sku?.['name'] },
      tags: { team: 'db', 'azlin:restored-from': backup.name },
    })
    expect(fresh.zones).toEqual(old.zones)
  })

  it('can be done twice, and removes the old disks when asked to', async () => {
    const backup = await backedUp()
    await restore(backup)
    const second = await restore(backup, { deletePreviousDisks: true })
    for (const name of second.previousDisks) expect(disksOf()).not.toContain(name)
    expect((await picture()).power).toBe('running')
  })

  it('restores a Trusted Launch VM', async () => {
    const vm = { name: 'tl-1', resourceGroup: 'demo-rg' }
    const result = await restore(await backedUp(vm), {}, undefined, vm)
    expect(result.restoredDisks).toHaveLength(1)
    expect((await picture(vm)).power).toBe('running')
  })

  it('starts a VM that was stopped, and says so beforehand; a failed restore leaves it stopped', async () => {
    const vm = { name: 'idle-1', resourceGroup: 'demo-rg' }
    const backup = await backedUp(vm)
    const before = await picture(vm)
    expect(before.power).toBe('deallocated')
    core.sandbox.faults.add({ ...failOperation, method: 'POST', path: 'idle-1/start', times: 1 })
    await expect(restore(backup, {}, undefined, vm)).rejects.toMatchObject({ code: 'RESTORE_ROLLED_BACK' })
    expect(await picture(vm)).toEqual(before)

    core.events.length = 0
    await restore(backup, {}, undefined, vm)
    expect((await picture(vm)).power).toBe('running')
    expect(core.events.find((event) => event.type === 'notice')).toMatchObject({ code: 'WILL_START' })
  })

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
    const backup = await backedUp()
    const before = await picture()
    const disks = disksOf()
    core.sandbox.faults.add(fault)

    await expect(restore(backup)).rejects.toMatchObject({ name: 'AzlinError' })

    core.sandbox.faults.clear()
    expect(await picture()).toEqual(before)
    expect(disksOf().toSorted()).toEqual(disks.toSorted())
    expect(await core.records.journal.list()).toEqual([])
  })

  it('succeeds although the answer to the swap is lost', async () => {
    const backup = await backedUp()
    core.sandbox.faults.add({ kind: 'drop', when: 'after', method: 'PUT', path: machine, times: 1 })
    const result = await restore(backup)
    expect(result.previousDisks).toHaveLength(3)
    expect((await picture()).disks.every((disk) => disk.id.includes('db-1-'))).toBe(true)
  })

  it('says that it was rolled back, and why', async () => {
    const backup = await backedUp()
    core.sandbox.faults.add({ ...failOperation, method: 'POST', path: `${machine}/start`, times: 1 })
    await expect(restore(backup)).rejects.toMatchObject({
      code: 'RESTORE_ROLLED_BACK',
      message: expect.stringContaining('internal execution error'),
    })
  })

  it.each<AzlinEvent['type']>(['disk.started', 'disk.finished', 'vm.power', 'vm.swapping', 'vm.swapped', 'vm.waiting'])(
    'undoes everything when it is interrupted at %s',
    async (type) => {
      const backup = await backedUp()
      const before = await picture()
      const disks = disksOf()
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
      expect(await picture()).toEqual(before)
      expect(disksOf().toSorted()).toEqual(disks.toSorted())
      expect(await core.records.journal.list()).toEqual([])
    },
  )

  it('does not touch a VM that somebody changed since it was planned', async () => {
    const backup = await backedUp()
    const plan = await core.restores.plan(db, backup, {}, core.run())
    await restore(backup)
    const before = await picture()
    const disks = disksOf()
    core.events.length = 0
    await expect(core.restores.execute(plan, core.run())).rejects.toMatchObject({ code: 'CONFLICT' })
    expect(core.events.some((event) => event.type === 'vm.power')).toBe(false)
    expect(await picture()).toEqual(before)
    expect(disksOf()).toEqual(disks)
  })

  it('never removes a disk that already had the name it wanted', async () => {
    const backup = await backedUp()
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
    expect(await core.records.journal.list()).toEqual([])
  })

  it('is refused while a backup of the VM is being taken, and the other way round', async () => {
    const backup = await backedUp()
    const vmId = (await core.azure.machines.get(db, core.run().signal)).id
    const turn = await core.records.turnstile.enter('backup', vmId, new Date())
    await expect(restore(backup)).rejects.toMatchObject({ code: 'VM_BUSY' })
    if (turn.entered) await turn.leave()
    await core.records.turnstile.enter('restore', vmId, new Date())
    await expect(core.backups.trigger(db, {}, core.run())).rejects.toMatchObject({ code: 'VM_BUSY' })
  })

  it('finds every obstacle before it changes anything', async () => {
    const backup = await backedUp()
    const before = core.sandbox.world.all().length
    const elsewhere = { ...backup, region: 'eastus' }
    await expect(core.restores.plan(db, elsewhere, {}, core.run())).rejects.toMatchObject({ code: 'PREFLIGHT_FAILED' })
    await expect(core.restores.plan(db, { ...backup, complete: false }, {}, core.run())).rejects.toMatchObject({
      code: 'BACKUP_INCOMPLETE',
    })
    const nobody = { name: 'nobody', resourceGroup: 'demo-rg' }
    await expect(core.restores.plan(nobody, backup, {}, core.run())).rejects.toMatchObject({ code: 'VM_NOT_FOUND' })
    await expect(core.restores.plan(db, backup, { newVm: 'web-1' }, core.run())).rejects.toMatchObject({
      code: 'NAME_TAKEN',
    })
    expect(core.sandbox.world.all().length).toBe(before)
  })
})

describe('a restore beside the VM', () => {
  it('makes a second VM of the backup and leaves the first alone', async () => {
    const backup = await backedUp()
    const before = await picture()
    const result = await restore(backup, { newVm: 'db-2' })
    const after = await picture({ ...db, name: 'db-2' })

    expect(await picture()).toEqual(before)
    expect(result).toMatchObject({ vmName: 'db-2', previousDisks: [] })
    expect(after.power).toBe('running')
    expect(after.disks.map(({ lun, caching }) => ({ lun, caching }))).toEqual(
      before.disks.map(({ lun, caching }) => ({ lun, caching })),
    )
    expect(after.disks.map((disk) => disk.rounds)).toEqual(before.disks.map((disk) => (disk.rounds ?? 0) - 1))
    expect(temporaryThings()).toEqual([])
    expect(await core.records.journal.list()).toEqual([])
  })

  it('leaves nothing when the VM cannot be made', async () => {
    const backup = await backedUp()
    const before = core.sandbox.world
      .all()
      .map((one) => one.id)
      .toSorted()
    core.sandbox.faults.add({
      kind: 'failOperation',
      code: 'AllocationFailed',
      message: 'No room.',
      method: 'PUT',
      path: 'virtualMachines/db-2',
    })
    await expect(restore(backup, { newVm: 'db-2' })).rejects.toMatchObject({ code: 'CAPACITY' })
    core.sandbox.faults.clear()
    expect(
      core.sandbox.world
        .all()
        .map((one) => one.id)
        .toSorted(),
    ).toEqual(before)
    expect(await core.records.journal.list()).toEqual([])
  })

  it('needs no source VM when the tags say what to build and the user says where', async () => {
    const backup = await backedUp()
    const nic = (await core.azure.machines.get(db, core.run().signal)).nicIds[0] ?? ''
    const settings = resource(nic).properties['ipConfigurations'] as { properties: { subnet: { id: string } } }[]
    await core.azure.machines.remove(db, core.run().signal)
    const [found] = await core.backups.list(db, {}, core.run())
    expect(found?.name).toBe(backup.name)
    await expect(core.restores.plan(db, backup, { newVm: 'db-2' }, core.run())).rejects.toMatchObject({
      message: expect.stringContaining('--subnet'),
    })
    await restore(backup, { newVm: 'db-2', subnetId: settings[0]?.properties.subnet.id })
    expect((await picture({ ...db, name: 'db-2' })).power).toBe('running')
  })
})

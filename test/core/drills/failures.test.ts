/** What goes wrong in a drill: what is survived, what fails it, and that nothing is left either way. */
import { readFileSync } from 'node:fs'
import { afterAll, afterEach, describe, expect, it } from '@jest/globals'
import type { DrillRequest } from '../../../src/core/domain/drill.js'
import { DrillManager } from '../../../src/core/managers/drill-manager.js'
import type { FaultRequest } from '../../../src/sandbox/faults.js'
import { type CoreOnSandbox, endServer } from '../../support/core-on-sandbox.js'
import { codeOf } from '../support/bench.js'
import { db, home, idle, leftovers, offline, phasesOf, ready, region, usual, web } from './support.js'

let core: CoreOnSandbox
afterEach(async () => {
  expect(leftovers(core)).toEqual([])
  expect(await core.records.journal.list()).toEqual([])
  await core.close()
})
afterAll(endServer)

const fault = (one: FaultRequest) => void core.sandbox.faults.add(one)
const drillOf = (change: Partial<DrillRequest> = {}) =>
  core.drills.test({ ...usual, ...offline, vm: web, ...change }, core.run())
const vmPath = 'virtualMachines/web-1-dr-'

describe('a drill where Azure has no room', () => {
  it('tries the next zone', async () => {
    core = await ready(web)
    fault({
      kind: 'failOperation',
      code: 'AllocationFailed',
      message: 'no room',
      method: 'PUT',
      path: vmPath,
      times: 2,
    })
    const drill = await drillOf()
    expect(drill).toMatchObject({ outcome: 'succeeded', left: [] })
    const vms = drill.phases.filter(({ phase }) => phase === 'vm')
    expect(vms.map(({ outcome }) => outcome)).toEqual(['failed', 'failed', 'succeeded'])
    expect(vms.at(-1)?.note).toContain('zone 2')
  })

  it('tries the next size of the family only where that was allowed, and says so', async () => {
    core = await ready(web)
    fault({ kind: 'capacity', code: 'ZonalAllocationFailed', region, size: 'Standard_D2s_v5' })
    const refused = await drillOf()
    expect(refused).toMatchObject({ outcome: 'failed', errorCode: 'CAPACITY', restoreSucceeded: false, left: [] })
    const drill = await drillOf({ allowSizeChange: true })
    expect(drill).toMatchObject({ outcome: 'succeeded', size: 'Standard_D4s_v5' })
  })

  it('is not begun where the quota says so beforehand, unless another size will do', async () => {
    core = await ready(web)
    fault({ kind: 'quota', region, name: 'standardDSv5Family', limit: 1 })
    await expect(drillOf()).rejects.toMatchObject({
      code: 'NOT_READY',
      details: { problems: [expect.stringContaining('standardDSv5Family')] },
    })
    expect(await codeOf(drillOf({ allowSizeChange: true }))).toBe('NOT_READY')
    expect(await core.drillHistory.history({ days: 1 })).toEqual([])
  })
})

describe('trouble that passes', () => {
  it.each<[string, FaultRequest]>([
    ['429', { kind: 'status', status: 429, code: 'TooManyRequests', message: 'slow', retryAfter: 1, times: 5 }],
    ['503', { kind: 'status', status: 503, code: 'ServiceUnavailable', message: 'later', times: 3 }],
    ['a lost connection before', { kind: 'drop', when: 'before', times: 3 }],
    ['a lost answer', { kind: 'drop', when: 'after', times: 3, method: 'PUT' }],
    [
      'an operation that fails inside Azure',
      { kind: 'failOperation', code: 'InternalExecutionError', message: 'oops', times: 1, path: vmPath, method: 'PUT' },
    ],
    [
      'a disk that fails inside Azure',
      {
        kind: 'failOperation',
        code: 'InternalExecutionError',
        message: 'oops',
        times: 1,
        path: 'disks/web-1-dr',
        method: 'PUT',
      },
    ],
    [
      'a network that fails inside Azure',
      {
        kind: 'failOperation',
        code: 'InternalServerError',
        message: 'oops',
        times: 1,
        path: 'virtualNetworks/',
        method: 'PUT',
      },
    ],
  ])('is survived: %s', async (_, trouble) => {
    core = await ready(web)
    fault(trouble)
    expect(await drillOf()).toMatchObject({ outcome: 'succeeded', left: [] })
    expect(core.sandbox.faults.list()[0]?.hits).toBeGreaterThan(0)
  })
})

describe('a machine that does not come up', () => {
  it('fails the drill, with the last lines of its console', async () => {
    core = await ready(web)
    fault({ kind: 'noGuest', path: vmPath })
    const drill = await core.drills.test({ ...usual, vm: web }, core.run())
    expect(drill).toMatchObject({
      outcome: 'failed',
      restoreSucceeded: true,
      bootSucceeded: false,
      errorCode: 'TIMED_OUT',
    })
    // It was not come to.
    expect(drill.connectivitySucceeded).toBeUndefined()
    expect(drill.bootLog.join('\n')).toContain('Kernel panic')
    expect(drill.rtoSeconds).toBeUndefined()
    expect(drill.cleanupSucceeded).toBe(true)
  })

  it('fails it at the boot when Azure never says that it runs', async () => {
    core = await ready(web)
    fault({ kind: 'noBoot', path: vmPath })
    const drill = await drillOf()
    expect(drill).toMatchObject({ outcome: 'failed', left: [], cleanupSucceeded: true })
    expect([drill.restoreSucceeded, drill.bootSucceeded]).toContain(false)
  })

  it('fails it when the agent of a VM that has one stays silent', async () => {
    core = await ready(web)
    fault({ kind: 'noAgent', path: vmPath })
    expect(await drillOf()).toMatchObject({ outcome: 'failed', bootSucceeded: false, errorCode: 'TIMED_OUT', left: [] })
  })

  it('fails it so, too, where the VM itself can no longer say that it has one: the backup says it', async () => {
    core = await ready(web)
    await core.azure.machines.remove(web, core.run().signal)
    fault({ kind: 'noAgent', path: vmPath })
    const drill = await drillOf()
    expect(drill).toMatchObject({ outcome: 'failed', bootSucceeded: false, errorCode: 'TIMED_OUT' })
    expect(phasesOf(drill)['boot']).toBe('failed')
  })

  it.each(['noAgent', 'noGuest'] as const)(
    'proves nothing where no agent is known and nothing else was asked: %s',
    async (kind) => {
      core = await ready(idle)
      fault({ kind, path: 'virtualMachines/idle-1-dr-' })
      const drill = await drillOf({ vm: idle })
      expect(drill).toMatchObject({
        outcome: 'failed',
        restoreSucceeded: true,
        bootSucceeded: undefined,
        cleanupSucceeded: true,
        rtoSeconds: undefined,
        errorCode: 'BOOT_UNPROVEN',
        errorMessage: expect.stringContaining('runs, but nothing showed that its system came up'),
      })
      expect(phasesOf(drill)['boot']).toBe('unproven')
      expect(drill.bootLog.join('\n')).toContain(kind === 'noGuest' ? 'Kernel panic' : 'login')
      const copies = await core.azure.snapshots.inSubscription(core.run().signal)
      expect(copies.map(({ tags }) => tags['azlin:proof'] ?? '').filter((proof) => /level=[45]/.test(proof))).toEqual(
        [],
      )
      expect((await core.drillHistory.history({ days: 1 }))[0]).toEqual(drill)
    },
  )

  it('passes without an agent where SSH answers, and waits for no agent to call it recovered', async () => {
    core = await ready(idle)
    fault({ kind: 'noAgent', path: 'virtualMachines/idle-1-dr-' })
    const drill = await core.drills.test({ ...usual, vm: idle, sshSource: '127.0.0.1/32' }, core.run())
    expect(drill).toMatchObject({ outcome: 'succeeded', bootSucceeded: true, connectivitySucceeded: true })
    const boot = drill.phases.find(({ phase }) => phase === 'boot')
    expect(boot).toMatchObject({ outcome: 'unproven', note: 'running; no guest agent has reported' })
    // Nobody waits for an agent that is not there in an emergency.
    expect(boot?.seconds).toBeGreaterThan(150)
    expect(drill.rtoSeconds).toBeLessThan((boot?.beganSeconds ?? 0) + 100)
  })

  it('has booted when SSH answers, also where a check of the user’s own then fails', async () => {
    core = await ready(idle)
    fault({ kind: 'noAgent', path: 'virtualMachines/idle-1-dr-' })
    const login = { user: 'azureuser', privateKey: readFileSync(core.sshKeyFile, 'utf8') }
    const wish = { ...usual, vm: idle, sshSource: '127.0.0.1/32', login, checkCommand: 'exit 3' }
    const drill = await core.drills.test(wish, core.run())
    expect(drill).toMatchObject({
      outcome: 'failed',
      bootSucceeded: true,
      connectivitySucceeded: false,
      errorCode: 'CHECK_FAILED',
    })
  })

  it('fails the drill when SSH does not answer', async () => {
    core = await ready(web)
    fault({ kind: 'noSsh', path: vmPath })
    const drill = await core.drills.test({ ...usual, vm: web }, core.run())
    expect(drill).toMatchObject({
      outcome: 'failed',
      bootSucceeded: true,
      connectivitySucceeded: false,
      errorCode: 'CHECK_FAILED',
    })
    expect(drill.left).toEqual([])
  })
})

describe('cleaning up', () => {
  it('ends a link that somebody holds to a disk of the drill', async () => {
    core = await ready(web)
    let linked = false
    const run = core.run()
    const drill = await core.drills.test(
      { ...usual, ...offline, vm: web },
      {
        ...run,
        report: (event) => {
          run.report(event)
          const [disk] = core.sandbox.world.list('Microsoft.Compute/disks').filter(({ name }) => name.includes('-dr-'))
          if (event.type !== 'drill.phase' || event.phase !== 'cleanup' || event.state !== 'began' || !disk) return
          const until = new Date(+core.sandbox.world.now() + 3_600_000).toISOString()
          disk.hidden.access = { token: 'somebody', until }
          linked = true
        },
      },
    )
    expect(linked).toBe(true)
    expect(drill).toMatchObject({ outcome: 'succeeded', left: [] })
  })

  it('waits until Azure lets go of an interface that it keeps for a VM that could not be made', async () => {
    core = await ready(web)
    fault({ kind: 'capacity', code: 'AllocationFailed', region })
    fault({
      kind: 'status',
      status: 400,
      code: 'NicReservedForAnotherVm',
      message: 'Nic(s) in request is reserved for another Virtual Machine for 180 seconds.',
      method: 'DELETE',
      path: 'networkInterfaces/web-1-dr-',
      times: 3,
    })
    expect(await drillOf()).toMatchObject({
      outcome: 'failed',
      errorCode: 'CAPACITY',
      cleanupSucceeded: true,
      left: [],
    })
  })

  it('says what would not go, and azlin cleanup takes it later', async () => {
    core = await ready(web)
    fault({
      kind: 'status',
      status: 409,
      code: 'ScopeLocked',
      message: 'locked',
      method: 'DELETE',
      path: 'virtualNetworks/',
    })
    const drill = await drillOf()
    expect(drill).toMatchObject({
      outcome: 'failed',
      cleanupSucceeded: false,
      errorCode: 'CLEANUP_INCOMPLETE',
      bootSucceeded: true,
    })
    expect(drill.rtoSeconds).toBeGreaterThan(0)
    expect(drill.left.join(' ')).toContain('virtualNetworks/')
    core.sandbox.faults.clear()
    for (const { id, resourceId, kind, purpose, details } of await core.records.journal.list()) {
      await core.records.journal.close(id)
      await core.journalOfTheDead({ resourceId, kind, purpose, details })
    }
    expect((await core.temporary.sweep({ dryRun: false }, core.run())).left).toEqual([])
  })
})

describe('a group of the user’s', () => {
  it('keeps everything that is not the drill’s', async () => {
    core = await ready(web)
    const before = core.sandbox.world.list('Microsoft.Compute/virtualMachines').length
    const drill = await drillOf({ testResourceGroup: home })
    expect(drill).toMatchObject({ outcome: 'succeeded', resourceGroup: home, left: [] })
    expect(core.sandbox.world.list('Microsoft.Compute/virtualMachines')).toHaveLength(before)
    expect(core.sandbox.world.list('Microsoft.Resources/resourceGroups').map(({ name }) => name)).toEqual([home])
  })
})

describe('two drills at once', () => {
  it('of one VM in one group do not meet', async () => {
    core = await ready(web, db)
    const [one, other, third] = await Promise.all([
      drillOf({ testResourceGroup: home }),
      drillOf({ testResourceGroup: home }),
      drillOf({ vm: db }),
    ])
    for (const drill of [one, other, third]) expect(drill).toMatchObject({ outcome: 'succeeded', left: [] })
    expect(one.testVm).not.toBe(other.testVm)
  })
})

describe('a source region that is down', () => {
  it('does not stop a drill whose copy is in the test region', async () => {
    core = await ready(db)
    fault({ kind: 'regionDown', region: 'westus2' })
    const drill = await drillOf({ vm: db })
    expect(drill).toMatchObject({ outcome: 'succeeded', left: [] })
    expect(phasesOf(drill)).toMatchObject({ disks: 'succeeded', boot: 'succeeded' })
    core.sandbox.faults.clear()
  })
})

describe('two managers', () => {
  it('share nothing but Azure and the record', async () => {
    core = await ready(web)
    const other = new DrillManager({ ...core.drillDeps, drillLimit: (work) => work() })
    const drills = await Promise.all([drillOf(), other.test({ ...usual, ...offline, vm: web }, core.run())])
    expect(drills.map(({ outcome }) => outcome)).toEqual(['succeeded', 'succeeded'])
    expect(await core.drillHistory.rate({ days: 1 })).toMatchObject({ total: 2, succeeded: 2, successRate: 100 })
  })
})

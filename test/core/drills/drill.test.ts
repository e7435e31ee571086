import { afterAll, afterEach, describe, expect, it } from '@jest/globals'

import { type CoreOnSandbox, endServer } from '../../support/core-on-sandbox.js'
import { codeOf } from '../support/bench.js'
import { backedUp, db, leftovers, offline, phasesOf, ready, region, trusted, usual, web } from './support.js'

let core: CoreOnSandbox
afterEach(() => core.close())
afterAll(endServer)

describe('a drill', () => {
  it.each([web, db, trusted])(
    'makes a machine of a backup of $name that boots, and leaves nothing behind',
    async (vm) => {
      core = await ready(vm)
      const drill = await core.drills.test({ ...usual, ...offline, vm }, core.run())
      expect(drill).toMatchObject({
        outcome: 'succeeded',
        restoreSucceeded: true,
        bootSucceeded: true,
        connectivitySucceeded: undefined,
        cleanupSucceeded: true,
        errorMessage: undefined,
        left: [],
      })
      expect(leftovers(core)).toEqual([])
      expect(await core.records.journal.list()).toEqual([])
    },
  )

  it('is written down with what each phase took, and an RTO that ends with the last check', async () => {
    core = await ready(web)
    const drill = await core.drills.test({ ...usual, ...offline, vm: web }, core.run())
    expect(phasesOf(drill)).toEqual({
      quarantine: 'succeeded',
      network: 'succeeded',
      disks: 'succeeded',
      vm: 'succeeded',
      boot: 'succeeded',
      cleanup: 'succeeded',
    })
    const boot = drill.phases.find(({ phase }) => phase === 'boot')
    const quarantine = drill.phases.find(({ phase }) => phase === 'quarantine')
    const spent = (boot?.beganSeconds ?? 0) + (boot?.seconds ?? 0) - (quarantine?.beganSeconds ?? 0)
    expect(Math.abs((drill.rtoSeconds ?? 0) - spent)).toBeLessThan(1)
    const [recorded] = await core.drillHistory.history({ days: 1 })
    expect(recorded).toEqual(drill)
  })

  it.each(['plan-1', 'bios-1'])('succeeds with a marketplace plan, and with an older generation: %s', async (name) => {
    core = await ready()
    await core.seedLab()
    const vm = { name, resourceGroup: 'lab-rg' }
    await backedUp(core, vm)
    const drill = await core.drills.test({ ...usual, ...offline, vm }, core.run())
    expect(drill).toMatchObject({ outcome: 'succeeded', restoreSucceeded: true, bootSucceeded: true, left: [] })
    expect(leftovers(core)).toEqual([])
  })

  it('is proven by SSH alone where the VM has no guest agent', async () => {
    core = await ready()
    await core.seedLab()
    const vm = { name: 'quiet-1', resourceGroup: 'lab-rg' }
    await backedUp(core, vm)
    const unproven = await core.drills.test({ ...usual, ...offline, vm }, core.run())
    expect(unproven).toMatchObject({
      outcome: 'failed',
      bootSucceeded: undefined,
      errorCode: 'BOOT_UNPROVEN',
      left: [],
    })
    const drill = await core.drills.test({ ...usual, sshSource: '127.0.0.1/32', vm }, core.run())
    expect(drill).toMatchObject({ outcome: 'succeeded', bootSucceeded: true, connectivitySucceeded: true, left: [] })
    // The backup says that the VM had none.
    expect(drill.phases.find(({ phase }) => phase === 'boot')?.seconds).toBeLessThan(150)
    expect(leftovers(core)).toEqual([])
  })

  it('copies first where the region has none, says so, and counts the time', async () => {
    core = await ready()
    const backup = await backedUp(core, web, { copied: false })
    const drill = await core.drills.test({ ...usual, ...offline, vm: web }, core.run())
    expect(drill).toMatchObject({ outcome: 'succeeded', backup })
    expect(drill.notes.join(' ')).toContain(`had no copy of ${backup}`)
    const copy = drill.phases.find(({ phase }) => phase === 'copy')
    expect(drill.rtoSeconds).toBeGreaterThan(copy?.seconds ?? Number.POSITIVE_INFINITY)
    expect(leftovers(core)).toEqual([])
  })

  it('refuses where a copy is required and there is none, before anything is made', async () => {
    core = await ready()
    await backedUp(core, web, { copied: false })
    const refused = core.drills.test({ ...usual, requireReplica: true, vm: web }, core.run())
    expect(await codeOf(refused)).toBe('NOT_READY')
    expect(await core.drillHistory.history({ days: 1 })).toEqual([])
    expect(leftovers(core)).toEqual([])
  })

  it('says at once everything that is missing', async () => {
    core = await ready(web)
    const refused = core.drills.test(
      {
        ...usual,
        vm: web,
        backup: 'web-1-backup-daily-20200101-000000',
        testResourceGroup: 'nowhere',
        size: 'Standard_X1',
      },
      core.run(),
    )
    await expect(refused).rejects.toMatchObject({
      code: 'NOT_READY',
      details: {
        problems: [
          expect.stringContaining('web-1-backup-daily-20200101'),
          expect.stringContaining('Standard_X1'),
          expect.stringContaining('nowhere'),
        ],
      },
    })
  })

  it('says once what stands against both the drill and the copy that it needs', async () => {
    core = await ready()
    await backedUp(core, web, { copied: false })
    await expect(core.drills.test({ ...usual, vm: web, testRegion: 'eastus9' }, core.run())).rejects.toMatchObject({
      details: { problems: [expect.stringContaining('eastus9 is not a region')] },
    })
  })

  it('proves the copy it was made of: level 4 for a boot', async () => {
    core = await ready(web)
    await core.drills.test({ ...usual, ...offline, vm: web }, core.run())
    const snapshots = await core.azure.snapshots.inSubscription(core.run().signal)
    const copies = snapshots.filter((one) => one.region === region)
    expect(copies).toHaveLength(1)
    expect(copies[0]?.tags['azlin:proof']).toMatch(/^level=4;at=/)
    // The list of the home region shows it, too.
    const sources = core.sandbox.world.list('Microsoft.Compute/snapshots').filter(({ hidden }) => !hidden.copy)
    expect(sources.map(({ tags }) => tags?.['azlin:proof']?.slice(0, 7))).toContain('level=4')
  })
})

describe('connectivity', () => {
  it('is checked inside the guest where there is no way to it, and the result says so', async () => {
    core = await ready(web)
    const drill = await core.drills.test({ ...usual, vm: web }, core.run())
    expect(drill).toMatchObject({ outcome: 'succeeded', connectivitySucceeded: true, method: 'run-command', left: [] })
    expect(drill.phases.find(({ phase }) => phase === 'connectivity')?.note).toMatch(/^SSH-2\.0-/)
    expect(leftovers(core)).toEqual([])
  })
})

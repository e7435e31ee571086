/** Whether a restored machine answers: over a public address, a private one, and from inside. */
import { readFileSync } from 'node:fs'
import { afterAll, afterEach, describe, expect, it } from '@jest/globals'
import type { DrillLogin, DrillRequest } from '../../../src/core/domain/drill.js'
import { DrillManager } from '../../../src/core/managers/drill-manager.js'
import { type CoreOnSandbox, endServer } from '../../support/core-on-sandbox.js'
import { codeOf } from '../support/bench.js'
import { home, leftovers, ready, region, usual, web } from './support.js'

let core: CoreOnSandbox
afterEach(async () => {
  expect(leftovers(core)).toEqual([])
  await core.close()
})
afterAll(endServer)

const drillOf = (change: Partial<DrillRequest> = {}) => core.drills.test({ ...usual, vm: web, ...change }, core.run())
const fromHere = { sshSource: '127.0.0.1/32' }
const login = (): DrillLogin => ({ user: 'azureuser', privateKey: readFileSync(core.sshKeyFile, 'utf8') })
const noteOf = (drill: Awaited<ReturnType<typeof drillOf>>, phase: string) =>
  drill.phases.find((one) => one.phase === phase)?.note

describe('SSH from here', () => {
  it('goes over a public address that only the source may reach, and that goes with the drill', async () => {
    core = await ready(web)
    const rules: unknown[] = []
    const run = core.run()
    const drill = await core.drills.test(
      { ...usual, ...fromHere, vm: web },
      {
        ...run,
        report: (event) => {
          run.report(event)
          if (event.type !== 'drill.phase' || event.phase !== 'connectivity' || event.state !== 'succeeded') return
          for (const { properties } of core.sandbox.world.list('Microsoft.Network/networkSecurityGroups'))
            rules.push(...(properties['securityRules'] as { properties: { access: string } }[]))
        },
      },
    )
    expect(drill).toMatchObject({ outcome: 'succeeded', method: 'ssh-public', connectivitySucceeded: true })
    expect(noteOf(drill, 'connectivity')).toMatch(/^SSH-2\.0-/)
    const own = rules.filter((rule) => /ssh-in|run-command/.test(JSON.stringify(rule)))
    expect(own).toEqual([
      expect.objectContaining({
        properties: expect.objectContaining({
          access: 'Allow',
          sourceAddressPrefix: '127.0.0.1/32',
          destinationPortRange: '22',
        }),
      }),
    ])
  })

  it('logs in where it may, and runs the checks of the user that way', async () => {
    core = await ready(web)
    const checks = { checkHttp: { path: '/health', port: 8080 }, checkCommand: 'echo all is well' }
    const drill = await drillOf({ ...fromHere, ...checks, login: login() })
    expect(drill).toMatchObject({ outcome: 'succeeded', connectivitySucceeded: true })
    expect(noteOf(drill, 'connectivity')).toContain('logged in as azureuser')
    expect(noteOf(drill, 'http')).toBe('HTTP 200')
    expect(noteOf(drill, 'command')).toBe('all is well')
  })

  it('goes over the private address in a subnet of the user’s, and says what that means', async () => {
    core = await ready(web)
    await core.azure.groups.create('net-rg', region, core.run().signal)
    const subnetId = await core.subnetIn(
      'net-rg',
      region,
      `127.${20 + (process.pid % 40)}.${(process.pid >> 6) % 250}.0/24`,
    )
    const drill = await drillOf({ subnetId })
    expect(drill.notes.join(' ')).toContain('clone of production')
    expect(drill).toMatchObject({ method: 'ssh-private', outcome: 'succeeded' })
    expect(core.sandbox.world.list('Microsoft.Network/virtualNetworks', 'net-rg')).toHaveLength(1)
  })

  it('fails the drill when nobody answers, or another service does', async () => {
    core = await ready(web)
    for (const how of ['refused', 'banner'] as const) {
      core.sandbox.faults.add({ kind: 'noSsh', how, path: 'virtualMachines/web-1-dr-' })
      const drill = await drillOf(fromHere)
      expect(drill).toMatchObject({ outcome: 'failed', errorCode: 'SSH_FAILED', bootSucceeded: true, left: [] })
      core.sandbox.faults.clear()
    }
  })

  it('gives up on a login that is refused', async () => {
    core = await ready(web)
    const drill = await drillOf({ ...fromHere, login: { ...login(), user: 'nobody' } })
    expect(drill).toMatchObject({ outcome: 'failed', errorCode: 'SSH_FAILED', connectivitySucceeded: false })
  })

  it('is not asked for together with a subnet of the user’s', async () => {
    core = await ready(web)
    const subnetId = await core.subnetIn(home, 'westus2')
    expect(await codeOf(drillOf({ ...fromHere, subnetId }))).toBe('INVALID_INPUT')
    expect(await codeOf(drillOf({ subnetId }))).toBe('NOT_READY')
  })
})

describe('a check of the user’s own', () => {
  it('is tried again until its time is up, which is its own where that was asked for', async () => {
    core = await ready(web)
    const tried = async (change: Partial<DrillRequest>) => {
      const drill = await drillOf({ ...fromHere, login: login(), checkCommand: 'exit 3', ...change })
      expect(drill).toMatchObject({ outcome: 'failed', errorCode: 'CHECK_FAILED', bootSucceeded: true, left: [] })
      const seconds = (phase: string) => drill.phases.find((one) => one.phase === phase)?.seconds ?? 0
      return { ssh: seconds('connectivity'), command: seconds('command') }
    }
    const usually = await tried({})
    expect(usually.ssh + usually.command).toBeGreaterThan(560)
    expect(usually.ssh + usually.command).toBeLessThan(850)
    const short = await tried({ checkTimeoutMs: 60_000 })
    expect(short.command).toBeGreaterThan(30)
    expect(short.command).toBeLessThan(300)
    expect((await tried({ checkTimeoutMs: 15 * 60_000 })).command).toBeGreaterThan(860)
  })
})

describe('a look from inside', () => {
  it('passes on what the user’s own checks saw, and fails with their last words', async () => {
    core = await ready(web)
    const well = await drillOf({ checkHttp: { path: '/health', port: 8080 }, checkCommand: 'echo fine; true' })
    expect(well).toMatchObject({ outcome: 'succeeded', method: 'run-command' })
    expect(noteOf(well, 'command')).toBe('fine')
    const bad = await drillOf({ checkCommand: 'echo the database is empty; exit 3' })
    expect(bad).toMatchObject({ outcome: 'failed', errorCode: 'CHECK_FAILED', connectivitySucceeded: false, left: [] })
    expect(bad.errorMessage).toContain('the database is empty')
  })

  it('fails in the end when no result comes back', async () => {
    core = await ready(web)
    const impatient = { ...core.drillDeps.patience, guestMinutes: 1 }
    const drills = new DrillManager({ ...core.drillDeps, patience: impatient, drillLimit: (work) => work() })
    core.sandbox.faults.add({ kind: 'noAgent', path: 'virtualMachines/web-1-dr-' })
    const mute = await drills.test({ ...usual, vm: web, boot: false }, core.run())
    expect(mute).toMatchObject({ outcome: 'failed', connectivitySucceeded: false, bootSucceeded: undefined, left: [] })
  })

  it('proves level 5 on the copy that was used, and a later boot alone does not take it back', async () => {
    core = await ready(web)
    const level = async () => {
      const [copy] = (await core.azure.snapshots.inSubscription(core.run().signal)).filter(
        (one) => one.region === region,
      )
      return /level=(\d)/.exec(copy?.tags['azlin:proof'] ?? '')?.[1]
    }
    await drillOf()
    expect(await level()).toBe('5')
    await drillOf({ connectivity: false })
    expect(await level()).toBe('5')
  })
})

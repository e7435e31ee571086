import { readFileSync } from 'node:fs'
import { createDefaultHttpClient, createPipelineRequest } from '@azure/core-rest-pipeline'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { SandboxControl } from '../../src/sandbox/control-client.js'
import { type FaultRequest, Faults } from '../../src/sandbox/faults.js'
import { Running, refusal } from './running.js'

const version = '?api-version=2025-01-02'
const empty = { location: 'westus2', properties: { creationData: { createOption: 'Empty' }, diskSizeGB: 4 } }
let running: Running
let control: SandboxControl
beforeAll(async () => {
  running = await Running.start({ speed: 1 })
  const connected = await SandboxControl.connect(running.home)
  if (!connected) throw new Error('no sandbox')
  control = connected
})
afterAll(() => running.end())

const url = (rest: string) => running.id(`Microsoft.Compute/${rest}`) + version
const later = () => running.sandbox.world.advance(300_000)
async function get(path: string, headers: Record<string, string> = {}) {
  const request = createPipelineRequest({ url: running.sandbox.url + path })
  request.tlsSettings = { ca: readFileSync(running.sandbox.caFile, 'utf8') }
  for (const [name, value] of Object.entries(headers)) request.headers.set(name, value)
  return createDefaultHttpClient().sendRequest(request)
}

describe('Resource Manager', () => {
  it('names the way to a token when it gets none, and takes none that is for something else', async () => {
    const path = `/subscriptions/${running.sandbox.subscriptionId}${version}`
    const without = await get(path)
    expect(without.status).toBe(401)
    expect(without.headers.get('www-authenticate')).toMatch(/^Bearer /)
    const tokenFor = async (resource: string) => {
      const identity = { 'x-identity-header': running.sandbox.identityHeader }
      const asked = await get(`/identity/token?api-version=2019-08-01&resource=${resource}`, identity)
      return { authorization: `Bearer ${JSON.parse(asked.bodyAsText ?? '').access_token}` }
    }
    expect((await get(path, await tokenFor('https://vault.azure.net'))).status).toBe(401)
    for (const mine of ['https://management.azure.com/', 'https://management.core.windows.net/', running.sandbox.url]) {
      expect((await get(path, await tokenFor(mine))).status).toBe(200)
    }
  })

  it('does not let a machine take a locked disk along', async () => {
    const { body } = await running.raw('GET', url('virtualMachines/web-1'))
    const { properties } = body as { properties: { storageProfile: { osDisk: { managedDisk: { id: string } } } } }
    const { osDisk } = properties.storageProfile
    const lock = `${osDisk.managedDisk.id}/providers/Microsoft.Authorization/locks/keep?api-version=2020-05-01`
    expect((await running.raw('PUT', lock, { properties: { level: 'CanNotDelete' } })).status).toBe(201)
    const storageProfile = { osDisk: { ...osDisk, deleteOption: 'Delete' } }
    expect((await running.raw('PATCH', url('virtualMachines/web-1'), { properties: { storageProfile } })).status).toBe(
      200,
    )
    later()
    const refused = await running.raw('DELETE', url('virtualMachines/web-1'))
    expect(refused).toMatchObject({ status: 409, body: { error: { code: 'ScopeLocked' } } })
    expect((await running.raw('DELETE', lock)).status).toBe(200)
  })

  it('refuses a size that there is none of, or that cannot bear the disks, and another LUN for a disk', async () => {
    const resize = (vmSize: string) =>
      running.raw('PATCH', url('virtualMachines/db-1'), { properties: { hardwareProfile: { vmSize } } })
    expect(await resize('Standard_Nope')).toMatchObject({ status: 400, body: { error: { code: 'InvalidParameter' } } })
    expect(await resize('Standard_D2_v2')).toMatchObject({ status: 400, body: { error: { code: 'BadRequest' } } })
    const { body } = await running.raw('GET', url('virtualMachines/db-1'))
    const { properties } = body as { properties: { storageProfile: { dataDisks: { lun: number }[] } } }
    const dataDisks = properties.storageProfile.dataDisks.map((disk) => ({ ...disk, lun: disk.lun + 7 }))
    const moved = await running.raw('PATCH', url('virtualMachines/db-1'), {
      properties: { storageProfile: { dataDisks } },
    })
    expect(moved).toMatchObject({
      status: 409,
      body: { error: { code: 'PropertyChangeNotAllowed', target: 'dataDisk.lun' } },
    })
  })

  it('refuses a source that is not made yet', async () => {
    const copyOf = (sourceResourceId: string) => ({
      location: 'westus2',
      properties: { creationData: { createOption: 'Copy', sourceResourceId } },
    })
    await running.raw('PUT', url('snapshots/new'), copyOf(running.id('Microsoft.Compute/disks/tl-1_OsDisk_1')))
    const source = running.id('Microsoft.Compute/snapshots/new')
    expect(await running.raw('PUT', url('disks/early'), copyOf(source))).toMatchObject({ status: 409 })
    later()
    expect((await running.raw('PUT', url('disks/early'), copyOf(source))).status).toBe(202)
  })

  it('copies a hundred snapshots of a region at once, and no more', async () => {
    const names = Array.from({ length: 101 }, (_, index) => `many-${index}`)
    const put = (rest: string, location: string, createOption: string, sourceResourceId: string) =>
      running.raw('PUT', url(rest), {
        location,
        properties: { incremental: true, creationData: { createOption, sourceResourceId } },
      })
    for (const name of names) await running.raw('PUT', url(`disks/${name}`), empty)
    later()
    for (const name of names)
      await put(`snapshots/${name}`, 'westus2', 'Copy', running.id(`Microsoft.Compute/disks/${name}`))
    later()
    const answers: number[] = []
    for (const [index, name] of names.entries()) {
      const region = index % 2 === 0 ? 'eastus' : 'westeurope'
      const source = running.id(`Microsoft.Compute/snapshots/${name}`)
      answers.push((await put(`snapshots/${name}-copy`, region, 'CopyStart', source)).status)
    }
    expect(answers.filter((status) => status === 202)).toHaveLength(100)
    expect(answers.at(-1)).toBe(409)
  })
})

describe('a fault that is asked for', () => {
  it('is refused when it could not strike', async () => {
    const broken: unknown[] = [
      { kind: 'nonsense' },
      { kind: 'status' },
      { kind: 'status', status: 200, code: 'A', message: 'b' },
      { kind: 'drop', when: 'sometime' },
      { kind: 'delay', ms: 1, path: '(' },
      { kind: 'delay', ms: 1, probability: 2 },
      { kind: 'delay', ms: 1, time: 1 },
      { kind: 'capacity', code: 'SkuNotAvailable', restricted: 'yes' },
    ]
    for (const fault of broken) {
      expect((await refusal(control.addFault(fault as FaultRequest))).message).toContain('answered 400')
    }
    expect(await control.faults()).toEqual([])
  })

  it('strikes by the same dice in each run, about as often as asked', () => {
    const run = () => {
      const faults = new Faults()
      faults.add({ kind: 'delay', ms: 1, probability: 0.3 })
      return Array.from({ length: 1000 }, () => faults.strike(['delay'], { path: '/' }).length)
    }
    const struck = run()
    expect(run()).toEqual(struck)
    const hits = struck.filter((number) => number === 1).length
    expect(hits).toBeGreaterThan(240)
    expect(hits).toBeLessThan(360)
  })

  it('that breaks a connection leaves a request in the log', async () => {
    await control.addFault({ kind: 'drop', when: 'after', path: 'locations', times: 1 })
    const path = `/subscriptions/${running.sandbox.subscriptionId}/locations`
    await refusal(running.raw('GET', path + version))
    const logged = (await control.requests()).filter((request) => request.path === path && request.status === 0)
    expect(logged).toHaveLength(1)
  })
})

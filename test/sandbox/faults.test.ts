import type { IncomingHttpHeaders } from 'node:http'
import { request } from 'node:https'
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { SandboxControl } from '../../src/sandbox/control-client.js'
import type { FaultRequest } from '../../src/sandbox/faults.js'
import { quick, Running, refusal } from './running.js'

const group = 'demo-rg'
let running: Running
let control: SandboxControl
beforeAll(async () => {
  running = await Running.start()
  const connected = await SandboxControl.connect(running.home)
  if (!connected) throw new Error('no sandbox')
  control = connected
})
afterEach(() => control.clearFaults())
afterAll(() => running.end())

const machine = (name: string) => running.compute.virtualMachines.get(group, name)
const take = (name: string) => {
  const sourceResourceId = running.id('Microsoft.Compute/disks/web-1_OsDisk_1')
  const body = { location: 'westus2', creationData: { createOption: 'Copy', sourceResourceId } }
  return running.compute.snapshots.createOrUpdate(group, name, body, quick)
}

const machines = () => `${running.id('Microsoft.Compute/virtualMachines')}?api-version=2025-04-01`

/** How an answer comes over the wire. `ended`: nothing is missing of it. */
async function read(path: string, encoding: string) {
  const { token } = await running.token()
  const headers = { authorization: `Bearer ${token}`, 'accept-encoding': encoding }
  return new Promise<{ headers: IncomingHttpHeaders; length: number; ended: boolean }>((resolve, reject) => {
    const asked = request(running.sandbox.url + path, { ...running.trust, headers, agent: false }, (answer) => {
      let length = 0
      const tell = (ended: boolean) => resolve({ headers: answer.headers, length, ended })
      answer.on('data', (part: Buffer) => {
        length += part.length
      })
      answer.on('end', () => tell(true))
      answer.on('error', () => tell(false))
    })
    asked.on('error', reject).end()
  })
}

describe('faults on demand', () => {
  it('answer with a status, as often as asked and after so many that pass', async () => {
    const fault: FaultRequest = {
      kind: 'status',
      status: 503,
      code: 'ServerBusy',
      message: 'busy',
      method: 'GET',
      path: '/virtualMachines/web-1$',
      after: 1,
      times: 1,
    }
    await control.addFault(fault)
    await machine('db-1')
    await machine('web-1')
    expect(await refusal(machine('web-1'))).toMatchObject({ statusCode: 503, code: 'ServerBusy' })
    await machine('web-1')
    expect(await control.faults()).toMatchObject([{ hits: 1 }])
  })

  it('throttle with Retry-After', async () => {
    await control.addFault({
      kind: 'status',
      status: 429,
      code: 'TooManyRequests',
      message: 'slow down',
      retryAfter: 7,
      times: 1,
    })
    const path = `${running.id('Microsoft.Compute/virtualMachines/web-1')}?api-version=2025-04-01`
    expect(await running.raw('GET', path)).toMatchObject({ status: 429, headers: { 'retry-after': '7' } })
  })

  it('break the connection before the request takes effect, or after', async () => {
    const { resourceGroups } = running.resources
    const put = (name: string) => refusal(resourceGroups.createOrUpdate(name, { location: 'westus2' }))
    await control.addFault({ kind: 'drop', when: 'before', method: 'PUT', times: 1 })
    expect((await put('never')).statusCode).toBeUndefined()
    expect(await resourceGroups.checkExistence('never')).toMatchObject({ body: false })
    await control.addFault({ kind: 'drop', when: 'after', method: 'PUT', times: 1 })
    expect((await put('made')).statusCode).toBeUndefined()
    expect(await resourceGroups.checkExistence('made')).toMatchObject({ body: true })
  })

  it('break the connection in the middle of an answer, packed or not, and leave the next one whole', async () => {
    for (const encoding of ['identity', 'gzip']) {
      await control.addFault({ kind: 'drop', when: 'during', path: '/virtualMachines$', times: 1 })
      const broken = await read(machines(), encoding)
      expect(broken.ended).toBe(false)
      expect(broken.length).toBe(Math.floor(Number(broken.headers['content-length']) / 2))
      expect(broken.headers['content-encoding']).toBe(encoding === 'gzip' ? 'gzip' : undefined)
      const whole = await read(machines(), encoding)
      expect(whole).toMatchObject({ ended: true, length: Number(broken.headers['content-length']) })
    }
  })

  it('fail an operation after it was accepted', async () => {
    await control.addFault({
      kind: 'failOperation',
      code: 'InternalExecutionError',
      message: 'An internal execution error occurred.',
      method: 'PUT',
      times: 1,
    })
    const failed = await refusal(take('failing'))
    expect(failed.message).toContain('InternalExecutionError')
    expect(await refusal(running.compute.snapshots.get(group, 'failing'))).toMatchObject({ statusCode: 404 })
  })

  it('answer 500 to a poll though the operation goes on', async () => {
    await control.addFault({ kind: 'failPolls', polls: 1, method: 'PUT', times: 1 })
    expect(await refusal(take('polled'))).toMatchObject({ statusCode: 500 })
    running.sandbox.world.advance(60_000)
    expect((await running.compute.snapshots.get(group, 'polled')).provisioningState).toBe('Succeeded')
  })

  it('take a region down, and not the others', async () => {
    await control.addFault({ kind: 'regionDown', region: 'westus2' })
    expect(await refusal(machine('web-1'))).toMatchObject({ statusCode: 503 })
    const disk = { location: 'eastus', diskSizeGB: 4, creationData: { createOption: 'Empty' } }
    expect((await running.compute.disks.createOrUpdate(group, 'afar', disk, quick)).location).toBe('eastus')
    expect(
      await refusal(running.compute.disks.createOrUpdate(group, 'near', { ...disk, location: 'westus2' }, quick)),
    ).toMatchObject({ statusCode: 503 })
  })

  it('keep a machine from booting and its agent from reporting', async () => {
    const { virtualMachines } = running.compute
    await control.addFault({ kind: 'noBoot', path: '/idle-1$', times: 1 })
    expect((await refusal(virtualMachines.start(group, 'idle-1', quick))).message).toContain(
      'did not start in the allotted time',
    )
    await control.addFault({ kind: 'noAgent', path: '/idle-1$', times: 1 })
    await virtualMachines.start(group, 'idle-1', quick)
    running.sandbox.world.advance(3_600_000)
    const { vmAgent, statuses } = await virtualMachines.instanceView(group, 'idle-1')
    expect(vmAgent?.statuses?.[0]?.displayStatus).toBe('Not Ready')
    expect(statuses?.map(({ code }) => code)).toContain('PowerState/running')
  })

  it('empty what a snapshot holds', async () => {
    await control.addFault({ kind: 'content', trouble: 'zeroed', path: '/snapshots/hollow$' })
    await take('hollow')
    expect(running.sandbox.world.get(running.id('Microsoft.Compute/snapshots/hollow'))?.hidden.content?.trouble).toBe(
      'zeroed',
    )
  })

  it('make answers slow', async () => {
    await control.addFault({ kind: 'delay', ms: 150, times: 1 })
    const before = Date.now()
    await machine('web-1')
    expect(Date.now() - before).toBeGreaterThanOrEqual(145)
  })

  it('are gone after a reset, as is all that was made', async () => {
    await control.addFault({ kind: 'delay', ms: 1 })
    await running.resources.resourceGroups.createOrUpdate('made-here', { location: 'westus2' })
    const status = await control.reset()
    expect(status).toMatchObject({
      faults: 0,
      resources: { 'Microsoft.Resources/resourceGroups': 1, 'Microsoft.Compute/virtualMachines': 4 },
    })
    expect((await machine('web-1')).provisioningState).toBe('Succeeded')
  })
})

import { connect } from 'node:net'
import { afterEach, describe, expect, it } from '@jest/globals'
import { readConnection } from '../../src/sandbox/connection.js'
import { guestAddress } from '../../src/sandbox/guest/addresses.js'
import { Running } from './running.js'

const version = '?api-version=2025-01-02'
const empty = { location: 'westus2', properties: { creationData: { createOption: 'Empty' }, diskSizeGB: 4 } }
let running: Running
let speed: number
afterEach(() => running.end())

/** Slow, so that things are caught half-way. */
async function begin(slowness = 1): Promise<void> {
  speed = 1 / slowness
  running = await Running.start({ speed })
}

async function restart(): Promise<void> {
  await running.sandbox.close()
  running = await Running.start({ home: running.home, speed })
}

const group = (name: string) => `/subscriptions/${running.sandbox.subscriptionId}/resourcegroups/${name}${version}`
const url = (rest: string, of = 'demo-rg') => running.id(`Microsoft.Compute/${rest}`, of) + version
const onThisHost = (header: string | undefined) => {
  const { pathname, search } = new URL(header ?? '')
  return pathname + search
}

describe('a restart', () => {
  it('leaves a group that is being deleted in deletion, and the deletion goes on', async () => {
    // Its two disks take a second each, and a restart may take longer.
    await begin(60)
    await running.raw('PUT', group('going'), { location: 'westus2' })
    for (const name of ['one', 'two']) await running.raw('PUT', url(`disks/${name}`, 'going'), empty)
    running.sandbox.world.advance(600_000)
    const { headers } = await running.raw('DELETE', group('going'))
    await restart()
    const poll = onThisHost(headers['location'])
    expect((await running.raw('GET', poll)).status).toBe(202)
    expect((await running.raw('GET', url('disks/one', 'going'))).status).toBe(200)
    running.sandbox.world.advance(3_600_000)
    expect((await running.raw('GET', poll)).status).toBe(200)
    expect((await running.raw('HEAD', group('going'))).status).toBe(404)
    expect(running.sandbox.world.get(running.id('Microsoft.Compute/disks/one', 'going'))).toBeUndefined()
  })

  it('keeps the answer that a deletion of a group was refused', async () => {
    await begin()
    await running.raw('PUT', group('stuck'), { location: 'westus2' })
    await running.raw('PUT', url('disks/open', 'stuck'), empty)
    running.sandbox.world.advance(60_000)
    const grant = { access: 'Read', durationInSeconds: 86_400 }
    await running.raw('POST', url('disks/open/beginGetAccess', 'stuck'), grant)
    running.sandbox.world.advance(60_000)
    const { headers } = await running.raw('DELETE', group('stuck'))
    running.sandbox.world.advance(600_000)
    await restart()
    expect(await running.raw('GET', onThisHost(headers['location']))).toMatchObject({
      status: 409,
      body: { Error: { Code: 'ResourceGroupDeletionBlocked' } },
    })
  })

  it('takes the disk along with a machine whose deletion was under way', async () => {
    await begin()
    const { body } = await running.raw('GET', url('virtualMachines/tl-1'))
    const { properties } = body as { properties: { storageProfile: { osDisk: { managedDisk: { id: string } } } } }
    const { osDisk } = properties.storageProfile
    const storageProfile = { osDisk: { ...osDisk, deleteOption: 'Delete' } }
    await running.raw('PATCH', url('virtualMachines/tl-1'), { properties: { storageProfile } })
    running.sandbox.world.advance(60_000)
    expect((await running.raw('DELETE', url('virtualMachines/tl-1'))).status).toBe(202)
    expect((await running.raw('GET', osDisk.managedDisk.id + version)).status).toBe(200)
    await restart()
    expect((await running.raw('GET', url('virtualMachines/tl-1'))).status).toBe(404)
    expect((await running.raw('GET', osDisk.managedDisk.id + version)).status).toBe(404)
  })

  it('does not make an operation succeed that was to fail', async () => {
    await begin()
    const creationData = {
      createOption: 'Copy',
      sourceResourceId: running.id('Microsoft.Compute/disks/web-1_OsDisk_1'),
    }
    const small = { location: 'westus2', properties: { creationData, diskSizeGB: 4 } }
    const { headers } = await running.raw('PUT', url('disks/small'), small)
    await restart()
    expect(await running.raw('GET', onThisHost(headers['azure-asyncoperation']))).toMatchObject({
      body: { status: 'Failed', error: { code: 'InvalidParameter' } },
    })
    expect((await running.raw('GET', url('disks/small'))).status).toBe(404)
  })

  it('leaves a machine as it was whose switching was to fail, and says nothing of it in its operation', async () => {
    await begin()
    const power = async (name: string) => {
      const { body } = await running.raw('GET', url(`virtualMachines/${name}/instanceView`))
      return (body as { statuses: { code: string }[] }).statuses.map(({ code }) => code).at(-1)
    }
    const fault = { kind: 'failOperation', code: 'AllocationFailed', message: 'No room.', times: 2 } as const
    running.sandbox.faults.add({ ...fault, path: '/(start|powerOff)$' })
    const { headers } = await running.raw('POST', url('virtualMachines/idle-1/start'))
    await running.raw('POST', url('virtualMachines/web-1/powerOff'))
    const fine = await running.raw('POST', url('virtualMachines/tl-1/powerOff'))
    await restart()
    expect(await running.raw('GET', onThisHost(headers['azure-asyncoperation']))).toMatchObject({
      body: { status: 'Failed', error: { code: 'AllocationFailed' } },
    })
    expect([await power('idle-1'), await power('web-1'), await power('tl-1')]).toEqual([
      'PowerState/deallocated',
      'PowerState/running',
      'PowerState/stopped',
    ])
    const ended = await running.raw('GET', onThisHost(fine.headers['azure-asyncoperation']))
    expect(ended.body).toEqual(expect.not.objectContaining({ properties: expect.anything() }))
    expect(ended).toMatchObject({ body: { status: 'Succeeded' } })
  })

  it('takes back a change of a machine that was to fail', async () => {
    await begin()
    const machine = async () => (await running.raw('GET', url('virtualMachines/db-1'))).body
    const { properties } = (await machine()) as { properties: { storageProfile: object } }
    running.sandbox.faults.add({ kind: 'failOperation', code: 'InternalExecutionError', message: 'x', method: 'PATCH' })
    const change = { tags: { a: 'b' }, properties: { storageProfile: { dataDisks: [] } } }
    expect((await running.raw('PATCH', url('virtualMachines/db-1'), change)).status).toBe(200)
    await restart()
    expect(await machine()).toMatchObject({
      tags: { app: 'shop' },
      properties: { storageProfile: properties.storageProfile, provisioningState: 'Failed' },
    })
    const other = await running.raw('GET', url('disks/db-1_data_0'))
    expect(other.body).toMatchObject({ properties: { diskState: 'Attached' } })
  })

  it('lets a guest that was coming up come up', async () => {
    await begin()
    await restart()
    const host = guestAddress(running.sandbox.world.secret, running.id('Microsoft.Compute/virtualMachines/web-1'))
    const { sshPort = 0 } = readConnection(running.home) ?? {}
    const answers = () =>
      new Promise<boolean>((resolve) => {
        const socket = connect(sshPort, host, () => resolve(true))
        socket.once('error', () => resolve(false)).once('connect', () => socket.destroy())
      })
    expect(await answers()).toBe(false)
    running.sandbox.world.advance(20_000)
    let up = await answers()
    for (let tries = 0; !up && tries < 40; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 25))
      up = await answers()
    }
    expect(up).toBe(true)
  })

  it('never says that access was granted without saying where', async () => {
    await begin()
    const body = { access: 'Read', durationInSeconds: 600 }
    await running.raw('POST', `${url('virtualMachines/web-1/deallocate')}`)
    running.sandbox.world.advance(120_000)
    const path = url('disks/web-1_OsDisk_1/beginGetAccess')
    const { status, headers } = await running.raw('POST', path, body)
    expect(status).toBe(202)
    await restart()
    const told = await running.raw('GET', onThisHost(headers['azure-asyncoperation']))
    expect(told.body).toMatchObject({ status: 'Failed', error: { code: 'InternalExecutionError' } })
  })
})

import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { SandboxControl } from '../../src/sandbox/control-client.js'
import { Running } from './running.js'

let running: Running
let control: SandboxControl
beforeAll(async () => {
  running = await Running.start({ speed: 1 })
  const connected = await SandboxControl.connect(running.home)
  if (!connected) throw new Error('no sandbox')
  control = connected
})
afterEach(() => control.clearFaults())
afterAll(() => running.end())

const version = '?api-version=2025-01-02'
const url = (rest: string) => running.id(`Microsoft.Compute/${rest}`) + version
const web = () => url('virtualMachines/web-1')

describe('limits of requests', () => {
  it('are told with each answer, of the subscription and of the resource', async () => {
    const left = async (path: string) => {
      const { headers } = await running.raw('GET', path)
      const own = /;(\d+),/.exec(headers['x-ms-ratelimit-remaining-resource'] ?? '')?.[1]
      return [Number(headers['x-ms-ratelimit-remaining-subscription-reads']), Number(own)] as const
    }
    const [first, second] = [await left(web()), await left(web())]
    expect(first[0]).toBeGreaterThan(200)
    expect(first[0]).toBeLessThan(250)
    expect(second[1]).toBe(first[1] - 1)
    const { headers } = await running.raw('DELETE', url('disks/none'))
    expect(headers['x-ms-ratelimit-remaining-subscription-deletes']).toBe('199')
    expect(headers['x-ms-ratelimit-remaining-subscription-global-deletes']).toBe('2999')
  })

  it('end with 429 and a time to wait, after which it goes on; a fault makes them small', async () => {
    await control.addFault({ kind: 'throttle', bucket: 'reads', capacity: 2, perMinute: 10 })
    const path = `/subscriptions/${running.sandbox.subscriptionId}/locations${version}`
    expect([(await running.raw('GET', path)).status, (await running.raw('GET', path)).status]).toEqual([200, 200])
    const refused = await running.raw('GET', path)
    expect(refused).toMatchObject({ status: 429, body: { error: { code: 'SubscriptionRequestsThrottled' } } })
    const wait = Number(refused.headers['retry-after'])
    expect(wait).toBeGreaterThanOrEqual(5)
    expect(wait).toBeLessThanOrEqual(6)
    running.sandbox.world.advance(wait * 1000)
    expect((await running.raw('GET', path)).status).toBe(200)
  })

  it('hold for one machine alone, with the bare body of compute', async () => {
    await control.addFault({ kind: 'throttle', bucket: 'GetVMResource', capacity: 1, perMinute: 1 })
    expect((await running.raw('GET', web())).status).toBe(200)
    expect(await running.raw('GET', web())).toMatchObject({
      status: 429,
      headers: { 'retry-after': '60' },
      body: { code: 'OperationNotAllowed', details: [{ code: 'TooManyRequests', target: 'GetVMResource' }] },
    })
    expect((await running.raw('GET', url('virtualMachines/db-1'))).status).toBe(200)
  })

  it('count the questions after operations of one machine', async () => {
    await control.addFault({ kind: 'throttle', bucket: 'GetVMOperationResource', capacity: 1, perMinute: 1 })
    const status = async (name: string) => {
      const { headers } = await running.raw('POST', url(`virtualMachines/${name}/deallocate`))
      return headers['azure-asyncoperation'] ?? ''
    }
    const [web, db] = [await status('web-1'), await status('db-1')]
    expect((await running.raw('GET', web)).status).toBe(200)
    expect(await running.raw('GET', web)).toMatchObject({ status: 429, body: { code: 'OperationNotAllowed' } })
    expect((await running.raw('GET', db)).status).toBe(200)
  })

  it('of a fault have to be some', async () => {
    const nothing = { kind: 'throttle', bucket: 'reads', capacity: 1, perMinute: 0 } as const
    await expect(control.addFault(nothing)).rejects.toThrow('400')
  })
})

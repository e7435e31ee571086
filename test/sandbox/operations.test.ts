import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { Running } from './running.js'

const version = '?api-version=2025-01-02'
const empty = { location: 'westus2', properties: { creationData: { createOption: 'Empty' }, diskSizeGB: 4 } }
let running: Running
beforeAll(async () => {
  running = await Running.start({ speed: 1 })
})
afterAll(() => running.end())

const url = (rest: string, of?: string) => running.id(`Microsoft.Compute/${rest}`, of) + version
const group = (name: string) => `/subscriptions/${running.sandbox.subscriptionId}/resourcegroups/${name}${version}`

describe('the URL of an operation', () => {
  it('is long, and is known only when it comes back as it was', async () => {
    const { headers } = await running.raw('PUT', url('disks/watched'), empty)
    const status = headers['azure-asyncoperation'] ?? ''
    expect(status.length).toBeGreaterThan(2000)
    expect(await running.raw('GET', status)).toMatchObject({ status: 200, body: { status: 'InProgress' } })
    const last = status.endsWith('A') ? 'B' : 'A'
    for (const changed of [`${status.slice(0, -1)}${last}`, `${status}&x=1`, status.split('&t=')[0] ?? '']) {
      expect((await running.raw('GET', changed)).status).toBeGreaterThanOrEqual(400)
    }
  })

  it('gives 202 for the result until there is one', async () => {
    const { headers } = await running.raw('PUT', url('disks/awaited'), empty)
    const result = headers['location'] ?? ''
    expect(result).toContain('monitor=true')
    expect((await running.raw('GET', result)).status).toBe(202)
    running.sandbox.world.advance(60_000)
    expect(await running.raw('GET', result)).toMatchObject({ status: 200, body: { name: 'awaited' } })
  })

  it('is forgotten after a day, though what was made stays', async () => {
    const { headers } = await running.raw('PUT', url('disks/old'), empty)
    running.sandbox.world.advance(25 * 3_600_000)
    expect((await running.raw('GET', headers['azure-asyncoperation'] ?? '')).status).toBe(404)
    expect((await running.raw('GET', url('disks/old'))).status).toBe(200)
  })
})

describe('the deletion of a group that is being deleted', () => {
  it('is the same deletion, and ends once', async () => {
    await running.raw('PUT', group('twice'), { location: 'westus2' })
    for (const name of ['one', 'two', 'three']) await running.raw('PUT', url(`disks/${name}`, 'twice'), empty)
    running.sandbox.world.advance(60_000)
    const first = await running.raw('DELETE', group('twice'))
    const second = await running.raw('DELETE', group('twice'))
    expect(second).toMatchObject({ status: 202, headers: { location: first.headers['location'] } })
    expect((await running.raw('GET', first.headers['location'] ?? '')).status).toBe(202)
    running.sandbox.world.advance(600_000)
    expect((await running.raw('GET', first.headers['location'] ?? '')).status).toBe(200)
    expect((await running.raw('HEAD', group('twice'))).status).toBe(404)
  })
})

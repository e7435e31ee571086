/** What no Azure would send: pages of a proxy, links to elsewhere, answers that never end. */
import { createPipelineRequest } from '@azure/core-rest-pipeline'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { connectionPool } from '../../src/azure/connections.js'
import { retryPolicy } from '../../src/azure/policies/retry.js'
import { collectGarbage } from '../support/garbage.js'
import { connected, group, HurriedClock, rejection } from './support/connected.js'
import { type Script, ScriptedAzure } from './support/scripted-azure.js'

const { signal } = new AbortController()
const vm = { name: 'web', resourceGroup: 'rg' }
const snapshots = /\/snapshots$/
const snapshot = `${group}/providers/Microsoft.Compute/snapshots/snap`
const page = { headers: { 'content-type': 'text/html; charset=utf-8' }, body: '<html>Please sign in</html>' }

let cloud: ScriptedAzure
beforeAll(async () => {
  cloud = await ScriptedAzure.start()
})
beforeEach(() => cloud.reset())
afterAll(() => cloud.stop())

describe('a web page', () => {
  it.each([200, 201, 202])('with status %d does not count as a change that was made', async (status) => {
    const { azure } = await connected(cloud)
    cloud.on('PATCH', /\/tags\/default$/, { ...page, status }).on('POST', /\/deallocate$/, { ...page, status })
    const said = { code: 'AZURE_REJECTED', message: expect.stringContaining('A proxy may have answered instead.') }
    expect(await rejection(azure.tags.merge(snapshot, { a: 'b' }, signal))).toMatchObject(said)
    expect(await rejection(azure.machines.deallocate(vm, signal))).toMatchObject(said)
  })

  it('does not say that something is not there, or gone', async () => {
    const { azure } = await connected(cloud)
    cloud.on('GET', /\/snap$/, { ...page, status: 404 }).on('DELETE', /\/snap$/, { ...page, status: 404 })
    const said = { code: 'AZURE_REJECTED', message: expect.stringContaining('A proxy may have answered instead.') }
    const ref = { name: 'snap', resourceGroup: 'rg' }
    expect(await rejection(azure.snapshots.find(ref, signal))).toMatchObject(said)
    expect(await rejection(azure.snapshots.remove(ref, signal))).toMatchObject(said)
  })

  it('in place of how an operation goes has what it changes looked at', async () => {
    const { azure } = await connected(cloud)
    cloud.on('POST', /\/deallocate$/, { status: 202, headers: { location: `${cloud.endpoint}/ops/1` } })
    cloud.on('GET', /\/ops\/1$/, page)
    cloud.on(
      'GET',
      /\/instanceView$/,
      { body: { statuses: [{ code: 'PowerState/deallocating' }] } },
      { body: { statuses: [{ code: 'PowerState/deallocated' }] } },
    )
    await azure.machines.deallocate(vm, signal)
    expect(cloud.lines.at(-1)).toMatch(/instanceView$/)
  })

  it('and what else is not JSON is not shown', async () => {
    const { azure } = await connected(cloud)
    cloud.on('GET', snapshots, { body: '{"value":[{"tags":{"a":"b"' })
    const error = await rejection(azure.snapshots.inGroup('rg', signal))
    expect(error).toMatchObject({ code: 'AZURE_REJECTED', message: expect.stringContaining('not of the form') })
    expect(String(error)).not.toContain('tags')
  })

  it('without a word in it is an answer without a body', async () => {
    const { azure } = await connected(cloud)
    cloud.on('DELETE', /\/snapshots\/snap$/, { ...page, status: 204, body: '' })
    await azure.snapshots.remove({ name: 'snap', resourceGroup: 'rg' }, signal)
    expect(cloud.asked).toHaveLength(1)
  })
})

describe('a link to elsewhere', () => {
  it.each(['https://azure.example', 'http://127.0.0.1:1'])('as %s gets no token: a page', async (host) => {
    const { azure } = await connected(cloud)
    const list = { value: [], nextLink: `${host}${group}/x/snapshots?api-version=1` }
    cloud.on('GET', snapshots, { body: list })
    cloud.on('GET', /\/virtualMachines$/, { body: list }).on('GET', /\/locks$/, { body: list })
    const said = {
      code: 'AZURE_REJECTED',
      message: expect.stringContaining(`it leads to ${host}, where no token may go`),
    }
    expect(await rejection(azure.snapshots.inGroup('rg', signal))).toMatchObject(said)
    expect(await rejection(azure.machines.list('rg', signal))).toMatchObject(said)
    // Locks may not be readable, and that is what it says then.
    expect(await azure.locks.inGroup('rg', signal)).toBeUndefined()
    expect(cloud.asked).toHaveLength(3)
  })

  it.each(['https://azure.example', 'http://127.0.0.1:1'])('as %s gets none: an operation', async (host) => {
    const { azure } = await connected(cloud)
    const headers = { location: `${host}/ops/1`, 'azure-asyncoperation': `${host}/ops/1` }
    cloud.on('POST', /\/deallocate$/, { status: 202, headers })
    cloud.on('GET', /\/instanceView$/, { body: { statuses: [{ code: 'PowerState/deallocated' }] } })
    await azure.machines.deallocate(vm, signal)
    expect(cloud.lines.map((line) => line.split('/').at(-1))).toEqual(['deallocate', 'instanceView'])
  })

  it('is not followed, and said', async () => {
    const { azure } = await connected(cloud)
    cloud.on('GET', snapshots, { status: 307, headers: { location: 'https://azure.example/x' } })
    expect(await rejection(azure.snapshots.inGroup('rg', signal))).toMatchObject({
      code: 'AZURE_REJECTED',
      message: expect.stringContaining('it leads to another place (307)'),
    })
  })
})

describe('an attempt', () => {
  const half = { headers: { 'content-length': '100' }, body: 'half' }
  const stops: [string, Script][] = [
    ['never begins', 'never'],
    ['stops half-way', half],
    ['becomes another protocol', { status: 101, headers: { upgrade: 'x', connection: 'upgrade' } }],
  ]

  it.each(stops)('whose answer %s ends at its limit', async (_how, script) => {
    cloud.on('GET', /\/x$/, script, { body: 'whole' })
    const clock = new HurriedClock()
    const client = await connectionPool()()
    const request = createPipelineRequest({ url: `${cloud.endpoint}/x` })
    request.tlsSettings = { ca: cloud.caPem }
    setTimeout(collectGarbage, 100)
    const policy = retryPolicy(clock, () => {}, 1000)
    const { bodyAsText } = await policy.sendRequest(request, (one) => client.sendRequest(one))
    expect(bodyAsText).toBe('whole')
    // The whole answer may take longer than that, too, on a machine with much to do.
    expect(clock.waits.length).toBeGreaterThan(0)
  })
})

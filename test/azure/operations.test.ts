import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { Calls } from '../../src/azure/calls.js'
import { systemClock } from '../../src/core/clock.js'
import { AzlinError } from '../../src/core/errors.js'
import { connected, group, HurriedClock, rejection } from './support/connected.js'
import { type Answer, ScriptedAzure } from './support/scripted-azure.js'

const { signal } = new AbortController()
const compute = `${group}/providers/Microsoft.Compute`
const path = /\/snapshots\/snap$/
const want = {
  name: 'snap',
  resourceGroup: 'rg',
  region: 'westus2',
  sourceId: `${compute}/disks/os`,
  tags: { a: '1' },
  encryptionSetId: undefined,
}
const model = (provisioningState: string) => ({
  id: `${compute}/snapshots/snap`,
  name: 'snap',
  location: 'westus2',
  tags: { a: '1' },
  properties: { provisioningState, incremental: true, diskSizeGB: 30, creationData: { createOption: 'Copy' } },
})
const gone = { status: 404, body: { error: { code: 'ResourceNotFound', message: 'not there' } } }
const running = { body: { status: 'InProgress' } }
const succeeded = { body: { status: 'Succeeded', properties: { output: {} } } }

let cloud: ScriptedAzure
beforeAll(async () => {
  cloud = await ScriptedAzure.start()
})
beforeEach(() => cloud.reset())
afterAll(() => cloud.stop())

/** As Azure signs them: what stands after the `?` must come back to the letter. */
const signature = '?p=1&c=MIIH%2Bab/c==&s=x~y-_+z&h=&api-version=2024-03-02&t=%7b'
const accepted = (name = 'op', headers: Record<string, string> = {}): Answer => ({
  status: 202,
  headers: {
    'azure-asyncoperation': `${cloud.endpoint}/ops/${name}${signature}`,
    location: `${cloud.endpoint}/ops/${name}${signature}&monitor=true`,
    ...headers,
  },
  body: { name: 'snap', properties: { provisioningState: 'Updating' } },
})

describe('long operations', () => {
  it('makes a snapshot, and reads it after the end because the first answer is partial', async () => {
    const { azure, clock } = await connected(cloud)
    cloud.on('GET', path, gone, { body: model('Succeeded') }).on('PUT', path, accepted())
    cloud.on('GET', /\/ops\/op$/, running, succeeded)
    const made = await azure.snapshots.create(want, signal)
    expect(made).toMatchObject({ name: 'snap', resourceGroup: 'rg', sizeGb: 30, incremental: true, tags: { a: '1' } })
    expect(cloud.lines.map((line) => line.replace(compute, ''))).toEqual([
      'GET /snapshots/snap',
      'PUT /snapshots/snap',
      'GET /ops/op',
      'GET /ops/op',
      'GET /snapshots/snap',
    ])
    expect(clock.waits).toEqual([2000, 2000])
    expect(cloud.asked[1]?.body).toEqual({
      location: 'westus2',
      tags: { a: '1' },
      properties: {
        incremental: true,
        creationData: { createOption: 'Copy', sourceResourceId: want.sourceId },
        networkAccessPolicy: 'DenyAll',
        publicNetworkAccess: 'Disabled',
      },
    })
  })

  it('sends signed operation URLs back unchanged, with either generation of clients', async () => {
    const { azure } = await connected(cloud)
    cloud.on('DELETE', path, accepted()).on('GET', /\/ops\/op$/, running, succeeded)
    await azure.snapshots.remove(want, signal)
    cloud.on('DELETE', /\/networkInterfaces\/nic$/, accepted('nic')).on('GET', /\/ops\/nic$/, running, succeeded)
    await azure.networks.removeNic({ name: 'nic', resourceGroup: 'rg' }, signal)
    const asked = cloud.asked.filter(({ path }) => path.startsWith('/ops/')).map(({ url }) => url)
    expect(asked.length).toBeGreaterThanOrEqual(4)
    for (const url of asked) expect(url.replace('&monitor=true', '')).toMatch(/^\/ops\/(op|nic)\?/)
    expect(asked.every((url) => url.replace('&monitor=true', '').endsWith(signature))).toBe(true)
  })

  it('takes the time that Azure asks for instead of its own', async () => {
    const { azure, clock } = await connected(cloud)
    cloud.on('DELETE', path, accepted('op', { 'retry-after': '10' }))
    cloud.on('GET', /\/ops\/op$/, { ...running, headers: { 'retry-after': '36' } }, succeeded)
    await azure.snapshots.remove(want, signal)
    expect(clock.waits).toEqual([10_000, 36_000])
  })

  it('pauses a little, and more and more, where Azure asks for no pause', async () => {
    const { azure, clock } = await connected(cloud)
    const none = { ...running, headers: { 'retry-after': '0' } }
    cloud.on('DELETE', path, accepted('op', { 'retry-after': '0' }))
    cloud.on('GET', /\/ops\/op$/, none, none, succeeded)
    await azure.snapshots.remove(want, signal)
    expect(clock.waits).toEqual([50, 100, 150])
  })

  it('goes on asking after an operation when asking fails', async () => {
    const { azure } = await connected(cloud)
    const trouble = { status: 500, body: { error: { code: 'MultipleErrorsOccurred', message: 'x' } } }
    const many = Array.from({ length: 12 }, () => trouble)
    cloud.on('DELETE', path, accepted())
    cloud.on('GET', /\/ops\/op$/, running, ...many, 'drop', { status: 429, headers: { 'retry-after': '3' } }, succeeded)
    await azure.snapshots.remove(want, signal)
    expect(cloud.asked.filter(({ path }) => path === '/ops/op')).toHaveLength(16)
  })

  it('explains an operation that was accepted and failed later', async () => {
    const { azure } = await connected(cloud)
    const details = [{ code: 'Inner', message: 'more' }]
    const quota = { code: 'OperationNotAllowed', message: 'results in exceeding approved Cores quota.', details }
    cloud.on('GET', path, gone).on('PUT', path, accepted())
    cloud.on('GET', /\/ops\/op$/, running, { body: { status: 'Failed', error: quota } })
    const error = await rejection(azure.snapshots.create(want, signal))
    expect(error).toMatchObject({ code: 'QUOTA_EXCEEDED', details: { what: 'creating snapshot snap' } })
  })

  it('explains a resource that failed without an operation to ask', async () => {
    const { azure } = await connected(cloud)
    cloud.on('GET', path, gone, { body: model('Updating') }, { body: model('Failed') })
    cloud.on('PUT', path, { status: 201, body: model('Updating') })
    const error = await rejection(azure.snapshots.create(want, signal))
    expect(error).toMatchObject({ code: 'AZURE_REJECTED', message: expect.stringContaining('ended as Failed') })
  })

  it('is content with an outside stand-in that answers at once and says little', async () => {
    const { azure } = await connected(cloud)
    const bare = { id: model('').id, name: 'snap', location: 'westus2', properties: {} }
    cloud.on('GET', path, gone, { body: bare }).on('PUT', path, { status: 201, body: bare })
    expect(await azure.snapshots.create(want, signal)).toMatchObject({ name: 'snap', provisioningState: 'Succeeded' })
  })

  it('waits until it is gone where nothing is given to ask after a removal', async () => {
    const { azure } = await connected(cloud)
    // That it goes does not show at once.
    const [still, going] = [{ body: model('Succeeded') }, { body: model('Deleting') }]
    cloud.on('DELETE', path, { status: 202 }).on('GET', path, still, going, going, gone)
    await azure.snapshots.remove(want, signal)
    expect(cloud.lines.map((line) => line.split(' ')[0])).toEqual(['DELETE', 'GET', 'GET', 'GET', 'GET'])
  })

  it('waits likewise for a part of a network, of which the SDK makes an answer without a word', async () => {
    const { azure } = await connected(cloud)
    const nic = /\/networkInterfaces\/nic$/
    const there = { body: { id: `${group}/providers/Microsoft.Network/networkInterfaces/nic`, name: 'nic', tags: {} } }
    cloud.on('DELETE', nic, { status: 202 }).on('GET', nic, there, there, gone)
    await azure.networks.removeNic({ resourceGroup: 'rg', name: 'nic' }, signal)
    expect(cloud.lines.map((line) => line.split(' ')[0])).toEqual(['DELETE', 'GET', 'GET', 'GET'])
  })

  it('calls nothing removed that stays there', async () => {
    const { azure } = await connected(cloud, { clock: new HurriedClock() })
    cloud.on('DELETE', path, { status: 202 }).on('GET', path, { body: model('Succeeded') })
    const error = await rejection(azure.snapshots.remove(want, signal))
    expect(error).toMatchObject({ code: 'AZURE_UNAVAILABLE', message: expect.stringContaining('how it ended') })
  })

  it('looks at the resource when the operation is forgotten', async () => {
    const { azure } = await connected(cloud)
    cloud.on('GET', path, gone, { body: model('Updating') }, { body: model('Succeeded') })
    cloud.on('PUT', path, accepted()).on('GET', /\/ops\/op$/, running, gone)
    expect(await azure.snapshots.create(want, signal)).toMatchObject({ provisioningState: 'Succeeded' })
  })

  it('does not take a forgotten operation for a removal of what is still there', async () => {
    const { azure } = await connected(cloud)
    cloud
      .on('GET', path, { body: model('Succeeded') })
      .on('DELETE', path, accepted())
      .on('GET', /\/ops\/op$/, gone)
    expect(await rejection(azure.snapshots.remove(want, signal))).toMatchObject({ code: 'AZURE_UNAVAILABLE' })
    cloud.on('GET', path, { body: model('Deleting') }, gone)
    await azure.snapshots.remove(want, signal)
  })

  it('says what was wrong with a change that was never made', async () => {
    const { azure } = await connected(cloud)
    const trouble = { status: 500, body: { error: { code: 'InternalServerError', message: 'Disk service is down.' } } }
    cloud.on('GET', path, gone).on('PUT', path, trouble)
    const error = await rejection(azure.snapshots.create(want, signal))
    expect(error).toMatchObject({
      code: 'AZURE_UNAVAILABLE',
      message: expect.stringContaining('Disk service is down.'),
    })
  })

  it('waits until what was just made can be seen', async () => {
    const { azure } = await connected(cloud)
    cloud.on('GET', path, gone, gone, gone, { body: model('Succeeded') }).on('PUT', path, accepted())
    cloud.on('GET', /\/ops\/op$/, succeeded)
    expect(await azure.snapshots.create(want, signal)).toMatchObject({ provisioningState: 'Succeeded' })
  })

  it('refuses a name in use, because a PUT on it would keep the old data', async () => {
    const { azure } = await connected(cloud)
    cloud.on('GET', path, { body: model('Succeeded') })
    expect(await rejection(azure.snapshots.create(want, signal))).toMatchObject({ code: 'NAME_TAKEN' })
    expect(cloud.lines).toHaveLength(1)
  })

  it('counts what is gone already as removed', async () => {
    const { azure } = await connected(cloud)
    cloud.on('DELETE', path, { status: 204 }, gone, {
      status: 404,
      body: { error: { code: 'ResourceGroupNotFound', message: "Resource group 'rg' could not be found." } },
    })
    for (let time = 0; time < 3; time++) await azure.snapshots.remove(want, signal)
    expect(cloud.lines).toHaveLength(3)
  })

  it('ends the wait for an operation at once when it is interrupted', async () => {
    const { azure } = await connected(cloud, { clock: systemClock() })
    const stop = new AbortController()
    const reason = new AzlinError('INTERRUPTED', { by: 'Ctrl-C' })
    cloud.on('DELETE', path, accepted('op', { 'retry-after': '60' }))
    const begun = performance.now()
    const ended = rejection(azure.snapshots.remove(want, stop.signal))
    setTimeout(() => stop.abort(reason), 200)
    expect(await ended).toBe(reason)
    expect(performance.now() - begun).toBeLessThan(5000)
  })

  it('gives up an operation after its time', async () => {
    const calls = new Calls(new HurriedClock(), 1, () => {})
    const forever = { isDone: () => false, poll: async () => {}, pollUntilDone: async () => {} }
    const task = { doing: 'creating nothing', subject: 'nothing' }
    const operation = { task, minutes: 0.001, start: async () => forever, look: async () => 'absent' as const }
    expect(await rejection(calls.operate(operation, signal))).toMatchObject({ code: 'TIMED_OUT' })
  })
})

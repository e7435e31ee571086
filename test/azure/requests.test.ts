import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { systemClock } from '../../src/core/clock.js'
import { AzlinError } from '../../src/core/errors.js'
import { connected, group, rejection, subscriptionId } from './support/connected.js'
import { ScriptedAzure } from './support/scripted-azure.js'

const { signal } = new AbortController()
const ref = { name: 'snap', resourceGroup: 'rg' }
const snapshots = /\/snapshots$/
const snapshot = /\/snapshots\/snap$/
const stands = { id: `${group}/providers/Microsoft.Compute/snapshots/snap`, name: 'snap', location: 'westus2' }

let cloud: ScriptedAzure
beforeAll(async () => {
  cloud = await ScriptedAzure.start()
})
beforeEach(() => cloud.reset())
afterAll(() => cloud.stop())

describe('requests to Azure', () => {
  it('asks for one token for all clients, with the public audience, and sends it on every request', async () => {
    const { azure } = await connected(cloud)
    cloud.on('GET', snapshot, { body: stands }).on('GET', /resourcegroups\/rg$/i, { body: { location: 'West US 2' } })
    await Promise.all([azure.snapshots.find(ref, signal), azure.snapshots.find(ref, signal)])
    expect(await azure.groups.find('rg', signal)).toEqual({ region: 'westus2', tags: {} })
    expect(cloud.tokensGiven).toBe(1)
    expect(cloud.asked.every(({ headers }) => headers['authorization'] === 'Bearer a.b.c')).toBe(true)
  })

  it('follows every page of a list', async () => {
    const { azure } = await connected(cloud)
    const page = (name: string, nextLink?: string) => ({ body: { value: [{ ...stands, name, id: '' }], nextLink } })
    cloud.on('GET', snapshots, ({ url }) =>
      url.includes('token=2') ? page('b') : page('a', `${cloud.endpoint}${group}/x/snapshots?api-version=1&token=2%3D`),
    )
    const found = await azure.snapshots.inGroup('rg', signal)
    expect(found.map(({ name }) => name)).toEqual(['a', 'b'])
    expect(cloud.asked[1]?.url).toBe(`${group}/x/snapshots?api-version=1&token=2%3D`)
  })

  it('takes a null for what is missing', async () => {
    const { azure } = await connected(cloud)
    const nothing = {
      osType: null,
      hyperVGeneration: null,
      diskSizeBytes: null,
      copyCompletionError: null,
      encryption: null,
    }
    cloud.on('GET', snapshots, {
      body: { value: [{ ...stands, tags: null, properties: { ...nothing, diskSizeGB: 4 } }] },
    })
    const [found] = await azure.snapshots.inGroup('rg', signal)
    expect(found).toMatchObject({ name: 'snap', sizeGb: 4, tags: {} })
    const { osType, generation, sizeBytes, copyError, encryptionSetId } = found ?? {}
    expect({ osType, generation, sizeBytes, copyError, encryptionSetId }).toEqual({})
  })

  it.each([
    ['CopyStart', 'Available', undefined, 100],
    ['CopyStart', 'Pending', undefined, undefined],
    ['CopyStart', undefined, undefined, undefined],
    ['CopyStart', 'Available', 40, 40],
    ['Copy', 'Available', undefined, undefined],
    ['Copy', 'Pending', undefined, 0],
    ['Copy', 'Pending', 60, 60],
    ['Copy', undefined, undefined, undefined],
  ])('knows of a %s that is %s at %s percent how far it is', async (createOption, state, told, known) => {
    const { azure } = await connected(cloud)
    const properties = { creationData: { createOption }, snapshotAccessState: state, completionPercent: told }
    cloud.on('GET', snapshot, { body: { ...stands, properties } })
    expect((await azure.snapshots.find(ref, signal))?.completionPercent).toBe(known)
  })

  it('waits as long as Azure asks when it limits requests, and says so', async () => {
    const { azure, clock, events } = await connected(cloud)
    cloud.on('GET', snapshot, { status: 429, headers: { 'retry-after': '17' } }, { body: stands })
    expect(await azure.snapshots.find(ref, signal)).toMatchObject({ name: 'snap', region: 'westus2' })
    expect(clock.waits).toHaveLength(1)
    expect(clock.waits[0]).toBeGreaterThanOrEqual(17_000)
    expect(events).toContainEqual({
      type: 'azure.waiting',
      seconds: expect.any(Number),
      reason: 'Azure is limiting requests',
    })
  })

  it('waits for another change of the same thing, and does not call it a limit', async () => {
    const { azure, clock, events } = await connected(cloud)
    const code = 'RetryableErrorDueToAnotherOperation'
    const busy = { status: 429, body: { error: { code, message: 'Another operation is in progress.' } } }
    cloud.on('GET', snapshot, busy, busy, busy, busy, busy, busy, { body: stands })
    expect(await azure.snapshots.find(ref, signal)).toMatchObject({ name: 'snap' })
    expect(clock.waits).toHaveLength(6)
    const reasons = events.flatMap((event) => (event.type === 'azure.waiting' ? [event.reason] : []))
    expect(new Set(reasons)).toEqual(new Set(['another change of the same thing is under way']))
    cloud.on('GET', snapshot, busy)
    expect(await rejection(azure.snapshots.find(ref, signal))).toMatchObject({ code: 'CONFLICT' })
  })

  it('reads a Retry-After date by the clock of the server that sent it', async () => {
    const { azure, clock } = await connected(cloud)
    const headers = { date: 'Mon, 02 Mar 2043 10:00:00 GMT', 'retry-after': 'Mon, 02 Mar 2043 10:00:40 GMT' }
    cloud.on('GET', snapshot, { status: 503, headers }, { body: stands })
    await azure.snapshots.find(ref, signal)
    expect(clock.waits[0]).toBeGreaterThanOrEqual(40_000)
    expect(clock.waits[0]).toBeLessThan(41_000)
  })

  it('gives up at once, with the seconds, when it would have to wait for too long', async () => {
    const { azure, clock } = await connected(cloud)
    cloud.on('GET', snapshot, { status: 429, headers: { 'retry-after': '1200' } })
    const error = await rejection(azure.snapshots.find(ref, signal))
    expect(error).toMatchObject({ code: 'THROTTLED', details: { seconds: 1200 } })
    expect(clock.waits).toEqual([])
  })

  it('does not wait for ever when Azure keeps asking for a little more', async () => {
    const { azure, clock } = await connected(cloud)
    cloud.on('GET', snapshot, { status: 429, headers: { 'retry-after': '100' } })
    expect(await rejection(azure.snapshots.find(ref, signal))).toMatchObject({ code: 'THROTTLED' })
    expect(clock.waits.reduce((sum, wait) => sum + wait, 0)).toBeLessThanOrEqual(600_000)
  })

  it('survives a few server errors and dropped connections of a read', async () => {
    const { azure } = await connected(cloud)
    cloud.on('GET', snapshot, { status: 500 }, 'drop', { status: 502, body: '<html>' }, { body: stands })
    expect(await azure.snapshots.find(ref, signal)).toMatchObject({ name: 'snap' })
    expect(cloud.asked).toHaveLength(4)
  })

  it('says that Azure is unavailable when server errors do not end', async () => {
    const { azure } = await connected(cloud)
    cloud.on('GET', snapshot, { status: 503, body: { error: { code: 'ServerBusy', message: 'Try later.' } } })
    const error = await rejection(azure.snapshots.find(ref, signal))
    expect(error).toMatchObject({ code: 'AZURE_UNAVAILABLE', retryable: true })
    expect(String(error)).toContain('Try later.')
  })

  it.each(['', '<html>Sign in</html>', {}, { value: [null] }])(
    'says of an answer like %j that it is none',
    async (body) => {
      const { azure } = await connected(cloud)
      cloud.on('GET', snapshots, { headers: { 'content-type': 'text/html' }, body })
      expect(await rejection(azure.snapshots.inGroup('rg', signal))).toMatchObject({
        code: 'AZURE_REJECTED',
        message: expect.stringMatching(
          /the snapshots of resource group rg: its answer makes no sense: it is not of the form/,
        ),
      })
    },
  )

  it('ends a wait at once, with the reason of the signal', async () => {
    const { azure } = await connected(cloud)
    const stop = new AbortController()
    const reason = new AzlinError('INTERRUPTED', { by: 'Ctrl-C' })
    cloud.on('GET', snapshot, 'never')
    const wait = rejection(azure.snapshots.find(ref, stop.signal))
    setTimeout(() => stop.abort(reason), 50)
    expect(await wait).toBe(reason)
  })

  it('ends a pause between two attempts at once, too', async () => {
    const stop = new AbortController()
    const reason = new AzlinError('INTERRUPTED', { by: 'Ctrl-C' })
    const { azure, events } = await connected(cloud, { clock: systemClock() })
    cloud.on('GET', snapshot, { status: 429, headers: { 'retry-after': '60' } })
    setTimeout(() => stop.abort(reason), 300)
    const begun = performance.now()
    expect(await rejection(azure.snapshots.find(ref, stop.signal))).toBe(reason)
    expect(events).toContainEqual(expect.objectContaining({ type: 'azure.waiting' }))
    expect(performance.now() - begun).toBeLessThan(5000)
  })

  it('sends nothing when it was interrupted before', async () => {
    const { azure } = await connected(cloud)
    const reason = new AzlinError('INTERRUPTED', { by: 'Ctrl-C' })
    expect(await rejection(azure.snapshots.find(ref, AbortSignal.abort(reason)))).toBe(reason)
    expect(cloud.asked).toEqual([])
  })

  it('tells of each request without its query', async () => {
    const { azure, events } = await connected(cloud)
    const headers = { 'x-ms-correlation-request-id': 'abc' }
    cloud.on('GET', snapshot, 'drop', { headers, body: stands })
    await azure.snapshots.find(ref, signal)
    const path = `${group}/providers/Microsoft.Compute/snapshots/snap`
    const requests = events.filter(({ type }) => type === 'azure.request')
    expect(requests).toEqual([
      { type: 'azure.request', method: 'GET', path, status: 0, ms: expect.any(Number), correlationId: '' },
      { type: 'azure.request', method: 'GET', path, status: 200, ms: expect.any(Number), correlationId: 'abc' },
    ])
  })

  it('names the host that refuses the connection', async () => {
    const other = await ScriptedAzure.start()
    const { host } = new URL(other.endpoint)
    const { azure } = await connected(cloud, { armEndpoint: other.endpoint })
    await other.stop()
    expect(await rejection(azure.snapshots.find(ref, signal))).toMatchObject({ code: 'NETWORK', details: { host } })
  })

  it('trusts no certificate that it was not told to', async () => {
    const other = await ScriptedAzure.start({ fresh: true })
    const { azure, clock } = await connected(cloud, { armEndpoint: other.endpoint })
    const error = await rejection(azure.snapshots.find(ref, signal))
    await other.stop()
    expect(error).toMatchObject({ code: 'NETWORK', message: expect.stringContaining('certificate is not trusted') })
    expect([clock.waits, other.asked]).toEqual([[], []])
  })

  it('knows no lock when it may not read them, and all of them when it may', async () => {
    const { azure } = await connected(cloud)
    const id = `${group}/providers/Microsoft.Compute/disks/D1/providers/Microsoft.Authorization/locks/l`
    const inherited = `/subscriptions/${subscriptionId}/providers/Microsoft.Authorization/locks/all`
    cloud.on(
      'GET',
      /locks$/,
      { status: 403, body: { error: { code: 'AuthorizationFailed', message: 'no' } } },
      { body: { value: [{ id }], nextLink: `${cloud.endpoint}/more/locks?x=1` } },
      { body: { value: [{ id: inherited }] } },
    )
    expect(await azure.locks.inGroup('rg', signal)).toBeUndefined()
    expect(await azure.locks.inGroup('rg', signal)).toEqual([
      `${group}/providers/Microsoft.Compute/disks/D1`.toLowerCase(),
      `/subscriptions/${subscriptionId}`,
    ])
  })
})

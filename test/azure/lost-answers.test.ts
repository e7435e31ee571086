/** Changes that were sent again because their answer never came: Azure may be at the first one still. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { connected, rejection } from './support/connected.js'
import { ScriptedAzure } from './support/scripted-azure.js'

const { signal } = new AbortController()
const vm = { name: 'web', resourceGroup: 'rg' }
const power = (code: string) => ({ body: { statuses: [{ code: `PowerState/${code}` }] } })
const conflict = {
  status: 409,
  body: { error: { code: 'Conflict', message: 'The request failed due to conflict with a concurrent request.' } },
}

let cloud: ScriptedAzure
beforeAll(async () => {
  cloud = await ScriptedAzure.start()
})
beforeEach(() => cloud.reset())
afterAll(() => cloud.stop())

const times = (method: string) => cloud.asked.filter((one) => one.method === method).length

describe('a change whose answer was lost', () => {
  it('is sent again', async () => {
    const { azure } = await connected(cloud)
    cloud.on('POST', /\/start$/, 'drop', { status: 202, headers: { location: `${cloud.endpoint}/ops/1` } })
    cloud.on('GET', /\/ops\/1$/, { status: 202 }, { status: 200 })
    await azure.machines.start(vm, signal)
    expect(times('POST')).toBe(2)
  })

  it('is waited for where Azure refuses it because the first is under way', async () => {
    const { azure } = await connected(cloud)
    cloud.on('POST', /\/deallocate$/, 'drop', conflict)
    cloud.on('GET', /\/instanceView$/, power('running'), power('deallocating'), power('deallocated'))
    await azure.machines.deallocate(vm, signal)
    expect(times('POST')).toBe(2)
    expect(times('GET')).toBe(3)
  })

  it('is refused where nothing of it shows', async () => {
    const { azure } = await connected(cloud)
    cloud.on('POST', /\/deallocate$/, 'drop', conflict)
    cloud.on('GET', /\/instanceView$/, power('running'))
    expect(await rejection(azure.machines.deallocate(vm, signal))).toMatchObject({ code: 'CONFLICT' })
  })

  it.each([
    ['the connection breaks', 'drop', 'NETWORK'],
    ['a proxy answers', { headers: { 'content-type': 'text/html' }, body: '<html>Sign in</html>' }, 'AZURE_REJECTED'],
  ] as const)(
    'is not made because its operation is unknown and, at the look at what it was to remove, %s',
    async (_name, answer, code) => {
      const { azure } = await connected(cloud)
      const gone = { status: 404, body: { error: { code: 'NotFound', message: 'no such operation' } } }
      cloud.on('DELETE', /\/snapshots\/s$/, { status: 202, headers: { location: `${cloud.endpoint}/ops/1` } })
      cloud.on('GET', /\/ops\/1$/, gone)
      cloud.on('GET', /\/snapshots\/s$/, answer)
      const removal = azure.snapshots.remove({ name: 's', resourceGroup: 'rg' }, signal)
      expect(await rejection(removal)).toMatchObject({ code })
    },
  )

  it('is not what stands in the way of one that was sent once', async () => {
    const { azure } = await connected(cloud)
    cloud.on('POST', /\/deallocate$/, 'drop', { status: 202, headers: { location: `${cloud.endpoint}/ops/1` } })
    cloud.on('GET', /\/ops\/1$/, { status: 200 })
    await azure.machines.deallocate(vm, signal)
    cloud.on('POST', /\/start$/, conflict)
    cloud.on('GET', /\/instanceView$/, power('running'))
    expect(await rejection(azure.machines.start(vm, signal))).toMatchObject({ code: 'CONFLICT' })
    expect(cloud.asked.at(-1)?.method).toBe('POST')
  })
})

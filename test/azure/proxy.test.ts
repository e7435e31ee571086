import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { connected } from './support/connected.js'
import { ScriptedAzure } from './support/scripted-azure.js'

let cloud: ScriptedAzure
beforeAll(async () => {
  cloud = await ScriptedAzure.start()
})
afterAll(() => cloud.stop())

it('asks this very computer without a proxy, for a token and for the rest', async () => {
  // Nothing listens there.
  const proxies = { HTTP_PROXY: 'http://127.0.0.1:9', HTTPS_PROXY: 'http://127.0.0.1:9' }
  const before = { ...process.env }
  Object.assign(process.env, proxies)
  try {
    const { azure } = await connected(cloud)
    cloud.on('GET', /\/snapshots\/s$/, { status: 404, body: { error: { code: 'ResourceNotFound', message: 'no' } } })
    const { signal } = new AbortController()
    expect(await azure.snapshots.find({ name: 's', resourceGroup: 'rg' }, signal)).toBeUndefined()
  } finally {
    for (const name of Object.keys(proxies)) delete process.env[name]
    Object.assign(process.env, before)
  }
})

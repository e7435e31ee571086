import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { SandboxControl } from '../../src/sandbox/control-client.js'
import { quick, Running, refusal } from './running.js'

let running: Running
beforeAll(async () => {
  running = await Running.start()
})
afterAll(() => running.end())

describe('the embedded Azure', () => {
  it('signs DefaultAzureCredential in through its managed identity endpoint', async () => {
    const { identityEndpoint, identityHeader, caFile } = running.sandbox
    const before = { ...process.env }
    Object.assign(process.env, {
      IDENTITY_ENDPOINT: identityEndpoint,
      IDENTITY_HEADER: identityHeader,
      AZURE_TOKEN_CREDENTIALS: 'prod',
    })
    try {
      const { DefaultAzureCredential } = await import('@azure/identity')
      const credential = new DefaultAzureCredential({ tlsOptions: { ca: readFileSync(caFile, 'utf8') } })
      const { token } = await credential.getToken('https://management.azure.com/.default')
      expect(token.split('.')).toHaveLength(3)
    } finally {
      process.env = before
    }
  })

  it('packs a long answer for who can unpack it, and no other', async () => {
    const disks = `${running.id('Microsoft.Compute/disks')}?api-version=2025-01-02`
    const one = `/subscriptions/${running.sandbox.subscriptionId}?api-version=2022-12-01`
    const plain = await running.raw('GET', disks)
    const packed = await running.raw('GET', disks, undefined, { 'accept-encoding': 'deflate, gzip' })
    expect(packed.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'Accept-Encoding' })
    expect(plain.headers).not.toHaveProperty('content-encoding')
    expect(Number(packed.headers['content-length'])).toBeLessThan(plain.text.length / 2)
    expect(packed.text).toBe(plain.text)
    const short = await running.raw('GET', one, undefined, { 'accept-encoding': 'gzip' })
    expect(short.headers).not.toHaveProperty('content-encoding')
  })

  it('wants a token of its own', async () => {
    const path = `/subscriptions/${running.sandbox.subscriptionId}?api-version=2022-12-01`
    expect((await running.raw('GET', path)).status).toBe(200)
    const forged = await running.raw('GET', path, undefined, { authorization: 'Bearer a.b.c' })
    expect(forged).toMatchObject({ status: 401, body: { error: { code: 'InvalidAuthenticationToken' } } })
  })

  it('wants an api-version that is a date', async () => {
    const path = `/subscriptions/${running.sandbox.subscriptionId}/resourcegroups`
    expect(await running.raw('GET', path)).toMatchObject({
      status: 400,
      body: { error: { code: 'MissingApiVersionParameter' } },
    })
    expect((await running.raw('GET', `${path}?api-version=newest`)).status).toBe(400)
  })

  it('tells how it is reached in a file that only its owner can read', async () => {
    const file = join(running.home, 'connection.json')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ url: running.sandbox.url, resourceGroup: 'demo-rg' })
  })

  it('makes, changes, finds by tag and deletes resource groups', async () => {
    const { resourceGroups } = running.resources
    const made = await resourceGroups.createOrUpdate('Made', { location: 'West US 2', tags: { Purpose: 'test' } })
    expect(made).toMatchObject({ name: 'Made', location: 'westus2' })
    const names: (string | undefined)[] = []
    for await (const { name } of resourceGroups.list({ filter: "tagName eq 'purpose' and tagValue eq 'test'" }))
      names.push(name)
    expect(names).toEqual(['Made'])
    await resourceGroups.beginDeleteAndWait('MADE', quick)
    expect(await resourceGroups.checkExistence('Made')).toMatchObject({ body: false })
  })

  it('moves its clock and says so to those who connect', async () => {
    const control = await SandboxControl.connect(running.home)
    const before = running.sandbox.world.now().getTime()
    const { now } = (await control?.advance(7 * 86_400_000)) ?? { now: '' }
    expect(Date.parse(now) - before).toBeGreaterThanOrEqual(7 * 86_400_000)
    const { clockOffsetMs } = JSON.parse(readFileSync(join(running.home, 'connection.json'), 'utf8'))
    expect(clockOffsetMs).toBeGreaterThanOrEqual(7 * 86_400_000)
  })

  it('keeps its state, its clock and the trust in it over a restart', async () => {
    const first = await Running.start()
    await first.resources.resourceGroups.createOrUpdate('kept', { location: 'westus2' })
    first.sandbox.world.advance(3_600_000)
    const offset = first.sandbox.world.clock.offsetMs
    await first.sandbox.close()
    const second = await Running.start({ home: first.home })
    expect((await second.resources.resourceGroups.get('kept')).name).toBe('kept')
    expect(second.sandbox.world.clock.offsetMs).toBe(offset)
    expect(second.sandbox.identityHeader).toBe(first.sandbox.identityHeader)
    await second.end()
  })

  it('has finished after a restart what was under way before', async () => {
    const first = await Running.start({ speed: 1 })
    const idle = first.id('Microsoft.Compute/virtualMachines/idle-1')
    expect((await first.raw('POST', `${idle}/start?api-version=2025-04-01`)).status).toBe(202)
    const creationData = { createOption: 'Copy', sourceResourceId: first.id('Microsoft.Compute/disks/web-1_OsDisk_1') }
    const path = `${first.id('Microsoft.Compute/snapshots/begun')}?api-version=2025-01-02`
    const begun = await first.raw('PUT', path, { location: 'westus2', properties: { creationData } })
    await first.sandbox.close()

    const second = await Running.start({ home: first.home, speed: 1 })
    const { pathname, search } = new URL(begun.headers['azure-asyncoperation'] ?? '')
    expect(await second.raw('GET', pathname + search)).toMatchObject({ status: 200, body: { status: 'Succeeded' } })
    const snapshot = await second.compute.snapshots.get('demo-rg', 'begun')
    expect(snapshot).toMatchObject({ provisioningState: 'Succeeded', diskState: 'Unattached' })
    expect(snapshot.uniqueId).toMatch(/^[0-9a-f-]{36}$/)
    const { statuses } = await second.compute.virtualMachines.instanceView('demo-rg', 'idle-1')
    expect(statuses?.map(({ code }) => code)).toContain('PowerState/running')
    await second.end()
  })

  it('refuses tags that Azure refuses', async () => {
    const { resourceGroups } = running.resources
    const put = (tags: Record<string, string>) =>
      refusal(resourceGroups.createOrUpdate('tagged', { location: 'westus2', tags }))
    expect(await put({ long: 'x'.repeat(257) })).toMatchObject({ statusCode: 400, code: 'InvalidTagValueLength' })
    const many = Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`tag${index}`, '']))
    expect(await put(many)).toMatchObject({ statusCode: 400, code: 'InvalidTagCount' })
    expect(await put({ 'a/b': '' })).toMatchObject({ statusCode: 400 })
  })

  it('answers 409 ScopeLocked to a deletion under a lock, until the lock is gone', async () => {
    const path = `/subscriptions/${running.sandbox.subscriptionId}/resourceGroups/locked`
    await running.resources.resourceGroups.createOrUpdate('locked', { location: 'westus2' })
    const lock = `${path}/providers/Microsoft.Authorization/locks/keep?api-version=2020-05-01`
    expect((await running.raw('PUT', lock, { properties: { level: 'CanNotDelete' } })).status).toBe(201)
    const refused = await refusal(running.resources.resourceGroups.beginDeleteAndWait('locked', quick))
    expect(refused).toMatchObject({ statusCode: 409, code: 'ScopeLocked' })
    expect((await running.raw('DELETE', lock)).status).toBe(200)
    await running.resources.resourceGroups.beginDeleteAndWait('locked', quick)
  })
})

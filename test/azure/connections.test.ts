/** How answers are read, by the SDK's own clients and its retries around the pool of connections. */
import { randomBytes } from 'node:crypto'
import { Agent, type AgentOptions } from 'node:https'
import type { LookupFunction } from 'node:net'
import { gzipSync } from 'node:zlib'
import { createHttpHeaders, createPipelineRequest, type PipelineResponse } from '@azure/core-rest-pipeline'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { connectionPool, endOf } from '../../src/azure/connections.js'
import { connected, group, rejection } from './support/connected.js'
import { type Answer, ScriptedAzure } from './support/scripted-azure.js'

const { signal } = new AbortController()
const snapshots = /\/snapshots$/
const packed = { 'content-encoding': 'gzip' }

let cloud: ScriptedAzure
beforeAll(async () => {
  cloud = await ScriptedAzure.start()
})
beforeEach(() => cloud.reset())
afterAll(() => cloud.stop())

/** A list that does not become small by packing. */
function list(note: string): Buffer {
  const tags = { note, noise: randomBytes(300_000).toString('base64') }
  const one = { id: `${group}/providers/Microsoft.Compute/snapshots/snap`, name: 'snap', location: 'westus2', tags }
  return Buffer.from(JSON.stringify({ value: [one] }))
}

async function notesIn(...answers: Answer[]): Promise<{ notes: (string | undefined)[]; waits: number }> {
  const { azure, clock } = await connected(cloud)
  cloud.on('GET', snapshots, ...answers)
  const found = await azure.snapshots.inGroup('rg', signal)
  return { notes: found.map(({ tags }) => tags['note']), waits: clock.waits.length }
}

describe('an answer', () => {
  it('is unpacked where it comes packed', async () => {
    expect(await notesIn({ headers: packed, body: gzipSync(list('zip')) })).toEqual({ notes: ['zip'], waits: 0 })
  })

  it('is asked for again where it breaks off on its way, packed or not', async () => {
    const whole = gzipSync(list('whole'))
    const cut = [
      { headers: { ...packed, 'content-length': String(whole.length) }, body: whole, cutAfter: 100_000 },
      { headers: packed, body: whole, cutAfter: 100_000 },
      { body: list('half'), cutAfter: 100_000 },
    ]
    for (const broken of cut) {
      cloud.reset()
      expect(await notesIn(broken, { headers: packed, body: whole })).toEqual({ notes: ['whole'], waits: 1 })
    }
  })

  it('is asked for again where it cannot be unpacked', async () => {
    const whole = gzipSync(list('whole'))
    for (const body of [whole.subarray(0, 1000), randomBytes(1000)]) {
      cloud.reset()
      expect(await notesIn({ headers: packed, body }, { body: list('plain') })).toEqual({ notes: ['plain'], waits: 1 })
    }
  })

  it('that is empty is nothing to unpack', async () => {
    const { azure, clock } = await connected(cloud)
    cloud.on('GET', /\/snapshots\/s$/, { status: 404, headers: packed, body: '' })
    expect(await azure.snapshots.find({ name: 's', resourceGroup: 'rg' }, signal)).toBeUndefined()
    expect(clock.waits).toEqual([])
  })

  it('keeps its characters where they are sent in two parts, and where a longer one was read before', async () => {
    await notesIn({ body: list('longer') })
    cloud.reset()
    const tags = Object.fromEntries(Array.from({ length: 40_000 }, (_, at) => [`t${at}`, '€'.repeat(1 + (at % 7))]))
    const one = { id: `${group}/providers/Microsoft.Compute/snapshots/snap`, name: 'snap', location: 'westus2', tags }
    const { azure } = await connected(cloud)
    cloud.on('GET', snapshots, { body: { value: [one] } })
    expect((await azure.snapshots.inGroup('rg', signal))[0]?.tags).toEqual(tags)
  })

  it('to a change says its length', async () => {
    const { azure } = await connected(cloud)
    cloud.on('PATCH', /\/tags\/default$/, { body: { properties: { tags: {} } } })
    await azure.tags.merge(`${group}/providers/Microsoft.Compute/snapshots/snap`, { a: 'b' }, signal)
    expect(Number(cloud.asked[0]?.headers['content-length'])).toBeGreaterThan(10)
  })

  it('is waited for no longer than the caller waits', async () => {
    const { azure } = await connected(cloud)
    const stop = new AbortController()
    const whole = gzipSync(list('whole'))
    cloud.on('GET', snapshots, () => {
      setTimeout(() => stop.abort(new Error('enough')), 50)
      return { headers: { ...packed, 'content-length': String(whole.length + 1) }, body: whole }
    })
    expect(String(await rejection(azure.snapshots.inGroup('rg', stop.signal)))).toContain('enough')
  })
})

describe('the pool', () => {
  async function ask(answer: Answer, more: Partial<Parameters<typeof createPipelineRequest>[0]> = {}) {
    cloud.on('GET', /\/x$/, answer)
    const client = await connectionPool()()
    const headers = createHttpHeaders({ 'Accept-Encoding': 'gzip,deflate', other: '1' })
    const request = createPipelineRequest({ url: `${cloud.endpoint}/x`, headers, ...more })
    request.tlsSettings = { ca: cloud.caPem }
    if (more.agent) request.agent = more.agent
    return { request, response: await client.sendRequest(request) }
  }

  it('leaves the request as it was, and names it in the answer', async () => {
    const { request, response } = await ask({ body: 'text' })
    expect(response.request).toBe(request)
    expect(request.streamResponseStatusCodes).toBeUndefined()
    expect(request.requestOverrides).toBeUndefined()
    expect(cloud.asked[0]?.headers['other']).toBe('1')
    expect(response.bodyAsText).toBe('text')
  })

  it('asks for packed answers to what it reads, but not within this computer', async () => {
    const { port } = new URL(cloud.endpoint)
    const lookup: LookupFunction = (_host, options, tell) =>
      options.all ? tell(null, [{ address: '127.0.0.1', family: 4 }]) : tell(null, '127.0.0.1', 4)
    const agent = new Agent({ ca: cloud.caPem, lookup, checkServerIdentity: () => undefined })
    const there = { url: `https://azure.example:${port}/x`, agent }
    cloud.on('POST', /\/x$/, { body: 'posted' })
    const { request, response } = await ask({ headers: packed, body: gzipSync('text') }, there)
    expect(response.bodyAsText).toBe('text')
    expect(request.headers.get('accept-encoding')).toBe('gzip,deflate')
    await ask({ body: 'text' }, { ...there, method: 'POST', body: '{}' })
    await ask({ body: 'text' })
    agent.destroy()
    expect(cloud.asked.map(({ headers }) => headers['accept-encoding'])).toEqual(['gzip', undefined, undefined])
    expect(cloud.asked.map(({ headers }) => headers['other'])).toEqual(['1', '1', '1'])
  })

  it('calls an IPv6 address without the brackets of its URL', async () => {
    const hosts: unknown[] = []
    class Sideways extends Agent {
      override createConnection(options: AgentOptions & { host?: string }, connected: () => void) {
        hosts.push(options.host)
        return super.createConnection({ ...options, host: '127.0.0.1' }, connected)
      }
    }
    const agent = new Sideways({ ca: cloud.caPem, checkServerIdentity: () => undefined })
    const { port } = new URL(cloud.endpoint)
    const { response } = await ask({ body: 'text' }, { url: `https://[2001:db8::1]:${port}/x`, agent })
    agent.destroy()
    expect(response.bodyAsText).toBe('text')
    expect(hosts).toEqual(['2001:db8::1'])
    expect(cloud.asked[0]?.headers['host']).toBe(`[2001:db8::1]:${port}`)
  })

  it('reads for who names no status for which a stream is wanted', async () => {
    const { response } = await ask({ body: 'text' }, { streamResponseStatusCodes: new Set() })
    expect(response.bodyAsText).toBe('text')
    // The SDK's own reading would have asked for a packed one.
    expect(cloud.asked[0]?.headers['accept-encoding']).toBeUndefined()
  })

  it('hands a stream to who asked for one', async () => {
    const { response } = await ask({ body: 'text' }, { streamResponseStatusCodes: new Set([200]) })
    const parts: Buffer[] = []
    for await (const part of response.readableStreamBody ?? []) parts.push(Buffer.from(part))
    expect(Buffer.concat(parts).toString()).toBe('text')
    expect(response.bodyAsText).toBeUndefined()
  })

  it('gives the end of an answer before its text is read and after, and of what came another way', async () => {
    const text = `${'x'.repeat(200_000)}ä the end`
    const { response } = await ask({ body: text })
    expect(endOf(response, 9).endsWith('ä the end')).toBe(true)
    expect(endOf(response, 9).length).toBeLessThan(text.length)
    expect(endOf(response, 500_000)).toBe(text)
    expect(response.bodyAsText).toBe(text)
    expect(endOf(response, 9)).toBe('ä the end')
    const other: PipelineResponse = { request: response.request, status: 200, headers: response.headers }
    expect([endOf(other, 3), endOf({ ...other, bodyAsText: 'other' }, 3)]).toEqual(['', 'her'])
  })
})

import { setTimeout as sleep } from 'node:timers/promises'
import { createHttpHeaders, createPipelineRequest, type PipelineResponse } from '@azure/core-rest-pipeline'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { currentCall, newCall } from '../../src/azure/call.js'
import { readAheadPolicy } from '../../src/azure/policies/read-ahead.js'
import { AzlinError } from '../../src/core/errors.js'
import { connected, group, rejection } from './support/connected.js'
import { ScriptedAzure } from './support/scripted-azure.js'

const { signal } = new AbortController()
const snapshots = /\/snapshots$/
const stands = { id: `${group}/providers/Microsoft.Compute/snapshots/snap`, name: 'snap', location: 'westus2' }

let cloud: ScriptedAzure
beforeAll(async () => {
  cloud = await ScriptedAzure.start()
})
beforeEach(() => cloud.reset())
afterAll(() => cloud.stop())

/** The pages of one list, by the end of their URL; `next` is written into the page as it stands. */
function list(pages: Readonly<Record<string, { names: string[]; next?: string; status?: number }>>): void {
  cloud.on('GET', snapshots, ({ url }) => {
    const [, { names, next, status = 200 }] = Object.entries(pages).find(([end]) => url.endsWith(end)) ?? [
      '',
      { names: [] },
    ]
    if (status >= 400) return { status, body: { error: { code: 'Conflict', message: names[0] } } }
    const value = JSON.stringify(names.map((name) => ({ ...stands, name })))
    return { body: `{"value":${value}${next === undefined ? '' : `,"nextLink":"${next}"`}}` }
  })
}

const link = (token: string) => `${cloud.endpoint}${group}/x/snapshots?api-version=1&token=${token}`
const askedFor = () => cloud.asked.filter(({ path }) => snapshots.test(path)).map(({ url }) => url)

const call = () => newCall({ signal, operation: false })
const url = (page: number) => `https://azure.example/list?api-version=1&page=${page}`

/** Tells of each request when it goes out. Three pages, of which `broken` fails. */
function reader(told: string[], broken = 0) {
  const policy = readAheadPolicy()
  return async (page: number): Promise<string> => {
    const request = createPipelineRequest({ url: url(page), headers: createHttpHeaders() })
    const answer = await policy.sendRequest(request, async (sent): Promise<PipelineResponse> => {
      const number = Number(sent.url.at(-1))
      told.push(`page ${number}`)
      await sleep(1)
      if (number === broken) throw new Error(`page ${number} is broken`)
      const bodyAsText = JSON.stringify({ value: [number], ...(number < 3 && { nextLink: url(number + 1) }) })
      return { request: sent, status: 200, headers: createHttpHeaders(), bodyAsText }
    })
    return JSON.stringify(JSON.parse(answer.bodyAsText ?? '').value)
  }
}

describe('the pages of a list', () => {
  it('are asked for once each, under the URL that Azure gave, however it was written', async () => {
    const { azure } = await connected(cloud)
    const escaped = `${link('2%3D').replaceAll('/', '\\/').replaceAll('&', '\\u0026')}`
    list({
      'token=2%3D': { names: ['b'], next: link('3') },
      'token=3': { names: ['c'] },
      '': { names: ['a'], next: escaped },
    })
    expect((await azure.snapshots.inGroup('rg', signal)).map(({ name }) => name)).toEqual(['a', 'b', 'c'])
    const path = `${group}/x/snapshots?api-version=1&token=`
    expect(askedFor().slice(1)).toEqual([`${path}2%3D`, `${path}3`])
  })

  it('are signed and numbered each', async () => {
    const { azure } = await connected(cloud)
    list({ 'token=2': { names: ['b'] }, '': { names: ['a'], next: link('2') } })
    await azure.snapshots.inGroup('rg', signal)
    const [first, second] = cloud.asked.map(({ headers }) => headers)
    expect(second?.['authorization']).toBe('Bearer a.b.c')
    expect(second?.['user-agent']).toBe(first?.['user-agent'])
    expect(second?.['x-ms-client-request-id']).toMatch(/^[0-9a-f-]{36}$/)
    expect(second?.['x-ms-client-request-id']).not.toBe(first?.['x-ms-client-request-id'])
  })

  it('are asked for once where the SDK completes the URL', async () => {
    const { azure } = await connected(cloud)
    cloud.on('GET', snapshots, ({ url }) =>
      url.includes('token=2')
        ? { body: { value: [{ ...stands, name: 'b' }] } }
        : { body: { value: [], nextLink: `${cloud.endpoint}${group}/x/snapshots?token=2` } },
    )
    expect((await azure.snapshots.inGroup('rg', signal)).map(({ name }) => name)).toEqual(['b'])
    expect(askedFor()).toHaveLength(2)
    expect(askedFor()[1]).toMatch(/\?token=2&api-version=/)
  })

  it('end with the refusal of one of them', async () => {
    const { azure } = await connected(cloud)
    list({ 'token=2': { names: ['it is being moved'], status: 409 }, '': { names: ['a'], next: link('2') } })
    const error = await rejection(azure.snapshots.inGroup('rg', signal))
    expect(AzlinError.is(error)).toBe(true)
    expect(String(error)).toContain('it is being moved')
  })

  it('are asked for again after an answer that says nothing', async () => {
    const { azure, clock } = await connected(cloud)
    let failures = 1
    cloud.on('GET', snapshots, ({ url }) => {
      if (!url.endsWith('token=2')) return { body: { value: [{ ...stands, name: 'a' }], nextLink: link('2') } }
      return failures-- > 0 ? { status: 503, body: '' } : { body: { value: [{ ...stands, name: 'b' }] } }
    })
    expect((await azure.snapshots.inGroup('rg', signal)).map(({ name }) => name)).toEqual(['a', 'b'])
    expect(clock.waits).toHaveLength(1)
  })

  it('end with an error where one leads to itself', async () => {
    const { azure } = await connected(cloud)
    list({ 'token=2': { names: ['b'], next: link('2') }, '': { names: ['a'], next: link('2') } })
    expect(await rejection(azure.snapshots.inGroup('rg', signal))).toMatchObject({
      code: 'AZURE_REJECTED',
      message: expect.stringContaining('leads back'),
    })
    expect(askedFor()).toHaveLength(2)
  })

  it('end with an error where two lead to each other, and may be read a second time in one call where they do not', async () => {
    const { azure } = await connected(cloud)
    list({
      'token=2': { names: ['b'], next: link('3') },
      'token=3': { names: ['c'], next: link('2') },
      '': { names: ['a'], next: link('2') },
    })
    expect(await rejection(azure.snapshots.inGroup('rg', signal))).toMatchObject({
      code: 'AZURE_REJECTED',
      message: expect.stringContaining('leads back'),
    })
    expect(askedFor()).toHaveLength(3)

    const told: string[] = []
    await currentCall.run(call(), async () => {
      const read = reader(told)
      for (const page of [1, 2, 3, 1, 2, 3]) await read(page)
    })
    expect(told).toHaveLength(6)
  })

  it('are not what a tag is called', async () => {
    const { azure } = await connected(cloud)
    cloud.on('GET', snapshots, { body: { value: [{ ...stands, tags: { nextLink: link('2'), 'a"nextLink': '"}' } }] } })
    expect(await azure.snapshots.inGroup('rg', signal)).toHaveLength(1)
    expect(askedFor()).toHaveLength(1)
  })
})

describe('the policy', () => {
  it('asks for a page before the one before it is handed out', async () => {
    const told: string[] = []
    await currentCall.run(call(), async () => {
      const read = reader(told)
      for (const page of [1, 2, 3]) told.push(`worked on ${await read(page)}`)
    })
    expect(told).toEqual(['page 1', 'page 2', 'worked on [1]', 'page 3', 'worked on [2]', 'worked on [3]'])
  })

  it('hands a failure to who asks for the page, and to nobody else', async () => {
    const told: string[] = []
    await currentCall.run(call(), async () => {
      const read = reader(told, 2)
      expect(await read(1)).toBe('[1]')
      // It comes while nobody waits for it.
      await sleep(20)
      await expect(read(2)).rejects.toThrow('page 2 is broken')
    })
    await currentCall.run(call(), () => reader(told, 2)(1))
    await sleep(20)
  })

  it('gives nothing of one call to another', async () => {
    const told: string[] = []
    const read = reader(told)
    await currentCall.run(call(), () => read(1))
    await currentCall.run(call(), () => read(2))
    expect(told).toEqual(['page 1', 'page 2', 'page 2', 'page 3'])
  })
})

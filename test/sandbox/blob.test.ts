import { readFileSync } from 'node:fs'
import { AnonymousCredential, newPipeline, PageBlobClient } from '@azure/storage-blob'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { sasUrl } from '../../src/sandbox/blob/sas.js'
import type { ImageContent } from '../../src/sandbox/image/content.js'
import { imageBytes, pageRanges, readRange } from '../../src/sandbox/image/image.js'
import type { Resource } from '../../src/sandbox/resource.js'
import { Running, refusal } from './running.js'

const content: ImageContent = { kind: 'data', sizeBytes: 64 * 1024 * 1024, seed: 'blob', generation: 2 }
const length = imageBytes(content)
let running: Running
let number = 0

beforeAll(async () => {
  running = await Running.start({ speed: 1 })
})
afterAll(() => running.end())
beforeEach(() => running.sandbox.faults.clear())

/** A snapshot of the family with open access. */
function snapshot(changes: Partial<ImageContent> = {}, properties: Record<string, unknown> = {}): Resource {
  const { world } = running.sandbox
  const name = `snapshot-${++number}`
  return world.put({
    id: running.id(`Microsoft.Compute/snapshots/${name}`),
    name,
    type: 'Microsoft.Compute/snapshots',
    location: 'westus2',
    properties: {
      uniqueId: world.uuid(),
      timeCreated: world.stamp(),
      incrementalSnapshotFamilyId: 'family',
      ...properties,
    },
    hidden: {
      content: { ...content, ...changes },
      access: { token: world.uuid(), until: new Date(world.now().getTime() + 3_600_000).toISOString() },
    },
  })
}

function open(resource: Resource, change: (url: string) => string = (url) => url): PageBlobClient {
  const { url, caFile, world } = running.sandbox
  // Handed on to the HTTP client, though the declared options do not mention it.
  const trust = { tlsOptions: { ca: readFileSync(caFile, 'utf8') } }
  const pipeline = newPipeline(new AnonymousCredential(), { ...trust, retryOptions: { maxTries: 1 } })
  return new PageBlobClient(change(sasUrl(world, url, resource)), pipeline)
}

describe('the blob behind a SAS', () => {
  it('is a page blob as long as the disk and a footer', async () => {
    const properties = await open(snapshot()).getProperties()
    expect(properties).toMatchObject({ blobType: 'PageBlob', contentLength: length, acceptRanges: 'bytes' })
    expect(properties.etag).toMatch(/^"0x8D[0-9A-F]+"$/)
    expect(properties.lastModified).toBeInstanceOf(Date)
  })

  it('gives the bytes of the image, whole and in ranges', async () => {
    const blob = open(snapshot())
    expect((await blob.downloadToBuffer()).equals(readRange(content, 0, length))).toBe(true)
    const part = await blob.downloadToBuffer(1_000_001, 70_000)
    expect(part.equals(readRange(content, 1_000_001, 70_000))).toBe(true)
    const answer = await blob.download(length - 512, 4096)
    expect(answer.contentRange).toBe(`bytes ${length - 512}-${length - 1}/${length}`)
    expect(answer.contentLength).toBe(512)
  })

  it('has nothing behind its end', async () => {
    expect(await refusal(open(snapshot()).download(length, 1))).toMatchObject({ statusCode: 416, code: 'InvalidRange' })
  })

  it('tells the pages that are written, a page of the answer at a time', async () => {
    // The client takes the last byte for the one behind it: its counts are one too small, with Azure as here.
    const expected = pageRanges(content, 0, length).map(({ start, end }) => ({ offset: start, count: end - start - 1 }))
    const { pageRange } = await open(snapshot()).getPageRanges()
    expect(pageRange).toEqual(expected)
    const found: { start: number; end: number }[] = []
    for await (const page of open(snapshot()).listPageRanges(0, undefined).byPage({ maxPageSize: 5 })) {
      for (const range of page.pageRange ?? []) found.push({ start: range.start, end: range.end })
    }
    expect(found).toEqual(pageRanges(content, 0, length).map(({ start, end }) => ({ start, end: end - 1 })))
  })

  it('tells what changed since an earlier snapshot of the chain', async () => {
    const [earlier, later] = [snapshot(), snapshot({ generation: 5 })]
    const { url, world } = running.sandbox
    const changed = await open(later).getPageRangesDiffForManagedDisks(0, length, sasUrl(world, url, earlier))
    const built = readRange(content, 0, length)
    for (const { offset, count = 0 } of changed.pageRange ?? []) {
      readRange({ ...content, generation: 5 }, offset, count + 1).copy(built, offset)
    }
    expect(built.equals(readRange({ ...content, generation: 5 }, 0, length))).toBe(true)
    expect(changed.pageRange?.length).toBeGreaterThan(0)
    const stranger = snapshot({}, { incrementalSnapshotFamilyId: 'other' })
    const foreign = open(later).getPageRangesDiffForManagedDisks(0, length, sasUrl(world, url, stranger))
    expect(await refusal(foreign)).toMatchObject({ statusCode: 409, code: 'PreviousSnapshotNotFound' })
  })

  it('is shorter when the image is truncated, and all zero when it is zeroed', async () => {
    expect((await open(snapshot({ trouble: 'truncated' })).getProperties()).contentLength).toBeLessThan(length / 2 + 1)
    const zeroed = await open(snapshot({ trouble: 'zeroed' })).downloadToBuffer(0, 8 * 1024 * 1024)
    expect(zeroed.equals(Buffer.alloc(8 * 1024 * 1024))).toBe(true)
  })
})

describe('a SAS', () => {
  it('does not open with another signature, for another blob, or when it was revoked', async () => {
    const [one, other] = [snapshot(), snapshot()]
    const denied = { statusCode: 403, code: 'AuthenticationFailed' }
    expect(await refusal(open(one, (url) => url.replace(/sig=..../, 'sig=AAAA')).download())).toMatchObject(denied)
    const token = other.hidden.access?.token ?? ''
    expect(await refusal(open(one, (url) => url.replace(/si=[^&]+/, `si=${token}`)).download())).toMatchObject(denied)
    const blob = open(one)
    await blob.getProperties()
    delete one.hidden.access
    expect(await refusal(blob.download())).toMatchObject(denied)
    expect(await refusal(blob.getProperties())).toMatchObject({ statusCode: 403 })
  })

  it('expires by the clock of the sandbox', async () => {
    const blob = open(snapshot())
    await blob.getProperties()
    running.sandbox.world.advance(3_700_000)
    expect(await refusal(blob.download())).toMatchObject({ statusCode: 403 })
  })

  it('is for reading only', async () => {
    const blob = open(snapshot())
    expect(await refusal(blob.delete())).toMatchObject({ statusCode: 403 })
    expect(await refusal(blob.uploadPages(Buffer.alloc(512), 0, 512))).toMatchObject({ statusCode: 403 })
  })

  it('is not enough where the disk also asks for a token', async () => {
    const guarded = snapshot({}, { dataAccessAuthMode: 'AzureActiveDirectory' })
    expect(await refusal(open(guarded).download())).toMatchObject({ statusCode: 403 })
    const { url, world } = running.sandbox
    expect((await running.raw('HEAD', sasUrl(world, url, guarded))).status).toBe(200)
  })
})

describe('a disk that is not for the public network', () => {
  it.each([{ publicNetworkAccess: 'Disabled' }, { networkAccessPolicy: 'AllowPrivate' }])(
    'cannot be read from it: %j',
    async (properties) => {
      expect(await refusal(open(snapshot({}, properties)).download())).toMatchObject({
        statusCode: 403,
        code: 'AuthorizationFailure',
      })
    },
  )
})

describe('faults of the blob service', () => {
  it('answer with half of what was asked for, as if that were all', async () => {
    const resource = snapshot()
    running.sandbox.faults.add({ kind: 'shortRead', times: 1 })
    const answer = await open(resource).download(4096, 8192, { maxRetryRequests: 0 })
    expect(answer).toMatchObject({ contentLength: 4096, contentRange: `bytes 4096-8191/${length}` })
    expect((await open(resource).download(4096, 8192)).contentLength).toBe(8192)
  })

  it('strike the third read alone', async () => {
    const resource = snapshot()
    running.sandbox.faults.add({
      kind: 'status',
      status: 503,
      code: 'ServerBusy',
      message: 'Busy.',
      after: 2,
      times: 1,
    })
    const read = async () => (await open(resource).downloadToBuffer(0, 512)).length
    expect([await read(), await read()]).toEqual([512, 512])
    expect(await refusal(open(resource).download(0, 512))).toMatchObject({ statusCode: 503 })
    expect(await read()).toBe(512)
  })

  it('break the connection in the middle of a read', async () => {
    const resource = snapshot()
    running.sandbox.faults.add({ kind: 'drop', when: 'after', path: `^/blob.*/${resource.name}$`, times: 1 })
    const answer = await open(resource).download(0, 1024 * 1024, { maxRetryRequests: 0 })
    expect(answer.contentLength).toBe(1024 * 1024)
    let received = 0
    const read = (async () => {
      for await (const chunk of answer.readableStreamBody ?? []) received += chunk.length
    })()
    await expect(read).rejects.toThrow()
    expect(received).toBeLessThanOrEqual(512 * 1024)
    expect((await open(resource).downloadToBuffer(0, 512)).length).toBe(512)
  })

  it('answer with a status of the tester’s choice', async () => {
    running.sandbox.faults.add({ kind: 'status', status: 503, code: 'ServerBusy', message: 'Busy.', path: '^/blob' })
    expect(await refusal(open(snapshot()).download())).toMatchObject({ statusCode: 503, code: 'ServerBusy' })
  })
})

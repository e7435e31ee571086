/** Reading the blob behind an access link, over the real package, from a scripted storage account. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { AzlinError } from '../../src/core/errors.js'
import { connected, group, rejection } from './support/connected.js'
import { ScriptedAzure } from './support/scripted-azure.js'

const signal = AbortSignal.timeout(60_000)
const path = '/md-abc/xyz/abcd'
const blobPath = /^\/md-abc\/xyz\/abcd$/
let azure: ScriptedAzure

beforeAll(async () => {
  azure = await ScriptedAzure.start()
})
afterAll(() => azure.stop())
beforeEach(() => {
  azure.reset()
  azure.on('HEAD', blobPath, { headers: { 'content-length': '1000', 'x-ms-blob-type': 'PageBlob' } })
})

const link = () => `${azure.endpoint}${path}?sv=2018-03-28&sr=b&si=policy-id&sig=verysecret`
const bytes = (text: string, length = text.length) => ({
  status: 206,
  headers: { 'content-type': 'application/octet-stream', 'content-length': String(length), etag: '"0x8D"' },
  body: text,
})
const refusal = (status: number, code: string) => ({ status, headers: { 'x-ms-error-code': code }, body: '' })

async function opened() {
  const { azure: adapters, events, clock } = await connected(azure)
  return { blob: await adapters.blobs.open(link(), signal), events, clock }
}

async function errorOf(work: Promise<unknown>): Promise<AzlinError> {
  const error = await rejection(work)
  if (!AzlinError.is(error)) throw error
  return error
}

describe('the bytes behind a link', () => {
  it('are as many as the blob has, and read by ranges without a token', async () => {
    azure.on('GET', blobPath, ({ headers }) =>
      headers['x-ms-range'] === 'bytes=100-104' || headers['range'] === 'bytes=100-104'
        ? bytes('hello')
        : { status: 400 },
    )
    const { blob } = await opened()
    expect(blob.sizeBytes).toBe(1000)
    expect(Buffer.from(await blob.read(100, 5, signal)).toString()).toBe('hello')
    expect(blob.requests).toBe(2)
    expect(azure.asked.map(({ headers }) => headers['authorization'])).toEqual([undefined, undefined])
  })

  it('end where the blob ends', async () => {
    azure.on('GET', blobPath, bytes('0123456789'))
    const { blob } = await opened()
    expect((await blob.read(990, 500, signal)).length).toBe(10)
    expect((await blob.read(1000, 500, signal)).length).toBe(0)
    expect(azure.lines).toEqual([`HEAD ${path}`, `GET ${path}`])
  })

  it('are listed by all pages of ranges, neighbours joined', async () => {
    const list = (ranges: string, next: string) => ({
      headers: { 'content-type': 'application/xml' },
      body: `<?xml version="1.0"?><PageList>${ranges}<NextMarker>${next}</NextMarker></PageList>`,
    })
    const range = (start: number, end: number) => `<PageRange><Start>${start}</Start><End>${end}</End></PageRange>`
    azure.on('GET', blobPath, ({ url }) =>
      url.includes('marker=more')
        ? list(range(1024, 2047) + range(4096, 4607), '')
        : list(range(0, 511) + range(512, 1023), 'more'),
    )
    const { blob } = await opened()
    expect(await blob.allocated(signal)).toEqual([
      { offset: 0, length: 2048 },
      { offset: 4096, length: 512 },
    ])
  })

  it('are read again when the connection breaks, or the service is busy', async () => {
    const half = { ...bytes('he', 5) }
    azure.on('GET', blobPath, refusal(503, 'ServerBusy'), 'drop', half, bytes('hello'))
    const { blob } = await opened()
    expect(Buffer.from(await blob.read(0, 5, signal)).toString()).toBe('hello')
  }, 30_000)

  it.each([
    [refusal(503, 'ServerBusy'), 'AZURE_UNAVAILABLE'],
    [refusal(403, 'AuthenticationFailed'), 'READ_REFUSED'],
    [refusal(401, 'NoAuthenticationInformation'), 'READ_REFUSED'],
    [refusal(416, 'InvalidRange'), 'AZURE_REJECTED'],
    ['drop' as const, 'NETWORK'],
  ])(
    'that cannot be had end as what stands in the way, and never show the link: %j',
    async (answer, code) => {
      azure.on('GET', blobPath, answer)
      const { blob, events } = await opened()
      const error = await errorOf(blob.read(0, 5, signal))
      expect(error.code).toBe(code)
      expect(JSON.stringify([error, error.message, events])).not.toMatch(/verysecret|policy-id/)
      expect(JSON.stringify(events)).toMatch(/azure.request/)
    },
    60_000,
  )

  it('are not taken from an answer that holds others, or more', async () => {
    const whole = { ...bytes('x'.repeat(200_000)), status: 200 }
    const range = (text: string, of: string) => ({
      ...bytes(text),
      headers: { ...bytes(text).headers, 'content-range': of },
    })
    const said = { code: 'AZURE_REJECTED', message: expect.stringContaining('came than were asked for') }
    for (const answer of [whole, range('hello', 'bytes 0-4/1000'), range('x'.repeat(200_000), 'bytes 100-104/1000')]) {
      azure.on('GET', blobPath, answer)
      const { blob } = await opened()
      expect(await errorOf(blob.read(100, 5, signal))).toMatchObject(said)
    }
    azure.on('GET', blobPath, whole, range('hello', 'bytes 100-104/1000'))
    const { blob } = await opened()
    expect(Buffer.from(await blob.read(100, 5, signal)).toString()).toBe('hello')
  }, 30_000)

  it('are not opened where nobody says how many they are', async () => {
    azure.on('HEAD', blobPath, { headers: { 'transfer-encoding': 'chunked', 'x-ms-blob-type': 'PageBlob' } })
    expect(await errorOf(opened())).toMatchObject({
      code: 'AZURE_REJECTED',
      message: expect.stringContaining('it does not say how many they are'),
    })
  })

  it('are not asked for in the open', async () => {
    const { azure: adapters } = await connected(azure)
    const error = await errorOf(adapters.blobs.open('http://md-1.blob.example/x/abcd?sig=verysecret', signal))
    expect(error).toMatchObject({ code: 'AZURE_REJECTED', message: expect.not.stringContaining('verysecret') })
    expect(azure.asked).toEqual([])
  })

  it('are refused when the link opens nothing', async () => {
    azure.on('HEAD', blobPath, refusal(403, 'AuthenticationFailed'))
    expect((await errorOf(opened())).code).toBe('READ_REFUSED')
  })

  it('stop coming when the reader goes away', async () => {
    azure.on('GET', blobPath, 'never')
    const { blob } = await opened()
    const stop = new AbortController()
    const reading = rejection(blob.read(0, 5, stop.signal))
    const reason = new Error('enough')
    setTimeout(() => stop.abort(reason), 50)
    expect(await reading).toBe(reason)
  })
})

describe('a link to a disk', () => {
  const disk = { name: 'd', resourceGroup: 'rg' }
  const at = `${group}/providers/Microsoft.Compute/disks/d`
  const operation = `/subscriptions/s/providers/Microsoft.Compute/locations/l/DiskOperations/1`
  const accepted = () => ({
    status: 202,
    headers: {
      'azure-asyncoperation': `${azure.endpoint}${operation}?p=1&api-version=2025-01-02`,
      location: `${azure.endpoint}${operation}?p=1&monitor=true&api-version=2025-01-02`,
    },
  })
  const ends = (path: string) => new RegExp(`${path.replaceAll('/', '\\/')}$`, 'i')

  it('is asked for to read, for so many seconds', async () => {
    azure.on('POST', ends(`${at}/beginGetAccess`), accepted())
    azure.on('GET', ends(operation), { body: { status: 'Succeeded', properties: { output: { accessSAS: link() } } } })
    const { azure: adapters } = await connected(azure)
    expect(await adapters.disks.grantRead(disk, 1800, signal)).toBe(link())
    expect(azure.asked[0]?.body).toEqual({ access: 'Read', durationInSeconds: 1800 })
  })

  it('is asked for again where the answer was lost, and not for ever', async () => {
    azure.on('GET', ends(operation), { body: { status: 'Succeeded', properties: { output: { accessSAS: link() } } } })
    azure.on('POST', ends(`${at}/beginGetAccess`), 'drop', 'drop', accepted())
    const { azure: adapters } = await connected(azure)
    expect(await adapters.disks.grantRead(disk, 60, signal)).toBe(link())
    azure.on('POST', ends(`${at}/beginGetAccess`), 'drop')
    const before = azure.asked.length
    expect((await errorOf(adapters.disks.grantRead(disk, 60, signal))).code).toBe('NETWORK')
    expect(azure.asked.slice(before).map(({ method }) => method)).toEqual(['POST', 'POST', 'POST'])
  })

  it('is waited for where Azure refuses it because the first is under way', async () => {
    azure.on('GET', ends(operation), { body: { status: 'Succeeded', properties: { output: { accessSAS: link() } } } })
    const busy = { status: 409, body: { error: { code: 'Conflict', message: 'Another operation is in progress.' } } }
    azure.on('POST', ends(`${at}/beginGetAccess`), 'drop', busy, accepted())
    const { azure: adapters } = await connected(azure)
    expect(await adapters.disks.grantRead(disk, 60, signal)).toBe(link())
    azure.on('POST', ends(`${at}/beginGetAccess`), busy)
    expect((await errorOf(adapters.disks.grantRead(disk, 60, signal))).code).toBe('CONFLICT')
  })

  it.each([
    [409, 'Conflict', "Access is not permitted by its networkAccessPolicy 'DenyAll'.", 'READ_REFUSED'],
    [
      409,
      'OperationNotAllowed',
      'There are 5 active shared access signatures within the snapshot family.',
      'ACTIVE_SAS',
    ],
    [403, 'RequestDisallowedByPolicy', 'Resource was disallowed by policy.', 'READ_REFUSED'],
  ])('is refused with %d %s: %s', async (status, code, message, meaning) => {
    azure.on('POST', ends(`${at}/beginGetAccess`), { status, body: { error: { code, message } } })
    const { azure: adapters } = await connected(azure)
    expect((await errorOf(adapters.disks.grantRead(disk, 60, signal))).code).toBe(meaning)
  })

  it('is revoked, also where there is no disk', async () => {
    azure.on('POST', ends(`${at}/endGetAccess`), {
      status: 404,
      body: {
        error: {
          code: 'ResourceNotFound',
          message: "The Resource 'Microsoft.Compute/disks/d' under resource group 'rg' was not found.",
        },
      },
    })
    const { azure: adapters } = await connected(azure)
    await adapters.disks.revokeRead(disk, signal)
    expect(azure.lines).toEqual([`POST ${at}/endGetAccess`])
  })
})

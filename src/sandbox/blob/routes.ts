/** The blob service behind a SAS: on the same server, under `/blob`, and without a bearer token. */
import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { FaultRequest, Faults } from '../faults.js'
import type { ImageContent } from '../image/content.js'
import { readRange } from '../image/image.js'
import { textAt } from '../network/json.js'
import type { Resource } from '../resource.js'
import { isToken } from '../tokens.js'
import type { World } from '../world.js'
import { answerBlob, type BlobAnswer, type BlobRequest, blobError, type DiskBlob } from './answer.js'
import { parseSas, resourceOf } from './sas.js'

/** No more than this of an image is in memory for one answer. */
const chunkBytes = 1024 * 1024

interface Blobs {
  readonly world: World
  readonly faults: Faults
}

/** Faults see the path `/blob` + id of the disk or snapshot. A dropped connection `after` breaks half way through. */
export function blobRoutes(app: FastifyInstance, blobs: Blobs): void {
  app.register(async (part) => {
    // Bytes that somebody wants to write are not read: no SAS here allows it.
    part.removeAllContentTypeParsers()
    part.addContentTypeParser('*', (_request, payload, done) => {
      payload.resume()
      done(null)
    })
    part.route({
      method: ['GET', 'HEAD', 'PUT', 'POST', 'DELETE'],
      url: '/blob/*',
      exposeHeadRoute: false,
      handler: (request, reply) => serve(blobs, request, reply),
    })
  })
}

async function serve({ world, faults }: Blobs, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  reply.hijack()
  const resource = openedBy(world, request.url)
  const opened = resource && blobOf(resource)
  if (!resource || !opened) return write(request, reply, notAuthenticated)
  if (faults.strikesRegion(resource.location)) return write(request, reply, busy)
  if (!isPublic(resource)) return write(request, reply, notPublic)
  if (resource.properties['dataAccessAuthMode'] === 'AzureActiveDirectory' && !hasToken(world, request)) {
    return write(request, reply, noToken)
  }
  const path = `/blob${resource.id}`
  let [breaks, short] = [false, false]
  for (const fault of faults.strike(['status', 'drop', 'delay', 'shortRead'], { method: request.method, path })) {
    if (fault.kind === 'delay') await new Promise((resolve) => setTimeout(resolve, fault.ms))
    else if (fault.kind === 'shortRead') short = true
    else if (fault.kind === 'status') return write(request, reply, fromFault(fault))
    else if (fault.when === 'before') return void reply.raw.destroy()
    else breaks = true
  }
  const answer = answerBlob(readable(request), opened, (url) => {
    const other = openedBy(world, url)
    return other && blobOf(other)
  })
  return write(request, reply, short ? halved(answer) : answer, { content: opened.content, breaks })
}

async function write(
  request: FastifyRequest,
  reply: FastifyReply,
  { status, headers, body }: BlobAnswer,
  image?: { content: ImageContent; breaks: boolean },
): Promise<void> {
  const { raw } = reply
  raw.writeHead(status, { ...headers, 'x-ms-request-id': randomUUID(), 'x-ms-version': '2018-03-28' })
  if (request.method === 'HEAD' || body === undefined) return void raw.end()
  if (typeof body === 'string' || !image) return void raw.end(image?.breaks ? undefined : body)
  const end = image.breaks ? body.start + Math.floor((body.end - body.start) / 2) : body.end
  try {
    await pipeline(Readable.from(chunks(image.content, body.start, end)), raw, { end: !image.breaks })
  } catch {
    // A reader that goes away is no error of ours.
  }
  if (image.breaks) raw.destroy()
}

/** As if the blob ended half way through what was asked for. */
function halved(answer: BlobAnswer): BlobAnswer {
  const { body, headers } = answer
  if (typeof body !== 'object') return answer
  const end = body.start + Math.floor((body.end - body.start) / 2)
  const range = headers['content-range']?.replace(/-\d+/, `-${end - 1}`)
  return {
    ...answer,
    headers: {
      ...headers,
      'content-length': String(end - body.start),
      ...(range !== undefined && { 'content-range': range }),
    },
    body: { start: body.start, end },
  }
}

function* chunks(content: ImageContent, start: number, end: number): Generator<Buffer> {
  for (let at = start; at < end; at += chunkBytes) yield readRange(content, at, Math.min(chunkBytes, end - at))
}

function openedBy(world: World, url: string): Resource | undefined {
  const sas = parseSas(url)
  return sas && resourceOf(world, sas)
}

function blobOf({ id, properties, hidden }: Resource): DiskBlob | undefined {
  const created = textAt(properties, 'timeCreated')
  if (!hidden.content || created === undefined) return undefined
  const version = Buffer.from(`${textAt(properties, 'uniqueId') ?? id} ${hidden.content.generation}`).toString('hex')
  return {
    content: hidden.access?.vhdx ? { ...hidden.content, container: 'vhdx' } : hidden.content,
    etag: `"0x8D${version.slice(-14).toUpperCase()}"`,
    lastModified: new Date(created),
    family: textAt(properties, 'incrementalSnapshotFamilyId'),
  }
}

function readable(request: FastifyRequest): BlobRequest {
  const query = Object.fromEntries(new URL(request.url, 'https://127.0.0.1').searchParams)
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(request.headers)) if (typeof value === 'string') headers[name] = value
  return { method: request.method, query, headers }
}

/** Who asks here comes from the public network: there are no private endpoints in the sandbox. */
function isPublic({ properties }: Resource): boolean {
  return (
    properties['publicNetworkAccess'] !== 'Disabled' && (properties['networkAccessPolicy'] ?? 'AllowAll') === 'AllowAll'
  )
}

function hasToken(world: World, request: FastifyRequest): boolean {
  const [scheme, token] = (request.headers.authorization ?? '').split(' ')
  return scheme?.toLowerCase() === 'bearer' && token !== undefined && isToken(world.secret, token)
}

function fromFault({ status, code, message, retryAfter }: FaultRequest & { kind: 'status' }): BlobAnswer {
  const answer = blobError(status, code, message)
  return retryAfter === undefined
    ? answer
    : { ...answer, headers: { ...answer.headers, 'retry-after': String(retryAfter) } }
}

const notAuthenticated = blobError(
  403,
  'AuthenticationFailed',
  'Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature.',
)
const noToken = blobError(403, 'AuthenticationFailed', 'This disk is to be read with a bearer token and a SAS.')
const notPublic = blobError(403, 'AuthorizationFailure', 'This request is not authorized to perform this operation.')
const busy = blobError(503, 'ServerBusy', 'The server is busy.')

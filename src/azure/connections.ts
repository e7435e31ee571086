/** The one pool of connections, and how the answers that come over them are read. */
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import type { HttpClient, PipelineRequest, PipelineResponse } from '@azure/core-rest-pipeline'
import { isLoopback } from './clouds.js'

type Pipeline = typeof import('@azure/core-rest-pipeline')

const everyStatus = new Set([Number.POSITIVE_INFINITY])

/**
 * Loaded when it is first asked for. To this very computer it takes no proxy.
 *
 * It reads the answers itself. The SDK's client waits for ever for one that comes packed and breaks off on its way, as
 * it pipes one stream into another, which carries no error on. And it makes a text of the bytes at once; here the end of
 * a page is there before its text is.
 */
export function connectionPool(): () => Promise<HttpClient> {
  let client: Promise<HttpClient> | undefined
  return () => {
    client ??= import('@azure/core-rest-pipeline').then(reading)
    return client
  }
}

function reading(pipeline: Pipeline): HttpClient {
  const client = pipeline.createDefaultHttpClient()
  return {
    async sendRequest(request) {
      // The SDK goes by HTTP_PROXY and HTTPS_PROXY wherever NO_PROXY does not name the host: it gives the request an agent.
      if (isLoopback(request.url)) delete request.agent
      // Who wants a stream reads it himself. Some of the SDK's clients say of each request that they want none, by an empty set.
      if (request.streamResponseStatusCodes?.size) return client.sendRequest(request)

      const { status, headers, readableStreamBody } = await client.sendRequest(asStream(request, pipeline))
      if (!readableStreamBody) return { request, status, headers }
      try {
        const parts = await partsOf(readableStreamBody)
        return new Answer(request, status, headers, await unpacked(parts, headers.get('content-encoding')))
      } catch (error) {
        const { RestError } = pipeline
        throw new RestError(`the answer broke off: ${String(error)}`, { code: RestError.PARSE_ERROR, request })
      }
    },
  }
}

/**
 * A list of a thousand snapshots is a megabyte, and packed a twentieth of it; changes and their answers are small, and
 * within this very computer packing only costs. The SDK's client unpacks where the request's own headers ask for it, so
 * this one is put in behind its back. So is an IPv6 address, which it hands on with the brackets that a URL wants.
 */
function asStream(request: PipelineRequest, { createHttpHeaders }: Pipeline): PipelineRequest {
  const headers = createHttpHeaders(request.headers.toJSON({ preserveCase: true }))
  headers.delete('accept-encoding')
  const { hostname } = new URL(request.url)
  const bare = hostname.startsWith('[') ? { hostname: hostname.slice(1, -1) } : {}
  const requestOverrides = { ...request.requestOverrides, ...bare }
  const stream = { ...request, headers, requestOverrides, streamResponseStatusCodes: everyStatus }
  if (request.method !== 'GET' || isLoopback(request.url)) return stream
  const asked = { headers: { ...headers.toJSON({ preserveCase: true }), 'Accept-Encoding': 'gzip' } }
  return { ...stream, requestOverrides: { ...requestOverrides, ...asked } }
}

function partsOf(stream: NodeJS.ReadableStream): Promise<readonly Buffer[]> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = []
    stream.on('data', (part: Buffer) => parts.push(part))
    stream.on('end', () => resolve(parts))
    stream.on('error', reject)
  })
}

async function unpacked(parts: readonly Buffer[], encoding: string | undefined): Promise<readonly Buffer[]> {
  if (encoding?.toLowerCase() !== 'gzip' || parts.length === 0) return parts
  return [await promisify(gunzip)(Buffer.concat(parts))]
}

/** All of it is there; its text is made when somebody reads it. */
class Answer implements PipelineResponse {
  readonly request
  readonly status
  readonly headers
  #parts: readonly Buffer[]
  #text: string | undefined

  constructor(
    request: PipelineRequest,
    status: number,
    headers: PipelineResponse['headers'],
    parts: readonly Buffer[],
  ) {
    this.request = request
    this.status = status
    this.headers = headers
    this.#parts = parts
  }

  get bodyAsText(): string {
    this.#text ??= textOf(this.#parts)
    this.#parts = []
    return this.#text
  }

  /** Its last bytes; more than were asked for, or less where there are no more. */
  end(length: number): string {
    if (this.#text !== undefined) return this.#text.slice(-length)
    let from = this.#parts.length
    for (let seen = 0; from > 0 && seen < length; from--) seen += this.#parts[from - 1]?.length ?? 0
    return Buffer.concat(this.#parts.slice(from)).toString()
  }
}

let scratch = Buffer.alloc(0)

/** Each page of a list goes through the same memory: to be given a new megabyte takes longer than to copy one. */
function textOf(parts: readonly Buffer[]): string {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  if (scratch.length < length) scratch = Buffer.allocUnsafeSlow(length * 2)
  let at = 0
  for (const part of parts) at += part.copy(scratch, at)
  return scratch.toString('utf8', 0, length)
}

/** The end of an answer's text. What is cut off may leave half of a character before it. */
export function endOf(response: PipelineResponse, length: number): string {
  return response instanceof Answer ? response.end(length) : (response.bodyAsText ?? '').slice(-length)
}

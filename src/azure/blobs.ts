/**
 * Reads the page blob behind a disk's access link, through @azure/storage-blob. The link is the whole permission: it is
 * in no message, no log and no error. What did not come from there (a proxy may answer, too) must not pass for the
 * disk's bytes: a sound backup would be called damaged.
 */
import { Readable } from 'node:stream'
import type { PipelinePolicy, PipelineRequest } from '@azure/core-rest-pipeline'
import type { PageBlobClient } from '@azure/storage-blob'
import type { Clock } from '../core/clock.js'
import type { ByteRange } from '../core/domain/disk-image/finding.js'
import { AzlinError } from '../core/errors.js'
import type { Report } from '../core/events.js'
import type { Blobs, DiskBlob } from '../core/ports/blobs.js'
import { blobTrouble, isBroken } from './blob-trouble.js'
import type { CallOptions, Calls } from './calls.js'
import { isLoopback } from './clouds.js'
import { requestLogPolicy } from './policies/request-log.js'
import { retryPolicy } from './policies/retry.js'

export interface BlobSettings {
  readonly caPem: string | undefined
  readonly clock: Clock
  readonly report: Report
}

/** How often a read whose connection broke while the bytes came is begun again. */
const readAttempts = 4
const pauseMs = 500

export class AzureBlobs implements Blobs {
  readonly #settings: BlobSettings
  readonly #calls: Calls
  /** One object for all clients: connections are pooled by it. */
  readonly #tlsOptions: { readonly ca: string } | undefined

  constructor(settings: BlobSettings, calls: Calls) {
    this.#settings = settings
    this.#calls = calls
    this.#tlsOptions = settings.caPem === undefined ? undefined : { ca: settings.caPem }
  }

  async open(link: string, signal: AbortSignal): Promise<DiskBlob> {
    // Whoever reads it on its way has the disk.
    if (!/^https:/i.test(link) && !isLoopback(link)) throw senseless('opening', 'its link does not begin with https')
    const counter = { requests: 0 }
    const client = await this.#client(link, counter)
    const blob = new AzureDiskBlob(client, this.#calls, this.#settings.clock, counter)
    await blob.look(signal)
    return blob
  }

  async #client(link: string, counter: { requests: number }): Promise<PageBlobClient> {
    const { AnonymousCredential, newPipeline, PageBlobClient } = await import('@azure/storage-blob')
    const { clock, report } = this.#settings
    const policies = [
      ...(isLoopback(link) ? [directPolicy] : []),
      retryPolicy(clock, report),
      requestLogPolicy(clock, report),
      countingPolicy(counter),
    ]
    // The last two are handed on to the core client, though the declared options do not mention them.
    const options = {
      // The SDK's own retries wait as long as a header says, and past the caller's signal; ours take their place.
      retryOptions: { maxTries: 1 },
      additionalPolicies: policies.map((policy) => ({ policy, position: 'perRetry' as const })),
      ...(this.#tlsOptions && { tlsOptions: this.#tlsOptions }),
    }
    return new PageBlobClient(link, newPipeline(new AnonymousCredential(), options))
  }
}

class AzureDiskBlob implements DiskBlob {
  readonly #client: PageBlobClient
  readonly #calls: Calls
  readonly #clock: Clock
  readonly #counter: { readonly requests: number }
  #sizeBytes = 0

  constructor(client: PageBlobClient, calls: Calls, clock: Clock, counter: { readonly requests: number }) {
    this.#client = client
    this.#calls = calls
    this.#clock = clock
    this.#counter = counter
  }

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  get requests(): number {
    return this.#counter.requests
  }

  async look(signal: AbortSignal): Promise<void> {
    const { contentLength } = await this.#ask('opening', signal, (options) => this.#client.getProperties(options))
    if (!contentLength) throw senseless('opening', 'it does not say how many they are')
    this.#sizeBytes = contentLength
  }

  allocated(signal: AbortSignal): Promise<readonly ByteRange[]> {
    return this.#ask('listing the allocated ranges of', signal, (options) =>
      this.#persist(() => this.#list(options), options),
    )
  }

  async read(offset: number, length: number, signal: AbortSignal, into?: Uint8Array): Promise<Uint8Array> {
    const wanted = Math.min(length, this.#sizeBytes - offset)
    if (wanted <= 0) return new Uint8Array()
    return this.#ask('reading', signal, (options) =>
      this.#persist(() => this.#readOnce(offset, wanted, into, options.abortSignal), options),
    )
  }

  /** Again, while the connection breaks in the middle of an answer; before its first byte the pipeline does so by itself. */
  async #persist<T>(work: () => Promise<T>, { abortSignal }: CallOptions): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await work()
      } catch (error) {
        if (!isBroken(error) || attempt === readAttempts || abortSignal.aborted) throw error
        await this.#clock.sleep(pauseMs * attempt, abortSignal)
      }
    }
  }

  async #list(options: CallOptions): Promise<readonly ByteRange[]> {
    const found: { offset: number; length: number }[] = []
    for await (const page of this.#client.listPageRanges(0, undefined, options).byPage()) {
      for (const { start, end } of page.pageRange ?? []) {
        const last = found.at(-1)
        const length = end - start + 1
        if (last && last.offset + last.length === start) last.length += length
        else found.push({ offset: start, length })
      }
    }
    // A VHD has at least its footer, and a VHDX its header.
    if (found.length === 0) throw new Error('the list of ranges came back empty')
    return found
  }

  async #readOnce(
    offset: number,
    length: number,
    into: Uint8Array | undefined,
    signal: AbortSignal,
  ): Promise<Uint8Array> {
    const answer = await this.#client.download(offset, length, { abortSignal: signal, maxRetryRequests: 0 })
    const bytes = into?.subarray(0, length) ?? new Uint8Array(length)
    const { contentRange, contentLength, readableStreamBody: stream } = answer
    // A range is answered with the range, and the whole by who does not know of ranges.
    if (contentRange === undefined ? (contentLength ?? 0) > length : !contentRange.startsWith(`bytes ${offset}-`)) {
      discard(stream)
      throw senseless('reading', 'other bytes came than were asked for')
    }
    const received = stream ? await filled(bytes, stream) : 0
    // It asked for nothing beyond the end, so the connection was cut.
    if (received < length) throw new Error(`the connection was cut after ${received} of ${length} bytes`)
    return bytes
  }

  async #ask<T>(doing: string, signal: AbortSignal, work: (options: CallOptions) => Promise<T>): Promise<T> {
    const task = { doing: `${doing} the disk's bytes`, subject: "the disk's bytes" }
    return this.#calls.request(task, signal, async (options) => {
      try {
        return await work(options)
      } catch (error) {
        if (options.abortSignal.aborted || AzlinError.is(error)) throw error
        throw blobTrouble(task.doing, error)
      }
    })
  }
}

/** How many bytes came. By events: to await each of thousands of small pieces costs as much as the bytes do. */
function filled(bytes: Uint8Array, stream: NodeJS.ReadableStream): Promise<number> {
  return new Promise((resolve, reject) => {
    let at = 0
    stream.on('data', (piece: Buffer) => {
      if (at + piece.length > bytes.length) {
        discard(stream)
        return reject(senseless('reading', 'more bytes came than were asked for'))
      }
      bytes.set(piece, at)
      at += piece.length
    })
    stream.on('end', () => resolve(at))
    stream.on('error', reject)
    stream.on('close', () => resolve(at))
  })
}

/** Without reading it to its end: that may be a whole disk away. */
function discard(stream: NodeJS.ReadableStream | undefined): void {
  if (stream instanceof Readable) stream.destroy()
}

function senseless(doing: string, reason: string): AzlinError {
  return new AzlinError('AZURE_REJECTED', { what: `${doing} the disk's bytes`, code: '', reason })
}

/** No proxy stands between this computer and itself. */
const directPolicy: PipelinePolicy = {
  name: 'azlinDirect',
  sendRequest(request: PipelineRequest, next) {
    delete request.agent
    delete request.proxySettings
    return next(request)
  },
}

function countingPolicy(counter: { requests: number }): PipelinePolicy {
  return {
    name: 'azlinCounting',
    sendRequest(request, next) {
      counter.requests += 1
      return next(request)
    },
  }
}

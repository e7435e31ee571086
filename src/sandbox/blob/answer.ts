/**
 * The page blob operations that a read SAS of a managed disk allows: Get Blob Properties, Get Blob, Get Page Ranges
 * and Get Page Ranges Diff of the Blob service's REST API. Pure: what to send, not the sending.
 */
import { createHash } from 'node:crypto'
import type { ImageContent } from '../image/content.js'
import { imageBytes, pageRanges, pageRangesDiff, readRange } from '../image/image.js'
import { parseRange } from './byte-range.js'
import { pageListXml } from './page-list.js'

/** A blob as it is while nobody writes to it. */
export interface DiskBlob {
  readonly content: ImageContent
  readonly etag: string
  readonly lastModified: Date
  /** Snapshots of one chain share it; only within one can page ranges be compared. */
  readonly family: string | undefined
}

export interface BlobRequest {
  readonly method: string
  readonly query: Readonly<Record<string, string | undefined>>
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>
}

export interface BlobAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Text, or the bytes of the image from `start` up to `end`. */
  readonly body?: string | { readonly start: number; readonly end: number }
}

const mostRanges = 10_000
const largestHashedRange = 4 * 1024 * 1024

/** `previous` finds the blob that a SAS URL given for comparison leads to. */
export function answerBlob(
  request: BlobRequest,
  blob: DiskBlob,
  previous: (url: string) => DiskBlob | undefined,
): BlobAnswer {
  const { method, query, headers } = request
  if (method !== 'GET' && method !== 'HEAD') {
    return blobError(
      403,
      'AuthorizationPermissionMismatch',
      'This request is not authorized to perform this operation.',
    )
  }
  if (headers['if-match'] !== undefined && headers['if-match'] !== '*' && headers['if-match'] !== blob.etag) {
    return blobError(412, 'ConditionNotMet', 'The condition specified using HTTP conditional header(s) is not met.')
  }
  if (query['comp'] === 'pagelist' && method === 'GET') return answerPageList(request, blob, previous)
  if (query['comp'] !== undefined) {
    return blobError(
      403,
      'AuthorizationPermissionMismatch',
      'This request is not authorized to perform this operation.',
    )
  }
  return method === 'HEAD' ? answerProperties(blob) : answerRead(request, blob)
}

function answerProperties(blob: DiskBlob): BlobAnswer {
  return {
    status: 200,
    headers: { ...describe(blob), 'accept-ranges': 'bytes', 'content-length': String(imageBytes(blob.content)) },
  }
}

function answerRead({ headers }: BlobRequest, blob: DiskBlob): BlobAnswer {
  const length = imageBytes(blob.content)
  const range = parseRange(headers['x-ms-range'] ?? headers['range'], length)
  if (range === 'unsatisfiable') {
    const refused = blobError(
      416,
      'InvalidRange',
      'The range specified is invalid for the current size of the resource.',
    )
    return { ...refused, headers: { ...refused.headers, 'content-range': `bytes */${length}` } }
  }
  const body = range === 'whole' ? { start: 0, end: length } : range
  const wantsHash = headers['x-ms-range-get-content-md5'] === 'true'
  if (wantsHash && (range === 'whole' || body.end - body.start > largestHashedRange)) {
    return blobError(400, 'OutOfRangeInput', 'One of the request inputs is out of range.')
  }
  const answer: Record<string, string> = {
    ...describe(blob),
    'accept-ranges': 'bytes',
    'content-length': String(body.end - body.start),
  }
  if (range !== 'whole') answer['content-range'] = `bytes ${body.start}-${body.end - 1}/${length}`
  if (wantsHash) {
    const bytes = readRange(blob.content, body.start, body.end - body.start)
    answer['content-md5'] = createHash('md5').update(bytes).digest('base64')
  }
  return { status: range === 'whole' ? 200 : 206, headers: answer, body }
}

function answerPageList(
  { query, headers }: BlobRequest,
  blob: DiskBlob,
  previous: (url: string) => DiskBlob | undefined,
): BlobAnswer {
  const length = imageBytes(blob.content)
  const range = parseRange(headers['x-ms-range'] ?? headers['range'], length)
  if (range === 'unsatisfiable') {
    return blobError(416, 'InvalidRange', 'The range specified is invalid for the current size of the resource.')
  }
  const { start, end } = range === 'whole' ? { start: 0, end: length } : range
  const since = headers['x-ms-previous-snapshot-url'] ?? query['prevsnapshot']
  const earlier = since === undefined ? undefined : previous(since)
  if (
    since !== undefined &&
    (earlier === undefined || earlier.family === undefined || earlier.family !== blob.family)
  ) {
    return blobError(409, 'PreviousSnapshotNotFound', 'The previous snapshot is not found.')
  }
  if (earlier !== undefined && earlier.lastModified > blob.lastModified) {
    return blobError(400, 'PreviousSnapshotCannotBeNewer', 'The prevsnapshot query parameter value cannot be newer.')
  }
  const ranges = earlier
    ? pageRangesDiff(earlier.content, blob.content, start, end - start)
    : { pages: pageRanges(blob.content, start, end - start), cleared: [] }
  const limit = Math.min(Number(query['maxresults'] ?? mostRanges) || mostRanges, mostRanges)
  return {
    status: 200,
    headers: {
      etag: blob.etag,
      'last-modified': blob.lastModified.toUTCString(),
      'content-type': 'application/xml',
      'x-ms-blob-content-length': String(length),
    },
    body: pageListXml(ranges, { marker: query['marker'], limit }),
  }
}

function describe(blob: DiskBlob): Record<string, string> {
  return {
    etag: blob.etag,
    'last-modified': blob.lastModified.toUTCString(),
    'content-type': 'application/octet-stream',
    'x-ms-blob-type': 'PageBlob',
    'x-ms-blob-sequence-number': '1',
    'x-ms-lease-state': 'available',
    'x-ms-lease-status': 'unlocked',
    'x-ms-server-encrypted': 'true',
  }
}

export function blobError(status: number, code: string, message: string): BlobAnswer {
  return {
    status,
    headers: { 'content-type': 'application/xml', 'x-ms-error-code': code },
    body: `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`,
  }
}

/** Reads all of a disk, or a part of it, in order and with bounded memory, and gives it one digest. */
import { setMaxListeners } from 'node:events'
import type { Clock } from '../clock.js'
import type { ByteRange } from '../domain/disk-image/finding.js'
import { chunksOf } from '../domain/disk-image/slices.js'
import type { DiskBlob } from '../ports/blobs.js'
import { DigestThread } from './digest-thread.js'

/** Azure reads best in pieces of a few MiB. */
const chunkBytes = 4 * 1024 * 1024
/** So many pieces are asked for ahead. */
const ahead = 12
/** Pieces that are in memory: those asked for, and two that the digest is taken of. */
const inMemory = ahead + 2
const tellEveryMs = 1000

export interface DeepReading {
  /** See digest-thread.ts. */
  readonly digest: string
  readonly bytesRead: number
  /** Sentences. */
  readonly problems: readonly string[]
}

export interface DeepDeps {
  readonly clock: Clock
  /** Called now and then. */
  readonly advanced: (percent: number, secondsLeft: number) => void
}

/** `ranges`: whole blocks, in order. Rejects with what the blob rejects with. */
export async function readDeep(
  blob: DiskBlob,
  ranges: readonly ByteRange[],
  { clock, advanced }: DeepDeps,
  signal: AbortSignal,
): Promise<DeepReading> {
  const total = ranges.reduce((sum, { length }) => sum + length, 0)
  const problems: string[] = []
  const memory = new MemoryPool()
  const begun = clock.elapsed()
  let told = begun
  let bytesRead = 0
  await using digest = new DigestThread()
  for await (const { offset, length, bytes } of inOrder(blob, ranges, memory, signal)) {
    const received = bytes.length
    bytesRead += received
    if (received < length) problems.push(`Of the ${length} bytes at ${offset}, only ${received} came back.`)
    memory.give(digest.add(offset, bytes))
    const now = clock.elapsed()
    if (now - told < tellEveryMs) continue
    told = now
    advanced((bytesRead / total) * 100, Math.round(((now - begun) / bytesRead) * ((total - bytesRead) / 1000)))
  }
  return { digest: await digest.end(), bytesRead, problems }
}

type Bytes = Uint8Array<ArrayBuffer>
type Piece = ByteRange & { readonly bytes: Bytes }

/** Fresh memory for each piece would cost as much time as its bytes do. */
class MemoryPool {
  readonly #free: Promise<Bytes>[] = Array.from({ length: inMemory }, async () => new Uint8Array(chunkBytes))

  /** As soon as there is some. */
  take(): Promise<Bytes> {
    return this.#free.shift() ?? Promise.resolve(new Uint8Array(chunkBytes))
  }

  /** To be used again once it has been read. */
  give(read: Promise<ArrayBuffer>): void {
    const memory = read.then((buffer) => new Uint8Array(buffer))
    // Told to whoever takes it.
    memory.catch(() => {})
    this.#free.push(memory)
  }
}

async function* inOrder(
  blob: DiskBlob,
  ranges: readonly ByteRange[],
  memory: MemoryPool,
  signal: AbortSignal,
): AsyncGenerator<Piece> {
  // When one read fails, or the reader goes away, the others need not go on.
  const stop = new AbortController()
  const both = AbortSignal.any([signal, stop.signal])
  // Each piece that is asked for listens to it.
  setMaxListeners(0, both)
  const read = async ({ offset, length }: ByteRange): Promise<Piece> => {
    const into = await memory.take()
    const bytes = await blob.read(offset, length, both, into)
    if (bytes.buffer !== into.buffer) into.set(bytes)
    return { offset, length, bytes: into.subarray(0, bytes.length) }
  }
  const underway: Promise<Piece>[] = []
  try {
    for (const chunk of chunksOf(ranges, chunkBytes)) {
      const piece = read(chunk)
      // Told when its turn comes.
      piece.catch(() => {})
      underway.push(piece)
      const first = underway.length < ahead ? undefined : underway.shift()
      if (first) yield await first
    }
    for (const piece of underway) yield await piece
  } finally {
    stop.abort()
  }
}

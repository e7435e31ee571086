import type { ByteRange, Finding, Peek } from '../domain/disk-image/finding.js'

/** Reads a range of the blob. Fewer bytes than asked for count as a fault of the image; what it throws is passed on. */
export type ReadRange = (offset: number, length: number) => Promise<Uint8Array>

interface Piece {
  readonly offset: number
  readonly bytes: Uint8Array
}

/** Reads each part of an image once, keeps it, and counts. */
export class ImageReader {
  readonly #read: ReadRange
  readonly #blobBytes: number
  readonly #pieces: Piece[] = []
  readonly #shortReads: Finding[] = []
  #bytesRead = 0

  constructor(read: ReadRange, blobBytes: number) {
    this.#read = read
    this.#blobBytes = blobBytes
  }

  get bytesRead(): number {
    return this.#bytesRead
  }

  get shortReads(): readonly Finding[] {
    return this.#shortReads
  }

  /** What of the range lies in the blob. Where it was already read, it is not read again. */
  async fetch({ offset, length }: ByteRange): Promise<Uint8Array> {
    const wanted = Math.min(length, this.#blobBytes - offset)
    if (!Number.isSafeInteger(offset) || offset < 0 || !(wanted > 0)) return new Uint8Array()
    if (this.peek(offset, wanted).length < wanted) {
      const bytes = (await this.#read(offset, wanted)).subarray(0, wanted)
      this.#bytesRead += bytes.length
      this.#pieces.push({ offset, bytes })
      if (bytes.length < wanted) {
        const reason = `Of the ${wanted} bytes at ${offset}, only ${bytes.length} came back.`
        this.#shortReads.push({ where: 'image', reason })
      }
    }
    return this.peek(offset, wanted)
  }

  /** What of the range was read so far, in one piece. */
  peek(offset: number, length: number): Uint8Array {
    let longest: Uint8Array = new Uint8Array()
    for (const piece of this.#pieces) {
      const from = offset - piece.offset
      if (from < 0 || from >= piece.bytes.length) continue
      const bytes = piece.bytes.subarray(from, from + Math.max(0, length))
      if (bytes.length > longest.length) longest = bytes
    }
    return longest
  }

  /** The same for a part of the image, by offsets from its start. */
  peekInto(part: ByteRange): Peek {
    return (offset, length) => this.peek(part.offset + offset, Math.min(length, part.length - offset))
  }
}

/** The bytes of a disk, behind a link that Azure gave out. */
import type { ByteRange } from '../domain/disk-image/finding.js'

export interface DiskBlob {
  /** Of the whole blob: a fixed VHD is the disk and a footer of 512 bytes. */
  readonly sizeBytes: number
  /** Requests that were answered so far. */
  readonly requests: number
  /** What is written on it, in order, neighbours joined; everything else reads as zero. */
  allocated(signal: AbortSignal): Promise<readonly ByteRange[]>
  /**
   * Fewer bytes only where the blob ends. NETWORK, AZURE_UNAVAILABLE, THROTTLED after all retries. With `into`, which
   * must have room for them, the bytes are a view of it.
   */
  read(offset: number, length: number, signal: AbortSignal, into?: Uint8Array): Promise<Uint8Array>
}

export interface Blobs {
  /** READ_REFUSED when the link alone is not enough (a token, or a private network, is wanted), or is no longer valid. */
  open(link: string, signal: AbortSignal): Promise<DiskBlob>
}

/**
 * What a managed disk (or a snapshot of one) holds, described in a few words instead of stored as bytes.
 * Two descriptors that are equal render the same bytes, so a snapshot keeps a copy of the descriptor and nothing else.
 */

/** What is wrong with the bytes. `truncated` ends the image half way, without footer. */
export type ImageTrouble = 'zeroed' | 'corrupt-primary-gpt' | 'corrupt-backup-gpt' | 'corrupt-filesystem' | 'truncated'

export interface ImageContent {
  /** `os`: EFI and root partition. `data`: one ext4 partition. `raw`: data without partitions. `empty`: all zero. */
  readonly kind: 'os' | 'data' | 'raw' | 'empty'
  /** Size of the disk in bytes, a multiple of 1 MiB. The blob is 512 bytes (the footer) longer. */
  readonly sizeBytes: number
  /** Size at which the disk was partitioned, when it was grown since; the partition table does not grow with the disk. */
  readonly partitionedBytes?: number
  /** Names the disk: identifiers and data are derived from it. Equal for a disk and for all copies of it. */
  readonly seed: string
  /** Counts the guest's rounds of writing. A later round changes a few ranges and leaves the others. */
  readonly generation: number
  readonly trouble?: ImageTrouble
}

/** Bytes from `start` up to and not including `end`; both multiples of 512. */
export interface PageRange {
  readonly start: number
  readonly end: number
}

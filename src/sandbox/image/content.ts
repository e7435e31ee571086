/**
 * What a managed disk (or a snapshot of one) holds, described in a few words instead of stored as bytes.
 * Two descriptors that are equal render the same bytes, so a snapshot keeps a copy of the descriptor and nothing else.
 */

/**
 * What is wrong with the bytes. `truncated` ends the image half way, without footer; `wrong-size` is sound and a GiB (or
 * half the disk) short; `corrupt-filesystem` is the superblock of the last partition, `corrupt-boot-partition` the first
 * sector of the EFI system; `changed` is sound, and other data each time that access is granted.
 */
export const imageTroubles = [
  'zeroed',
  'corrupt-primary-gpt',
  'corrupt-backup-gpt',
  'corrupt-filesystem',
  'corrupt-boot-partition',
  'corrupt-footer',
  'truncated',
  'wrong-size',
  'changed',
] as const
export type ImageTrouble = (typeof imageTroubles)[number]

export interface ImageContent {
  /**
   * `os`: EFI and root partition. `os-bios`: one active partition in a classic table. `data`: one ext4 partition.
   * `raw`: data without partitions. `empty`: all zero.
   */
  readonly kind: 'os' | 'os-bios' | 'data' | 'raw' | 'empty'
  /** Size of the disk in bytes, a multiple of 1 MiB. The blob is 512 bytes (the footer) longer. */
  readonly sizeBytes: number
  /** Size at which the disk was partitioned, when it was grown since; the partition table does not grow with the disk. */
  readonly partitionedBytes?: number
  /** Names the disk: identifiers and data are derived from it. Equal for a disk and for all copies of it. */
  readonly seed: string
  /** Counts the guest's rounds of writing. A later round changes a few ranges and leaves the others. */
  readonly generation: number
  readonly trouble?: ImageTrouble
  /** False: there is no guest agent in the image. */
  readonly agent?: false
  /** Who may log in, with which public keys; `azureuser` with the sandbox's own when left out. */
  readonly login?: { readonly user: string; readonly keys: readonly string[] }
  /** What it is served in; a fixed VHD when left out. */
  readonly container?: 'vhdx'
}

/** Bytes from `start` up to and not including `end`; both multiples of 512. */
export interface PageRange {
  readonly start: number
  readonly end: number
}

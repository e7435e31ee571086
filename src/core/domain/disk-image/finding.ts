/** What was found about one part of a disk image. Reasons are plain sentences, for people. */
export interface Finding {
  /** Which part: 'VHD footer', 'primary GPT', 'partition 2'. */
  readonly where: string
  readonly reason: string
}

/** What the rules for one part of an image answer. No problems: the part is sound. */
export interface Verdict {
  readonly problems: readonly string[]
  /** What is worth saying though it is no fault. */
  readonly notes: readonly string[]
}

/**
 * Bytes that were already read, by their offset in the disk or partition. Gives fewer than asked for where the rest was
 * not read or does not exist.
 */
export type Peek = (offset: number, length: number) => Uint8Array

export interface ByteRange {
  readonly offset: number
  readonly length: number
}

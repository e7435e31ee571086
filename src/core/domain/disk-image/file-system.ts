import type { ByteRange, Peek, Verdict } from './finding.js'

/**
 * The rules for one on-disk format. `peek` gives bytes by their offset in the partition (or disk, where there is no
 * table); all of it is pure, and no rule throws whatever the bytes are.
 */
export interface FileSystemFormat {
  /** The format's name for people, if the bytes are of this format, be they sound or damaged. */
  recognise(peek: Peek): string | undefined
  /** What has to be read besides the head, to judge a partition of so many bytes. */
  needs?(peek: Peek, lengthBytes: number): readonly ByteRange[]
  judge(peek: Peek, lengthBytes: number): Verdict
  /** Whether an operating system can have its root in it. */
  readonly holdsRoot: boolean
}

/** How much of the start of a partition every format may look at: btrfs has its superblock at 64 KiB. */
export const headBytes = 68 * 1024

export function tooLong(holds: number, lengthBytes: number): string[] {
  return holds > lengthBytes
    ? [`It claims ${holds} bytes, but its partition or disk has ${lengthBytes}: its end is missing.`]
    : []
}

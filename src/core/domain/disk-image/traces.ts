/** Copies that file systems keep of their superblock, by which one whose beginning was lost is told from no file system. */
import { btrfs } from './btrfs.js'
import { ext4 } from './ext4.js'
import type { FileSystemFormat } from './file-system.js'
import type { ByteRange, Peek } from './finding.js'
import { ntfs } from './ntfs.js'
import { xfs } from './xfs.js'

const kibibyte = 1024
const mebibyte = 1024 * kibibyte
const tebibyte = mebibyte * mebibyte

interface Trace extends ByteRange {
  readonly format: FileSystemFormat
  /** Where in the partition the first superblock lies. */
  readonly home: number
}

/** Where the formats put the first copy with what their mkfs does by default. */
function tracesIn(lengthBytes: number): Trace[] {
  const quarter = Math.ceil(Math.floor(lengthBytes / 4096) / 4) * 4096
  const ext4Copies = [8193 * kibibyte, 32 * mebibyte, 128 * mebibyte]
  return [
    ...ext4Copies.map((offset) => ({ format: ext4, home: kibibyte, offset, length: kibibyte })),
    { format: btrfs, home: 64 * kibibyte, offset: 64 * mebibyte, length: 4 * kibibyte },
    ...[quarter, tebibyte].map((offset) => ({ format: xfs, home: 0, offset, length: 512 })),
    { format: ntfs, home: 0, offset: lengthBytes - 512, length: 512 },
  ].filter(({ offset, length }) => offset > 0 && offset + length <= lengthBytes)
}

/** What has to be read to look for traces in a partition of so many bytes. */
export function traceRanges(lengthBytes: number): readonly ByteRange[] {
  return tracesIn(lengthBytes)
}

/** A sentence, if there is a trace. */
export function lostFileSystem(peek: Peek, lengthBytes: number): string | undefined {
  for (const { format, home, offset } of tracesIn(lengthBytes)) {
    const moved: Peek = (at, length) => peek(at - home + offset, length)
    const name = format.recognise(moved)
    // Two bytes of magic number are found anywhere; the copy has to be sound by itself.
    if (name === undefined || (format === ext4 && format.judge(moved, lengthBytes).problems.length > 0)) continue
    return `Its beginning is not that of a file system, but a copy of a superblock of ${name} lies at byte ${offset}.`
  }
  return undefined
}

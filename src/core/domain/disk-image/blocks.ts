/**
 * The blocks by which a disk's content is put into one digest. Which pages Azure calls allocated may differ between two
 * disks of one snapshot, so blocks are counted from the start of the disk, and one that is all zero counts as not there.
 */
import type { ByteRange } from './finding.js'

export const blockBytes = 64 * 1024

/** Widened to whole blocks and joined, within the first `sizeBytes`. `ranges` is in order and without overlaps. */
export function wholeBlocks(ranges: readonly ByteRange[], sizeBytes: number): ByteRange[] {
  const found: { offset: number; length: number }[] = []
  for (const { offset, length } of ranges) {
    const start = Math.floor(offset / blockBytes) * blockBytes
    const end = Math.min(sizeBytes, Math.ceil((offset + length) / blockBytes) * blockBytes)
    const last = found.at(-1)
    const from = last ? Math.max(start, last.offset + last.length) : start
    if (from >= end) continue
    if (last && last.offset + last.length === from) last.length = end - last.offset
    else found.push({ offset: from, length: end - from })
  }
  return found
}

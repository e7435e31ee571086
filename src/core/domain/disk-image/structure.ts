/** What is said of a disk with data in it, and without a partition table or file system that is recognised. */
export const rawData = 'The disk has no partition table and no file system that is recognised: it is raw.'
export const rawBehindZeros = 'Zeros where a partition table or file system would begin, and data behind: it is raw.'

/** Also of what an earlier verification wrote down. */
export function isRaw(content: string): boolean {
  return content.endsWith(': it is raw.')
}

/** Whether a table or a file system that was recognised is not any more, by the sentences that tell what a disk holds. */
export function hasLostStructure(now: string, before: string): boolean {
  return structuresIn(now) < structuresIn(before)
}

/** The table, or what the whole disk is, and each file system, which stands in brackets behind its partition. */
function structuresIn(content: string): number {
  return isRaw(content) ? 0 : 1 + content.split(' (').length
}

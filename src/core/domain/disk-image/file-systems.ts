import { btrfs } from './btrfs.js'
import { ext4, unmarkedExt4 } from './ext4.js'
import { fat } from './fat.js'
import type { FileSystemFormat } from './file-system.js'
import type { Peek } from './finding.js'
import { bitlocker, exfat, luks, lvm, raids, refs, swaps } from './known-formats.js'
import { ntfs } from './ntfs.js'
import { xfs } from './xfs.js'

/**
 * The order decides where leftovers of an earlier format remain: what lies at the very start was written last. FAT comes
 * late, as it is known by plausible numbers more than by a signature, and last what has lost its own.
 */
const formats: readonly FileSystemFormat[] = [
  ...[luks, bitlocker, xfs, ntfs, exfat, refs, lvm],
  ...[...raids, ext4, btrfs, ...swaps, fat, unmarkedExt4],
]

export interface Recognised {
  readonly name: string
  readonly format: FileSystemFormat
}

/** The format of a partition, or of a disk without partitions, by its first `headBytes`. */
export function recogniseFileSystem(peek: Peek): Recognised | undefined {
  for (const format of formats) {
    const name = format.recognise(peek)
    if (name !== undefined) return { name, format }
  }
  return undefined
}

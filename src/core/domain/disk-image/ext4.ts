/** ext2, ext3 and ext4: the superblock, 1024 bytes into the partition (Linux, Documentation/filesystems/ext4). */
import { rawCrc32c } from './checksums.js'
import { Fields, isPowerOfTwo, withBytes } from './fields.js'
import { type FileSystemFormat, tooLong } from './file-system.js'
import type { Verdict } from './finding.js'

const superblockAt = 1024
const superblockBytes = 1024
const checksumAt = 0x3fc
const magicAt = 0x38
const roFeaturesAt = 0x64
const magic = [0x53, 0xef]
const signsBesideMagic = 3
/** Revision 0 has neither a first inode nor a size of inodes. */
const signsInstead = 8
/** A bitmap of one block of 64 KiB. */
const mostInGroup = 8 * 64 * 1024
const hasJournal = 0x4
const extents = 0x40
const sixtyFourBit = 0x80
const flexibleGroups = 0x200
const journalDevice = 0x8
const bigAllocation = 0x200
const metadataChecksums = 0x400

export const ext4: FileSystemFormat = {
  holdsRoot: true,
  recognise: (peek) => nameWhere(isMarked, peek(superblockAt, superblockBytes)),

  judge(peek, lengthBytes) {
    const superblock = peek(superblockAt, superblockBytes)
    const damage = damageOf(superblock)
    if (damage !== undefined) return { problems: [damage], notes: [] }
    return judgeFields(new Fields(superblock), lengthBytes)
  },
}

/**
 * The same with its magic number gone, all else there. wipefs takes away just these two bytes before another format is
 * made, so it is damage only where no other format says that it is there.
 */
export const unmarkedExt4: FileSystemFormat = {
  ...ext4,
  recognise: (peek) => nameWhere(isThereUnmarked, peek(superblockAt, superblockBytes)),
}

function nameWhere(isThere: (superblock: Uint8Array) => boolean, superblock: Uint8Array): string | undefined {
  if (!isThere(superblock)) return undefined
  const fields = new Fields(superblock)
  if (fields.u32(0x60) & (extents | sixtyFourBit | flexibleGroups)) return 'ext4'
  return fields.u32(0x5c) & hasJournal ? 'ext3' : 'ext2'
}

/**
 * Two bytes of magic number are found in one of 65536 raw or encrypted disks. What else a superblock says counts, so that
 * no single field decides, be it there by chance or damaged.
 */
function isMarked(superblock: Uint8Array): boolean {
  return magicIsThere(superblock) && signsIn(new Fields(superblock)) >= signsBesideMagic
}

function isThereUnmarked(superblock: Uint8Array): boolean {
  if (matchesChecksum(withBytes(superblock, magicAt, magic))) return true
  const fields = new Fields(superblock)
  return signsIn(fields) >= signsInstead && judgeFields(fields, Number.POSITIVE_INFINITY).problems.length === 0
}

/** How many of ten fields have a value that a superblock can have. Random bytes have hardly one such, zeros five. */
function signsIn(fields: Fields): number {
  const isGroup = (count: number) => count > 0 && count <= mostInGroup && count % 8 === 0
  const inodeBytes = fields.u16(0x58)
  const errors = fields.u16(0x3c)
  return [
    fields.u32(0x14) <= 1, // first block with data
    fields.u32(0x18) <= 6, // size of a block
    isGroup(fields.u32(0x20)), // blocks of a group
    isGroup(fields.u32(0x28)), // inodes of a group
    fields.u16(0x3a) <= 7, // state
    errors >= 1 && errors <= 3, // what the guest does on errors
    fields.u32(0x48) <= 4, // the system that made it
    fields.u32(0x4c) <= 1, // revision
    fields.u32(0x54) === 11, // first inode
    inodeBytes >= 128 && isPowerOfTwo(inodeBytes),
  ].filter(Boolean).length
}

function magicIsThere(superblock: Uint8Array): boolean {
  return new Fields(superblock).u16(magicAt) === 0xef53
}

function matchesChecksum(superblock: Uint8Array): boolean {
  if (superblock.length < superblockBytes) return false
  return rawCrc32c(superblock.subarray(0, checksumAt), 0xffffffff) === new Fields(superblock).u32(checksumAt)
}

function damageOf(superblock: Uint8Array): string | undefined {
  if (superblock.length < superblockBytes) return 'Its superblock could not be read.'
  // The checksum tells a superblock that lost its magic number from one that was never there.
  if (!magicIsThere(superblock)) return 'Its superblock lacks the magic number 0xEF53.'
  const features = new Fields(superblock).u32(roFeaturesAt)
  if (features & metadataChecksums) {
    return matchesChecksum(superblock) ? undefined : "Its superblock's checksum does not match its bytes."
  }
  const flag = (features | metadataChecksums) >>> 8
  // Whoever takes the flag off by mistake would take the checksum out of use with it.
  return matchesChecksum(withBytes(superblock, roFeaturesAt + 1, [flag & 0xff]))
    ? 'Its superblock lacks the flag for checksums, but has one that was made with it.'
    : undefined
}

function judgeFields(fields: Fields, lengthBytes: number): Verdict {
  const roFeatures = fields.u32(roFeaturesAt)
  const logBlock = fields.u32(0x18)
  if (logBlock > 6) return { problems: [`It claims blocks of 2^${10 + logBlock} bytes.`], notes: [] }
  const blockBytes = 1024 * 2 ** logBlock
  const wide = (fields.u32(0x60) & sixtyFourBit) !== 0
  const blocks = fields.u32(0x04) + (wide ? fields.u32(0x150) * 2 ** 32 : 0)
  const free = fields.u32(0x0c) + (wide ? fields.u32(0x158) * 2 ** 32 : 0)
  const perGroup = fields.u32(0x20)
  const bitmapUnits = (roFeatures & bigAllocation) !== 0 ? fields.u32(0x24) : perGroup
  const inodesPerGroup = fields.u32(0x28)
  const firstBlock = fields.u32(0x14)
  const inodes = fields.u32(0x00)
  const isJournal = (fields.u32(0x60) & journalDevice) !== 0 && inodes === 0 && inodesPerGroup === 0

  const problems = tooLong(blocks * blockBytes, lengthBytes)
  if (blocks === 0 || free > blocks) problems.push(`It claims ${free} free blocks of ${blocks}.`)
  const isEmpty = inodesPerGroup === 0 && !isJournal
  if (perGroup === 0 || bitmapUnits === 0 || bitmapUnits > 8 * blockBytes || isEmpty) {
    problems.push(`It claims groups of ${perGroup} blocks and ${inodesPerGroup} inodes.`)
  } else if (Math.ceil((blocks - firstBlock) / perGroup) * inodesPerGroup !== inodes) {
    problems.push(`Its ${inodes} inodes and ${blocks} blocks do not fit its groups.`)
  }
  if (roFeatures & metadataChecksums && fields.u8(0x175) !== 1) problems.push('It names an unknown kind of checksum.')

  const notes: string[] = []
  if (isJournal) notes.push('It is the journal of a file system on another disk.')
  if (fields.u16(0x3a) & 2) notes.push('The guest had recorded errors in this file system before the backup.')
  if (!(roFeatures & metadataChecksums)) notes.push('Its superblock has no checksum; only its fields were checked.')
  return { problems, notes }
}

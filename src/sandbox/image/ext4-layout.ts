/**
 * Where the parts of an ext4 file system lie. It is the smallest valid one: 4 KiB blocks, no journal, no
 * backup superblocks (sparse_super2), 64-byte group descriptors, one directory `lost+found` in the root.
 */

export const blockBytes = 4096
export const blocksPerGroup = 32768
export const inodesPerGroup = 2048
export const inodeBytes = 256
export const descriptorBytes = 64
/** Blocks that the inode table of one group takes. */
export const tableBlocks = (inodesPerGroup * inodeBytes) / blockBytes

export interface Ext4Layout {
  readonly blocks: number
  readonly groups: number
  /** Blocks of the group descriptor table, which follows the superblock. */
  readonly descriptorBlocks: number
  /** Block numbers in group 0. */
  readonly blockBitmap: number
  readonly inodeBitmap: number
  readonly inodeTable: number
  readonly rootDirectory: number
  readonly lostAndFound: number
  /** The first block of group 0 without metadata. */
  readonly free: number
}

export function ext4Layout(bytes: number): Ext4Layout {
  let blocks = Math.floor(bytes / blockBytes)
  // A rest too small for its own bitmaps and inode table is left unused.
  if (blocks > blocksPerGroup && blocks % blocksPerGroup <= tableBlocks + 50) blocks -= blocks % blocksPerGroup
  const groups = Math.ceil(blocks / blocksPerGroup)
  const descriptorBlocks = Math.ceil((groups * descriptorBytes) / blockBytes)
  const blockBitmap = 1 + descriptorBlocks
  const inodeTable = blockBitmap + 2
  const rootDirectory = inodeTable + tableBlocks
  return {
    blocks,
    groups,
    descriptorBlocks,
    blockBitmap,
    inodeBitmap: blockBitmap + 1,
    inodeTable,
    rootDirectory,
    lostAndFound: rootDirectory + 1,
    free: rootDirectory + 2,
  }
}

export function blocksInGroup(layout: Ext4Layout, group: number): number {
  return Math.min(blocksPerGroup, layout.blocks - group * blocksPerGroup)
}

export function freeBlocksInGroup(layout: Ext4Layout, group: number): number {
  return blocksInGroup(layout, group) - (group === 0 ? layout.free : 2 + tableBlocks)
}

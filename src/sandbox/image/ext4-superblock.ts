import { crc32c } from './checksums.js'
import {
  blocksPerGroup,
  descriptorBytes,
  type Ext4Layout,
  freeBlocksInGroup,
  inodeBytes,
  inodesPerGroup,
} from './ext4-layout.js'
import { digest, guidBytes } from './pseudo-random.js'

/** 2026-01-01T00:00:00Z; each round of writing moves the time of the last write on by a minute. */
const epoch = 1767225600

const compatSparseSuper2 = 0x200
const incompat = { filetype: 0x2, extents: 0x40, sixtyFourBit: 0x80 }
const roCompat = { largeFile: 0x2, dirNlink: 0x20, extraIsize: 0x40, metadataCsum: 0x400 }

export interface Ext4Identity {
  readonly seed: string
  readonly label: string
  readonly generation: number
}

export function ext4Uuid(identity: Ext4Identity): Buffer {
  return guidBytes(identity.seed, identity.label, 'ext4')
}

/** The 1024 bytes that lie 1024 bytes into the partition. */
export function ext4Superblock(layout: Ext4Layout, identity: Ext4Identity): Buffer {
  let free = 0
  for (let group = 0; group < layout.groups; group++) free += freeBlocksInGroup(layout, group)

  const block = Buffer.alloc(1024)
  block.writeUInt32LE(layout.groups * inodesPerGroup, 0x00)
  block.writeUInt32LE(layout.blocks % 2 ** 32, 0x04)
  block.writeUInt32LE(free % 2 ** 32, 0x0c)
  block.writeUInt32LE(layout.groups * inodesPerGroup - 11, 0x10)
  block.writeUInt32LE(2, 0x18) // block size 1024 << 2
  block.writeUInt32LE(2, 0x1c)
  block.writeUInt32LE(blocksPerGroup, 0x20)
  block.writeUInt32LE(blocksPerGroup, 0x24)
  block.writeUInt32LE(inodesPerGroup, 0x28)
  block.writeUInt32LE(epoch, 0x2c)
  block.writeUInt32LE(epoch + 60 * identity.generation, 0x30)
  block.writeUInt16LE(1, 0x34)
  block.writeUInt16LE(0xffff, 0x36)
  block.writeUInt16LE(0xef53, 0x38)
  block.writeUInt16LE(1, 0x3a) // clean
  block.writeUInt16LE(1, 0x3c) // on errors: continue
  block.writeUInt32LE(epoch, 0x40)
  block.writeUInt32LE(1, 0x4c)
  block.writeUInt32LE(11, 0x54)
  block.writeUInt16LE(inodeBytes, 0x58)
  block.writeUInt32LE(compatSparseSuper2, 0x5c)
  block.writeUInt32LE(incompat.filetype | incompat.extents | incompat.sixtyFourBit, 0x60)
  block.writeUInt32LE(roCompat.largeFile | roCompat.dirNlink | roCompat.extraIsize | roCompat.metadataCsum, 0x64)
  ext4Uuid(identity).copy(block, 0x68)
  block.write(identity.label, 0x78, 16, 'latin1')
  digest(identity.seed, 'hash').copy(block, 0xec, 0, 16)
  block.writeUInt8(1, 0xfc)
  block.writeUInt16LE(descriptorBytes, 0xfe)
  block.writeUInt32LE(epoch, 0x108)
  block.writeUInt32LE(Math.floor(layout.blocks / 2 ** 32), 0x150)
  block.writeUInt32LE(Math.floor(free / 2 ** 32), 0x158)
  block.writeUInt16LE(32, 0x15c)
  block.writeUInt16LE(32, 0x15e)
  block.writeUInt8(1, 0x175) // checksums are CRC-32C
  block.writeUInt32LE(crc32c(block.subarray(0, 0x3fc)), 0x3fc)
  return block
}

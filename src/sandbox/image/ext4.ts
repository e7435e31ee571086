/** Group descriptors, bitmaps, inodes and directories of an empty ext4 file system with metadata checksums. */
import { crc32c } from './checksums.js'
import {
  blockBytes,
  blocksInGroup,
  blocksPerGroup,
  descriptorBytes,
  type Ext4Layout,
  ext4Layout,
  freeBlocksInGroup,
  inodeBytes,
  inodesPerGroup,
  tableBlocks,
} from './ext4-layout.js'
import { type Ext4Identity, ext4Superblock, ext4Uuid } from './ext4-superblock.js'

const inodeUninit = 1
const blockUninit = 2
const inodeZeroed = 4
const rootInode = 2
const lostAndFoundInode = 11
const directoryMode = 0o040755
const directoryType = 2
const extentsFlag = 0x80000

/** The metadata at the start of the partition. What follows is free, but for the other groups' bitmaps and inodes. */
export function ext4Metadata(bytes: number, identity: Ext4Identity): Buffer {
  const layout = ext4Layout(bytes)
  const seed = crc32c(ext4Uuid(identity))
  const metadata = Buffer.alloc(layout.free * blockBytes)
  const block = (number: number, count = 1) => metadata.subarray(number * blockBytes, (number + count) * blockBytes)

  ext4Superblock(layout, identity).copy(metadata, 1024)
  fillBits(block(layout.blockBitmap), 0, layout.free)
  fillBits(block(layout.blockBitmap), blocksInGroup(layout, 0), blocksPerGroup)
  fillBits(block(layout.inodeBitmap), 0, lostAndFoundInode)
  fillBits(block(layout.inodeBitmap), inodesPerGroup, blockBytes * 8)
  writeDescriptors(block(1, layout.descriptorBlocks), layout, seed, {
    first: crc32c(block(layout.blockBitmap), seed),
    last: crc32c(ext4LastBitmap(layout), seed),
    inodes: crc32c(block(layout.inodeBitmap).subarray(0, inodesPerGroup / 8), seed),
  })

  const inode = (number: number) => {
    const at = layout.inodeTable * blockBytes + (number - 1) * inodeBytes
    return metadata.subarray(at, at + inodeBytes)
  }
  writeDirectoryInode(inode(rootInode), inodeSeed(seed, rootInode), { links: 3, block: layout.rootDirectory })
  writeDirectoryInode(inode(lostAndFoundInode), inodeSeed(seed, lostAndFoundInode), {
    links: 2,
    block: layout.lostAndFound,
  })
  writeDirectory(block(layout.rootDirectory), inodeSeed(seed, rootInode), [
    ['.', rootInode],
    ['..', rootInode],
    ['lost+found', lostAndFoundInode],
  ])
  writeDirectory(block(layout.lostAndFound), inodeSeed(seed, lostAndFoundInode), [
    ['.', lostAndFoundInode],
    ['..', rootInode],
  ])
  return metadata
}

/**
 * The block bitmap of the last group, which lies in that group's first block (in group 0 it is part of the metadata).
 * A group before it is wholly there, so its bitmap may be left unwritten; this one marks where the partition ends.
 */
export function ext4LastBitmap(layout: Ext4Layout): Buffer {
  const bitmap = Buffer.alloc(blockBytes)
  fillBits(bitmap, 0, 2 + tableBlocks)
  fillBits(bitmap, blocksInGroup(layout, layout.groups - 1), blocksPerGroup)
  return bitmap
}

interface BitmapChecksums {
  readonly first: number
  readonly last: number
  readonly inodes: number
}

function writeDescriptors(table: Buffer, layout: Ext4Layout, seed: number, bitmaps: BitmapChecksums): void {
  for (let group = 0; group < layout.groups; group++) {
    const entry = table.subarray(group * descriptorBytes, (group + 1) * descriptorBytes)
    const first = group === 0 ? layout.blockBitmap : group * blocksPerGroup
    const write = (value: number, low: number, high: number) => {
      entry.writeUInt32LE(value % 2 ** 32, low)
      entry.writeUInt32LE(Math.floor(value / 2 ** 32), high)
    }
    write(first, 0x00, 0x20)
    write(first + 1, 0x04, 0x24)
    write(first + 2, 0x08, 0x28)
    entry.writeUInt16LE(freeBlocksInGroup(layout, group), 0x0c)
    const unused = inodesPerGroup - (group === 0 ? lostAndFoundInode : 0)
    entry.writeUInt16LE(unused, 0x0e)
    entry.writeUInt16LE(group === 0 ? 2 : 0, 0x10)
    entry.writeUInt16LE(unused, 0x1c)
    const last = group === layout.groups - 1
    entry.writeUInt16LE(inodeZeroed | (group === 0 ? 0 : inodeUninit) | (group === 0 || last ? 0 : blockUninit), 0x12)
    if (group === 0 || last) {
      const checksum = group === 0 ? bitmaps.first : bitmaps.last
      entry.writeUInt16LE(checksum & 0xffff, 0x18)
      entry.writeUInt16LE(checksum >>> 16, 0x38)
    }
    if (group === 0) {
      entry.writeUInt16LE(bitmaps.inodes & 0xffff, 0x1a)
      entry.writeUInt16LE(bitmaps.inodes >>> 16, 0x3a)
    }
    entry.writeUInt16LE(crc32c(entry, crc32c(littleEndian(group), seed)) & 0xffff, 0x1e)
  }
}

function writeDirectoryInode(inode: Buffer, seed: number, { links, block }: { links: number; block: number }): void {
  inode.writeUInt16LE(directoryMode, 0x00)
  inode.writeUInt32LE(blockBytes, 0x04)
  inode.writeUInt16LE(links, 0x1a)
  inode.writeUInt32LE(blockBytes / 512, 0x1c)
  inode.writeUInt32LE(extentsFlag, 0x20)
  inode.writeUInt16LE(0xf30a, 0x28)
  inode.writeUInt16LE(1, 0x2a) // one extent of at most four, and no tree above it
  inode.writeUInt16LE(4, 0x2c)
  inode.writeUInt16LE(1, 0x38)
  inode.writeUInt32LE(block, 0x3c)
  inode.writeUInt16LE(32, 0x80)
  const checksum = crc32c(inode, seed)
  inode.writeUInt16LE(checksum & 0xffff, 0x7c)
  inode.writeUInt16LE(checksum >>> 16, 0x82)
}

function writeDirectory(block: Buffer, seed: number, entries: readonly (readonly [string, number])[]): void {
  const tail = blockBytes - 12
  let at = 0
  entries.forEach(([name, inode], index) => {
    const length = index === entries.length - 1 ? tail - at : 8 + 4 * Math.ceil(name.length / 4)
    block.writeUInt32LE(inode, at)
    block.writeUInt16LE(length, at + 4)
    block.writeUInt8(name.length, at + 6)
    block.writeUInt8(directoryType, at + 7)
    block.write(name, at + 8, 'latin1')
    at += length
  })
  block.writeUInt16LE(12, tail + 4)
  block.writeUInt8(0xde, tail + 7)
  block.writeUInt32LE(crc32c(block.subarray(0, tail), seed), tail + 8)
}

/** All our inodes have generation 0. */
function inodeSeed(seed: number, inode: number): number {
  return crc32c(littleEndian(0), crc32c(littleEndian(inode), seed))
}

function littleEndian(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

function fillBits(bitmap: Buffer, from: number, to: number): void {
  for (let bit = from; bit < to; bit++) bitmap.writeUInt8(bitmap.readUInt8(bit >> 3) | (1 << (bit & 7)), bit >> 3)
}

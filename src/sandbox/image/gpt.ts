/** Protective MBR and GUID partition table, as the UEFI specification (2.10, chapter 5) lays them out. */
import { crc32 } from './checksums.js'
import { guid, guidBytes } from './pseudo-random.js'

const sector = 512
const entrySize = 128
const entryCount = 128
/** Sectors that the table of entries takes at either end. */
const entrySectors = (entrySize * entryCount) / sector

/** Partition types in the byte order they have on the disk. */
export const efiSystem = guid('c12a7328-f81f-11d2-ba4b-00a0c93ec93b')
export const linuxFilesystem = guid('0fc63daf-8483-4772-8e79-3d69d8477de4')

export interface Partition {
  readonly type: Buffer
  readonly name: string
  /** First and last sector, both inclusive. */
  readonly first: number
  readonly last: number
}

/** The last sector a partition may take on a disk of so many bytes. */
export function lastUsableSector(bytes: number): number {
  return bytes / sector - entrySectors - 2
}

/** The first 34 sectors: protective MBR, header, entries. */
export function primaryTable(bytes: number, seed: string, partitions: readonly Partition[]): Buffer {
  const entries = renderEntries(seed, partitions)
  return Buffer.concat([protectiveMbr(bytes), renderHeader(bytes, seed, entries, 'primary'), entries])
}

/** The last 33 sectors: entries, header. */
export function backupTable(bytes: number, seed: string, partitions: readonly Partition[]): Buffer {
  const entries = renderEntries(seed, partitions)
  return Buffer.concat([entries, renderHeader(bytes, seed, entries, 'backup')])
}

function protectiveMbr(bytes: number): Buffer {
  const mbr = Buffer.alloc(sector)
  const at = 446
  mbr.writeUInt8(0x02, at + 2) // head 0, sector 2 in CHS terms: the specification's fixed value
  mbr.writeUInt8(0xee, at + 4)
  mbr.fill(0xff, at + 5, at + 8)
  mbr.writeUInt32LE(1, at + 8)
  mbr.writeUInt32LE(Math.min(bytes / sector - 1, 0xffffffff), at + 12)
  mbr.writeUInt16BE(0x55aa, 510)
  return mbr
}

function renderHeader(bytes: number, seed: string, entries: Buffer, which: 'primary' | 'backup'): Buffer {
  const last = bytes / sector - 1
  const header = Buffer.alloc(sector)
  header.write('EFI PART', 0, 'latin1')
  header.writeUInt32LE(0x00010000, 8)
  header.writeUInt32LE(92, 12)
  header.writeBigUInt64LE(BigInt(which === 'primary' ? 1 : last), 24)
  header.writeBigUInt64LE(BigInt(which === 'primary' ? last : 1), 32)
  header.writeBigUInt64LE(BigInt(2 + entrySectors), 40)
  header.writeBigUInt64LE(BigInt(lastUsableSector(bytes)), 48)
  guidBytes(seed, 'disk').copy(header, 56)
  header.writeBigUInt64LE(BigInt(which === 'primary' ? 2 : last - entrySectors), 72)
  header.writeUInt32LE(entryCount, 80)
  header.writeUInt32LE(entrySize, 84)
  header.writeUInt32LE(crc32(entries), 88)
  header.writeUInt32LE(crc32(header.subarray(0, 92)), 16)
  return header
}

function renderEntries(seed: string, partitions: readonly Partition[]): Buffer {
  const entries = Buffer.alloc(entrySize * entryCount)
  partitions.forEach((partition, index) => {
    const at = index * entrySize
    partition.type.copy(entries, at)
    guidBytes(seed, 'partition', index).copy(entries, at + 16)
    entries.writeBigUInt64LE(BigInt(partition.first), at + 32)
    entries.writeBigUInt64LE(BigInt(partition.last), at + 40)
    entries.write(partition.name, at + 56, 72, 'utf16le')
  })
  return entries
}

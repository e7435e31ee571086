/**
 * A VHDX around the bytes of a disk with sectors of 4096 bytes (MS-VHDX, the Virtual Hard Disk v2 format), every block
 * of it present and in order: so the disk's data is one stretch, behind the headers.
 */
import { crc32c } from './checksums.js'
import { guid, guidBytes } from './pseudo-random.js'

const kibibyte = 1024
const mebibyte = 1024 * kibibyte
const sectorBytes = 4096
const blockBytes = 32 * mebibyte
/** Payload blocks between two entries for bitmaps, in the table of blocks. */
const chunkRatio = (2 ** 23 * sectorBytes) / blockBytes
const logStart = mebibyte
const metadataStart = 2 * mebibyte
const tableStart = 3 * mebibyte

export interface VhdxPart {
  readonly start: number
  readonly bytes: Buffer
}

/** Where the data begins, and how long the file is. */
export function vhdxLayout(diskBytes: number): { readonly dataStart: number; readonly fileBytes: number } {
  const dataStart = tableStart + Math.ceil((entryCount(diskBytes) * 8) / mebibyte) * mebibyte
  return { dataStart, fileBytes: dataStart + blockCount(diskBytes) * blockBytes }
}

/** Everything before the data. */
export function vhdxParts(diskBytes: number, seed: string): VhdxPart[] {
  const [regions, { table, items }] = [regionTable(diskBytes), metadata(diskBytes, seed)]
  return [
    { start: 0, bytes: identifier() },
    { start: 64 * kibibyte, bytes: header(seed, 1n) },
    { start: 128 * kibibyte, bytes: header(seed, 2n) },
    { start: 192 * kibibyte, bytes: regions },
    { start: 256 * kibibyte, bytes: regions },
    { start: metadataStart, bytes: table },
    { start: metadataStart + 64 * kibibyte, bytes: items },
    { start: tableStart, bytes: blockTable(diskBytes) },
  ]
}

function blockCount(diskBytes: number): number {
  return Math.ceil(diskBytes / blockBytes)
}

function entryCount(diskBytes: number): number {
  const blocks = blockCount(diskBytes)
  return blocks + Math.floor((blocks - 1) / chunkRatio)
}

function identifier(): Buffer {
  const bytes = Buffer.alloc(sectorBytes)
  bytes.write('vhdxfile', 0, 'latin1')
  bytes.write('Microsoft Azure', 8, 'utf16le')
  return bytes
}

function header(seed: string, sequence: bigint): Buffer {
  const bytes = Buffer.alloc(sectorBytes)
  bytes.write('head', 0, 'latin1')
  bytes.writeBigUInt64LE(sequence, 8)
  guidBytes(seed, 'vhdx file').copy(bytes, 16)
  guidBytes(seed, 'vhdx data').copy(bytes, 32)
  bytes.writeUInt16LE(1, 66)
  bytes.writeUInt32LE(mebibyte, 68)
  bytes.writeBigUInt64LE(BigInt(logStart), 72)
  return withChecksum(bytes)
}

function regionTable(diskBytes: number): Buffer {
  const bytes = Buffer.alloc(64 * kibibyte)
  bytes.write('regi', 0, 'latin1')
  bytes.writeUInt32LE(2, 8)
  const { dataStart } = vhdxLayout(diskBytes)
  const regions = [
    ['2dc27766-f623-4200-9d64-115e9bfd4a08', tableStart, dataStart - tableStart],
    ['8b7ca206-4790-4b9a-b8fe-575f050f886e', metadataStart, mebibyte],
  ] as const
  regions.forEach(([id, start, length], index) => {
    const at = 16 + index * 32
    guid(id).copy(bytes, at)
    bytes.writeBigUInt64LE(BigInt(start), at + 16)
    bytes.writeUInt32LE(length, at + 24)
    bytes.writeUInt32LE(1, at + 28)
  })
  return withChecksum(bytes)
}

function metadata(diskBytes: number, seed: string): { table: Buffer; items: Buffer } {
  const parameters = number(blockBytes, 8)
  // Blocks stay allocated: it is of a fixed size.
  parameters.writeUInt32LE(1, 4)
  const [required, ofDisk] = [4, 2]
  const kept = [
    ['caa16737-fa36-4d43-b3b6-33f0aa44e76b', parameters, required],
    ['2fa54224-cd1b-4876-b211-5dbed83bf4b8', number(diskBytes, 8), required | ofDisk],
    ['beca12ab-b2e6-4523-93ef-c309e000c746', guidBytes(seed, 'vhdx disk'), required | ofDisk],
    ['8141bf1d-a96f-4709-ba47-f233a8faab5f', number(sectorBytes, 4), required | ofDisk],
    ['cda348c7-445d-4471-9cc9-e9885251c556', number(sectorBytes, 4), required | ofDisk],
  ] as const
  const table = Buffer.alloc(sectorBytes)
  const items = Buffer.alloc(sectorBytes)
  table.write('metadata', 0, 'latin1')
  table.writeUInt16LE(kept.length, 10)
  let offset = 0
  kept.forEach(([id, value, flags], index) => {
    const at = 32 + index * 32
    guid(id).copy(table, at)
    table.writeUInt32LE(64 * kibibyte + offset, at + 16)
    table.writeUInt32LE(value.length, at + 20)
    table.writeUInt32LE(flags, at + 24)
    value.copy(items, offset)
    offset += 32
  })
  return { table, items }
}

function blockTable(diskBytes: number): Buffer {
  const fullyPresent = 6n
  const entries = Buffer.alloc(Math.ceil((entryCount(diskBytes) * 8) / sectorBytes) * sectorBytes)
  const { dataStart } = vhdxLayout(diskBytes)
  for (let block = 0; block < blockCount(diskBytes); block++) {
    const at = (block + Math.floor(block / chunkRatio)) * 8
    entries.writeBigUInt64LE(BigInt(dataStart + block * blockBytes) | fullyPresent, at)
  }
  return entries
}

function number(value: number, length: 4 | 8): Buffer {
  const bytes = Buffer.alloc(length)
  if (length === 4) bytes.writeUInt32LE(value)
  else bytes.writeBigUInt64LE(BigInt(value))
  return bytes
}

function withChecksum(bytes: Buffer): Buffer {
  bytes.writeUInt32LE((crc32c(bytes) ^ 0xffffffff) >>> 0, 4)
  return bytes
}

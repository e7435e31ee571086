/**
 * VHDX, in which disks with sectors of 4096 bytes are exported ([MS-VHDX]): the first MiB has an identifier, two headers
 * and two region tables. Two copies each, of which the newer sound header counts; both tables have to be sound.
 */
import { crc32c } from './checksums.js'
import { Fields, sameBytes, withBytes } from './fields.js'
import type { ByteRange, Finding } from './finding.js'

/** How much of the blob has to be read, from its start. */
export const vhdxHeaderAreaBytes = 320 * 1024
const headersAt = [64 * 1024, 128 * 1024]
const headerBytes = 4096
const tablesAt = [192 * 1024, 256 * 1024]
const tableBytes = 64 * 1024
const mostEntries = 2047
const mebibyte = 1024 * 1024

const metadataRegion = '8b7ca206-4790-4b9a-b8fe-575f050f886e'
const required: Readonly<Record<string, string>> = {
  '2dc27766-f623-4200-9d64-115e9bfd4a08': 'block allocation table',
  [metadataRegion]: 'metadata',
}
const virtualDiskSize = '2fa54224-cd1b-4876-b211-5dbed83bf4b8'
const logicalSectorSize = '8141bf1d-a96f-4709-ba47-f233a8faab5f'

export function isVhdx(head: Uint8Array): boolean {
  return new Fields(head).text(0, 8) === 'vhdxfile'
}

/** Judges the header area. `blobBytes` is the length of the whole blob, in which the regions have to lie. */
export function vhdxProblems(area: Uint8Array, blobBytes: number): Finding[] {
  if (area.length < vhdxHeaderAreaBytes) {
    return [{ where: 'VHDX', reason: `Its header area ends after ${area.length} of ${vhdxHeaderAreaBytes} bytes.` }]
  }
  const headers = headersAt.map((at) => headerReason(area.subarray(at, at + headerBytes)))
  const tables = tablesAt.map((at) => area.subarray(at, at + tableBytes))
  const tableReasons = tables.map((table) => tableReason(table, blobBytes))
  const found = [...named('VHDX header', headers), ...named('VHDX region table', tableReasons)]
  if (found.length > 0) return found
  const [one, other] = headersAt.map((at) => area.subarray(at, at + headerBytes))
  if (one && other && new Fields(one).u64(8) === new Fields(other).u64(8) && !sameBytes(one, other)) {
    found.push({ where: 'VHDX header 2', reason: 'It has the sequence number of the first one, but differs from it.' })
  }
  if (!sameBytes(tables[0] ?? area, tables[1] ?? area)) {
    found.push({ where: 'VHDX region table 2', reason: 'It differs from the first one.' })
  }
  return found
}

/** Where the metadata lies, by a header area without problems: its table, and the first items behind it. */
export function vhdxMetadataRange(area: Uint8Array): ByteRange {
  const table = new Fields(area.subarray(tablesAt[0]))
  for (let index = 0; index < table.u32(8); index++) {
    const at = 16 + 32 * index
    if (table.guid(at) === metadataRegion)
      return { offset: table.u64(at + 16), length: Math.min(table.u32(at + 24), 2 * tableBytes) }
  }
  return { offset: 0, length: 0 }
}

export interface VhdxShape {
  readonly sizeBytes: number
  readonly sectorBytes: number
}

/** Size of the disk inside, from the bytes of `vhdxMetadataRange`; they have no checksum. */
export function vhdxShape(metadata: Uint8Array): VhdxShape | string {
  const table = new Fields(metadata)
  if (table.text(0, 8) !== 'metadata') return 'It lacks the signature metadata.'
  const items = new Map<string, number>()
  for (let index = 0; index < Math.min(table.u16(10), mostEntries); index++) {
    items.set(table.guid(32 + 32 * index), table.u32(32 + 32 * index + 16))
  }
  const sizeBytes = table.u64(items.get(virtualDiskSize) ?? metadata.length)
  const sectorBytes = table.u32(items.get(logicalSectorSize) ?? metadata.length)
  if (sizeBytes === 0) return 'It does not give the size of the disk.'
  if (sectorBytes !== 512 && sectorBytes !== 4096) return `It gives sectors of ${sectorBytes} bytes.`
  return { sizeBytes, sectorBytes }
}

function named(part: string, reasons: readonly (string | undefined)[]): Finding[] {
  return reasons.flatMap((reason, index) => (reason === undefined ? [] : [{ where: `${part} ${index + 1}`, reason }]))
}

function headerReason(header: Uint8Array): string | undefined {
  const fields = new Fields(header)
  if (fields.text(0, 4) !== 'head') return 'It lacks the signature head.'
  if (!matchesChecksum(header)) return 'Its checksum does not match its bytes.'
  if (fields.u16(66) !== 1) return `It has version ${fields.u16(66)} of the format, and not 1.`
  const log = { length: fields.u32(68), offset: fields.u64(72) }
  return log.length % mebibyte !== 0 || log.offset % mebibyte !== 0 ? 'Its log is not aligned to 1 MiB.' : undefined
}

function tableReason(table: Uint8Array, blobBytes: number): string | undefined {
  const fields = new Fields(table)
  if (fields.text(0, 4) !== 'regi') return 'It lacks the signature regi.'
  if (!matchesChecksum(table)) return 'Its checksum does not match its bytes.'
  const count = fields.u32(8)
  if (count > mostEntries) return `It claims ${count} entries.`
  const missing = new Map(Object.entries(required))
  for (let index = 0; index < count; index++) {
    const at = 16 + 32 * index
    const name = required[fields.guid(at)] ?? 'other'
    missing.delete(fields.guid(at))
    const end = fields.u64(at + 16) + fields.u32(at + 24)
    if (fields.u64(at + 16) < mebibyte || end > blobBytes) return `Its region for the ${name} lies outside of the blob.`
  }
  const [first] = missing.values()
  return first === undefined ? undefined : `It has no region for the ${first}.`
}

/** Both structures have their checksum at byte 4, taken with itself as zero. */
function matchesChecksum(bytes: Uint8Array): boolean {
  return crc32c(withBytes(bytes, 4, [0, 0, 0, 0])) === new Fields(bytes).u32(4)
}

/** GUID partition table, as the UEFI specification (2.10, chapter 5) lays it out: two copies, each with checksums. */
import { crc32 } from './checksums.js'
import { Fields, isPowerOfTwo, sameBytes, withBytes } from './fields.js'
import { gptPartitionType } from './partition-types.js'
import { placementProblems, type TablePartition } from './partitions.js'

const headerBytes = 92
/** 128 entries are usual; the bound keeps a corrupt count from making us read gigabytes. */
const mostEntryBytes = 1024 * 1024
const noType = '00000000-0000-0000-0000-000000000000'

export type GptCopy = 'primary' | 'backup'

export interface GptHeader {
  /** Whether the signature is there. */
  readonly present: boolean
  readonly problems: readonly string[]
  readonly alternateSector: number
  readonly firstUsable: number
  readonly lastUsable: number
  readonly disk: string
  readonly entriesSector: number
  readonly entryCount: number
  readonly entryBytes: number
  readonly entriesChecksum: number
}

export interface GptPlace {
  readonly copy: GptCopy
  /** The sector that the header was read from. */
  readonly sector: number
  readonly sectorBytes: number
  readonly diskSectors: number
}

export function hasGptSignature(sector: Uint8Array): boolean {
  return new Fields(sector).text(0, 8) === 'EFI PART'
}

export function gptHeader(bytes: Uint8Array, place: GptPlace): GptHeader {
  const fields = new Fields(bytes)
  const header = {
    present: hasGptSignature(bytes),
    alternateSector: fields.u64(32),
    firstUsable: fields.u64(40),
    lastUsable: fields.u64(48),
    disk: fields.guid(56),
    entriesSector: fields.u64(72),
    entryCount: fields.u32(80),
    entryBytes: fields.u32(84),
    entriesChecksum: fields.u32(88),
  }
  return { ...header, problems: headerProblems(bytes, header, place) }
}

function headerProblems(bytes: Uint8Array, header: Omit<GptHeader, 'problems'>, place: GptPlace): string[] {
  const fields = new Fields(bytes)
  if (bytes.length < place.sectorBytes) return ['Its header could not be read.']
  if (!header.present) return ['Its header lacks the signature EFI PART.']
  const length = fields.u32(12)
  if (length < headerBytes || length > place.sectorBytes) return [`Its header claims a length of ${length} bytes.`]
  const covered = withBytes(bytes.subarray(0, length), 16, [0, 0, 0, 0])
  if (fields.u32(16) !== crc32(covered)) return ["Its header's checksum does not match its bytes."]

  // From here on the bytes are as somebody wrote them; what is wrong now was written wrong, or copied from elsewhere.
  const problems: string[] = []
  if (fields.u32(8) !== 0x00010000) problems.push(`It has revision ${fields.u32(8).toString(16)}, and not 1.0.`)
  if (fields.u64(24) !== place.sector) {
    problems.push(`Its header says it lies in sector ${fields.u64(24)}, but lies in ${place.sector}.`)
  }
  if (place.copy === 'backup' && header.alternateSector !== 1) {
    problems.push(`Its header places the primary copy in sector ${header.alternateSector}, and not 1.`)
  }
  if (place.copy === 'primary' && header.alternateSector >= place.diskSectors) {
    problems.push(`Its backup copy would lie in sector ${header.alternateSector}, beyond the end of the disk.`)
  }
  if (header.firstUsable > header.lastUsable) problems.push('Its usable space ends before it begins.')
  if (header.lastUsable >= place.diskSectors) problems.push('Its usable space goes beyond the end of the disk.')
  const size = entriesLength(header)
  if (size === undefined) {
    problems.push(`It claims ${header.entryCount} entries of ${header.entryBytes} bytes.`)
  } else {
    const end = header.entriesSector + Math.ceil(size / place.sectorBytes)
    const inPlace =
      place.copy === 'primary'
        ? header.entriesSector > 1 && end <= header.firstUsable
        : header.entriesSector > header.lastUsable && end <= place.sector
    if (!inPlace) problems.push('Its entries lie in the space for partitions or over a header.')
  }
  return problems
}

/** Bytes of the table of entries; undefined where a header claims what cannot be. */
export function entriesLength(header: Pick<GptHeader, 'entryCount' | 'entryBytes'>): number | undefined {
  const { entryCount, entryBytes } = header
  if (entryBytes < 128 || !isPowerOfTwo(entryBytes) || entryCount === 0) return undefined
  return entryCount * entryBytes <= mostEntryBytes ? entryCount * entryBytes : undefined
}

export interface GptEntries {
  readonly partitions: readonly TablePartition[]
  readonly problems: readonly string[]
}

/** The partitions of one copy. `header` is one without problems, `bytes` its table of entries. */
export function gptEntries(bytes: Uint8Array, header: GptHeader, sectorBytes: number): GptEntries {
  const size = entriesLength(header)
  if (size === undefined || bytes.length < size) return { partitions: [], problems: ['Its entries could not be read.'] }
  const table = bytes.subarray(0, size)
  if (crc32(table) !== header.entriesChecksum) {
    return { partitions: [], problems: ["Its entries' checksum does not match their bytes."] }
  }
  const partitions: TablePartition[] = []
  const identities: string[] = []
  for (let index = 0; index < header.entryCount; index++) {
    const entry = new Fields(table.subarray(index * header.entryBytes, (index + 1) * header.entryBytes))
    const type = entry.guid(0)
    if (type === noType) continue
    const first = entry.u64(32)
    identities.push(entry.guid(16))
    partitions.push({
      index: index + 1,
      ...gptPartitionType(type),
      startByte: first * sectorBytes,
      lengthByte: (entry.u64(40) - first + 1) * sectorBytes,
    })
  }
  const problems = placementProblems(partitions, {
    from: header.firstUsable * sectorBytes,
    to: (header.lastUsable + 1) * sectorBytes,
  })
  if (new Set(identities).size < identities.length) problems.push('Two partitions have the same GUID.')
  return { partitions, problems }
}

export interface GptTable {
  readonly header: GptHeader
  readonly entries: Uint8Array
}

/** How two sound copies contradict each other. */
export function gptDisagreements(primary: GptTable, backup: GptTable): string[] {
  const one = primary.header
  const other = backup.header
  const problems: string[] = []
  if (one.disk !== other.disk) problems.push('Its disk GUID differs from that of the primary copy.')
  if (one.firstUsable !== other.firstUsable || one.lastUsable !== other.lastUsable) {
    problems.push('Its usable space differs from that of the primary copy.')
  }
  const sameShape = one.entryCount === other.entryCount && one.entryBytes === other.entryBytes
  if (!sameShape || !sameBytes(primary.entries, backup.entries)) {
    problems.push('Its entries differ from those of the primary copy.')
  }
  return problems
}

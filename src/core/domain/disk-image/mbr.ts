/** The partition table in the first sector of a disk, and the chained tables of an extended partition. */
import { Fields, isZero } from './fields.js'
import type { PartitionRole, TablePartition } from './partitions.js'

/** Azure's VHDs have sectors of 512 bytes, and this table counts in them. */
export const mbrSectorBytes = 512
const tableAt = 446
const protective = 0xee
const extendedTypes: readonly number[] = [0x05, 0x0f, 0x85]

const types: Readonly<Record<number, readonly [string, PartitionRole]>> = {
  1: ['FAT12', 'file system'],
  4: ['FAT16', 'file system'],
  5: ['extended', 'extended'],
  6: ['FAT16', 'file system'],
  7: ['NTFS or exFAT', 'file system'],
  11: ['FAT32', 'file system'],
  12: ['FAT32', 'file system'],
  14: ['FAT16', 'file system'],
  15: ['extended', 'extended'],
  39: ['Windows recovery', 'file system'],
  130: ['Linux swap', 'other'],
  131: ['Linux filesystem', 'file system'],
  133: ['extended', 'extended'],
  142: ['Linux LVM', 'other'],
  239: ['EFI system', 'efi'],
  253: ['Linux RAID', 'other'],
}

export interface MbrEntry {
  /** 1 to 4. */
  readonly index: number
  readonly flag: number
  readonly type: number
  readonly firstSector: number
  readonly sectors: number
}

export interface Mbr {
  readonly signed: boolean
  readonly bootCode: boolean
  /** The entries in use. */
  readonly entries: readonly MbrEntry[]
  /** Whether every flag is one that a partition table can have; in a boot sector, these bytes are program or text. */
  readonly plausible: boolean
  /** The same of three of the four: what is left where one was damaged, and hardly ever there in other data. */
  readonly nearlyPlausible: boolean
  readonly protective: boolean
  /** Whether that entry begins where a protective one does. */
  readonly inPlace: boolean
}

export function readMbr(sector: Uint8Array): Mbr {
  const fields = new Fields(sector)
  const all = [0, 1, 2, 3].map((index) => {
    const at = tableAt + 16 * index
    return {
      index: index + 1,
      flag: fields.u8(at),
      type: fields.u8(at + 4),
      firstSector: fields.u32(at + 8),
      sectors: fields.u32(at + 12),
    }
  })
  const likely = all.filter((entry) => entry.flag === 0 || entry.flag === 0x80).length
  const guard = all.find((entry) => entry.type === protective)
  return {
    signed: fields.u8(510) === 0x55 && fields.u8(511) === 0xaa,
    bootCode: !isZero(sector.subarray(0, 440)),
    entries: all.filter((entry) => entry.type !== 0),
    plausible: likely === all.length,
    nearlyPlausible: likely >= all.length - 1,
    protective: guard !== undefined,
    inPlace: guard?.firstSector === 1,
  }
}

/** What is wrong with the first sector of a disk that has a GPT. */
export function protectiveMbrProblems(mbr: Mbr, diskSectors: number): string[] {
  if (!mbr.signed) return ['The first sector lacks the boot signature 0x55AA.']
  const entry = mbr.entries.find(({ type }) => type === protective)
  if (entry === undefined) return ['The first sector has no protective entry, so the GPT behind it is not looked for.']
  const problems = flagProblems(mbr)
  if (entry.firstSector !== 1) problems.push(`The protective entry begins at sector ${entry.firstSector}, and not 1.`)
  // Its size is the disk's at the time of partitioning, or "as much as can be said".
  if (entry.sectors === 0 || (entry.sectors !== 0xffffffff && entry.sectors >= diskSectors)) {
    problems.push(`The protective entry covers ${entry.sectors} of the disk's ${diskSectors} sectors.`)
  }
  return problems
}

/** What is wrong with a classic table by itself; that partitions fit and do not overlap is judged with the others. */
export function mbrProblems(mbr: Mbr): string[] {
  if (!mbr.signed) return ['The first sector lacks the boot signature 0x55AA.']
  const problems = flagProblems(mbr)
  for (const { index, sectors, firstSector } of mbr.entries) {
    if (sectors === 0) problems.push(`Partition ${index} has no sectors.`)
    if (firstSector === 0) problems.push(`Partition ${index} begins at the table itself.`)
  }
  if (mbr.entries.filter(({ flag }) => flag === 0x80).length > 1) problems.push('More than one partition is active.')
  return problems
}

function flagProblems(mbr: Mbr): string[] {
  return mbr.plausible ? [] : ['A boot flag is neither 0x00 nor 0x80.']
}

export function mbrPartition(entry: MbrEntry, { index = entry.index, base = 0 } = {}): TablePartition {
  const [type, role] = types[entry.type] ?? [`type 0x${entry.type.toString(16).padStart(2, '0')}`, 'other']
  return {
    index,
    type,
    role,
    startByte: (base + entry.firstSector) * mbrSectorBytes,
    lengthByte: entry.sectors * mbrSectorBytes,
  }
}

export interface LogicalPartition {
  readonly problems: readonly string[]
  /** Relative to the sector that was read. */
  readonly entry: MbrEntry | undefined
  /** The next table's sector, relative to the start of the extended partition. */
  readonly next: number | undefined
}

/** One link in the chain of tables inside an extended partition. */
export function logicalPartition(sector: Uint8Array): LogicalPartition {
  const mbr = readMbr(sector)
  if (!mbr.signed) {
    return { problems: ['A table inside it lacks the signature 0x55AA.'], entry: undefined, next: undefined }
  }
  return {
    problems: flagProblems(mbr),
    entry: mbr.entries.find(({ type }) => !extendedTypes.includes(type)),
    next: mbr.entries.find(({ type }) => extendedTypes.includes(type))?.firstSector,
  }
}

/** FAT12, FAT16 and FAT32: boot sector, FSInfo, copy of the boot sector, first entries of the tables (Microsoft's fatgen103). */
import { Fields, isPowerOfTwo, sameBytes } from './fields.js'
import { type FileSystemFormat, tooLong } from './file-system.js'
import type { ByteRange, Peek } from './finding.js'

const bootBytes = 512

interface Shape {
  readonly kind: 'FAT12' | 'FAT16' | 'FAT32'
  readonly sectorBytes: number
  readonly sectors: number
  readonly reserved: number
  readonly tables: number
  readonly tableSectors: number
}

export const fat: FileSystemFormat = {
  holdsRoot: false,

  recognise(peek) {
    const fields = new Fields(peek(0, bootBytes))
    const shape = shapeOf(fields)
    if (typeof shape !== 'string') return startsWithJump(fields) || isSigned(fields) ? shape.kind : undefined
    // Damaged: the name that the formatter wrote is what is left to know it by.
    if (fields.text(82, 5) === 'FAT32') return 'FAT32'
    const name = fields.text(54, 5)
    return name === 'FAT12' || name === 'FAT16' ? name : undefined
  },

  needs(peek, lengthBytes) {
    const shape = shapeOf(new Fields(peek(0, bootBytes)))
    if (typeof shape === 'string') return []
    return tableHeads(shape).filter(({ offset, length }) => offset + length <= lengthBytes)
  },

  judge(peek, lengthBytes) {
    const fields = new Fields(peek(0, bootBytes))
    const problems: string[] = []
    if (!isSigned(fields)) problems.push('Its boot sector lacks the signature 0x55AA.')
    if (!startsWithJump(fields)) problems.push('Its boot sector does not begin with a jump.')
    const shape = shapeOf(fields)
    if (typeof shape === 'string') return { problems: [...problems, shape], notes: [] }
    problems.push(...tooLong(shape.sectors * shape.sectorBytes, lengthBytes))
    if (shape.kind === 'FAT32') problems.push(...fat32Problems(peek, shape))
    problems.push(...tableProblems(peek, shape, fields.u8(21)))
    const renamed = shape.kind === 'FAT32' && problems.length === 0 && !copyIsExact(peek, shape)
    return { problems, notes: renamed ? ['Its boot sector and the copy of it differ in name, number or program.'] : [] }
  },
}

function startsWithJump(fields: Fields): boolean {
  return fields.u8(0) === 0xe9 || (fields.u8(0) === 0xeb && fields.u8(2) === 0x90)
}

function isSigned(fields: Fields): boolean {
  return fields.u16(510) === 0xaa55
}

/** Or what is wrong with it. */
function shapeOf(fields: Fields): Shape | string {
  const sectorBytes = fields.u16(11)
  if (sectorBytes < 512 || sectorBytes > 4096 || !isPowerOfTwo(sectorBytes)) {
    return `It claims sectors of ${sectorBytes} bytes.`
  }
  const perCluster = fields.u8(13)
  if (!isPowerOfTwo(perCluster)) return `It claims clusters of ${perCluster} sectors.`
  const reserved = fields.u16(14)
  const tables = fields.u8(16)
  const media = fields.u8(21)
  const tableSectors = fields.u16(22) || fields.u32(36)
  const sectors = fields.u16(19) || fields.u32(32)
  if (reserved === 0 || tables === 0 || tables > 2 || tableSectors === 0) {
    return `It claims ${tables} tables of ${tableSectors} sectors behind ${reserved} reserved ones.`
  }
  if (media !== 0xf0 && media < 0xf8) return `It names an unknown medium, 0x${media.toString(16)}.`
  const rootSectors = Math.ceil((fields.u16(17) * 32) / sectorBytes)
  const clusters = Math.floor((sectors - reserved - tables * tableSectors - rootSectors) / perCluster)
  if (clusters < 1) return `Its ${sectors} sectors leave no room for data.`
  const wide = fields.u16(22) === 0
  if (wide !== (fields.u16(17) === 0)) return 'Its boot sector mixes FAT16 and FAT32.'
  // mkfs.vfat -F 32 makes small ones that the count of clusters alone would call FAT16.
  const kind = wide ? 'FAT32' : clusters < 4085 ? 'FAT12' : 'FAT16'
  const entryBits = { FAT12: 12, FAT16: 16, FAT32: 32 }[kind]
  if ((clusters + 2) * entryBits > tableSectors * sectorBytes * 8) return 'Its tables are too small for its clusters.'
  return { kind, sectorBytes, sectors, reserved, tables, tableSectors }
}

function fat32Problems(peek: Peek, { sectorBytes, reserved }: Shape): string[] {
  const boot = peek(0, bootBytes)
  const fields = new Fields(boot)
  const problems: string[] = []
  if (fields.u16(42) !== 0) problems.push('It claims an unknown version of FAT32.')
  const infoSector = fields.u16(48)
  if (infoSector >= reserved) problems.push('Its FSInfo sector lies outside of the reserved ones.')
  else if (infoSector !== 0) {
    const info = new Fields(peek(infoSector * sectorBytes, bootBytes))
    if (info.u32(0) !== 0x41615252 || info.u32(484) !== 0x61417272 || info.u32(508) !== 0xaa550000) {
      problems.push('Its FSInfo sector lacks its signatures.')
    }
  }
  const copySector = fields.u16(50)
  if (copySector >= reserved) problems.push('The copy of its boot sector lies outside of the reserved ones.')
  else if (copySector !== 0 && !sameBytes(geometry(boot), geometry(peek(copySector * sectorBytes, bootBytes)))) {
    problems.push('The shape in its boot sector and in the copy of it differ.')
  }
  return problems
}

/** What has to be equal in both. Names and serial numbers are not: there are tools that change the first one only. */
function geometry(boot: Uint8Array): Uint8Array {
  return boot.subarray(11, 64)
}

/** Byte 65 has flags that a guest sets in the first one only, to know a volume that was not unmounted. */
function copyIsExact(peek: Peek, { sectorBytes }: Shape): boolean {
  const boot = peek(0, bootBytes)
  const copy = peek(new Fields(boot).u16(50) * sectorBytes, bootBytes)
  return sameBytes(boot.subarray(0, 65), copy.subarray(0, 65)) && sameBytes(boot.subarray(66), copy.subarray(66))
}

function tableHeads({ reserved, sectorBytes, tables, tableSectors }: Shape): ByteRange[] {
  return Array.from({ length: tables }, (_, table) => ({
    offset: (reserved + table * tableSectors) * sectorBytes,
    length: 512,
  }))
}

/** Each table begins with the medium's byte, and ones to fill the entry. */
function tableProblems(peek: Peek, shape: Shape, media: number): string[] {
  return tableHeads(shape).flatMap(({ offset, length }, table) => {
    const head = new Fields(peek(offset, length))
    return head.u8(0) === media && head.u8(1) === 0xff ? [] : [`Its table ${table + 1} does not begin as a table does.`]
  })
}

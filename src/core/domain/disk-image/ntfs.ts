/** NTFS: the boot sector, its copy in the last sector, and the first record of the master file table. */
import { Fields, isPowerOfTwo, sameBytes } from './fields.js'
import { type FileSystemFormat, tooLong } from './file-system.js'
import type { Verdict } from './finding.js'

const bootBytes = 512

interface Geometry {
  readonly sectorBytes: number
  readonly sectors: number
  readonly clusterBytes: number
  readonly tables: readonly number[]
}

export const ntfs: FileSystemFormat = {
  holdsRoot: true,

  recognise(peek) {
    return new Fields(peek(0, bootBytes)).text(3, 8) === 'NTFS    ' ? 'ntfs' : undefined
  },

  needs(peek, lengthBytes) {
    const shape = geometry(new Fields(peek(0, bootBytes)))
    if (typeof shape === 'string') return []
    const copy = { offset: shape.sectors * shape.sectorBytes, length: bootBytes }
    const records = shape.tables.map((offset) => ({ offset, length: bootBytes }))
    return [...records, copy].filter(({ offset, length }) => offset + length <= lengthBytes)
  },

  judge(peek, lengthBytes) {
    const boot = peek(0, bootBytes)
    const fields = new Fields(boot)
    const broken = (problem: string): Verdict => ({ problems: [problem], notes: [] })
    if (fields.u16(510) !== 0xaa55) return broken('Its boot sector lacks the signature 0x55AA.')
    const shape = geometry(fields)
    if (typeof shape === 'string') return broken(shape)
    const volume = shape.sectors * shape.sectorBytes
    const problems = tooLong(volume, lengthBytes)
    if (shape.tables.some((offset) => offset === 0 || offset >= volume)) {
      problems.push('Its master file table lies outside of it.')
    }
    if (problems.length > 0) return { problems, notes: [] }

    shape.tables.forEach((offset, index) => {
      const signature = new Fields(peek(offset, bootBytes)).text(0, 4)
      const name = index === 0 ? 'master file table' : 'copy of the master file table'
      if (signature !== 'FILE') problems.push(`Its ${name} does not begin with a file record.`)
    })
    if (volume + bootBytes > lengthBytes)
      return { problems, notes: ['There is no room for a copy of its boot sector.'] }
    const copy = peek(volume, bootBytes)
    if (new Fields(copy).text(3, 8) !== 'NTFS    ' || new Fields(copy).u16(510) !== 0xaa55) {
      problems.push('The copy of its boot sector, in its last sector, is missing.')
    } else if (!sameBytes(shapeOf(boot), shapeOf(copy))) {
      problems.push('The shape in its boot sector and in the copy in its last sector differ.')
    }
    const renamed = problems.length === 0 && !sameBytes(boot, copy)
    return { problems, notes: renamed ? ['Its boot sector and the copy of it differ in number or program.'] : [] }
  },
}

/** What has to be equal in both. Serial number and program are not: there are tools that change the first one only. */
function shapeOf(boot: Uint8Array): Uint8Array {
  return boot.subarray(11, 72)
}

/** Or what is wrong with it. */
function geometry(fields: Fields): Geometry | string {
  const sectorBytes = fields.u16(11)
  if (sectorBytes < 256 || sectorBytes > 4096 || !isPowerOfTwo(sectorBytes)) {
    return `It claims sectors of ${sectorBytes} bytes.`
  }
  // Clusters above 64 KiB are stored as a negative power of two.
  const stored = fields.u8(13)
  const perCluster = stored > 0x80 ? 2 ** (256 - stored) : stored
  if (!isPowerOfTwo(perCluster) || perCluster * sectorBytes > 2 * 1024 * 1024) {
    return `It claims clusters of ${perCluster} sectors.`
  }
  // These are used by FAT alone.
  if (fields.u16(14) !== 0 || fields.u8(16) !== 0 || fields.u16(17) !== 0 || fields.u16(19) !== 0) {
    return 'Its boot sector has fields of another file system.'
  }
  if (fields.u8(21) !== 0xf8) return 'Its boot sector does not say that it is on a hard disk.'
  const sectors = fields.u64(40)
  if (sectors === 0) return 'It claims to have no sectors.'
  const clusterBytes = perCluster * sectorBytes
  return { sectorBytes, sectors, clusterBytes, tables: [fields.u64(48), fields.u64(56)].map((at) => at * clusterBytes) }
}

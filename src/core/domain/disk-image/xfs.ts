/** XFS: the superblock in the first sector (Linux, fs/xfs/libxfs/xfs_format.h). Big endian, but for the checksum. */
import { crc32c } from './checksums.js'
import { Fields, isPowerOfTwo, withBytes } from './fields.js'
import { type FileSystemFormat, tooLong } from './file-system.js'
import type { Verdict } from './finding.js'

const checksumAt = 224
const versionAt = 100
const magic = [0x58, 0x46, 0x53, 0x42]
const mostSectorBytes = 32768

export const xfs: FileSystemFormat = {
  holdsRoot: true,

  recognise(peek) {
    const head = peek(0, mostSectorBytes)
    return hasMagic(head) || matchesChecksum(withBytes(head, 0, magic)) ? 'xfs' : undefined
  },

  judge(peek, lengthBytes) {
    const head = peek(0, mostSectorBytes)
    const fields = new Fields(head)
    const broken = (problem: string): Verdict => ({ problems: [problem], notes: [] })
    if (!hasMagic(head)) return broken('Its superblock lacks the magic number XFSB.')
    const sectorBytes = fields.bigEndian16(102)
    if (sectorBytes < 512 || sectorBytes > mostSectorBytes || !isPowerOfTwo(sectorBytes)) {
      return broken(`It claims sectors of ${sectorBytes} bytes.`)
    }
    const version = fields.u8(versionAt + 1) & 0xf
    if (version === 5 && !matchesChecksum(head)) return broken("Its superblock's checksum does not match its bytes.")
    if (version !== 4 && version !== 5) return broken(`It claims version ${version} of the format.`)
    if (version === 4 && matchesChecksum(withBytes(head, versionAt + 1, [(fields.u8(versionAt + 1) & 0xf0) | 5]))) {
      return broken('It claims version 4, but has the checksum of version 5.')
    }
    const notes = version === 4 ? ['Its superblock has no checksum; only its fields were checked.'] : []
    return { problems: fieldProblems(fields, lengthBytes), notes }
  },
}

function hasMagic(head: Uint8Array): boolean {
  return new Fields(head).text(0, 4) === 'XFSB'
}

function matchesChecksum(head: Uint8Array): boolean {
  const fields = new Fields(head)
  const sector = head.subarray(0, fields.bigEndian16(102))
  if (sector.length < 512) return false
  return crc32c(withBytes(sector, checksumAt, [0, 0, 0, 0])) === fields.u32(checksumAt)
}

function fieldProblems(fields: Fields, lengthBytes: number): string[] {
  const blockBytes = fields.bigEndian32(4)
  const blocks = fields.bigEndian64(8)
  const groupBlocks = fields.bigEndian32(84)
  const groups = fields.bigEndian32(88)
  if (blockBytes < 512 || blockBytes > 65536 || blockBytes !== 2 ** fields.u8(120)) {
    return [`It claims blocks of ${blockBytes} bytes.`]
  }
  const problems = tooLong(blocks * blockBytes, lengthBytes)
  if (groups === 0 || blocks > groups * groupBlocks || blocks <= (groups - 1) * groupBlocks) {
    problems.push(`Its ${blocks} blocks do not fit ${groups} groups of ${groupBlocks}.`)
  }
  if (fields.u8(126) !== 0) problems.push('It was never made to the end: mkfs was still at work.')
  return problems
}

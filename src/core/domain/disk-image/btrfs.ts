/** btrfs: the first superblock, 64 KiB into the partition (Linux, include/uapi/linux/btrfs_tree.h). */
import { crc32c } from './checksums.js'
import { Fields, isPowerOfTwo, withBytes } from './fields.js'
import { type FileSystemFormat, tooLong } from './file-system.js'
import type { Verdict } from './finding.js'

const superblockAt = 65536
const superblockBytes = 4096
const checksumBytes = 32
const magicAt = 0x40
const kindAt = 0xc4
const magic = Array.from('_BHRfS_M', (letter) => letter.charCodeAt(0))
const kinds = ['crc32c', 'xxhash64', 'sha256', 'blake2b']

export const btrfs: FileSystemFormat = {
  holdsRoot: true,

  recognise(peek) {
    const superblock = peek(superblockAt, superblockBytes)
    return hasMagic(superblock) || matchesChecksum(withBytes(superblock, magicAt, magic)) ? 'btrfs' : undefined
  },

  judge(peek, lengthBytes) {
    const superblock = peek(superblockAt, superblockBytes)
    const broken = (problem: string): Verdict => ({ problems: [problem], notes: [] })
    if (superblock.length < superblockBytes) return broken('Its superblock could not be read.')
    if (!hasMagic(superblock)) return broken('Its superblock lacks the magic number _BHRfS_M.')
    const fields = new Fields(superblock)
    const kind = kinds[fields.u16(kindAt)]
    const sums = matchesChecksum(superblock)
    if (kind === 'crc32c' && !sums) return broken("Its superblock's checksum does not match its bytes.")
    if (kind === undefined) return broken(`It names an unknown kind of checksum, ${fields.u16(kindAt)}.`)
    if (kind !== 'crc32c' && matchesChecksum(withBytes(superblock, kindAt, [0, 0]))) {
      return broken(`It claims checksums of kind ${kind}, but has one of kind crc32c.`)
    }
    const notes = kind === 'crc32c' ? [] : [`Its superblock's checksum is ${kind}, which is not computed here.`]
    return { problems: fieldProblems(fields, lengthBytes), notes }
  },
}

function hasMagic(superblock: Uint8Array): boolean {
  return new Fields(superblock).text(magicAt, 8) === '_BHRfS_M'
}

function matchesChecksum(superblock: Uint8Array): boolean {
  if (superblock.length < superblockBytes) return false
  return crc32c(superblock.subarray(checksumBytes)) === new Fields(superblock).u32(0)
}

function fieldProblems(fields: Fields, lengthBytes: number): string[] {
  const total = fields.u64(0x70)
  const used = fields.u64(0x78)
  const devices = fields.u64(0x88)
  const sectorBytes = fields.u32(0x90)
  const nodeBytes = fields.u32(0x94)
  // The total is that of all devices; the device's own size is in the copy of its item that each superblock has.
  const problems = tooLong(devices === 1 ? total : fields.u64(0xd1), lengthBytes)
  if (fields.u64(0x30) !== superblockAt) problems.push('Its superblock says it belongs elsewhere.')
  if (devices === 0 || used > total) problems.push(`It claims ${used} used bytes of ${total} on ${devices} devices.`)
  if (!isPowerOfTwo(sectorBytes) || !isPowerOfTwo(nodeBytes) || nodeBytes < sectorBytes || nodeBytes > 65536) {
    problems.push(`It claims sectors of ${sectorBytes} and nodes of ${nodeBytes} bytes.`)
  }
  return problems
}

/** Formats that are recognised, so that a disk with them is not called corrupt, but whose content is not checked. */
import { rawCrc32 } from './checksums.js'
import { Fields } from './fields.js'
import type { FileSystemFormat } from './file-system.js'

const labelSectors = [0, 1, 2, 3]
const sectorBytes = 512
/** The start value of LVM's checksums (lvm2, lib/misc/crc.h). */
const lvmInitial = 0xf597a6cf

/** A physical volume's label, in one of the first four sectors (lvm2, lib/label/label.h). */
export const lvm: FileSystemFormat = {
  holdsRoot: true,

  recognise(peek) {
    return labelSectors.some((sector) => isLabel(peek(sector * sectorBytes, sectorBytes))) ? 'LVM' : undefined
  },

  judge(peek, lengthBytes) {
    const problems: string[] = []
    const sector = labelSectors.find((candidate) => isLabel(peek(candidate * sectorBytes, sectorBytes))) ?? 0
    const label = peek(sector * sectorBytes, sectorBytes)
    const fields = new Fields(label)
    if (fields.text(0, 8) !== 'LABELONE') return { problems: ['Its label lacks the signature LABELONE.'], notes: [] }
    if (rawCrc32(label.subarray(20), lvmInitial) !== fields.u32(16)) {
      return { problems: ["Its label's checksum does not match its bytes."], notes: [] }
    }
    if (fields.u64(8) !== sector) problems.push('Its label says it lies in another sector.')
    const size = new Fields(label.subarray(fields.u32(20))).u64(32)
    if (size > lengthBytes) problems.push(`It claims ${size} bytes, but its partition or disk has ${lengthBytes}.`)
    return { problems, notes: ['The volumes inside LVM were not looked into.'] }
  },
}

/** By either of its two names, so that a label with one of them damaged is still known to be one. */
function isLabel(sector: Uint8Array): boolean {
  const fields = new Fields(sector)
  return fields.text(0, 8) === 'LABELONE' || fields.text(24, 8) === 'LVM2 001'
}

export const luks = signature('LUKS', 0, 'LUKS\xba\xbe', true)
export const bitlocker = signature('BitLocker', 3, '-FVE-FS-', true)
/** A member of a RAID by mdadm: version 1.2 has its superblock at 4 KiB, 1.1 at the start (Linux, md_p.h). */
export const raids = [4096, 0].map((at) => signature('Linux RAID', at, '\xfc\x4e\x2b\xa9\x01\0\0\0', true))
/** The signature ends the first page; pages of 64 KiB exist on Arm. */
export const swaps = [4096, 16384, 65536].map((page) => signature('swap', page - 10, 'SWAPSPACE2', false))
export const exfat = signature('exFAT', 3, 'EXFAT   ', false)
export const refs = signature('ReFS', 3, 'ReFS\0\0\0\0', true)

function signature(name: string, at: number, text: string, holdsRoot: boolean): FileSystemFormat {
  return {
    holdsRoot,
    recognise: (peek) => (new Fields(peek(at, text.length)).text(0, text.length) === text ? name : undefined),
    judge: () => ({ problems: [], notes: [`${name} is recognised, but its content is not checked.`] }),
  }
}

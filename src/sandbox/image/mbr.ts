/** Master boot record of a disk that starts by BIOS: boot code and one active partition. */
import { digest, noise } from './pseudo-random.js'

const sector = 512
const linux = 0x83

export interface BootPartition {
  /** First and last sector, both inclusive. */
  readonly first: number
  readonly last: number
}

export function bootRecord(seed: string, { first, last }: BootPartition): Buffer {
  const mbr = Buffer.alloc(sector)
  // In place of a boot loader's code, which nothing here runs.
  noise(440, seed, 'boot code').copy(mbr)
  digest(seed, 'disk').copy(mbr, 440, 0, 4)
  const at = 446
  mbr.writeUInt8(0x80, at)
  // CHS values as tools write them where the address does not fit.
  mbr.writeUIntBE(0xfeffff, at + 1, 3)
  mbr.writeUInt8(linux, at + 4)
  mbr.writeUIntBE(0xfeffff, at + 5, 3)
  mbr.writeUInt32LE(first, at + 8)
  mbr.writeUInt32LE(last - first + 1, at + 12)
  mbr.writeUInt16BE(0x55aa, 510)
  return mbr
}

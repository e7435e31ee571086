/** An empty FAT32 file system with a label, as an EFI system partition has it. */
import { digest } from './pseudo-random.js'

const sector = 512
const reserved = 32
const label = 'UEFI       '

/** Where in the partition which bytes go; whatever is between reads as zero. */
export function fat32(sectors: number, firstSector: number, seed: string): { offset: number; bytes: Buffer }[] {
  const fatSectors = Math.ceil((sectors - reserved + 2) / (sector / 4 + 2))
  const clusters = sectors - reserved - 2 * fatSectors

  const boot = Buffer.alloc(sector)
  Buffer.from('eb5890', 'hex').copy(boot)
  boot.write('mkfs.fat', 3, 'latin1')
  boot.writeUInt16LE(sector, 11)
  boot.writeUInt8(1, 13) // sectors per cluster: FAT32 needs more than 65524 clusters
  boot.writeUInt16LE(reserved, 14)
  boot.writeUInt8(2, 16)
  boot.writeUInt8(0xf8, 21)
  boot.writeUInt16LE(63, 24)
  boot.writeUInt16LE(255, 26)
  boot.writeUInt32LE(firstSector, 28)
  boot.writeUInt32LE(sectors, 32)
  boot.writeUInt32LE(fatSectors, 36)
  boot.writeUInt32LE(2, 44)
  boot.writeUInt16LE(1, 48)
  boot.writeUInt16LE(6, 50)
  boot.writeUInt8(0x80, 64)
  boot.writeUInt8(0x29, 66)
  boot.writeUInt32LE(digest(seed, 'efi').readUInt32LE(0), 67)
  boot.write(`${label}FAT32   `, 71, 'latin1')
  boot.writeUInt16BE(0x55aa, 510)

  const info = Buffer.alloc(sector)
  info.writeUInt32LE(0x41615252, 0)
  info.writeUInt32LE(0x61417272, 484)
  info.writeUInt32LE(clusters - 1, 488)
  info.writeUInt32LE(3, 492)
  info.writeUInt32LE(0xaa550000, 508)

  const fat = Buffer.alloc(sector)
  fat.writeUInt32LE(0x0ffffff8, 0)
  fat.writeUInt32LE(0x0fffffff, 4)
  fat.writeUInt32LE(0x0fffffff, 8)

  const root = Buffer.alloc(sector)
  root.write(label, 0, 'latin1')
  root.writeUInt8(0x08, 11)

  return [
    { offset: 0, bytes: Buffer.concat([boot, info]) },
    { offset: 6 * sector, bytes: Buffer.concat([boot, info]) },
    { offset: reserved * sector, bytes: fat },
    { offset: (reserved + fatSectors) * sector, bytes: fat },
    { offset: (reserved + 2 * fatSectors) * sector, bytes: root },
  ]
}

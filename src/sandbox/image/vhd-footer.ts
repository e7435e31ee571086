/** The 512 bytes behind the data of a fixed VHD (Virtual Hard Disk Image Format Specification 1.0). Big endian. */
import { guidBytes } from './pseudo-random.js'

export const footerBytes = 512

export function vhdFooter(bytes: number, seed: string): Buffer {
  const footer = Buffer.alloc(footerBytes)
  footer.write('conectix', 0, 'latin1')
  footer.writeUInt32BE(2, 8)
  footer.writeUInt32BE(0x00010000, 12)
  footer.fill(0xff, 16, 24)
  footer.write('win ', 28, 'latin1')
  footer.writeUInt32BE(0x000a0000, 32)
  footer.write('Wi2k', 36, 'latin1')
  footer.writeBigUInt64BE(BigInt(bytes), 40)
  footer.writeBigUInt64BE(BigInt(bytes), 48)
  writeGeometry(footer, bytes)
  footer.writeUInt32BE(2, 60)
  guidBytes(seed, 'vhd').copy(footer, 68)
  footer.writeUInt32BE(~footer.reduce((sum, byte) => sum + byte, 0) >>> 0, 64)
  return footer
}

/** Cylinders, heads and sectors by the specification's appendix; sizes beyond 127 GiB all read the same. */
function writeGeometry(footer: Buffer, bytes: number): void {
  const total = Math.min(bytes / 512, 65535 * 16 * 255)
  let sectors = 17
  let heads = Math.max(Math.ceil(Math.floor(total / sectors) / 1024), 4)
  if (total >= 65535 * 16 * 63) {
    sectors = 255
    heads = 16
  } else {
    if (Math.floor(total / sectors) >= heads * 1024 || heads > 16) {
      sectors = 31
      heads = 16
    }
    if (Math.floor(total / sectors) >= heads * 1024) sectors = 63
  }
  footer.writeUInt16BE(Math.floor(total / sectors / heads), 56)
  footer.writeUInt8(heads, 58)
  footer.writeUInt8(sectors, 59)
}

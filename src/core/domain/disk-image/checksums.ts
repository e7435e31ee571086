/**
 * CRC-32 (IEEE 802.3; GPT, LVM) and CRC-32C (Castagnoli; ext4, XFS, btrfs, VHDX). Node 20 gained CRC-32 only in 20.15
 * and has no CRC-32C, so both are here.
 */

function table(polynomial: number): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ polynomial : value >>> 1
    return value >>> 0
  })
}

const ieee = table(0xedb88320)
const castagnoli = table(0x82f63b78)

function run(lookup: Uint32Array, bytes: Uint8Array, initial: number): number {
  let value = initial
  for (const byte of bytes) value = (lookup[(value ^ byte) & 0xff] ?? 0) ^ (value >>> 8)
  return value >>> 0
}

export function crc32(bytes: Uint8Array): number {
  return ~run(ieee, bytes, 0xffffffff) >>> 0
}

export function crc32c(bytes: Uint8Array): number {
  return ~run(castagnoli, bytes, 0xffffffff) >>> 0
}

/** Without the inversions at start and end: ext4 leaves out the last, LVM has a start value of its own. */
export function rawCrc32(bytes: Uint8Array, initial: number): number {
  return run(ieee, bytes, initial)
}

export function rawCrc32c(bytes: Uint8Array, initial: number): number {
  return run(castagnoli, bytes, initial)
}

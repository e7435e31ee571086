/** CRC-32 as in GPT (IEEE 802.3) and CRC-32C (Castagnoli) as in ext4. Node has neither before 20.15. */

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
  return (run(ieee, bytes, 0xffffffff) ^ 0xffffffff) >>> 0
}

/** Without the final inversion, which ext4 leaves out; chain calls by handing the last result on. */
export function crc32c(bytes: Uint8Array, initial = 0xffffffff): number {
  return run(castagnoli, bytes, initial)
}

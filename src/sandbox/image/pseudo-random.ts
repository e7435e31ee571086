import { createHash } from 'node:crypto'

/** Bytes that depend on nothing but the words. For identifiers; see `noise` for bulk data. */
export function digest(...words: readonly (string | number)[]): Buffer {
  return createHash('sha256').update(words.join('\n')).digest()
}

/** A version 4 GUID, whether a tool reads its third field as little endian (GPT) or as big endian (ext4). */
export function guidBytes(...words: readonly (string | number)[]): Buffer {
  const guid = digest(...words).subarray(0, 16)
  guid.writeUInt8((guid.readUInt8(6) & 0x0f) | 0x40, 6)
  guid.writeUInt8((guid.readUInt8(7) & 0x0f) | 0x40, 7)
  guid.writeUInt8((guid.readUInt8(8) & 0x3f) | 0x80, 8)
  return guid
}

/** `length` bytes (a multiple of 4) that do not compress, by xorshift32. */
export function noise(length: number, ...words: readonly (string | number)[]): Buffer {
  let state = digest(...words).readUInt32LE(0) || 1
  const bytes = Buffer.alloc(length)
  for (let at = 0; at < length; at += 4) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    bytes.writeInt32LE(state | 0, at)
  }
  return bytes
}

/** The first three fields of a GUID are little endian on the disk, the rest is as written. */
export function guid(text: string): Buffer {
  const bytes = Buffer.from(text.replaceAll('-', ''), 'hex')
  bytes.subarray(0, 4).reverse()
  bytes.subarray(4, 6).reverse()
  bytes.subarray(6, 8).reverse()
  return bytes
}

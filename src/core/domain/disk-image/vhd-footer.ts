/** The 512 bytes behind the data of a fixed VHD (Virtual Hard Disk Image Format Specification 1.0). Big endian. */
import { Fields } from './fields.js'

export const vhdFooterBytes = 512
const fixed = 2

export type VhdFooter =
  | { readonly ok: true; readonly sizeBytes: number }
  | { readonly ok: false; readonly reason: string }

/** Reads the footer; `sizeBytes` is the size of the disk's data, without the footer. */
export function vhdFooter(bytes: Uint8Array): VhdFooter {
  const bad = (reason: string): VhdFooter => ({ ok: false, reason })
  if (bytes.length < vhdFooterBytes) return bad(`The footer has ${bytes.length} bytes instead of ${vhdFooterBytes}.`)
  const footer = bytes.subarray(0, vhdFooterBytes)
  const fields = new Fields(footer)
  if (fields.text(0, 8) !== 'conectix') return bad('The footer does not begin with the cookie conectix.')
  if (fields.bigEndian32(64) !== checksum(footer)) return bad("The footer's checksum does not match its bytes.")
  const type = fields.bigEndian32(60)
  if (type !== fixed) return bad(`The footer names disk type ${type}, and not ${fixed}, which is a fixed disk.`)
  const sizeBytes = fields.bigEndian64(48)
  if (sizeBytes === 0 || sizeBytes % 512 !== 0) return bad(`The footer gives a size of ${sizeBytes} bytes.`)
  return { ok: true, sizeBytes }
}

/** Ones' complement of the sum of all bytes but those of the checksum. */
function checksum(footer: Uint8Array): number {
  const sum = footer.reduce((total, byte, index) => (index >= 64 && index < 68 ? total : total + byte), 0)
  return ~sum >>> 0
}

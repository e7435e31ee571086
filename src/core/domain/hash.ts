/**
 * A short fingerprint of a text: ten characters of `0-9a-z`, 50 bits. Not for secrets;
 * for telling shortened names apart. The mixing is that of cyrb53 (two 32-bit lanes,
 * multiply and xor), public domain.
 */
export function fingerprint(text: string): string {
  let high = 0xdeadbeef
  let low = 0x41c6ce57
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    high = Math.imul(high ^ unit, 2654435761)
    low = Math.imul(low ^ unit, 1597334677)
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909)
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909)
  const bits = (low >>> 0) * 2 ** 18 + (high >>> 14)
  return bits.toString(36).padStart(10, '0')
}

import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { crc32, crc32c, rawCrc32, rawCrc32c } from '../../../src/core/domain/disk-image/checksums.js'

const digits = Uint8Array.from('123456789', (digit) => digit.charCodeAt(0))

/** Bit by bit, as the polynomial division is defined. */
function bitwise(bytes: Uint8Array, polynomial: number): number {
  let value = 0xffffffff
  for (const byte of bytes) {
    for (let bit = 0; bit < 8; bit++) {
      const carry = (value ^ (byte >> bit)) & 1
      value = (value >>> 1) ^ (carry ? polynomial : 0)
    }
  }
  return ~value >>> 0
}

describe('checksums', () => {
  it('give the check values that the catalogue of CRCs lists', () => {
    expect(crc32(digits)).toBe(0xcbf43926)
    expect(crc32c(digits)).toBe(0xe3069283)
  })

  it('give the values of RFC 3720, appendix B.4', () => {
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa)
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43)
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, index) => index))).toBe(0x46dd794e)
  })

  it('agree with a division bit by bit', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(crc32(bytes)).toBe(bitwise(bytes, 0xedb88320))
        expect(crc32c(bytes)).toBe(bitwise(bytes, 0x82f63b78))
      }),
    )
  })

  it('can be taken in parts when they are not inverted', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (one, other) => {
        const whole = Uint8Array.from([...one, ...other])
        expect(rawCrc32(other, rawCrc32(one, 0xffffffff))).toBe(~crc32(whole) >>> 0)
        expect(rawCrc32c(other, rawCrc32c(one, 0xffffffff))).toBe(~crc32c(whole) >>> 0)
      }),
    )
  })
})

import { afterAll, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { vhdFooter } from '../../../src/core/domain/disk-image/vhd-footer.js'
import { vhdFooter as rendered } from '../../../src/sandbox/image/vhd-footer.js'
import { itWith, mebibyte, Workshop } from './images.js'

const workshop = new Workshop()
afterAll(() => workshop.close())

describe('the footer of a fixed VHD', () => {
  itWith('qemu-img')('is sound as qemu-img makes it, and gives the size of the disk', () => {
    const create = ['qemu-img', 'create', '-q', '-f', 'vpc', '-o', 'subformat=fixed,force_size=on', '@', '64M']
    const image = workshop.make(0, create)
    expect(image.length).toBe(64 * mebibyte + 512)
    expect(vhdFooter(image.read(64 * mebibyte, 512))).toEqual({ ok: true, sizeBytes: 64 * mebibyte })
  })

  itWith('qemu-img')('is refused where it is that of a dynamic disk', () => {
    const image = workshop.make(0, ['qemu-img', 'create', '-q', '-f', 'vpc', '@', '64M'])
    expect(vhdFooter(image.read(image.length - 512, 512))).toEqual({
      ok: false,
      reason: 'The footer names disk type 3, and not 2, which is a fixed disk.',
    })
  })

  it('gives any size that a disk can have', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 25 }), fc.string(), (mebibytes, seed) => {
        const sizeBytes = mebibytes * mebibyte
        expect(vhdFooter(rendered(sizeBytes, seed))).toEqual({ ok: true, sizeBytes })
      }),
    )
  })

  it('is refused with any bit turned over', () => {
    const footer = rendered(mebibyte, 'seed')
    for (let bit = 0; bit < 512 * 8; bit++) {
      const damaged = Uint8Array.from(footer, (byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte))
      expect(vhdFooter(damaged).ok).toBe(false)
    }
  })

  it('is refused where it is cut short or anything else', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => !vhdFooter(bytes).ok))
    const footer = rendered(mebibyte, 'seed')
    fc.assert(fc.property(fc.nat(511), (length) => !vhdFooter(footer.subarray(0, length)).ok))
    expect(vhdFooter(new Uint8Array(512))).toEqual({
      ok: false,
      reason: 'The footer does not begin with the cookie conectix.',
    })
  })
})

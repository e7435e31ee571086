import fc from 'fast-check'
import type { ByteRange } from '../../../src/core/domain/disk-image/finding.js'

/** In order, apart from each other, of whole pages, as Get Page Ranges answers. */
export const someRanges: fc.Arbitrary<ByteRange[]> = fc
  .array(fc.record({ gap: fc.nat(9000), pages: fc.integer({ min: 1, max: 400 }) }), { maxLength: 12 })
  .map((steps) => {
    let at = 0
    return steps.map(({ gap, pages }) => {
      const offset = at + gap * 512
      at = offset + (pages + 1) * 512
      return { offset, length: pages * 512 }
    })
  })

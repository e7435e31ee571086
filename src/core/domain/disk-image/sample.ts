import type { ByteRange } from './finding.js'
import { pseudoRandom } from './pseudo-random.js'

const page = 512

export interface SampleSize {
  readonly count: number
  /** A multiple of 512. */
  readonly bytesEach: number
}

/**
 * A choice among the allocated ranges, the same for the same seed: their bytes are divided into `count` equal parts, and
 * in each a place is drawn, so that the sample is spread over the disk. At most `count` ranges of at most `bytesEach`
 * bytes, inside the allocated ones, in order, apart from each other, beginning at whole pages. `allocated` is in order
 * and without overlaps, of whole pages, as Get Page Ranges answers.
 */
export function sampleRanges(
  allocated: readonly ByteRange[],
  seed: string,
  { count, bytesEach }: SampleSize,
): ByteRange[] {
  const total = allocated.reduce((sum, { length }) => sum + length, 0)
  const random = pseudoRandom(seed)
  const pages = total / page
  const chosen: ByteRange[] = []
  let at = 0
  let before = 0
  for (let part = 0; part < count; part++) {
    // Places are counted in allocated bytes; `before` is how many lie before the range at hand.
    const from = Math.floor((pages * part) / count) * page
    const to = Math.floor((pages * (part + 1)) / count) * page
    const place = from + Math.floor((random() * Math.max(0, to - from - bytesEach + page)) / page) * page
    if (from >= to) continue
    let range = allocated[at]
    while (range !== undefined && before + range.length <= place) {
      before += range.length
      at += 1
      range = allocated[at]
    }
    if (range === undefined) break
    // Near the end of a range, it goes back to take the full length, but not into an earlier part.
    const end = Math.min(to, before + range.length)
    const start = Math.max(from, before, Math.min(place, end - bytesEach))
    chosen.push({ offset: range.offset + start - before, length: Math.min(bytesEach, end - start) })
  }
  return chosen
}

import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { sampleRanges } from '../../../src/core/domain/disk-image/sample.js'
import { someRanges } from './ranges.js'

const someSize = fc.record({ count: fc.integer({ min: 1, max: 40 }), pages: fc.integer({ min: 1, max: 64 }) })

describe('a sample of the allocated ranges', () => {
  it('lies inside them, in order, without overlaps, in whole pages, and is no larger than asked', () => {
    fc.assert(
      fc.property(someRanges, fc.string(), someSize, (allocated, seed, { count, pages }) => {
        const sample = sampleRanges(allocated, seed, { count, bytesEach: pages * 512 })
        expect(sample.length).toBeLessThanOrEqual(count)
        let end = 0
        for (const { offset, length } of sample) {
          expect(offset).toBeGreaterThanOrEqual(end)
          expect([offset % 512, length % 512]).toEqual([0, 0])
          expect(length).toBeGreaterThan(0)
          expect(length).toBeLessThanOrEqual(pages * 512)
          const home = allocated.find((range) => range.offset <= offset && offset < range.offset + range.length)
          expect(offset + length).toBeLessThanOrEqual((home?.offset ?? 0) + (home?.length ?? 0))
          end = offset + length
        }
      }),
    )
  })

  it('has one range in each part, so that it is spread over the disk', () => {
    fc.assert(
      fc.property(someRanges, fc.string(), fc.integer({ min: 1, max: 20 }), (allocated, seed, count) => {
        const places = allocated.flatMap(({ offset, length }) =>
          Array.from({ length: length / 512 }, (_, page) => offset + page * 512),
        )
        fc.pre(places.length >= count)
        const sample = sampleRanges(allocated, seed, { count, bytesEach: 512 })
        const parts = sample.map(({ offset }) => Math.ceil(((places.indexOf(offset) + 1) * count) / places.length) - 1)
        expect(sample).toHaveLength(count)
        // Parts of unequal length are cut between pages: a page at the edge counts for either.
        parts.forEach((part, index) => {
          expect(Math.abs(part - index)).toBeLessThanOrEqual(1)
        })
      }),
    )
  })

  it('is the same for the same seed and another for most others', () => {
    const allocated = [{ offset: 0, length: 2 ** 30 }]
    const sample = (seed: string) => JSON.stringify(sampleRanges(allocated, seed, { count: 8, bytesEach: 65536 }))
    expect(sample('one')).toBe(sample('one'))
    expect(new Set(Array.from({ length: 50 }, (_, seed) => sample(`seed ${seed}`))).size).toBe(50)
  })

  it('reaches every page under some seed', () => {
    const allocated = [
      { offset: 0, length: 1024 },
      { offset: 4096, length: 2048 },
    ]
    const reached = new Set<number>()
    for (let seed = 0; seed < 200; seed++) {
      for (const { offset } of sampleRanges(allocated, `${seed}`, { count: 2, bytesEach: 512 })) reached.add(offset)
    }
    expect([...reached].sort((one, other) => one - other)).toEqual([0, 512, 4096, 4608, 5120, 5632])
  })

  it('takes everything when as much is asked for as there is', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), fc.string(), (pages, seed) => {
        const sample = sampleRanges([{ offset: 512, length: pages * 512 }], seed, { count: 7, bytesEach: pages * 512 })
        expect(sample.reduce((sum, { length }) => sum + length, 0)).toBe(pages * 512)
      }),
    )
  })

  it('is empty where nothing is allocated', () => {
    expect(sampleRanges([], 'seed', { count: 5, bytesEach: 512 })).toEqual([])
  })
})

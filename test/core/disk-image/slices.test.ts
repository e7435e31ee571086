import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { chunksOf, sliceOf } from '../../../src/core/domain/disk-image/slices.js'
import { someRanges } from './ranges.js'

const chunk = 4 * 1024 * 1024

function pagesOf(ranges: Iterable<{ offset: number; length: number }>): number[] {
  return [...ranges].flatMap(({ offset, length }) =>
    Array.from({ length: length / 512 }, (_, page) => offset / 512 + page),
  )
}

describe('slices of what is allocated', () => {
  it('are disjoint and together everything, for any number of them', () => {
    fc.assert(
      fc.property(someRanges, fc.integer({ min: 1, max: 30 }), (allocated, of) => {
        const parts = Array.from({ length: of }, (_, index) => sliceOf(allocated, { part: index + 1, of }))
        expect(parts.flatMap(pagesOf).join()).toBe(pagesOf(allocated).join())
      }),
    )
  })

  it('keep each chunk of 4 MiB whole', () => {
    fc.assert(
      fc.property(someRanges, fc.integer({ min: 1, max: 30 }), (allocated, of) => {
        const owners = new Map<number, number>()
        const shared: number[] = []
        for (let part = 1; part <= of; part++) {
          for (const page of pagesOf(sliceOf(allocated, { part, of }))) {
            const home = Math.floor((page * 512) / chunk)
            if ((owners.get(home) ?? part) !== part) shared.push(home)
            owners.set(home, part)
          }
        }
        expect(shared).toEqual([])
      }),
    )
  })

  it('are of like size, give or take a chunk', () => {
    const allocated = [{ offset: chunk / 2, length: 1000 * chunk }]
    for (const of of [1, 3, 7, 64]) {
      for (let part = 1; part <= of; part++) {
        const bytes = sliceOf(allocated, { part, of }).reduce((sum, { length }) => sum + length, 0)
        expect(Math.abs(bytes - (1000 * chunk) / of)).toBeLessThanOrEqual(chunk)
      }
    }
  })

  it('join what lies side by side', () => {
    expect(sliceOf([{ offset: 0, length: 10 * chunk }], { part: 1, of: 2 })).toEqual([{ offset: 0, length: 5 * chunk }])
  })

  it('are empty where nothing is allocated', () => {
    expect(sliceOf([], { part: 1, of: 3 })).toEqual([])
  })
})

describe('chunks of ranges', () => {
  it('are the same pages in the same order, none longer than allowed', () => {
    fc.assert(
      fc.property(someRanges, fc.integer({ min: 1, max: 300 }), (ranges, pages) => {
        const chunks = [...chunksOf(ranges, pages * 512)]
        expect(pagesOf(chunks).join()).toBe(pagesOf(ranges).join())
        for (const { length } of chunks) expect(length).toBeLessThanOrEqual(pages * 512)
        const fewest = ranges.reduce((sum, { length }) => sum + Math.ceil(length / (pages * 512)), 0)
        expect(chunks).toHaveLength(fewest)
      }),
    )
  })
})

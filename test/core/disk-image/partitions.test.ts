import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { placementProblems, type TablePartition } from '../../../src/core/domain/disk-image/partitions.js'

const somePartitions: fc.Arbitrary<TablePartition[]> = fc
  .array(fc.record({ startByte: fc.nat(60), lengthByte: fc.integer({ min: -3, max: 30 }) }), { maxLength: 5 })
  .map((spans) => spans.map((span, at) => ({ ...span, index: at + 1, type: 'data', role: 'file system' as const })))

describe('partitions', () => {
  it('are called overlapping if and only if two of them share a byte', () => {
    fc.assert(
      fc.property(somePartitions, (partitions) => {
        const shared = partitions.some((one) =>
          partitions.some((other) => {
            const from = Math.max(one.startByte, other.startByte)
            const to = Math.min(one.startByte + one.lengthByte, other.startByte + other.lengthByte)
            return one !== other && from < to
          }),
        )
        const problems = placementProblems(partitions, { from: 0, to: 100 })
        expect(problems.some((problem) => problem.endsWith('overlap.'))).toBe(shared)
      }),
      { numRuns: 500 },
    )
  })

  it('are called out of place if and only if they begin before the space for them or end behind it', () => {
    fc.assert(
      fc.property(somePartitions, fc.nat(20), fc.integer({ min: 60, max: 100 }), (partitions, from, to) => {
        const problems = placementProblems(partitions, { from, to })
        for (const { index, startByte, lengthByte } of partitions) {
          const said = problems.filter((problem) => problem.startsWith(`Partition ${index} `))
          const wrong = [lengthByte <= 0, startByte < from, startByte + lengthByte > to]
          expect(said).toHaveLength(wrong.filter(Boolean).length)
        }
      }),
    )
  })
})

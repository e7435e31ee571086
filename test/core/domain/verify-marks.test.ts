import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import type { DiskVerdict } from '../../../src/core/domain/verification.js'
import { isLifted, knownContentIn, knownFaultIn, marksOf } from '../../../src/core/domain/verify-marks.js'
import { diskVerdict } from '../support/builders.js'

const at = (hour: number) => new Date(Date.UTC(2026, 10, 23, hour))
const depths = fc.constantFrom('usual', 'deep', '1/2', '2/2')
const digests = fc.constantFrom('a'.repeat(64), 'b'.repeat(64), undefined)

describe('a fault that was found', () => {
  it('is lifted by what looked at the same bytes, and where the content had changed, found the first again', () => {
    // Written out: which depths have read what another one did.
    const reads: Record<string, readonly string[]> = {
      usual: ['usual'],
      deep: ['usual', 'deep', '1/2', '2/2'],
      '1/2': ['1/2'],
      '2/2': ['2/2'],
    }
    fc.assert(
      fc.property(
        fc.constantFrom('hidden' as const, 'changed' as const),
        fc.constantFrom('deep', '1/2', '2/2'),
        depths,
        digests,
        digests,
        (fault, depth, now, digest, first) => {
          const earlier = first === undefined ? undefined : { digest: first, at: at(1) }
          const proves = fault === 'hidden' || (first !== undefined && first === digest)
          expect(isLifted({ fault, depth, at: at(2) }, { digest, earlier }, now)).toBe(
            (reads[now] ?? []).includes(depth) && proves,
          )
        },
      ),
    )
  })

  it('is written once, as it was found, and read again', () => {
    const found = marksOf(diskVerdict({ fault: 'hidden', readable: false }), '2/8', at(3), {})
    expect(knownFaultIn(found.set)).toEqual({ fault: 'hidden', depth: '2/8', at: at(3) })
    expect(marksOf(diskVerdict({ fault: 'hidden', readable: false }), 'usual', at(4), found.set)).toEqual({
      set: {},
      gone: [],
    })
    expect(marksOf(diskVerdict({ readable: undefined }), 'deep', at(5), found.set).gone).toEqual([])
    expect(marksOf(diskVerdict({}), 'deep', at(5), found.set).gone).toEqual(['azlin:fault'])
    expect(marksOf(diskVerdict({ fault: 'plain', readable: false }), 'deep', at(5), {})).toEqual({ set: {}, gone: [] })
  })

  it.each([
    '',
    'fault=plain;depth=deep;at=2026-11-23T00:00:00Z',
    'fault=changed;at=2026-11-23T00:00:00Z',
    'fault=changed;depth=deep',
  ])('is none in %j', (text) => {
    expect(knownFaultIn({ 'azlin:fault': text })).toBeUndefined()
  })
})

describe('what a snapshot held', () => {
  it('stays as it was first read, and gets its digest from the first deep verification', () => {
    let tags: Record<string, string> = {}
    const see = (change: Partial<DiskVerdict>, depth: string, hour: number) => {
      const { set } = marksOf(diskVerdict(change), depth, at(hour), tags)
      tags = { ...tags, ...set }
      return Object.keys(set).length
    }
    expect(see({}, 'usual', 1)).toBe(1)
    expect(knownContentIn(tags)).toEqual({ blank: false, sha256: undefined, at: at(1) })
    expect(see({}, 'usual', 2)).toBe(0)
    expect(see({ digest: 'c'.repeat(64) }, '1/2', 3)).toBe(0)
    expect(see({ digest: 'a'.repeat(64) }, 'deep', 4)).toBe(1)
    expect(see({ digest: 'a'.repeat(64) }, 'deep', 5)).toBe(0)
    expect(see({ digest: 'b'.repeat(64), fault: 'changed', readable: false }, 'deep', 6)).toBe(1)
    // Of two digests the older counts, so each has to carry its own time.
    expect(knownContentIn(tags)).toEqual({ blank: false, sha256: 'a'.repeat(64), at: at(4) })
    for (const text of Object.values(tags)) expect(text.length).toBeLessThanOrEqual(256)
  })

  it('is told by the first digest that is known where only the record of this computer had it', () => {
    const change = { fault: 'changed', readable: false, digest: 'b'.repeat(64) } as const
    const { set } = marksOf(
      diskVerdict({ ...change, earlier: { digest: 'a'.repeat(64), at: at(0) } }),
      'deep',
      at(6),
      {},
    )
    expect(knownContentIn(set)).toEqual({ blank: false, sha256: 'a'.repeat(64), at: at(0) })
  })
})

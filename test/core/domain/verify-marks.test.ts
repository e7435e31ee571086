import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import type { DiskVerdict } from '../../../src/core/domain/verification.js'
import { isLifted, knownContentIn, knownFaultsIn, marksOf } from '../../../src/core/domain/verify-marks.js'
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
    expect(knownFaultsIn(found.set)).toEqual([{ fault: 'hidden', depth: '2/8', at: at(3) }])
    const recalled = diskVerdict({ fault: 'hidden', readable: false, recalled: true })
    expect(marksOf(recalled, 'usual', at(4), found.set)).toEqual({ set: {}, gone: [] })
    expect(marksOf(diskVerdict({ fault: 'hidden', readable: false }), '2/8', at(4), found.set).set).toEqual({})
    expect(marksOf(diskVerdict({ readable: undefined }), 'deep', at(5), found.set).gone).toEqual([])
    expect(marksOf(diskVerdict({}), 'deep', at(5), found.set).gone).toEqual(['azlin:fault'])
    expect(marksOf(diskVerdict({ fault: 'plain', readable: false }), 'deep', at(5), {})).toEqual({ set: {}, gone: [] })
  })

  it('is kept for each depth that found one, and lifted for each alone', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ bad: fc.boolean(), depth: fc.constantFrom('usual', 'deep', '1/2', '2/2', '1/3', '2/3') })),
        (runs) => {
          let tags: Record<string, string> = {}
          let left = new Set<string>()
          for (const [hour, { bad, depth }] of runs.entries()) {
            const finds = bad && depth !== 'usual'
            if (!finds) left = new Set([...left].filter((one) => one !== depth && depth !== 'deep'))
            const recalled = !finds && left.size > 0
            const verdict = diskVerdict({
              recalled,
              ...((finds || recalled) && { fault: 'hidden', readable: false }),
            })
            const { set, gone } = marksOf(verdict, depth, at(hour), tags)
            if (finds) left.add(depth)
            tags = { ...tags, ...set }
            for (const name of gone) delete tags[name]
            const known = knownFaultsIn(tags).map((one) => one.depth)
            // Too many for a tag are one of all.
            if (known.length < left.size) left = new Set(known)
            expect(new Set(known)).toEqual(left)
            expect(tags['azlin:fault']?.length ?? 0).toBeLessThanOrEqual(256)
          }
        },
      ),
    )
  })

  it('needs all of it to be read where there are too many for a tag', () => {
    let tags: Record<string, string> = {}
    for (let part = 1; part <= 9; part++) {
      const fault = part === 2 ? 'changed' : 'hidden'
      const { set } = marksOf(diskVerdict({ fault, readable: false }), `${part}/9`, at(part), tags)
      tags = { ...tags, ...set }
      expect(knownFaultsIn(tags).length).toBeGreaterThan(0)
      expect(tags['azlin:fault']?.length).toBeLessThanOrEqual(256)
    }
    expect(knownFaultsIn(tags)).toContainEqual(expect.objectContaining({ fault: 'changed', depth: 'deep' }))
  })

  it.each([
    '',
    'fault=plain;depth=deep;at=2026-11-23T00:00:00Z',
    'fault=changed;at=2026-11-23T00:00:00Z',
    'fault=changed;depth=deep',
  ])('is none in %j', (text) => {
    expect(knownFaultsIn({ 'azlin:fault': text })).toEqual([])
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

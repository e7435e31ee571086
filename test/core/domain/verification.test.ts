import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { proofLevels } from '../../../src/core/domain/backup.js'
import { blockBytes, wholeBlocks } from '../../../src/core/domain/disk-image/blocks.js'
import { encodeProof, proofIn, recoveryTag } from '../../../src/core/domain/recovery-tags.js'
import { type DiskVerdict, isStale, levelOf, strongerProof, verdictOn } from '../../../src/core/domain/verification.js'
import { planVerifyDisk, whyNotVerifiable } from '../../../src/core/domain/verify-plan.js'
import { AzlinError } from '../../../src/core/errors.js'
import { backup, diskVerdict, snapshot } from '../support/builders.js'

const now = new Date('2026-11-23T12:00:00Z')
const hoursAgo = (hours: number) => new Date(+now - hours * 3_600_000)
const moment = fc.date({ min: new Date('2020-01-01'), max: new Date('2030-01-01'), noInvalidDate: true })

const good = diskVerdict()
const refused = new AzlinError('READ_REFUSED', { what: 'x', reason: 'a policy' })
const unread: DiskVerdict = { ...good, readable: undefined, unread: 'Nobody may.', error: refused }

describe('whether it is time to verify again', () => {
  it.each([
    [1, undefined, true],
    [48, 20, false],
    [48, 23.5, true],
    [7 * 24 - 1, 24, true],
    [7 * 24 + 1, 24, false],
    [60 * 24, 6 * 24, false],
    [60 * 24, 7 * 24 - 0.5, true],
  ])('of a backup %d hours old, verified %d hours ago: %s', (age, verified, stale) => {
    const verifiedAt = verified === undefined ? undefined : hoursAgo(verified)
    expect(isStale({ createdAt: hoursAgo(age), verifiedAt }, now)).toBe(stale)
  })

  it('comes at least once in each run of a daily timer for young ones, and of a weekly one for old ones', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 400 }), fc.integer({ min: -1800, max: 1800 }), (days, jitterSeconds) => {
        const createdAt = hoursAgo(days * 24)
        const every = days < 7 ? 24 : 7 * 24
        const verifiedAt = new Date(+now - every * 3_600_000 + jitterSeconds * 1000)
        expect(isStale({ createdAt, verifiedAt }, now)).toBe(true)
      }),
    )
  })
})

describe('what all disks say together', () => {
  it('is success only when each was made, matched, read, sound and removed', () => {
    expect(verdictOn([good, good], false)).toMatchObject({ success: true, diskReadable: true, errorMessage: undefined })
    const flawed: Partial<DiskVerdict>[] = [
      { problems: ['Broken.'], readable: false },
      { deleted: false },
      { problems: ['No disk.'], created: false, readable: undefined, sizeMatches: undefined },
    ]
    for (const flaw of flawed) expect(verdictOn([good, { ...good, ...flaw }], true).success).toBe(false)
  })

  it('names the disk where there are more than one', () => {
    const bad = { ...good, lun: 3, problems: ['Broken.'], readable: false }
    expect(verdictOn([good, bad], false).errorMessage).toBe('LUN 3: Broken.')
    expect(verdictOn([bad], false).errorMessage).toBe('Broken.')
  })

  it('leaves open what was not read, and forgives it only when asked, and only where nobody may read', () => {
    expect(verdictOn([good, unread], false)).toMatchObject({ success: false, diskReadable: undefined })
    expect(verdictOn([good, unread], true)).toMatchObject({ success: true, diskReadable: undefined })
    const throttled = { ...unread, error: new AzlinError('THROTTLED', { what: 'x', seconds: 1 }) }
    expect(verdictOn([throttled], true).success).toBe(false)
  })
})

describe('the proof of a backup', () => {
  it('is what its weakest disk shows', () => {
    expect(levelOf([good, good])).toBe(3)
    expect(levelOf([good, unread])).toBe(2)
    expect(levelOf([good, { ...good, created: false }])).toBe(1)
    expect(levelOf([{ ...good, sizeMatches: false }])).toBe(1)
  })

  it('survives its tag', () => {
    fc.assert(
      fc.property(fc.constantFrom(...proofLevels), moment, (level, at) => {
        const text = encodeProof({ level, at })
        expect(text).toBe(`level=${level};at=${at.toISOString()}`)
        expect(proofIn({ [recoveryTag.proof.toUpperCase()]: text })).toEqual({ level, at })
      }),
    )
  })

  it.each(['', 'level=6;at=2026-01-01T00:00:00Z', 'level=3', 'at=2026-01-01T00:00:00Z', 'nonsense'])(
    'is none where the tag says %j',
    (text) => expect(proofIn({ [recoveryTag.proof]: text })).toBeUndefined(),
  )

  it('never goes down', () => {
    fc.assert(
      fc.property(
        fc.option(fc.constantFrom(...proofLevels), { nil: undefined }),
        fc.constantFrom(...proofLevels),
        (had, got) => {
          const known = had && { level: had, at: hoursAgo(1) }
          const { level, at } = strongerProof(known, got, now)
          expect(level).toBe(Math.max(had ?? 0, got))
          expect(at).toEqual(had !== undefined && had > got ? hoursAgo(1) : now)
        },
      ),
    )
  })
})

describe('the disk that a snapshot is verified with', () => {
  const facts = { lun: null, caching: 'None', sku: 'Premium_LRS', sizeGb: 30, zone: '2', of: 1, diskName: 'd' } as const
  const one = snapshot({ name: 'v'.repeat(80), encryptionSetId: 'des' })
  const plan = (sku: string, replicaOf?: string) =>
    planVerifyDisk(
      backup('daily', now, { replicaOf }),
      { snapshot: one, lun: null, facts: { ...facts, sku } },
      { at: now, token: 'c0ffee', allowExport: false },
    )

  it('is the cheapest that can hold it, in the zone of the disk, with its encryption, under a name of its own', () => {
    expect(plan('Premium_LRS')).toMatchObject({
      sku: 'Standard_LRS',
      zone: '2',
      encryptionSetId: 'des',
      region: 'westus2',
    })
    expect(plan('PremiumV2_LRS')).toMatchObject({ sku: 'PremiumV2_LRS', zone: '2' })
    expect(plan('UltraSSD_LRS').sku).toBe('UltraSSD_LRS')
    expect(plan('Premium_LRS').name).toMatch(/^v.*-verify-20261123-120000-c0ffee$/)
    expect(plan('Premium_LRS').name.length).toBeLessThanOrEqual(80)
  })

  it('is of a kind that takes large sectors where the snapshot has them, and only there', () => {
    const skuOf = (sectorBytes: number, sku: string) =>
      planVerifyDisk(
        backup('daily', now),
        { snapshot: { ...one, sectorBytes }, lun: 0, facts: { ...facts, sku } },
        { at: now, token: 'c0ffee', allowExport: false },
      ).sku
    expect(skuOf(4096, 'UltraSSD_LRS')).toBe('UltraSSD_LRS')
    expect(skuOf(4096, 'Premium_LRS')).toBe('PremiumV2_LRS')
    expect(skuOf(512, 'PremiumV2_LRS')).toBe('Standard_LRS')
  })

  it('takes no zone of the first region in the second', () => {
    expect(plan('Premium_LRS', 'source').zone).toBeUndefined()
  })

  it('is not made of what is not complete, and the reason is told', () => {
    const half = (change: Parameters<typeof snapshot>[0]) =>
      whyNotVerifiable(
        backup('daily', now, {
          complete: false,
          disks: [{ snapshot: snapshot(change), lun: null, facts: { ...facts, of: 2 } }],
        }),
      )?.why
    expect(whyNotVerifiable(backup('daily', now))).toBeUndefined()
    expect(half({ name: 's', completionPercent: 41.7, createOption: 'CopyStart' })).toMatch(
      /still being copied \(41 %\)/,
    )
    expect(half({ name: 's', copyError: 'CopySourceNotFound' })).toMatch(/broken off/)
    expect(half({ name: 's', provisioningState: 'Failed' })).toMatch(/is Failed/)
    expect(half({ name: 's' })).toMatch(/missing \(1 of 2/)
  })
})

describe('whole blocks', () => {
  const pages = fc
    .uniqueArray(fc.integer({ min: 0, max: 2_000 }), { maxLength: 60 })
    .map((list) => list.toSorted((a, b) => a - b))

  it('hold the same bytes as marking each block that a page lies in', () => {
    fc.assert(
      fc.property(pages, fc.integer({ min: 0, max: 2_100 }), (list, sizePages) => {
        const ranges = list.map((page) => ({ offset: page * 512, length: 512 }))
        const sizeBytes = sizePages * 512
        const marked = new Set(list.map((page) => Math.floor((page * 512) / blockBytes)))
        const found = wholeBlocks(ranges, sizeBytes)
        const covered = new Set<number>()
        for (const { offset, length } of found) {
          expect(offset % blockBytes).toBe(0)
          expect(offset + length).toBeLessThanOrEqual(sizeBytes)
          for (let at = offset; at < offset + length; at += 512) covered.add(at / 512)
        }
        const wanted = new Set<number>()
        for (let page = 0; page < sizePages; page++)
          if (marked.has(Math.floor((page * 512) / blockBytes))) wanted.add(page)
        expect(covered).toEqual(wanted)
        // Neighbours are joined.
        for (let i = 1; i < found.length; i++)
          expect(found[i]?.offset).toBeGreaterThan((found[i - 1]?.offset ?? 0) + (found[i - 1]?.length ?? 0))
      }),
    )
  })
})

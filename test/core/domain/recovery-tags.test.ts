import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import type { DiskFacts, MachineFacts } from '../../../src/core/domain/backup.js'
import {
  diskFactsIn,
  diskTags,
  isCondemned,
  machineFactsIn,
  machineTags,
  replicatedToIn,
  tierIn,
  verifiedAtIn,
} from '../../../src/core/domain/recovery-tags.js'

const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })
const id = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,49}$/)

const machine: fc.Arbitrary<MachineFacts> = fc.record({
  size: fc.stringMatching(/^Standard_[A-Za-z0-9_]{1,40}$/),
  osType: fc.constantFrom('Linux', 'Windows'),
  generation: maybe(fc.constantFrom('V1', 'V2')),
  trustedLaunch: maybe(fc.record({ secureBoot: fc.boolean(), vTpm: fc.boolean() })),
  zone: maybe(fc.constantFrom('1', '2', '3')),
  architecture: maybe(fc.constantFrom('x64', 'Arm64')),
  licenseType: maybe(fc.constantFrom('RHEL_BYOS', 'Windows_Server', 'a=b;c%d')),
  plan: maybe(fc.record({ name: id, product: id, publisher: id })),
  agent: maybe(fc.boolean()),
})

const disk: fc.Arbitrary<DiskFacts> = fc.record({
  lun: fc.oneof(fc.constant(null), fc.integer({ min: 0, max: 63 })),
  caching: fc.constantFrom('None', 'ReadOnly', 'ReadWrite'),
  sku: fc.constantFrom('Standard_LRS', 'StandardSSD_ZRS', 'PremiumV2_LRS'),
  sizeGb: fc.integer({ min: 1, max: 65_536 }),
  zone: maybe(fc.constantFrom('1', '2', '3')),
  of: fc.integer({ min: 1, max: 65 }),
  diskName: fc.stringMatching(/^[A-Za-z0-9_.-]{1,80}$/),
})

const vm = { name: 'v'.repeat(64), resourceGroup: 'g'.repeat(90) }

describe('what a snapshot says about its VM and its disk', () => {
  it('comes back as it was written, in tags that Azure takes', () => {
    fc.assert(
      fc.property(machine, disk, (facts, place) => {
        const tags = { ...machineTags(vm, facts), ...diskTags(place) }
        for (const [name, value] of Object.entries(tags)) {
          expect(name).toMatch(/^azlin:[a-z-]+$/)
          expect(value.length).toBeLessThanOrEqual(256)
        }
        const shouted = Object.fromEntries(Object.entries(tags).map(([name, value]) => [name.toUpperCase(), value]))
        for (const read of [tags, shouted]) {
          expect(machineFactsIn(read)).toEqual(facts)
          expect(diskFactsIn(read)).toEqual(place)
        }
      }),
    )
  })

  it('is undefined where it is missing or makes no sense, and never throws', () => {
    expect(machineFactsIn({})).toBeUndefined()
    expect(diskFactsIn({})).toBeUndefined()
    expect(machineFactsIn({ 'azlin:machine': 'os=Linux' })).toBeUndefined()
    expect(diskFactsIn({ 'azlin:disk': 'lun=x;of=1;cache=None;sku=Standard_LRS;gb=30' })).toBeUndefined()
    expect(diskFactsIn({ 'azlin:disk': 'lun=os;of=0;cache=None;sku=Standard_LRS;gb=30' })).toBeUndefined()
    fc.assert(
      fc.property(fc.string(), (text) => {
        machineFactsIn({ 'azlin:machine': text, 'azlin:plan': text })
        diskFactsIn({ 'azlin:disk': text })
      }),
    )
  })

  it('reads tier, regions and verification as they are written by hand too', () => {
    expect(tierIn({ 'Azlin:Backup-Tier': 'Weekly' })).toBe('weekly')
    expect(tierIn({ 'azlin:backup-tier': 'yearly' })).toBeUndefined()
    expect(replicatedToIn({ 'azlin:replicated-to': ' westus2  NorthEurope ' })).toEqual(['westus2', 'northeurope'])
    expect(replicatedToIn({})).toEqual([])
    expect(verifiedAtIn({ 'azlin:verified-at': '2026-01-02T03:04:05Z' })).toEqual(new Date('2026-01-02T03:04:05Z'))
    expect(verifiedAtIn({ 'azlin:verified-at': 'soon' })).toBeUndefined()
  })
})

describe('a snapshot whose verification failed', () => {
  const at = '2026-11-20T01:02:03.000Z'
  const failed = { 'azlin:verify-failed-at': at }

  it.each([
    ['is at fault', failed, true],
    ['is at fault in whatever case the tag comes back', { 'Azlin:Verify-Failed-At': at }, true],
    ['was not looked at', { ...failed, 'azlin:verify-inconclusive': at }, false],
    [
      'was not looked at before, and is at fault',
      { ...failed, 'azlin:verify-inconclusive': '2026-11-19T00:00:00Z' },
      true,
    ],
    ['was sound when it was looked at', { ...failed, 'azlin:verified-at': '2026-11-19T00:00:00Z' }, false],
    ['never was verified', {}, false],
    ['has a time that nobody can read', { 'azlin:verify-failed-at': 'once' }, false],
  ])('%s', (_name, tags, condemned) => {
    expect(isCondemned(tags)).toBe(condemned)
  })
})

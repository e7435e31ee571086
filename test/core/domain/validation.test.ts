import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import {
  validCount,
  validDuration,
  validRegion,
  validResourceGroup,
  validSnapshotName,
  validSubnetId,
  validTime,
  validVmName,
} from '../../../src/core/domain/validation.js'
import { AzlinError } from '../../../src/core/errors.js'

function refusal(work: () => unknown): AzlinError<'INVALID_INPUT'> {
  try {
    work()
  } catch (error) {
    if (AzlinError.is(error, 'INVALID_INPUT')) return error
    throw error
  }
  throw new Error('It was accepted.')
}

describe('names that a user types', () => {
  it.each(['w', 'web-1', 'WEB_1', 'a.b', 'a'.repeat(64)])('takes %s for a VM', (name) => {
    expect(validVmName(name)).toBe(name)
  })
  it.each(['', '-web', 'web-', 'web.', 'we b', 'web/1', "web'1", 'wéb', 'a'.repeat(65), 'web\n'])(
    'refuses %j for a VM and shows one that is right',
    (name) => {
      const error = refusal(() => validVmName(name))
      expect(error.message).toContain(JSON.stringify(name))
      expect(error.hint).toContain('web-1')
    },
  )

  it.each(['demo-rg', '(x)', 'Grüße', 'a'.repeat(90), '_', '1.2'])('takes %s for a resource group', (name) => {
    expect(validResourceGroup(name)).toBe(name)
  })
  it.each(['', 'rg.', 'r g', 'rg/1', 'a'.repeat(91)])('refuses %j for a resource group', (name) => {
    expect(refusal(() => validResourceGroup(name)).hint).toContain('demo-rg')
  })

  it.each(['a'.repeat(80), 'web-1-backup-daily-20261123-010203', 'x_'])('takes %s for a snapshot', (name) => {
    expect(validSnapshotName(name)).toBe(name)
  })
  it.each(['', 'a'.repeat(81), 'x-', '.x', 'a/b'])('refuses %j for a snapshot', (name) => {
    expect(refusal(() => validSnapshotName(name)).code).toBe('INVALID_INPUT')
  })

  it('takes a region as it is shown in the portal', () => {
    expect(validRegion('West US 2')).toBe('westus2')
    expect(validRegion('eastus')).toBe('eastus')
  })
  it.each(['', 'west-us', '2west', 'us;drop'])('refuses %j for a region', (name) => {
    expect(refusal(() => validRegion(name, '--target-region')).message).toContain('--target-region')
  })

  it('takes the whole id of a subnet and nothing less', () => {
    const id = '/subscriptions/s/resourceGroups/rg/providers/microsoft.network/virtualnetworks/v/subnets/default'
    expect(validSubnetId(id)).toBe(id)
    expect(refusal(() => validSubnetId('default')).code).toBe('INVALID_INPUT')
    expect(refusal(() => validSubnetId(`${id}/x`)).code).toBe('INVALID_INPUT')
  })
})

describe('numbers that a user types', () => {
  it('takes exactly the whole numbers in range', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20_000 }), (count) => {
        if (count <= 9_999) expect(validCount(String(count), '--daily-retention', 0)).toBe(count)
        else expect(refusal(() => validCount(String(count), '--daily-retention', 0)).code).toBe('INVALID_INPUT')
      }),
    )
  })
  it.each(['-1', '7.5', '1e2', 'seven', '', ' 7', '+7', '0x7', '99999999999'])('refuses %j', (text) => {
    expect(refusal(() => validCount(text, '--daily-retention', 0)).message).toContain('from 0 to 9999')
  })
  it('refuses zero where one is the least', () => {
    expect(refusal(() => validCount('0', '--every', 1, 8760)).message).toContain('from 1 to 8760')
  })
  it('names an example that it takes', () => {
    const bounds = fc.tuple(fc.nat(100), fc.nat(100))
    fc.assert(
      fc.property(bounds, ([least, more]) => {
        const [, example = ''] =
          /^For example: (.+)$/.exec(refusal(() => validCount('x', '--n', least, least + more)).hint) ?? []
        expect(validCount(example, '--n', least, least + more)).toBe(Number(example))
      }),
    )
  })
})

describe('times that a user types', () => {
  it.each([
    ['2026-11-23T01:02:03Z', '2026-11-23T01:02:03.000Z'],
    ['2026-11-23T01:02:03.456789Z', '2026-11-23T01:02:03.456Z'],
    ['2026-11-23T01:02', '2026-11-23T01:02:00.000Z'],
    ['2026-11-23', '2026-11-23T00:00:00.000Z'],
    ['2026-11-23 01:02:03+02:00', '2026-11-22T23:02:03.000Z'],
    ['2024-02-29', '2024-02-29T00:00:00.000Z'],
  ])('reads %s as %s', (text, iso) => {
    expect(validTime(text).toISOString()).toBe(iso)
  })
  it.each(['', 'yesterday', '2026-02-30', '2025-02-29T00:00:00Z', '2026-13-01', '23.11.2026', '2026-11-23T25:00'])(
    'refuses %j',
    (text) => expect(refusal(() => validTime(text, '--at')).hint).toContain('2026-11-23T01:02:03Z'),
  )
  it('reads back every moment it was given', () => {
    fc.assert(
      fc.property(fc.date({ min: new Date('1970-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }), (at) => {
        expect(validTime(at.toISOString())).toEqual(at)
      }),
    )
  })

  it.each([
    ['90m', 5_400_000],
    ['24h', 86_400_000],
    ['7d', 604_800_000],
    ['2W', 1_209_600_000],
  ])('reads %s as %d ms', (text, ms) => expect(validDuration(text)).toBe(ms))
  it.each(['', '7', 'd', '0d', '-1d', '1.5h', '7 days', '9999999w', '7s'])('refuses %j for a duration', (text) => {
    expect(refusal(() => validDuration(text, '--since')).hint).toContain('7d')
  })
})

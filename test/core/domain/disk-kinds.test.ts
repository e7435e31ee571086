import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import type { RecoveryPoint } from '../../../src/core/domain/backup.js'
import { madeThere } from '../../../src/core/domain/disk-kinds.js'

const kinds = ['Standard_LRS', 'StandardSSD_LRS', 'StandardSSD_ZRS', 'Premium_LRS', 'Premium_ZRS', 'PremiumV2_LRS']

function pointOf(skus: readonly string[]): RecoveryPoint {
  const disks = skus.map((sku, index) => ({
    snapshot: { name: `s${index}` } as RecoveryPoint['disks'][number]['snapshot'],
    lun: index === 0 ? null : index,
    facts: { lun: null, caching: 'None', sku, sizeGb: 4, zone: undefined, of: skus.length, diskName: 'd' } as const,
  }))
  return {
    name: 'b',
    vm: { name: 'v', resourceGroup: 'rg' },
    region: 'westus',
    createdAt: new Date(0),
    disks,
    machine: undefined,
    complete: true,
  }
}
const skusOf = ({ disks }: RecoveryPoint) => disks.map(({ facts }) => facts?.sku)

describe('kinds of disks in another region', () => {
  it('are those that it has, or a problem is told; what need not change does not', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...kinds), { minLength: 1, maxLength: 5 }),
        fc.subarray(kinds),
        (skus, offered) => {
          const { point, problems, notices } = madeThere(pointOf(skus), 'westus', offered)
          const made = skusOf(point)
          expect(made.filter((sku) => !offered.includes(sku ?? ''))).toHaveLength(problems.length)
          for (const [index, sku] of skus.entries()) {
            expect(made[index]?.split('_')[0]).toBe(sku.split('_')[0])
            if (offered.includes(sku)) expect(made[index]).toBe(sku)
          }
          expect(notices).toHaveLength(skus.filter((sku, index) => sku !== made[index]).length)
        },
      ),
    )
  })

  it('are left to Azure itself where nobody says what there is', () => {
    const point = pointOf(kinds)
    expect(madeThere(point, 'westus', undefined)).toEqual({ point, problems: [], notices: [] })
  })

  it('are compared without case', () => {
    const { point, problems } = madeThere(pointOf(['premium_zrs']), 'westus', ['PREMIUM_LRS'])
    expect([skusOf(point), problems]).toEqual([['PREMIUM_LRS'], []])
  })
})

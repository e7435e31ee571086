/** Kinds of disks (SKUs) are not the same in all regions: what takes the place of one that a region has not. Pure. */
import type { RecoveryDisk, RecoveryPoint } from './backup.js'
import { placeName } from './restore.js'

export interface MadeThere<P> {
  /** Its disks as the region can make them. */
  readonly point: P
  readonly problems: readonly string[]
  readonly notices: readonly string[]
}

/** `offered`: names of the region's kinds; undefined where nobody says, and then Azure itself refuses what it has not. */
export function madeThere<P extends RecoveryPoint>(
  point: P,
  region: string,
  offered: readonly string[] | undefined,
): MadeThere<P> {
  const problems: string[] = []
  const notices: string[] = []
  const disks = point.disks.map((disk): RecoveryDisk => {
    const { facts, lun } = disk
    if (!facts || !offered) return disk
    const kind = kindThere(facts.sku, offered)
    if (kind === undefined)
      problems.push(`${placeName(lun)} was a ${facts.sku} disk, and ${region} has none of that kind`)
    else if (kind !== facts.sku)
      notices.push(`There are no ${facts.sku} disks in ${region}: ${placeName(lun)} becomes a ${kind} disk.`)
    return { ...disk, facts: { ...facts, sku: kind ?? facts.sku } }
  })
  return { point: { ...point, disks }, problems, notices }
}

/** Kept in one place instead of in all zones, it is the same disk. No other kind is. */
function kindThere(sku: string, offered: readonly string[]): string | undefined {
  const like = (kind: string) => offered.find((one) => one.toLowerCase() === kind.toLowerCase())
  return like(sku) ? sku : like(sku.replace(/_ZRS$/i, '_LRS'))
}

const zonalKinds = ['premiumv2_lrs', 'ultrassd_lrs']

/** Disks of some kinds live in a zone wherever a region has zones (Azure's limits on Premium SSD v2 and Ultra). */
export function needsZone({ disks }: Pick<RecoveryPoint, 'disks'>): boolean {
  return disks.some(({ facts }) => zonalKinds.includes(facts?.sku.toLowerCase() ?? ''))
}

import type { Backup } from '../domain/backup.js'
import type { VmRef } from '../domain/machine.js'
import { isReplica, newestFirst, recoveryOf } from '../domain/recovery-points.js'
import { recoveryTag } from '../domain/recovery-tags.js'
import { tagOf } from '../domain/tag-text.js'
import type { Azure } from '../ports/azure.js'
import type { Run } from '../run.js'
import { mustKnowRegion } from './known-region.js'

export interface InRegion extends Backup {
  /** A copy whose source is no longer there. */
  readonly orphan: boolean
}

/**
 * What can be restored in a region, newest first: copies, and backups that were taken there. Works while the VM's
 * own region is down: one list of the subscription's snapshots, and nothing is asked of the VM. REGION_UNKNOWN, which is
 * looked into only when nothing is there.
 */
export async function replicasIn(azure: Azure, vm: VmRef, region: string, run: Run): Promise<readonly InRegion[]> {
  const snapshots = await azure.snapshots.inSubscription(run.signal)
  const known = new Set(snapshots.map(({ id }) => id.toLowerCase()))
  const { backups, replicas } = recoveryOf(snapshots, vm, undefined)
  const there = [...backups, ...replicas].filter(
    (one) => one.complete && one.region.toLowerCase() === region.toLowerCase(),
  )
  if (there.length === 0) await mustKnowRegion(azure, region, run)
  return there
    .map((one) => ({
      ...one,
      orphan:
        one.replicaOf !== undefined &&
        one.disks.some(({ snapshot }) => !known.has(snapshot.sourceId?.toLowerCase() ?? '')),
    }))
    .toSorted(newestFirst)
}

/** VMs of that name that a region has copies of, whatever group they are in. */
export async function ownersIn(azure: Azure, name: string, region: string, run: Run): Promise<readonly VmRef[]> {
  const groups = new Map<string, VmRef>()
  for (const one of await azure.snapshots.inSubscription(run.signal)) {
    if (!isReplica(one) || one.region.toLowerCase() !== region.toLowerCase()) continue
    if (tagOf(one.tags, recoveryTag.vm)?.toLowerCase() !== name.toLowerCase()) continue
    const resourceGroup = tagOf(one.tags, recoveryTag.vmGroup)
    if (resourceGroup !== undefined) groups.set(resourceGroup.toLowerCase(), { name, resourceGroup })
  }
  return [...groups.values()]
}

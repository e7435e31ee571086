import type { VmRef } from '../domain/machine.js'
import { recoveryTag } from '../domain/recovery-tags.js'
import type { Snapshot } from '../domain/snapshot.js'
import { tagOf } from '../domain/tag-text.js'
import { AzlinError } from '../errors.js'

/**
 * The VM that a backup is of, from nothing but the backup's name. `resourceGroup` decides where two VMs of one name
 * have a backup of one second. BACKUP_NOT_FOUND, AMBIGUOUS_BACKUP.
 */
export function vmOfBackup(name: string, snapshots: readonly Snapshot[], resourceGroup: string | undefined): VmRef {
  const owners = new Map<string, VmRef>()
  for (const { tags, resourceGroup: home } of snapshots) {
    if (tagOf(tags, recoveryTag.backup)?.toLowerCase() !== name.toLowerCase()) continue
    const vm = tagOf(tags, recoveryTag.vm)
    // A copy without it says nothing: its group is not the VM's.
    if (vm === undefined || (tagOf(tags, recoveryTag.replicaOf) !== undefined && !tagOf(tags, recoveryTag.vmGroup)))
      continue
    const owner = { name: vm, resourceGroup: tagOf(tags, recoveryTag.vmGroup) ?? home }
    owners.set(`${owner.resourceGroup}/${owner.name}`.toLowerCase(), owner)
  }
  const all = [...owners.values()]
  const group = resourceGroup?.toLowerCase()
  const [only, ...more] = all.length > 1 ? all.filter((one) => one.resourceGroup.toLowerCase() === group) : all
  if (only && more.length === 0) return only
  if (all.length > 0)
    throw new AzlinError('AMBIGUOUS_BACKUP', { backup: name, groups: all.map((one) => one.resourceGroup) })
  throw new AzlinError('BACKUP_NOT_FOUND', { backup: name, vm: undefined })
}

/** What a VM itself can say of itself and its disks, for the tags that let it be rebuilt. */
import { resourceRefOf } from '../domain/arm-id.js'
import type { Backup, MachineFacts } from '../domain/backup.js'
import { type Disk, type Machine, showsAgent } from '../domain/machine.js'
import { diskTags, machineTags } from '../domain/recovery-tags.js'
import type { TagMap } from '../domain/tag-text.js'
import type { Run } from '../run.js'
import type { ManagerDeps } from './deps.js'

/** The disks of a VM, in the order in which it names them; undefined for one that is not there. */
export function disksOf(
  { azure, limit }: Pick<ManagerDeps, 'azure' | 'limit'>,
  machine: Machine,
  run: Run,
): Promise<readonly (Disk | undefined)[]> {
  return Promise.all(
    machine.disks.map(({ id }) =>
      limit(async () => {
        const ref = resourceRefOf(id)
        return ref && azure.disks.find(ref, run.signal)
      }),
    ),
  )
}

/** Generation and architecture stand with the OS disk, and whether the guest agent works in the instance view. */
export function factsOf(
  { size, osType, trustedLaunch, zone, licenseType, plan, status }: Machine,
  os: Disk | undefined,
): MachineFacts {
  const { generation, architecture } = os ?? { generation: undefined, architecture: undefined }
  const agent = showsAgent(status)
  return { size, osType, trustedLaunch, zone, licenseType, plan, generation, architecture, agent }
}

/**
 * Recovery facts for backups whose snapshots do not say them, since a copy must be enough to rebuild the VM; empty
 * where all of them do, and where the VM is gone.
 */
export async function factsFor(
  deps: Pick<ManagerDeps, 'azure' | 'limit'>,
  machine: Machine | undefined,
  backups: readonly Backup[],
  run: Run,
): Promise<(backup: Backup, lun: number | null) => TagMap> {
  const lacking = backups.some(({ machine: facts, disks }) => !facts || disks.some((disk) => !disk.facts))
  if (!machine || !lacking) return () => ({})
  const found = await disksOf(deps, machine, run)
  const ofMachine = machineTags(machine, factsOf(machine, found[0]))
  return (backup, lun) => {
    const index = machine.disks.findIndex((one) => one.lun === lun)
    const [place, disk] = [machine.disks[index], found[index]]
    const snapshot = backup.disks.find((one) => one.lun === lun)?.snapshot
    if (!place || !disk || !snapshot) return ofMachine
    const { caching, name: diskName } = place
    const { sku, zone, exportAccess } = disk
    const facts = { lun, caching, sku, sizeGb: snapshot.sizeGb, zone, diskName, exportAccess }
    return { ...ofMachine, ...diskTags({ ...facts, of: backup.disks.length }) }
  }
}

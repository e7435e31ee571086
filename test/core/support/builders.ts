/** Domain values with everything in them that a test does not care about. */
import type { Backup, BackupSchedule, Tier } from '../../../src/core/domain/backup.js'
import type { Machine } from '../../../src/core/domain/machine.js'
import { backupName } from '../../../src/core/domain/naming.js'
import type { Snapshot } from '../../../src/core/domain/snapshot.js'
import type { DiskVerdict } from '../../../src/core/domain/verification.js'

export const subscription = '00000000-0000-0000-0000-000000000001'

export function idOf(kind: 'disks' | 'snapshots' | 'virtualMachines', resourceGroup: string, name: string): string {
  return `/subscriptions/${subscription}/resourceGroups/${resourceGroup}/providers/Microsoft.Compute/${kind}/${name}`
}

export function snapshot(change: Partial<Snapshot> & { readonly name: string }): Snapshot {
  const resourceGroup = change.resourceGroup ?? 'rg'
  return {
    resourceGroup,
    id: idOf('snapshots', resourceGroup, change.name),
    region: 'westus2',
    sizeGb: 30,
    createdAt: new Date('2026-11-23T01:02:04Z'),
    incremental: true,
    createOption: 'Copy',
    sourceId: undefined,
    sourceUniqueId: undefined,
    osType: undefined,
    generation: undefined,
    trustedLaunch: false,
    encryptionSetId: undefined,
    provisioningState: 'Succeeded',
    completionPercent: undefined,
    copyError: undefined,
    diskState: 'Unattached',
    tags: {},
    ...change,
  }
}

/** A VM with an OS disk and so many data disks, at LUN 0 and up. */
export function machine(name: string, dataDisks = 0, change: Partial<Machine> = {}): Machine {
  const resourceGroup = change.resourceGroup ?? 'rg'
  const luns = [null, ...Array.from({ length: dataDisks }, (_, lun) => lun)]
  return {
    name,
    resourceGroup,
    id: idOf('virtualMachines', resourceGroup, name),
    region: 'westus2',
    zone: undefined,
    size: 'Standard_D2s_v5',
    osType: 'Linux',
    osDiskKind: 'managed',
    disks: luns.map((lun) => {
      const disk = `${name}-${lun === null ? 'os' : `data${lun}`}`
      return { id: idOf('disks', resourceGroup, disk), name: disk, lun, caching: 'None', deleteOption: 'Detach' }
    }),
    unmanagedDataDisks: 0,
    trustedLaunch: undefined,
    securityType: undefined,
    plan: undefined,
    nicIds: [],
    licenseType: undefined,
    tags: {},
    etag: '1',
    provisioningState: 'Succeeded',
    ...change,
  }
}

export function backup(tier: Tier, createdAt: Date, change: Partial<Backup> = {}): Backup {
  const name = backupName('web-1', tier, createdAt)
  return {
    name,
    vm: { name: 'web-1', resourceGroup: 'rg' },
    region: 'westus2',
    createdAt,
    disks: [{ snapshot: snapshot({ name, createdAt }), lun: null, facts: undefined }],
    machine: undefined,
    complete: true,
    tier,
    replicatedTo: [],
    verifiedAt: undefined,
    verifyFailedAt: undefined,
    condemned: false,
    proof: undefined,
    replicaOf: undefined,
    copying: false,
    ...change,
  }
}

export const usualSchedule: BackupSchedule = {
  enabled: true,
  dailyRetention: 7,
  weeklyRetention: 4,
  monthlyRetention: 12,
  lastDaily: undefined,
  lastWeekly: undefined,
  lastMonthly: undefined,
  crossRegionEnabled: false,
  targetRegion: undefined,
  targetResourceGroup: undefined,
  backupResourceGroup: undefined,
}

/** Of a disk that was read and is sound. */
export function diskVerdict(change: Partial<DiskVerdict> = {}): DiskVerdict {
  const createdAt = new Date('2026-11-23T00:00:00Z')
  return {
    snapshot: { id: '/Snapshots/S-1', name: 's-1', createdAt },
    lun: null,
    diskName: 'd-1',
    takenAt: createdAt,
    sizeGb: 30,
    testDisk: 't',
    created: true,
    deleted: true,
    sizeMatches: true,
    readable: true,
    unread: undefined,
    content: 'GPT with ext4',
    blank: false,
    problems: [],
    notes: [],
    bytesRead: 5,
    allocatedBytes: 9,
    requests: 2,
    digest: undefined,
    earlier: undefined,
    blankAllowed: false,
    fault: undefined,
    recalled: false,
    error: undefined,
    ...change,
  }
}

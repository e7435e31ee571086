import { describe, expect, it } from '@jest/globals'
import type { RecoveryDisk, RecoveryPoint } from '../../../src/core/domain/backup.js'
import type { AttachedDisk, Disk, Machine } from '../../../src/core/domain/machine.js'
import { planBeside, planInPlace } from '../../../src/core/domain/restore.js'
import type { Snapshot } from '../../../src/core/domain/snapshot.js'

const base = '/subscriptions/s/resourceGroups/rg/providers/Microsoft.Compute'

function attached(name: string, lun: number | null): AttachedDisk {
  return {
    id: `${base}/disks/${name}`,
    name,
    lun,
    caching: lun === null ? 'ReadWrite' : 'ReadOnly',
    deleteOption: 'Detach',
  }
}
function disk(name: string, change: Partial<Disk> = {}): Disk {
  return {
    id: `${base.toUpperCase()}/disks/${name}`,
    name,
    resourceGroup: 'rg',
    region: 'westus2',
    zone: '1',
    sku: 'Premium_LRS',
    sizeGb: 64,
    state: 'Attached',
    managedBy: `${base}/virtualMachines/db-1`,
    osType: 'Linux',
    generation: 'V2',
    trustedLaunch: false,
    encryptionSetId: undefined,
    uniqueId: name,
    tier: 'P10',
    architecture: 'x64',
    tags: { team: 'db', 'azlin:temporary': 'old', 'AZLIN:restored-from': 'older' },
    provisioningState: 'Succeeded',
    ...change,
  }
}
function machine(change: Partial<Machine> = {}): Machine {
  return {
    name: 'db-1',
    resourceGroup: 'rg',
    id: `${base}/virtualMachines/db-1`,
    region: 'westus2',
    zone: '1',
    size: 'Standard_D4s_v5',
    osType: 'Linux',
    osDiskKind: 'managed',
    disks: [attached('os', null), attached('data', 2)],
    unmanagedDataDisks: 0,
    trustedLaunch: undefined,
    securityType: undefined,
    plan: undefined,
    nicIds: [],
    licenseType: undefined,
    tags: {},
    etag: '"1"',
    provisioningState: 'Succeeded',
    ...change,
  }
}
function source(lun: number | null, change: Partial<Snapshot> = {}): RecoveryDisk {
  const snapshot: Snapshot = {
    id: `${base}/snapshots/s${lun ?? 'os'}`,
    name: `s${lun ?? 'os'}`,
    resourceGroup: 'rg',
    region: 'westus2',
    sizeGb: 64,
    createdAt: new Date('2026-11-01T00:00:00Z'),
    incremental: true,
    createOption: 'Copy',
    sourceId: undefined,
    sourceUniqueId: undefined,
    osType: lun === null ? 'Linux' : undefined,
    generation: lun === null ? 'V2' : undefined,
    trustedLaunch: false,
    encryptionSetId: undefined,
    provisioningState: 'Succeeded',
    completionPercent: undefined,
    copyError: undefined,
    diskState: 'Unattached',
    tags: {},
    ...change,
  }
  return { snapshot, lun, facts: undefined }
}
function point(disks: readonly RecoveryDisk[], change: Partial<RecoveryPoint> = {}): RecoveryPoint {
  return {
    name: 'db-1-backup-daily-20261101-000000',
    vm: { name: 'db-1', resourceGroup: 'rg' },
    region: 'westus2',
    createdAt: new Date('2026-11-01T00:00:00Z'),
    disks,
    machine: undefined,
    complete: true,
    ...change,
  }
}
const current = [
  disk('os'),
  disk('data', { sku: 'Premium_ZRS', zone: undefined, osType: undefined, generation: undefined }),
]

describe('a restore in place', () => {
  it('gives each new disk the SKU, tier, zone, caching and size of the one it replaces', () => {
    const { disks, problems } = planInPlace(machine(), point([source(null), source(2)]), current)
    expect(problems).toEqual([])
    expect(disks).toMatchObject([
      {
        lun: null,
        sku: 'Premium_LRS',
        tier: 'P10',
        zone: '1',
        caching: 'ReadWrite',
        sizeGb: 64,
        previous: { name: 'os' },
      },
      { lun: 2, sku: 'Premium_ZRS', caching: 'ReadOnly', previous: { name: 'data' } },
    ])
  })

  it('names no zone for a zone-redundant disk', () => {
    const { disks } = planInPlace(machine(), point([source(null), source(2)]), [
      disk('os'),
      disk('data', { sku: 'Premium_ZRS' }),
    ])
    expect(disks.map((one) => one.zone)).toEqual(['1', undefined])
  })

  it('is not refused for the tags of the old disk, of which Azure allows 50', () => {
    const tags = Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`tag-${at}`, 'x']))
    const { disks, problems, notices } = planInPlace(machine(), point([source(null)]), [disk('os', { tags })])
    expect(problems).toEqual([])
    expect(Object.keys(disks[0]?.tags ?? {})).toHaveLength(48)
    expect(notices).toContain('os has 50 tags, and the disk in its place gets 48 of them')
  })

  it('keeps the tags of the old disk and leaves azlin’s own behind', () => {
    expect(planInPlace(machine(), point([source(null)]), current).disks[0]?.tags).toEqual({ team: 'db' })
  })

  it('makes a disk that has grown since as large as it is now, and never smaller than its snapshot', () => {
    const grown = planInPlace(machine(), point([source(null, { sizeGb: 30 })]), current)
    expect(grown.disks[0]?.sizeGb).toBe(64)
    const data = planInPlace(machine(), point([source(null), source(2, { sizeGb: 128 })]), current)
    expect(data.problems).toEqual([])
    expect(data.disks[1]?.sizeGb).toBe(128)
    // The tier that a smaller disk has is none for a larger one.
    expect(data.disks.map(({ tier }) => tier)).toEqual(['P10', undefined])
  })

  it('says which attached disks are not in the backup and stay', () => {
    const { disks, notices } = planInPlace(machine(), point([source(null)]), current)
    expect(disks.map((one) => one.lun)).toEqual([null])
    expect(notices.join()).toContain('data at LUN 2')
  })

  it('attaches a disk that the VM has lost at the LUN it had', () => {
    const { disks, problems } = planInPlace(
      machine({ disks: [attached('os', null)] }),
      point([source(null), source(2)]),
      current,
    )
    expect(problems).toEqual([])
    expect(disks[1]).toMatchObject({ lun: 2, previous: undefined })
  })

  it.each<[string, Machine, RecoveryPoint, RegExp]>([
    ['a larger OS disk', machine(), point([source(null, { sizeGb: 65 })]), /65 GiB/],
    ['another region', machine(), point([source(null)], { region: 'eastus' }), /lies in eastus/],
    ['another operating system', machine({ osType: 'Windows' }), point([source(null)]), /holds Linux/],
    ['another generation', machine(), point([source(null, { generation: 'V1' })]), /generation V1/],
    [
      'a Trusted Launch disk for a plain VM',
      machine(),
      point([source(null, { trustedLaunch: true })]),
      /Trusted Launch/,
    ],
    [
      'another encryption set',
      machine(),
      point([source(null), source(2, { encryptionSetId: '/des/a' })]),
      /encryption set/,
    ],
    ['an ephemeral OS disk', machine({ osDiskKind: 'ephemeral' }), point([source(null)]), /ephemeral/],
  ])('is refused for %s', (_, vm, from, why) => {
    expect(planInPlace(vm, from, current).problems.join('; ')).toMatch(why)
  })

  it('is refused when a disk it would replace cannot be read', () => {
    expect(planInPlace(machine(), point([source(null)]), []).problems.join()).toContain('could not be read')
  })
})

describe('a restore beside the VM', () => {
  it('takes SKU and caching from the recovery facts', () => {
    const facts = {
      lun: 2,
      caching: 'None',
      sku: 'StandardSSD_LRS',
      sizeGb: 64,
      zone: '2',
      of: 2,
      diskName: 'x',
    } as const
    const { disks, problems } = planBeside(point([source(null), { ...source(2), facts }]), undefined, [])
    expect(problems).toEqual([])
    expect(disks[1]).toMatchObject({ sku: 'StandardSSD_LRS', caching: 'None', previous: undefined })
  })

  it('needs an OS disk', () => {
    expect(planBeside(point([source(2)]), undefined, []).problems.join()).toContain('no OS disk')
  })
})

import { ArmError } from '../errors.js'
import { objectAt, textAt } from '../network/json.js'
import type { Resource } from '../resource.js'
import type { Sandbox } from '../routes.js'
import { diskType, machineType, snapshotType } from './disk-model.js'
import { sizeNamed, sizes } from './skus.js'

interface Usage {
  readonly name: string
  readonly label: string
  readonly current: number
  readonly limit: number
}

const regionalCores = 100
const familyCores = 50

export function shownUsages(sandbox: Sandbox, location: string): unknown[] {
  return usages(sandbox, location).map(({ name, label, current, limit }) => ({
    limit,
    unit: 'Count',
    currentValue: current,
    name: { value: name, localizedValue: label },
  }))
}

/** Refuses what does not fit the quota, with the message that several errors share a code with. */
export function checkQuota(sandbox: Sandbox, location: string, sizeName: string): void {
  const size = sizeNamed(sizeName)
  if (!size) return
  for (const { name, label, current, limit } of usages(sandbox, location)) {
    if (name !== 'cores' && name !== size.family) continue
    if (current + size.vCPUs <= limit) continue
    throw new ArmError(
      409,
      'OperationNotAllowed',
      `Operation could not be completed as it results in exceeding approved ${label} quota. Additional details - Deployment Model: Resource Manager, Location: ${location}, Current Limit: ${limit}, Current Usage: ${current}, Additional Required: ${size.vCPUs}, (Minimum) New Limit Required: ${current + size.vCPUs}.`,
    )
  }
}

function usages({ world, faults }: Sandbox, location: string): Usage[] {
  const limits = faults.ofKind('quota').filter(({ region }) => region === location)
  const here = (type: string) => world.list(type).filter((resource) => resource.location === location)
  const running = here(machineType).filter(({ hidden }) => hidden.power?.code !== 'deallocated')
  const cores = (family?: string) =>
    running
      .map((machine) => sizeNamed(sizeOf(machine)))
      .reduce((sum, size) => sum + (size && (family ?? size.family) === size.family ? size.vCPUs : 0), 0)
  const disks = (tier: string) => here(diskType).filter(({ sku }) => textAt(sku, 'name')?.startsWith(tier)).length
  const all = [
    { name: 'cores', label: 'Total Regional Cores', current: cores(), limit: regionalCores },
    { name: 'virtualMachines', label: 'Virtual Machines', current: here(machineType).length, limit: 25_000 },
    ...[...new Set(sizes.map(({ family }) => family))].map((family) => {
      return { name: family, label: `${family} Cores`, current: cores(family), limit: familyCores }
    }),
    { name: 'PremiumDiskCount', label: 'Premium Storage Managed Disks', current: disks('Premium'), limit: 50_000 },
    { name: 'StandardDiskCount', label: 'Standard Storage Managed Disks', current: disks('Standard'), limit: 50_000 },
    {
      name: 'StandardSnapshotCount',
      label: 'Standard Storage Snapshots',
      current: here(snapshotType).length,
      limit: 75_000,
    },
  ]
  return all.map((usage) => ({ ...usage, limit: limits.find(({ name }) => name === usage.name)?.limit ?? usage.limit }))
}

function sizeOf({ properties }: Resource): string {
  return textAt(objectAt(properties, 'hardwareProfile'), 'vmSize') ?? ''
}

/** What disks and snapshots have in common. */
import { invalidParameter } from '../errors.js'
import type { ImageContent, ImageTrouble } from '../image/content.js'
import { type Json, listAt, objectAt, same, textAt } from '../network/json.js'
import type { Resource } from '../resource.js'
import type { World } from '../world.js'

export const diskType = 'Microsoft.Compute/disks'
export const snapshotType = 'Microsoft.Compute/snapshots'
export const machineType = 'Microsoft.Compute/virtualMachines'
export const bytesPerGiB = 1024 ** 3

/** What a copy takes from its source when nothing else is sent. */
export const inherited = [
  'osType',
  'hyperVGeneration',
  'purchasePlan',
  'supportedCapabilities',
  'supportsHibernation',
  'securityProfile',
  'encryption',
] as const

export function pick(from: Json, keys: readonly string[]): Json {
  return Object.fromEntries(keys.filter((key) => from[key] !== undefined).map((key) => [key, from[key]]))
}

/** Set by Azure alone; a client that sends back what it read does not change them. */
export function withoutComputed(sent: Json): Json {
  const computed = [
    'provisioningState',
    'timeCreated',
    'uniqueId',
    'diskState',
    'diskSizeBytes',
    'completionPercent',
    'copyCompletionError',
    'snapshotAccessState',
    'incrementalSnapshotFamilyId',
    'LastOwnershipUpdateTime',
    'creationData',
  ]
  return Object.fromEntries(Object.entries(sent).filter(([key]) => !computed.includes(key)))
}

export function sizeGB({ properties }: Pick<Resource, 'properties'>): number {
  const size = properties['diskSizeGB']
  return typeof size === 'number' ? size : 0
}

export function machinesWith(world: World, diskId: string): Resource[] {
  return world.list(machineType).filter((machine) => attachedIds(machine).some((id) => same(id, diskId)))
}

export function attachedIds({ properties }: Resource): string[] {
  const storage = objectAt(properties, 'storageProfile')
  return [objectAt(storage, 'osDisk'), ...listAt(storage, 'dataDisks')]
    .map((disk) => textAt(objectAt(disk, 'managedDisk'), 'id'))
    .filter((id) => id !== undefined)
}

/** Open access ends by itself when its time is over. */
export function hasAccess(world: World, { hidden }: Resource): boolean {
  return hidden.access !== undefined && new Date(hidden.access.until) > world.now()
}

/** Bytes of a new, empty disk. */
export function emptyContent(seed: string, sizeGB: number): ImageContent {
  return { kind: 'empty', sizeBytes: sizeGB * bytesPerGiB, seed, generation: 0 }
}

export function withTrouble(
  content: ImageContent | undefined,
  trouble: ImageTrouble | undefined,
): ImageContent | undefined {
  return content && trouble ? { ...content, trouble } : content
}

/** The same bytes on a disk that may be larger. */
export function grown(content: ImageContent, sizeGB: number): ImageContent {
  const sizeBytes = sizeGB * bytesPerGiB
  if (sizeBytes === content.sizeBytes) return content
  return { ...content, sizeBytes, partitionedBytes: content.partitionedBytes ?? content.sizeBytes }
}

/** What a disk holds now: the guest of a running machine changes a little every hour. */
export function contentNow(world: World, { hidden }: Resource): ImageContent | undefined {
  const { content, writingSince } = hidden
  if (!content || writingSince === undefined) return content
  const hours = Math.max(0, Math.floor((world.now().getTime() - Date.parse(writingSince)) / 3_600_000))
  return { ...content, generation: content.generation + hours }
}

const tiers: readonly (readonly [name: string, sizeGB: number])[] = [
  ...Object.entries({ P1: 4, P2: 8, P3: 16, P4: 32, P6: 64, P10: 128, P15: 256, P20: 512, P30: 1024, P40: 2048 }),
  ...Object.entries({ P50: 4096, P60: 8192, P70: 16384, P80: 32767 }),
]
const rankOf = (tier: unknown) => tiers.findIndex(([name]) => name === tier)

/** What a Premium SSD is billed and measured as: by its size, or higher where that was asked for. Source: Azure's list of disk sizes. */
export function performanceTier(sizeGB: number, asked?: unknown): string {
  const usual = tiers.find(([, size]) => sizeGB <= size)?.[0] ?? 'P80'
  return rankOf(asked) > rankOf(usual) ? String(asked) : usual
}

/** A tier is of a Premium SSD, and never lower than that of its size. */
export function checkTier(tier: unknown, sku: string, sizeGB: number): void {
  if (tier === undefined || tier === null) return
  if (sku.startsWith('Premium_') && rankOf(tier) >= rankOf(performanceTier(sizeGB))) return
  throw invalidParameter(`The value '${String(tier)}' of parameter 'disk.tier' is not allowed.`, 'disk.tier')
}

export function tierOf(sku: string): string {
  if (sku.startsWith('Premium')) return 'Premium'
  return sku.startsWith('Ultra') ? 'Ultra' : 'Standard'
}

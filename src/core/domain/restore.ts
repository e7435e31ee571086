/**
 * What a restore will do, and why it cannot. Pure: the caller has read the VM,
 * its disks and the recovery point; every problem is found before anything is changed.
 */

import { sameId } from './arm-id.js'
import type { RecoveryDisk, RecoveryPoint } from './backup.js'
import type { AttachedDisk, Caching, Disk, ExportAccess, Machine } from './machine.js'
import { isCondemned, verifyFailedAtIn } from './recovery-tags.js'
import { tagOf } from './tag-text.js'
import { temporaryTag } from './temporary.js'

/** One disk to be made, and the place it will take. */
export interface DiskPlan {
  readonly source: RecoveryDisk
  readonly lun: number | null
  readonly caching: Caching
  readonly sku: string
  readonly sizeGb: number
  readonly zone: string | undefined
  readonly tier: string | undefined
  readonly encryptionSetId: string | undefined
  readonly exportAccess?: ExportAccess | undefined
  readonly tags: Readonly<Record<string, string>>
  /** The disk that holds the place now; it is kept. */
  readonly previous: AttachedDisk | undefined
  /** A restore that was cut off has put it there: it is still marked as temporary. */
  readonly isPreviousMarked?: boolean
}

export interface DiskPlans {
  readonly disks: readonly DiskPlan[]
  readonly problems: readonly string[]
  readonly notices: readonly string[]
}

/** Of the 50 that Azure allows: a new disk says where it is from as well, and for a while that it is temporary. */
const mostTags = 48

/** Azure's default; a restored disk does not inherit the SKU of its source. */
const fallbackSku = 'Standard_LRS'

/** LRS disks live in one zone; ZRS disks must not name one. */
export function zoneFor(sku: string, zone: string | undefined): string | undefined {
  return /_ZRS$/i.test(sku) ? undefined : zone
}

/** What a disk may not give out, a new one of its data may not either. A private way is of its region and is not known here. */
export function asClosed(access: ExportAccess | undefined): ExportAccess | undefined {
  if (access?.network !== 'AllowPrivate' || access.diskAccessId !== undefined) return access
  return { ...access, network: 'DenyAll' }
}

export function placeName(lun: number | null): string {
  return lun === null ? 'the OS disk' : `the data disk at LUN ${lun}`
}

/** New disks for a VM whose old ones they replace. `current` holds the disks that are attached now. */
export function planInPlace(machine: Machine, point: RecoveryPoint, current: readonly Disk[]): DiskPlans {
  const problems: string[] = []
  const notices = doubtsOn(point)

  if (point.region.toLowerCase() !== machine.region.toLowerCase())
    problems.push(`it lies in ${point.region} and ${machine.name} in ${machine.region}`)
  if (machine.osDiskKind !== 'managed') problems.push(`${machine.name} has an ${machine.osDiskKind} OS disk`)

  const disks = point.disks.map((source) => {
    const previous = machine.disks.find((disk) => disk.lun === source.lun)
    const now = previous && current.find((disk) => sameId(disk.id, previous.id))
    if (previous && !now) problems.push(`the disk ${previous.name} of ${machine.name} could not be read`)
    if (now) problems.push(...mismatches(machine, point, source, now))
    const count = Object.keys(usersTags(now?.tags ?? {})).length
    if (now && count > mostTags)
      notices.push(`${now.name} has ${count} tags, and the disk in its place gets ${mostTags} of them`)
    return planDisk(machine, source, previous, now)
  })

  const restored = new Set(disks.map((disk) => disk.lun))
  for (const disk of machine.disks)
    if (disk.lun !== null && !restored.has(disk.lun))
      notices.push(`${disk.name} at LUN ${disk.lun} is not in ${point.name} and stays as it is`)
  return { disks, problems, notices }
}

function planDisk(
  machine: Machine,
  source: RecoveryDisk,
  previous: AttachedDisk | undefined,
  now: Disk | undefined,
): DiskPlan {
  const sku = now?.sku ?? source.facts?.sku ?? fallbackSku
  // A disk may be larger than its snapshot and never smaller. A swapped OS disk must have the size of the old one.
  const sizeGb = Math.max(source.snapshot.sizeGb, now?.sizeGb ?? 0)
  return {
    source,
    lun: source.lun,
    caching: previous?.caching ?? source.facts?.caching ?? 'None',
    sku,
    sizeGb,
    zone: zoneFor(sku, now?.zone ?? machine.zone),
    // That of a smaller disk is refused for a larger one.
    tier: sizeGb === now?.sizeGb ? now.tier : undefined,
    encryptionSetId: now?.encryptionSetId ?? source.snapshot.encryptionSetId,
    exportAccess: now ? now.exportAccess : asClosed(source.facts?.exportAccess),
    tags: Object.fromEntries(Object.entries(usersTags(now?.tags ?? {})).slice(0, mostTags)),
    previous,
    isPreviousMarked: tagOf(now?.tags ?? {}, temporaryTag) !== undefined,
  }
}

/** azlin's own tags say what the old disk was; they would lie about the new one. */
function usersTags(tags: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(tags).filter(([name]) => !name.toLowerCase().startsWith('azlin:')))
}

function mismatches(machine: Machine, point: RecoveryPoint, { snapshot, lun }: RecoveryDisk, now: Disk): string[] {
  const found: string[] = []
  const place = placeName(lun)
  if (snapshot.encryptionSetId && !sameId(snapshot.encryptionSetId, now.encryptionSetId))
    found.push(`${place} is encrypted with another disk encryption set than the one it would replace`)
  if (lun !== null) return found

  if (snapshot.sizeGb > now.sizeGb)
    found.push(`${place} has ${snapshot.sizeGb} GiB and the one it would replace ${now.sizeGb} GiB`)
  if (snapshot.osType && snapshot.osType !== machine.osType)
    found.push(`${place} holds ${snapshot.osType} and ${machine.name} is a ${machine.osType} VM`)
  if (snapshot.generation && now.generation && snapshot.generation !== now.generation)
    found.push(`${place} is of generation ${snapshot.generation} and the one it would replace of ${now.generation}`)
  const trusted = snapshot.trustedLaunch || point.machine?.trustedLaunch !== undefined
  if (trusted && !machine.trustedLaunch)
    found.push(`${place} is a Trusted Launch disk and ${machine.name} is not a Trusted Launch VM`)
  // Without recovery facts nobody can say that it is not one.
  if (point.machine && !trusted && machine.trustedLaunch)
    found.push(`${place} is not a Trusted Launch disk and ${machine.name} is a Trusted Launch VM`)
  return found
}

/** Disks for a VM that does not exist yet. The tags of the snapshots say what they were. */
export function planBeside(point: RecoveryPoint, original: Machine | undefined, current: readonly Disk[]): DiskPlans {
  const problems: string[] = []
  if (!point.disks.some((disk) => disk.lun === null)) problems.push('it has no OS disk, so no VM can be made of it')
  // A machine that was in no zone is made in none, wherever the VM is today.
  const { zone } = point.machine ?? original ?? {}

  const disks = point.disks.map((source) => {
    const attached = original?.disks.find((disk) => disk.lun === source.lun)
    const now = attached && current.find((disk) => sameId(disk.id, attached.id))
    const sku = source.facts?.sku ?? now?.sku ?? fallbackSku
    return {
      source,
      lun: source.lun,
      caching: source.facts?.caching ?? attached?.caching ?? 'None',
      sku,
      sizeGb: source.snapshot.sizeGb,
      zone: zoneFor(sku, zone),
      tier: undefined,
      encryptionSetId: source.snapshot.encryptionSetId,
      exportAccess: asClosed(source.facts?.exportAccess),
      tags: {},
      previous: undefined,
    }
  })
  return { disks, problems, notices: doubtsOn(point) }
}

/** Whoever has lost a server may have no better one: it is said, and not refused. */
export function doubtsOn({ name, region, disks }: RecoveryPoint): string[] {
  const tags = disks.map(({ snapshot }) => snapshot.tags)
  const failed = tags
    .flatMap((one) => (isCondemned(one) ? (verifyFailedAtIn(one) ?? []) : []))
    .toSorted((a, b) => +b - +a)[0]
  if (!failed) return []
  const copy = disks.some(({ snapshot }) => snapshot.createOption === 'CopyStart') ? ` --replica ${region}` : ''
  return [
    `The last verification of ${name} failed (${failed.toISOString()}): what is in it may be damaged. azlin backup verify ${name}${copy} tells why.`,
  ]
}

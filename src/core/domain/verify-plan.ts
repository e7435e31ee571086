/** The temporary disk that a snapshot is verified with. */
import type { Backup, RecoveryDisk, RecoveryPoint } from './backup.js'
import { filledPercent, isFilling } from './filling.js'
import type { ExportAccess } from './machine.js'
import { verifyDiskName } from './naming.js'
import { asClosed, zoneFor } from './restore.js'
import { type Snapshot, whyBroken } from './snapshot.js'

export interface VerifyDiskPlan {
  readonly name: string
  readonly resourceGroup: string
  readonly region: string
  readonly zone: string | undefined
  readonly sku: string
  readonly encryptionSetId: string | undefined
  readonly exportAccess: ExportAccess | undefined
  readonly sourceSnapshotId: string
}

const cheapest = 'Standard_LRS'
/** Their disks may have sectors of 4096 bytes, and such a snapshot makes disks of these kinds only (Azure's limits on incremental snapshots). */
const largeSectorSkus = ['PremiumV2_LRS', 'UltraSSD_LRS'] as const

export function planVerifyDisk(
  { machine, replicaOf }: Backup,
  { snapshot, facts }: RecoveryDisk,
  { at, token, allowExport }: { readonly at: Date; readonly token: string; readonly allowExport: boolean },
): VerifyDiskPlan {
  const sku = skuFor(snapshot, facts?.sku)
  // Zones of a second region have nothing to do with those of the first.
  const zone = replicaOf === undefined ? (facts?.zone ?? machine?.zone) : undefined
  return {
    name: verifyDiskName(snapshot.name, at, token),
    resourceGroup: snapshot.resourceGroup,
    region: snapshot.region,
    zone: zoneFor(sku, zone),
    sku,
    encryptionSetId: snapshot.encryptionSetId,
    exportAccess: allowExport ? undefined : asClosed(facts?.exportAccess),
    sourceSnapshotId: snapshot.id,
  }
}

function skuFor({ sectorBytes }: Snapshot, taken: string | undefined): string {
  const own = largeSectorSkus.find((one) => one.toLowerCase() === taken?.toLowerCase())
  if (sectorBytes === 512 || (own === undefined && sectorBytes !== 4096)) return cheapest
  return own ?? largeSectorSkus[0]
}

/** A backup that is being taken right now is no half backup yet. */
const settledMs = 24 * 60 * 60_000

/** It will not become complete any more by itself. */
export function isSettled(backup: Backup, now: Date): boolean {
  return !backup.copying && !isFilling(backup) && +now - +backup.createdAt > settledMs
}

/** Of a point that is not complete, and has to be restored or copied. */
export function whyIncomplete(point: RecoveryPoint): { why: string; waits?: true } {
  if (isFilling(point)) {
    const why = `Azure is still copying its data in the background (${filledPercent(point)} % is there)`
    return { why, waits: true }
  }
  return { why: whyNotVerifiable({ copying: false, replicaOf: undefined, ...point })?.why ?? 'a disk of it is missing' }
}

/** Why nothing can be made of it, told before anything is. */
export function whyNotVerifiable({
  disks,
  complete,
  copying,
  replicaOf,
}: RecoveryPoint & Pick<Backup, 'copying' | 'replicaOf'>): { why: string; way: string } | undefined {
  if (complete) return undefined
  const broken = disks.find(({ snapshot }) => snapshot.copyError !== undefined)
  if (broken)
    return {
      why: `the copy ${broken.snapshot.name} was broken off (${broken.snapshot.copyError})`,
      way: 'azlin backup replicate begins it again.',
    }
  const failed = disks.some(({ snapshot }) => whyBroken(snapshot) !== undefined)
  const arriving = failed ? undefined : disks.find(({ snapshot }) => (snapshot.completionPercent ?? 100) < 100)
  if ((copying && !failed) || arriving) {
    const percent = arriving?.snapshot.completionPercent
    const far = percent === undefined ? '' : ` (${Math.floor(percent)} %)`
    return {
      why: `the data of ${arriving?.snapshot.name ?? 'a snapshot'} is still being copied${far}`,
      way: `Wait until it has arrived; azlin backup ${replicaOf === undefined && !copying ? 'list' : 'replication-status'} shows how far it is.`,
    }
  }
  const unready =
    disks.find(({ snapshot }) => whyBroken(snapshot) !== undefined) ??
    disks.find(({ snapshot }) => snapshot.provisioningState !== 'Succeeded')
  if (unready)
    return {
      why: `its snapshot ${unready.snapshot.name} is ${unready.snapshot.provisioningState}`,
      way: 'Look at the snapshot, then try again.',
    }
  const wanted = disks[0]?.facts?.of
  const count = wanted === undefined ? '' : ` (${disks.length} of ${wanted} are there)`
  return {
    why: `snapshots of it are missing${count}`,
    way:
      replicaOf === undefined
        ? 'Verify another backup, and take a new one.'
        : 'azlin backup replicate copies what is missing.',
  }
}

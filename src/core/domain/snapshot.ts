/** A disk snapshot, as it stands in Azure right now. */
import type { Generation, OsType, ResourceRef } from './machine.js'

export interface Snapshot extends ResourceRef {
  readonly id: string
  readonly region: string
  readonly sizeGb: number
  /** Where Azure says it. */
  readonly sizeBytes?: number | undefined
  /** 512, or 4096 of some Ultra and Premium SSD v2 disks; where Azure says it. */
  readonly sectorBytes?: number | undefined
  readonly createdAt: Date
  readonly incremental: boolean
  /** `Copy` within a region, `CopyStart` across regions. */
  readonly createOption: string
  /** ARM id of the disk (or, for a replica, the snapshot) it was made from. */
  readonly sourceId: string | undefined
  readonly sourceUniqueId: string | undefined
  readonly osType: OsType | undefined
  readonly generation: Generation | undefined
  readonly trustedLaunch: boolean
  readonly encryptionSetId: string | undefined
  readonly provisioningState: string
  /** Share of the data that is there, 0 to 100. Azure leaves it out where a snapshot is usable at once. */
  readonly completionPercent: number | undefined
  /** Why a cross-region copy stopped. Azure keeps the half-filled snapshot. */
  readonly copyError: string | undefined
  readonly diskState: string | undefined
  readonly tags: Readonly<Record<string, string>>
}

/** By what one is picked out of a list. */
export type Listed = Pick<Snapshot, 'tags' | 'sourceId'>

/** Whether all of its data is there. provisioningState alone only says that the ARM object was made. */
export function isReady(snapshot: Snapshot): boolean {
  if (snapshot.provisioningState !== 'Succeeded' || snapshot.copyError !== undefined) return false
  if (snapshot.completionPercent !== undefined) return snapshot.completionPercent >= 100
  return snapshot.createOption !== 'CopyStart'
}

/** Azure's word for why a copy will never be complete. */
export function whyBroken({ copyError, provisioningState }: Snapshot): string | undefined {
  if (copyError !== undefined) return copyError
  return provisioningState === 'Failed' ? 'its provisioning failed' : undefined
}

/** Something is being done to it: it is made, or its tags are changed. What it will be then, nobody can say now. */
export function isInMotion({ provisioningState }: Snapshot): boolean {
  return !/^(succeeded|failed|canceled)$/i.test(provisioningState)
}

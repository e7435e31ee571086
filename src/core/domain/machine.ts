/** A virtual machine as azlin sees it: what must be saved with a backup, and what a restore has to put back. */

/** A VM is always named with its group: two strings in a row get swapped one day. */
export interface VmRef {
  readonly name: string
  readonly resourceGroup: string
}

/** Any resource that lives in a group: a snapshot, a disk, a network interface. */
export interface ResourceRef {
  readonly name: string
  readonly resourceGroup: string
}

export type OsType = 'Linux' | 'Windows'
export type Caching = 'None' | 'ReadOnly' | 'ReadWrite'
export type Generation = 'V1' | 'V2'

export type PowerState = 'running' | 'stopped' | 'deallocated' | 'starting' | 'stopping' | 'deallocating' | 'unknown'

/** Marketplace plan: a VM made from a disk whose image had one must send it again. */
export interface Plan {
  readonly name: string
  readonly product: string
  readonly publisher: string
}

/** Trusted Launch settings; absent means the Standard security type. */
export interface TrustedLaunch {
  readonly secureBoot: boolean
  readonly vTpm: boolean
}

/** `lun` is null for the OS disk, 0 to 63 for a data disk. */
export interface AttachedDisk {
  readonly id: string
  readonly name: string
  readonly lun: number | null
  readonly caching: Caching
  readonly deleteOption: 'Delete' | 'Detach'
}

export interface Machine extends VmRef {
  readonly id: string
  readonly region: string
  readonly zone: string | undefined
  readonly size: string
  readonly osType: OsType
  /** Only a managed disk that outlives a deallocation can be snapshotted. */
  readonly osDiskKind: 'managed' | 'unmanaged' | 'ephemeral'
  /** OS disk first, then data disks by LUN; unmanaged disks are not in it. */
  readonly disks: readonly AttachedDisk[]
  readonly unmanagedDataDisks: number
  readonly trustedLaunch: TrustedLaunch | undefined
  /** `ConfidentialVM` disks cannot be snapshotted the plain way. */
  readonly securityType: string | undefined
  readonly plan: Plan | undefined
  readonly nicIds: readonly string[]
  readonly licenseType: string | undefined
  readonly tags: Readonly<Record<string, string>>
  /** Sent back as If-Match, so that a change made by somebody else is noticed. */
  readonly etag: string | undefined
  readonly provisioningState: string
  /** Where it was asked for with the rest. */
  readonly status?: MachineStatus
}

/** What the instance view says about a VM at one moment. */
export interface MachineStatus {
  readonly power: PowerState
  /** The guest agent's last word, if it has ever reported. */
  readonly agent: { readonly ready: boolean; readonly at: Date | undefined } | undefined
}

/** Whether the guest agent works; undefined where the VM does not run, since it cannot say then. */
export function showsAgent(status: MachineStatus | undefined): boolean | undefined {
  return status?.power === 'running' ? status.agent?.ready === true : undefined
}

/** Who may take a disk's bytes out by a link: fields of the same names in Azure. */
export interface ExportAccess {
  readonly network: 'AllowAll' | 'AllowPrivate' | 'DenyAll'
  /** From the public network. */
  readonly isPublic: boolean
  /** ARM id of the private way, with `AllowPrivate`. */
  readonly diskAccessId: string | undefined
  /** The link alone is not enough: a token of Entra is wanted, too. */
  readonly entraOnly: boolean
}

export interface Disk extends ResourceRef {
  readonly id: string
  readonly region: string
  readonly zone: string | undefined
  readonly sku: string
  readonly sizeGb: number
  /** Where Azure says it. */
  readonly sizeBytes?: number | undefined
  readonly state: string
  /** ARM id of the VM that holds it, if one does. */
  readonly managedBy: string | undefined
  /** When a VM last took it or gave it up, or was started with it; undefined where no VM has had it, or Azure does not say. */
  readonly ownedAt?: Date | undefined
  readonly osType: OsType | undefined
  readonly generation: Generation | undefined
  readonly trustedLaunch: boolean
  readonly encryptionSetId: string | undefined
  readonly uniqueId: string | undefined
  readonly tier: string | undefined
  readonly architecture: string | undefined
  /** Undefined: open to whoever holds a link, which is Azure's default. */
  readonly exportAccess?: ExportAccess | undefined
  readonly tags: Readonly<Record<string, string>>
  readonly provisioningState: string
}

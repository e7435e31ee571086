/** Fields that disks and snapshots share. Everything may be missing in an answer, or be null. */
import type { Encryption } from '@azure/arm-compute'
import { resourceRefOf } from '../core/domain/arm-id.js'
import type { Generation, OsType, ResourceRef } from '../core/domain/machine.js'

const gib = 1024 ** 3

interface DiskLike {
  readonly id?: string
  readonly name?: string
  readonly location?: string
  readonly tags?: Record<string, string>
  readonly osType?: string
  readonly hyperVGeneration?: string
  readonly diskSizeGB?: number
  readonly diskSizeBytes?: number
  readonly securityProfile?: { readonly securityType?: string }
  readonly encryption?: { readonly diskEncryptionSetId?: string }
  readonly provisioningState?: string
  readonly diskState?: string
}

/** `West US 2` and `westus2` are the same region; the second is the name. */
export function regionName(location: string | undefined): string {
  return (location ?? '').replaceAll(' ', '').toLowerCase()
}

export function osTypeOf(text: string | null | undefined): OsType | undefined {
  if (!text) return undefined
  return text.toLowerCase() === 'windows' ? 'Windows' : 'Linux'
}

function generationOf(text: string | null | undefined): Generation | undefined {
  if (!text) return undefined
  return text.toUpperCase() === 'V2' ? 'V2' : 'V1'
}

/** Azure gives a group's name in capitals at times: the way it was asked for is the better one. */
export function refOf(
  { id = '', name }: { readonly id?: string; readonly name?: string },
  { name: askedName, resourceGroup }: Partial<ResourceRef>,
): ResourceRef {
  // Lists are long, and taking an id apart is the slow way.
  const read = resourceGroup === undefined || (askedName ?? name) === undefined ? resourceRefOf(id) : undefined
  return {
    name: askedName ?? name ?? read?.name ?? '',
    resourceGroup: resourceGroup ?? read?.resourceGroup ?? '',
  }
}

export function sharedFields(model: DiskLike, asked: Partial<ResourceRef>) {
  const { name, resourceGroup } = refOf(model, asked)
  return {
    name,
    resourceGroup,
    id: model.id ?? '',
    region: regionName(model.location),
    sizeGb: model.diskSizeGB ?? Math.ceil((model.diskSizeBytes ?? 0) / gib),
    sizeBytes: model.diskSizeBytes ?? undefined,
    osType: osTypeOf(model.osType),
    generation: generationOf(model.hyperVGeneration),
    trustedLaunch: model.securityProfile?.securityType === 'TrustedLaunch',
    encryptionSetId: model.encryption?.diskEncryptionSetId ?? undefined,
    provisioningState: model.provisioningState ?? 'Succeeded',
    tags: model.tags ?? {},
  }
}

export function encryptedWith(diskEncryptionSetId: string | undefined): { encryption?: Encryption } {
  if (diskEncryptionSetId === undefined) return {}
  return { encryption: { type: 'EncryptionAtRestWithCustomerKey', diskEncryptionSetId } }
}

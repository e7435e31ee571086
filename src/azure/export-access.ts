/** Whether a disk's bytes may be taken out by a link, in Azure's fields and in azlin's. */
import type { Disk } from '@azure/arm-compute'
import type { ExportAccess } from '../core/domain/machine.js'

/** Undefined for Azure's default, `AllowAll` and `Enabled`. */
export function exportAccessOf(model: Disk): ExportAccess | undefined {
  const { networkAccessPolicy, publicNetworkAccess, dataAccessAuthMode, diskAccessId } = model
  const isPublic = publicNetworkAccess !== 'Disabled'
  const entraOnly = dataAccessAuthMode === 'AzureActiveDirectory'
  const isPrivate = networkAccessPolicy === 'AllowPrivate'
  const network = networkAccessPolicy === 'DenyAll' ? 'DenyAll' : isPrivate ? 'AllowPrivate' : 'AllowAll'
  if (network === 'AllowAll' && isPublic && !entraOnly) return undefined
  return { network, isPublic, entraOnly, diskAccessId: isPrivate ? diskAccessId : undefined }
}

export function closedAs(access: ExportAccess | undefined): Partial<Disk> {
  if (!access) return {}
  const { network, isPublic, entraOnly, diskAccessId } = access
  return {
    networkAccessPolicy: network,
    publicNetworkAccess: isPublic ? 'Enabled' : 'Disabled',
    ...(diskAccessId !== undefined && { diskAccessId }),
    ...(entraOnly && { dataAccessAuthMode: 'AzureActiveDirectory' }),
  }
}

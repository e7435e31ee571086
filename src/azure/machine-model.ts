/** From Azure's model of a VM to azlin's, and back for the parts that azlin changes. Pure. */
import type { DataDisk, OSDisk, StorageProfile, VirtualMachine, VirtualMachineInstanceView } from '@azure/arm-compute'
import { resourceRefOf, sameId } from '../core/domain/arm-id.js'
import type { AttachedDisk, Caching, Machine, MachineStatus, PowerState, VmRef } from '../core/domain/machine.js'
import type { DiskAt, NewMachine } from '../core/ports/azure.js'
import { osTypeOf, refOf, regionName } from './disk-fields.js'

export function toMachine(vm: VirtualMachine, asked: Partial<VmRef>): Machine {
  const { osDisk, dataDisks = [] } = vm.storageProfile ?? {}
  const { securityProfile, plan, networkProfile } = vm
  const managed = dataDisks.filter(({ managedDisk }) => managedDisk?.id !== undefined)
  const { name = '', product = '', publisher = '' } = plan ?? {}
  return {
    ...refOf(vm, asked),
    id: vm.id ?? '',
    region: regionName(vm.location),
    zone: vm.zones?.[0],
    size: vm.hardwareProfile?.vmSize ?? '',
    osType: osTypeOf(osDisk?.osType) ?? 'Linux',
    osDiskKind: osDiskKind(osDisk),
    disks: [
      ...(osDisk?.managedDisk?.id ? [attached(osDisk, null)] : []),
      ...managed.map((disk) => attached(disk, disk.lun)).sort((a, b) => (a.lun ?? 0) - (b.lun ?? 0)),
    ],
    unmanagedDataDisks: dataDisks.length - managed.length,
    trustedLaunch:
      securityProfile?.securityType === 'TrustedLaunch'
        ? {
            secureBoot: securityProfile.uefiSettings?.secureBootEnabled ?? false,
            vTpm: securityProfile.uefiSettings?.vTpmEnabled ?? false,
          }
        : undefined,
    securityType: securityProfile?.securityType,
    plan: plan && { name, product, publisher },
    nicIds: nicIds(networkProfile?.networkInterfaces ?? []),
    licenseType: vm.licenseType,
    tags: vm.tags ?? {},
    etag: vm.etag,
    provisioningState: vm.provisioningState ?? 'Succeeded',
    ...(vm.instanceView && { status: toStatus(vm.instanceView) }),
  }
}

function osDiskKind(disk: OSDisk | undefined): Machine['osDiskKind'] {
  if (disk?.diffDiskSettings?.option !== undefined) return 'ephemeral'
  return disk?.vhd !== undefined && !disk.managedDisk ? 'unmanaged' : 'managed'
}

function attached(disk: OSDisk | DataDisk, lun: number | null): AttachedDisk {
  const id = disk.managedDisk?.id ?? ''
  return {
    id,
    name: disk.name ?? resourceRefOf(id)?.name ?? '',
    lun,
    caching: cachingOf(disk.caching),
    deleteOption: disk.deleteOption === 'Delete' ? 'Delete' : 'Detach',
  }
}

function cachingOf(text: string | undefined): Caching {
  return text === 'ReadOnly' || text === 'ReadWrite' ? text : 'None'
}

/** The primary one first: it is the one that is copied for a second VM. */
function nicIds(nics: readonly { readonly id?: string; readonly primary?: boolean }[]): readonly string[] {
  return [...nics]
    .sort((a, b) => Number(b.primary ?? false) - Number(a.primary ?? false))
    .flatMap(({ id }) => (id ? [id] : []))
}

const powerStates: readonly string[] = ['running', 'stopped', 'deallocated', 'starting', 'stopping', 'deallocating']

function isPowerState(text: string): text is PowerState {
  return powerStates.includes(text)
}

/** The order of the statuses is not fixed, and the power state is missing while an operation runs. */
export function toStatus({ statuses = [], vmAgent }: VirtualMachineInstanceView): MachineStatus {
  const power = statuses.map(({ code = '' }) => /^PowerState\/(.+)$/i.exec(code)?.[1]?.toLowerCase()).find(Boolean)
  const reports = vmAgent?.statuses ?? []
  const ready = reports.find(
    ({ code, displayStatus }) =>
      /^ProvisioningState\/succeeded$/i.test(code ?? '') || /^Ready$/i.test(displayStatus ?? ''),
  )
  return {
    power: power !== undefined && isPowerState(power) ? power : 'unknown',
    agent: vmAgent && { ready: ready !== undefined, at: (ready ?? reports[0])?.time },
  }
}

/** The whole VM as it would be sent back, with these disks at their places, held as the ones there (in `before`) are. */
export function withDisks(vm: VirtualMachine, disks: readonly DiskAt[], before = vm): VirtualMachine {
  const { osDisk, dataDisks = [] } = vm.storageProfile ?? {}
  const former = before.storageProfile?.dataDisks ?? []
  const os = disks.find(({ lun }) => lun === null)
  const untouched = dataDisks.filter((disk) => !disks.some(({ lun }) => lun === disk.lun))
  const placed = disks.flatMap((disk): DataDisk[] => {
    if (disk.lun === null) return []
    const { deleteOption, writeAcceleratorEnabled } = former.find(({ lun }) => lun === disk.lun) ?? {}
    return [
      {
        ...place(disk),
        lun: disk.lun,
        createOption: 'Attach',
        ...(deleteOption !== undefined && { deleteOption }),
        ...(writeAcceleratorEnabled !== undefined && { writeAcceleratorEnabled }),
      },
    ]
  })
  return changed(vm, {
    // Id and name change together, or Azure refuses the one or ignores the other.
    ...(osDisk && { osDisk: os ? { ...withoutSource(osDisk), ...place(os) } : osDisk }),
    dataDisks: [...untouched, ...placed].sort((a, b) => a.lun - b.lun),
  })
}

export function withoutDataDisks(vm: VirtualMachine, luns: readonly number[]): VirtualMachine {
  const { dataDisks = [] } = vm.storageProfile ?? {}
  return changed(vm, { dataDisks: dataDisks.filter(({ lun }) => !luns.includes(lun)) })
}

export function holdsDisks(vm: VirtualMachine, disks: readonly DiskAt[]): boolean {
  const { osDisk, dataDisks = [] } = vm.storageProfile ?? {}
  return disks.every(({ id, lun }) =>
    sameId(id, (lun === null ? osDisk : dataDisks.find((disk) => disk.lun === lun))?.managedDisk?.id),
  )
}

function place({ id, name, caching }: DiskAt) {
  return { name, caching, managedDisk: { id } }
}

/** Size, blob and disk of the old one would contradict the new one. */
function withoutSource({ vhd: _vhd, image: _image, diskSizeGB: _size, managedDisk: _disk, ...rest }: OSDisk): OSDisk {
  return rest
}

/** Without what only Azure may write; the SDK leaves out the rest of that by itself. */
function changed(
  { resources: _resources, instanceView: _view, provisioningState: _state, ...vm }: VirtualMachine,
  storage: Partial<StorageProfile>,
): VirtualMachine {
  return { ...vm, storageProfile: { ...vm.storageProfile, ...storage } }
}

/**
 * A VM around disks that hold an installed system. No osProfile and no image: Azure refuses both with attached
 * disks, so the guest keeps its host name and keys.
 */
export function newMachine({ region, zone, facts, disks, nicId, tags, throwAway }: NewMachine): VirtualMachine {
  const os = disks.find(({ lun }) => lun === null)
  const deleteOption = throwAway ? 'Delete' : 'Detach'
  return {
    location: region,
    tags: { ...tags },
    ...(zone !== undefined && { zones: [zone] }),
    ...(facts.plan && { plan: { ...facts.plan } }),
    ...(facts.licenseType !== undefined && { licenseType: facts.licenseType }),
    hardwareProfile: { vmSize: facts.size },
    ...(facts.trustedLaunch && {
      securityProfile: {
        securityType: 'TrustedLaunch',
        uefiSettings: { secureBootEnabled: facts.trustedLaunch.secureBoot, vTpmEnabled: facts.trustedLaunch.vTpm },
      },
    }),
    storageProfile: {
      ...(os && { osDisk: { ...place(os), osType: facts.osType, createOption: 'Attach', deleteOption } }),
      dataDisks: disks.flatMap((disk): DataDisk[] =>
        disk.lun === null ? [] : [{ ...place(disk), lun: disk.lun, createOption: 'Attach', deleteOption }],
      ),
    },
    networkProfile: { networkInterfaces: [{ id: nicId, primary: true, deleteOption }] },
    // Storage that Azure keeps itself: a failed boot is looked at through its serial log.
    ...(throwAway && { diagnosticsProfile: { bootDiagnostics: { enabled: true } } }),
  }
}

/** Machines that are there from the beginning, with their disks. */
import { machineType } from './compute/disk-model.js'
import { boot, setPower, touch } from './compute/machine-state.js'
import { finishedDisk, type NewDisk } from './compute/made-disks.js'
import { groupId, groupType } from './groups.js'
import type { ImageContent } from './image/content.js'
import type { Json } from './network/json.js'
import type { Sandbox } from './routes.js'
import type { World } from './world.js'

export interface SeedMachine {
  readonly name: string
  readonly tags: Record<string, string>
  readonly zone?: string
  readonly vmSize: string
  readonly osDisk: { readonly sku: string; readonly sizeGB: number }
  readonly dataDisks?: readonly SeedDataDisk[]
  readonly trustedLaunch?: true
  readonly deallocated?: true
  /** It starts by BIOS. */
  readonly firstGeneration?: true
  readonly noAgent?: true
  /** From the marketplace: the plan that goes with its disk. */
  readonly plan?: { readonly name: string; readonly product: string; readonly publisher: string }
  /** Id of the set that encrypts its disks. */
  readonly encryptionSet?: string
}

interface SeedDataDisk {
  readonly lun: number
  readonly caching: string
  readonly sku: string
  readonly sizeGB: number
  readonly kind?: ImageContent['kind']
  readonly sectorBytes?: 4096
}

interface Place {
  readonly group: string
  readonly location: string
  readonly nicId: string
}

export function seedGroup(world: World, name: string, location: string): void {
  const properties = { provisioningState: 'Succeeded' }
  world.put({ id: groupId(name), name, type: groupType, location, properties, hidden: {} })
}

export function seedMachine(sandbox: Sandbox, machine: SeedMachine & Place): void {
  const { world } = sandbox
  const { name, vmSize, zone, tags, plan, group, location, encryptionSet } = machine
  const generation = machine.firstGeneration ? 'V1' : 'V2'
  const image = machine.firstGeneration ? { ...gen2Image, sku: '22_04-lts' } : gen2Image
  const capabilities = { diskControllerTypes: 'SCSI', acceleratedNetwork: true, architecture: 'x64' }
  const encryption = encryptionSet !== undefined && {
    encryption: { type: 'EncryptionAtRestWithCustomerKey', diskEncryptionSetId: encryptionSet },
  }
  const osDisk = putDisk(world, machine, {
    ...machine.osDisk,
    name: `${name}_OsDisk_1`,
    creationData: { createOption: 'FromImage', imageReference: { id: imageId(location, image) } },
    kind: machine.firstGeneration ? 'os-bios' : 'os',
    ...(machine.noAgent && { guest: { agent: false } }),
    more: {
      osType: 'Linux',
      hyperVGeneration: generation,
      supportedCapabilities: capabilities,
      ...(machine.trustedLaunch && { securityProfile: { securityType: 'TrustedLaunch' } }),
      ...(plan && { purchasePlan: plan }),
      ...encryption,
    },
  })
  const dataDisks = (machine.dataDisks ?? []).map(({ lun, caching, sku, sizeGB, kind = 'data', sectorBytes }) => {
    const creationData = { createOption: 'Empty', ...(sectorBytes && { logicalSectorSize: sectorBytes }) }
    const disk = { name: `${name}_data_${lun}`, creationData, kind, more: { ...encryption }, sku, sizeGB } as const
    return { lun, createOption: 'Attach', caching, ...putDisk(world, machine, disk), toBeDetached: false }
  })
  const made = world.put({
    id: `${groupId(group)}/providers/${machineType}/${name}`,
    name,
    type: machineType,
    location,
    tags: { ...tags },
    ...(zone !== undefined && { zones: [zone] }),
    ...(plan && { plan }),
    properties: {
      vmId: world.uuid(),
      hardwareProfile: { vmSize },
      storageProfile: {
        imageReference: { ...image, exactVersion: '22.04.202508010' },
        osDisk: { osType: 'Linux', createOption: 'FromImage', caching: 'ReadWrite', ...osDisk },
        dataDisks,
      },
      osProfile: {
        computerName: name,
        adminUsername: 'azureuser',
        linuxConfiguration: { disablePasswordAuthentication: true, provisionVMAgent: !machine.noAgent },
        secrets: [],
        allowExtensionOperations: true,
      },
      ...(machine.trustedLaunch && {
        securityProfile: {
          uefiSettings: { secureBootEnabled: true, vTpmEnabled: true },
          securityType: 'TrustedLaunch',
        },
      }),
      networkProfile: {
        networkInterfaces: [{ id: machine.nicId, properties: { primary: true, deleteOption: 'Detach' } }],
      },
      diagnosticsProfile: { bootDiagnostics: { enabled: true } },
      timeCreated: world.stamp(),
    },
    hidden: { generation },
  })
  touch(world, made, 'Succeeded')
  if (machine.deallocated) setPower(world, made, 'deallocated')
  else boot(sandbox, made)
}

/** The disk, and what the machine says of it. */
function putDisk(
  world: World,
  { zone, group, location, encryptionSet }: SeedMachine & Place,
  disk: Omit<NewDisk, 'location' | 'zones'>,
): Json {
  const { id, name, sku } = world.put(
    finishedDisk(world, group, { ...disk, location, zones: zone === undefined ? [] : [zone] }),
  )
  const set = encryptionSet !== undefined && { diskEncryptionSet: { id: encryptionSet } }
  const managedDisk = { storageAccountType: sku?.['name'], ...set, id }
  return { name, managedDisk, deleteOption: 'Detach', diskSizeGB: disk.sizeGB }
}

const gen2Image = {
  publisher: 'Canonical',
  offer: '0001-com-ubuntu-server-jammy',
  sku: '22_04-lts-gen2',
  version: 'latest',
}

function imageId(location: string, { publisher, offer, sku }: typeof gen2Image): string {
  return `/Subscriptions/00000000-0000-0000-0000-000000000000/Providers/Microsoft.Compute/Locations/${location}/Publishers/${publisher}/ArtifactTypes/VMImage/Offers/${offer}/Skus/${sku}/Versions/22.04.202508010`
}

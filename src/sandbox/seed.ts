/** What a new sandbox starts with: the group `demo-rg` with four machines in their network. */

import { machineType } from './compute/disk-model.js'
import { boot, setPower, touch } from './compute/machine-state.js'
import { finishedDisk, type NewDisk } from './compute/made-disks.js'
import { groupId, groupType } from './groups.js'
import type { Json } from './network/json.js'
import { seedNetwork } from './network/seed.js'
import type { Sandbox } from './routes.js'

const group = 'demo-rg'
const location = 'westus2'

interface Machine {
  readonly name: string
  readonly tags: Record<string, string>
  readonly zone?: string
  readonly vmSize: string
  readonly osDisk: { readonly sku: string; readonly sizeGB: number }
  readonly dataDisks?: readonly {
    readonly lun: number
    readonly caching: string
    readonly sku: string
    readonly sizeGB: number
  }[]
  readonly trustedLaunch?: true
  readonly deallocated?: true
}

const machines: readonly Machine[] = [
  {
    name: 'web-1',
    tags: { app: 'shop', tier: 'web' },
    vmSize: 'Standard_D2s_v5',
    osDisk: { sku: 'Premium_LRS', sizeGB: 30 },
  },
  {
    name: 'db-1',
    tags: { app: 'shop', tier: 'data' },
    zone: '1',
    vmSize: 'Standard_E4s_v5',
    osDisk: { sku: 'Premium_LRS', sizeGB: 30 },
    dataDisks: [
      { lun: 0, caching: 'ReadOnly', sku: 'Premium_LRS', sizeGB: 64 },
      { lun: 2, caching: 'None', sku: 'Premium_LRS', sizeGB: 32 },
    ],
  },
  {
    name: 'tl-1',
    tags: { app: 'vault' },
    vmSize: 'Standard_D2s_v5',
    osDisk: { sku: 'StandardSSD_LRS', sizeGB: 30 },
    trustedLaunch: true,
  },
  {
    name: 'idle-1',
    tags: { app: 'archive' },
    vmSize: 'Standard_B2s',
    osDisk: { sku: 'Standard_LRS', sizeGB: 30 },
    deallocated: true,
  },
]

export function seedWorld(sandbox: Sandbox): void {
  const { world } = sandbox
  const id = groupId(group)
  world.put({ id, name: group, type: groupType, location, properties: { provisioningState: 'Succeeded' }, hidden: {} })
  const interfaces = seedNetwork(world, { groupId: id, location, machines: machines.map(({ name }) => name) })
  for (const machine of machines) seedMachine(sandbox, machine, interfaces.get(machine.name) ?? '')
}

function seedMachine(sandbox: Sandbox, machine: Machine, nicId: string): void {
  const { world } = sandbox
  const { name, vmSize, zone, tags } = machine
  const security = machine.trustedLaunch && { securityProfile: { securityType: 'TrustedLaunch' } }
  const capabilities = { diskControllerTypes: 'SCSI', acceleratedNetwork: true, architecture: 'x64' }
  const osDisk = putDisk(sandbox, machine, {
    ...machine.osDisk,
    name: `${name}_OsDisk_1`,
    creationData: { createOption: 'FromImage', imageReference: { id: imageId } },
    kind: 'os',
    more: { osType: 'Linux', hyperVGeneration: 'V2', supportedCapabilities: capabilities, ...security },
  })
  const dataDisks = (machine.dataDisks ?? []).map(({ lun, caching, sku, sizeGB }) => {
    const creationData = { createOption: 'Empty' }
    const disk = { name: `${name}_data_${lun}`, creationData, kind: 'data', more: {}, sku, sizeGB } as const
    return { lun, createOption: 'Attach', caching, ...putDisk(sandbox, machine, disk), toBeDetached: false }
  })
  const made = world.put({
    id: `${groupId(group)}/providers/${machineType}/${name}`,
    name,
    type: machineType,
    location,
    tags: { ...tags },
    ...(zone !== undefined && { zones: [zone] }),
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
        linuxConfiguration: { disablePasswordAuthentication: true, provisionVMAgent: true },
        secrets: [],
        allowExtensionOperations: true,
      },
      ...(machine.trustedLaunch && {
        securityProfile: {
          uefiSettings: { secureBootEnabled: true, vTpmEnabled: true },
          securityType: 'TrustedLaunch',
        },
      }),
      networkProfile: { networkInterfaces: [{ id: nicId, properties: { primary: true, deleteOption: 'Detach' } }] },
      diagnosticsProfile: { bootDiagnostics: { enabled: true } },
      timeCreated: world.stamp(),
    },
    hidden: { generation: 'V2' },
  })
  touch(world, made, 'Succeeded')
  if (machine.deallocated) setPower(world, made, 'deallocated')
  else boot(sandbox, made)
}

/** The disk, and what the machine says of it. */
function putDisk({ world }: Sandbox, { zone }: Machine, disk: Omit<NewDisk, 'location' | 'zones'>): Json {
  const { id, name, sku } = world.put(
    finishedDisk(world, group, { ...disk, location, zones: zone === undefined ? [] : [zone] }),
  )
  const managedDisk = { storageAccountType: sku?.['name'], id }
  return { name, managedDisk, deleteOption: 'Detach', diskSizeGB: disk.sizeGB }
}

const image = {
  publisher: 'Canonical',
  offer: '0001-com-ubuntu-server-jammy',
  sku: '22_04-lts-gen2',
  version: 'latest',
}
const imageId = `/Subscriptions/00000000-0000-0000-0000-000000000000/Providers/Microsoft.Compute/Locations/${location}/Publishers/${image.publisher}/ArtifactTypes/VMImage/Offers/${image.offer}/Skus/${image.sku}/Versions/22.04.202508010`

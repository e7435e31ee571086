/** What recordings take for granted, made through the sandbox's own interface. */
import type { Running } from '../running.js'
import { prepare } from './replay.js'

const disks = 'api-version=2025-01-02'
const machines = 'api-version=2025-04-01'
const network = 'api-version=2025-05-01'

export async function group(running: Running, name: string, location = 'eastus'): Promise<void> {
  const id = `/subscriptions/${running.sandbox.subscriptionId}/resourceGroups/${name}`
  await prepare(running, 'PUT', `${id}?api-version=2021-04-01`, { location })
}

interface DiskWish {
  readonly location: string
  readonly sizeGB: number
  readonly osType?: string
  readonly sku?: string
}

/** Gives its id, as do the others. */
export async function disk(
  running: Running,
  groupName: string,
  name: string,
  { location, sizeGB, osType, sku = 'Standard_LRS' }: DiskWish,
): Promise<string> {
  const id = running.id(`Microsoft.Compute/disks/${name}`, groupName)
  await prepare(running, 'PUT', `${id}?${disks}`, {
    location,
    tags: {},
    sku: { name: sku },
    properties: {
      creationData: { createOption: 'Empty' },
      diskSizeGB: sizeGB,
      hyperVGeneration: 'V1',
      ...(osType !== undefined && { osType }),
    },
  })
  return id
}

export async function snapshot(
  running: Running,
  groupName: string,
  name: string,
  { location, source }: { location: string; source: string },
): Promise<string> {
  const id = running.id(`Microsoft.Compute/snapshots/${name}`, groupName)
  await prepare(running, 'PUT', `${id}?${disks}`, {
    location,
    tags: {},
    sku: { name: 'Standard_LRS' },
    properties: { creationData: { createOption: 'Copy', sourceResourceId: source }, incremental: true },
  })
  return id
}

interface MachineWish {
  readonly location: string
  readonly windows?: boolean
  readonly osDisk?: string
  /** The first is made before and attached, the others are made with it. */
  readonly dataDisks?: readonly string[]
}

/** With its group, a network and an interface. */
export async function machine(
  running: Running,
  groupName: string,
  name: string,
  { location, windows = false, osDisk, dataDisks = [] }: MachineWish,
): Promise<string> {
  await group(running, groupName, location)
  const net = running.id('Microsoft.Network/virtualNetworks/net', groupName)
  await prepare(running, 'PUT', `${net}?${network}`, {
    location,
    properties: {
      addressSpace: { addressPrefixes: ['10.0.0.0/16'] },
      subnets: [{ name: 'one', properties: { addressPrefix: '10.0.0.0/24' } }],
    },
  })
  const nic = running.id(`Microsoft.Network/networkInterfaces/${name}-nic`, groupName)
  await prepare(running, 'PUT', `${nic}?${network}`, {
    location,
    properties: { ipConfigurations: [{ name: 'main', properties: { subnet: { id: `${net}/subnets/one` } } }] },
  })
  const attached: object[] = []
  for (const [index, dataDisk] of dataDisks.entries()) {
    const entry = { lun: index + 1, caching: 'ReadWrite' }
    if (index > 0) attached.push({ ...entry, name: dataDisk, createOption: 'Empty', diskSizeGB: 50 })
    else {
      const id = await disk(running, groupName, dataDisk, { location, sizeGB: 50 })
      attached.push({ ...entry, createOption: 'Attach', managedDisk: { id } })
    }
  }
  const imageReference = windows
    ? { publisher: 'MicrosoftWindowsServer', offer: 'WindowsServer', sku: '2016-Datacenter', version: 'latest' }
    : { publisher: 'Canonical', offer: 'UbuntuServer', sku: '16.04.0-LTS', version: 'latest' }
  const id = running.id(`Microsoft.Compute/virtualMachines/${name}`, groupName)
  await prepare(running, 'PUT', `${id}?${machines}`, {
    location,
    tags: {},
    properties: {
      hardwareProfile: { vmSize: 'Standard_D2s_v3' },
      storageProfile: {
        imageReference,
        osDisk: {
          ...(osDisk !== undefined && { name: osDisk }),
          createOption: 'FromImage',
          caching: 'ReadWrite',
          managedDisk: { storageAccountType: 'Standard_LRS' },
        },
        dataDisks: attached,
      },
      osProfile: { computerName: name.slice(0, 15), adminUsername: 'azureuser', adminPassword: 'Not-a-secret-1' },
      networkProfile: { networkInterfaces: [{ id: nic, properties: { primary: true } }] },
    },
  })
  return id
}

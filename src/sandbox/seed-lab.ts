/** On demand: the group `lab-rg`, with the machines that are out of the ordinary and networks that lead to guests. */
import { encryptionSetType } from './compute/encryption.js'
import { ArmError } from './errors.js'
import { groupId } from './groups.js'
import { reachableRange } from './guest/addresses.js'
import { isRefusal } from './network/kind.js'
import { seedNetwork } from './network/seed.js'
import { virtualNetworks } from './network/virtual-networks.js'
import type { Sandbox } from './routes.js'
import { type SeedMachine, seedGroup, seedMachine } from './seed-machine.js'
import { principalId } from './tokens.js'
import { tenantId, type World } from './world.js'

const group = 'lab-rg'
const location = 'westus2'
const otherRegion = 'eastus2'

export function seedLab(sandbox: Sandbox): void {
  const { world } = sandbox
  if (world.get(groupId(group))) throw new ArmError(409, 'Conflict', `The group '${group}' is there already.`)
  seedGroup(world, group, location)
  for (const region of [location, otherRegion]) {
    putEncryptionSet(world, region)
    putReachableNetwork(world, region)
  }
  const machines = labMachines()
  const names = machines.map(({ name }) => name)
  const place = { groupId: groupId(group), location, prefix: 'lab', numbers: '10.11' }
  const interfaces = seedNetwork(world, { ...place, machines: names })
  for (const machine of machines) {
    seedMachine(sandbox, { ...machine, group, location, nicId: interfaces.get(machine.name) ?? '' })
  }
}

function labMachines(): SeedMachine[] {
  const osDisk = { sku: 'StandardSSD_LRS', sizeGB: 30 }
  const common = { tags: { app: 'lab' }, vmSize: 'Standard_B2s', osDisk }
  return [
    { ...common, name: 'plan-1', plan: { name: 'hardened', product: 'hardened-linux', publisher: 'contoso' } },
    { ...common, name: 'bios-1', vmSize: 'Standard_DS1_v2', firstGeneration: true },
    { ...common, name: 'quiet-1', noAgent: true },
    { ...common, name: 'key-1', encryptionSet: setId(location) },
    {
      ...common,
      name: 'raw-1',
      zone: '1',
      vmSize: 'Standard_D2s_v5',
      dataDisks: [
        { lun: 0, caching: 'None', sku: 'StandardSSD_LRS', sizeGB: 32, kind: 'raw' },
        { lun: 1, caching: 'None', sku: 'StandardSSD_LRS', sizeGB: 16, kind: 'empty' },
        { lun: 2, caching: 'None', sku: 'PremiumV2_LRS', sizeGB: 64, kind: 'raw', sectorBytes: 4096 },
      ],
    },
  ]
}

function setId(region: string): string {
  return `${groupId(group)}/providers/${encryptionSetType}/lab-key-${region}`
}

function putEncryptionSet(world: World, region: string): void {
  const id = setId(region)
  world.put({
    id,
    name: `lab-key-${region}`,
    type: encryptionSetType,
    location: region,
    identity: { type: 'SystemAssigned', principalId, tenantId },
    properties: {
      activeKey: { keyUrl: `https://lab-${region}.vault.azure.net/keys/disks/00000000000000000000000000000001` },
      encryptionType: 'EncryptionAtRestWithCustomerKey',
      rotationToLatestKeyVersionEnabled: false,
      provisioningState: 'Succeeded',
    },
    hidden: {},
  })
}

/** A network of loopback addresses: what is in it can be reached from this computer, as over a VPN. */
function putReachableNetwork(world: World, region: string): void {
  const name = `reach-${region}`
  const id = `${groupId(group)}/providers/Microsoft.Network/virtualNetworks/${name}`
  const prefix = `${reachableRange(world.secret, region)}.0/24`
  const subnets = [{ name: 'reachable', properties: { addressPrefix: prefix } }]
  const body = { location: region, properties: { addressSpace: { addressPrefixes: [prefix] }, subnets } }
  const etag = `W/"${world.uuid()}"`
  const made = virtualNetworks.make({ world, id, name, location: region, etag, before: undefined, body })
  if (isRefusal(made)) throw new Error(made.message)
  world.put({ id, name, type: 'Microsoft.Network/virtualNetworks', location: region, etag, ...made, hidden: {} })
}

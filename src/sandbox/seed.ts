/** What a new sandbox starts with: the group `demo-rg` with four machines in their network. */
import { groupId } from './groups.js'
import { seedNetwork } from './network/seed.js'
import type { Sandbox } from './routes.js'
import { type SeedMachine, seedGroup, seedMachine } from './seed-machine.js'

const group = 'demo-rg'
const location = 'westus2'

const machines: readonly SeedMachine[] = [
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
  seedGroup(world, group, location)
  const names = machines.map(({ name }) => name)
  const place = { groupId: groupId(group), location, prefix: 'demo', numbers: '10.10' }
  const interfaces = seedNetwork(world, { ...place, machines: names })
  for (const machine of machines) {
    seedMachine(sandbox, { ...machine, group, location, nicId: interfaces.get(machine.name) ?? '' })
  }
}

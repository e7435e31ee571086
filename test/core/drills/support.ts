/** VMs of the embedded Azure with a backup and its copy, ready to be drilled. */
import type { Drill, DrillRequest } from '../../../src/core/domain/drill.js'
import type { VmRef } from '../../../src/core/domain/machine.js'
import { type CoreOnSandbox, coreOnSandbox } from '../../support/core-on-sandbox.js'

export const home = 'demo-rg'
export const region = 'eastus2'
export const web: VmRef = { name: 'web-1', resourceGroup: home }
export const db: VmRef = { name: 'db-1', resourceGroup: home }
/** Switched off, so nobody knows whether it has a guest agent. */
export const idle: VmRef = { name: 'idle-1', resourceGroup: home }
export const trusted: VmRef = { name: 'tl-1', resourceGroup: home }

/** Core's minutes are fractions of a second here. */
export const hurry = 200

export async function ready(...vms: readonly VmRef[]): Promise<CoreOnSandbox> {
  const core = await coreOnSandbox({ hurry })
  for (const vm of vms) await backedUp(core, vm)
  core.events.length = 0
  return core
}

/** Takes a backup and copies it to the test region. Its name. */
export async function backedUp(core: CoreOnSandbox, vm: VmRef, { copied = true } = {}): Promise<string> {
  const usual = { dailyRetention: 7, weeklyRetention: 4, monthlyRetention: 12 }
  await core.schedules.configure(vm, usual, core.run())
  const { backup } = await core.backups.trigger(vm, { tier: undefined }, core.run())
  if (copied) await core.replication.replicate(vm, backup, { region }, core.run())
  return backup.name
}

export const usual: Omit<DrillRequest, 'vm'> = {
  testRegion: region,
  allowSizeChange: false,
  requireReplica: false,
  boot: true,
  connectivity: true,
  cleanup: true,
}

export const offline = { connectivity: false } as const

/** Everything of the embedded Azure that says it is temporary, and every group that is not the home group. */
export function leftovers(core: CoreOnSandbox): string[] {
  const { world } = core.sandbox
  const types = [
    'Microsoft.Compute/virtualMachines',
    'Microsoft.Compute/disks',
    'Microsoft.Network/networkInterfaces',
    'Microsoft.Network/virtualNetworks',
    'Microsoft.Network/networkSecurityGroups',
    'Microsoft.Network/publicIPAddresses',
    'Microsoft.Resources/resourceGroups',
  ]
  return types
    .flatMap((type) => world.list(type))
    .filter(({ tags = {}, name }) => 'azlin:temporary' in tags || name.startsWith('azlin-dr-'))
    .map(({ id }) => id)
}

export function phasesOf({ phases }: Drill): Record<string, string> {
  return Object.fromEntries(phases.map(({ phase, outcome }) => [phase, outcome]))
}

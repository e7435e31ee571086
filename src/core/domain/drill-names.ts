/** Names of what a drill makes. Two drills at once, of one VM in one group, have different ones: `token` tells them apart. */
import { restoredDiskName, shortened, stampOf } from './naming.js'

export interface DrillNames {
  readonly token: string
  /** Of the group that the drill makes for itself: at most 90 characters. */
  readonly group: string
  readonly nsg: string
  readonly vnet: string
}

export function drillNames(subject: string, at: Date, token: string): DrillNames {
  const base = `azlin-dr-${shortened(subject, 40)}`
  return {
    token,
    group: `${base}-${stampOf(at)}-${token}`,
    nsg: `${base}-${token}-nsg`,
    vnet: `${base}-${token}-vnet`,
  }
}

export interface MachineNames {
  readonly vm: string
  readonly nic: string
  readonly pip: string
  disk(lun: number | null): string
}

/** `attempt` counts from 1: what a failed one leaves keeps its names until it is removed. */
export function testMachineNames(vm: string, at: Date, token: string, attempt: number): MachineNames {
  // Azure: a VM's name has at most 64 characters.
  const name = `${shortened(vm, 40)}-dr-${token}${attempt === 1 ? '' : `-${attempt}`}`
  return { vm: name, nic: `${name}-nic`, pip: `${name}-ip`, disk: (lun) => restoredDiskName(name, lun, at) }
}

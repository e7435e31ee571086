/**
 * What drills and failovers ask of Azure beyond what backups do: a network that leads nowhere, a look into
 * the guest, and whether there is room. Every method rejects with AzlinError and with nothing else.
 */
import type { SecurityRule } from '../domain/drill-quarantine.js'
import type { OsType, ResourceRef, VmRef } from '../domain/machine.js'
import type { Azure } from './azure.js'

type Tags = Readonly<Record<string, string>>

export type NetworkPart = 'nsg' | 'vnet' | 'pip' | 'nic'

export interface TestNetworks {
  /**
   * NAME_TAKEN when one of that name is there, as for everything made here. Resolves with the ARM id. `sent` is called
   * before Azure may get to know of it.
   */
  createSecurityGroup(
    want: ResourceRef & { readonly region: string; readonly rules: readonly SecurityRule[]; readonly tags: Tags },
    signal: AbortSignal,
    sent?: () => void,
  ): Promise<string>
  /** A virtual network with one subnet that has no default way out (`defaultOutboundAccess: false`). */
  createNetwork(
    want: ResourceRef & {
      readonly region: string
      readonly prefix: string
      readonly securityGroupId: string
      readonly tags: Tags
    },
    signal: AbortSignal,
    sent?: () => void,
  ): Promise<{ readonly id: string; readonly subnetId: string }>
  /** Standard, static, deleted with the VM's interface. */
  createPublicAddress(
    want: ResourceRef & { readonly region: string; readonly zone: string | undefined; readonly tags: Tags },
    signal: AbortSignal,
    sent?: () => void,
  ): Promise<{ readonly id: string; readonly address: string }>
  createNic(
    want: ResourceRef & {
      readonly region: string
      readonly subnetId: string
      readonly securityGroupId: string | undefined
      readonly publicAddressId: string | undefined
      readonly tags: Tags
    },
    signal: AbortSignal,
    sent?: () => void,
  ): Promise<{ readonly id: string; readonly privateAddress: string }>
  /** Tags of one that is there. */
  find(part: NetworkPart, ref: ResourceRef, signal: AbortSignal): Promise<{ readonly tags: Tags } | undefined>
  /** Waits until it is gone; refusals that pass (a reserved interface, 180 s) are waited for. Gone already is fine. */
  remove(part: NetworkPart, ref: ResourceRef, signal: AbortSignal): Promise<void>
  /** ARM ids of the interfaces in the subnets of a network, or behind a security group: their own, or their subnet's. */
  interfacesOn(part: 'vnet' | 'nsg', ref: ResourceRef, signal: AbortSignal): Promise<readonly string[]>
  /** The subnet's region, or undefined when it is not there. */
  subnetRegion(subnetId: string, signal: AbortSignal): Promise<string | undefined>
}

export interface Guests {
  /**
   * Runs a script inside the guest through Run Command and waits for it. Azure keeps the last 4096 bytes of its
   * output, and calls every script that ran a success: print an exit marker. TIMED_OUT when no result comes back.
   */
  run(vm: VmRef, os: OsType, script: readonly string[], minutes: number, signal: AbortSignal): Promise<string>
  /** Last lines of the serial console; undefined where boot diagnostics has none to give. */
  bootLog(vm: VmRef, lines: number, signal: AbortSignal): Promise<readonly string[] | undefined>
}

export interface TestGroups {
  /** NAME_TAKEN when it exists. */
  create(name: string, region: string, tags: Tags, signal: AbortSignal, sent?: () => void): Promise<void>
  /** Waits until it is gone, minutes to tens of minutes. A refusal names the member that stood in the way. */
  remove(name: string, signal: AbortSignal): Promise<void>
  /** ARM ids of what is in it. */
  members(name: string, signal: AbortSignal): Promise<readonly string[]>
}

export interface Capacity {
  /** Why the quota of cores (regional, and of the size's family) does not suffice, or undefined when it does. */
  whyNoQuota(size: string, region: string, signal: AbortSignal): Promise<string | undefined>
  /** Other sizes of the same family and generation with at least as many data disks, next larger first, on offer in the region. */
  sizesLike(size: string, region: string, signal: AbortSignal): Promise<readonly string[]>
  /** Zones of the region in which the size is on offer; empty where it has none. */
  zonesOf(size: string, region: string, signal: AbortSignal): Promise<readonly string[]>
}

export interface Permissions {
  /** Which of these actions this account may not do in the group (or subscription); undefined when nobody says. */
  missing(
    resourceGroup: string | undefined,
    actions: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly string[] | undefined>
}

export interface DrillAzure extends Azure {
  readonly testNetworks: TestNetworks
  readonly testGroups: TestGroups
  readonly guests: Guests
  readonly capacity: Capacity
  readonly permissions: Permissions
}

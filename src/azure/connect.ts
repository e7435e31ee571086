/** Composes the Azure ports over the SDK. Nothing is loaded or sent before a port is used. */
import type { Clock } from '../core/clock.js'
import type { Report } from '../core/events.js'
import type { Azure } from '../core/ports/azure.js'
import { Calls } from './calls.js'
import { Clients } from './clients.js'
import { type CloudName, cloudOf } from './clouds.js'
import { SharedCredential } from './credential.js'
import { AzureDisks } from './disks.js'
import { AzureGroups } from './groups.js'
import { AzureInventory } from './inventory.js'
import { AzureLocks } from './locks.js'
import { AzureMachines } from './machines.js'
import { AzureNetworks } from './networks.js'
import { AzureRegions } from './regions.js'
import { AzureSnapshots } from './snapshots.js'
import { AzureTags } from './tags.js'

export interface AzureTarget {
  readonly subscriptionId: string
  readonly cloud: CloudName
  /** https only. The cloud's own when absent. */
  readonly armEndpoint?: string | undefined
  /** Milliseconds between two questions after a long operation; a server's Retry-After wins. */
  readonly pollIntervalMs: number
  /** PEM of the sandbox's certificate authority. Otherwise trust is Node's own. */
  readonly caPem?: string | undefined
  /** The sandbox's managed identity. Otherwise the credential has its own environment. */
  readonly identity?: { readonly endpoint: string; readonly header: string } | undefined
}

export async function connectAzure(target: AzureTarget, report: Report, clock: Clock): Promise<Azure> {
  const { subscriptionId, pollIntervalMs, caPem, identity } = target
  const cloud = cloudOf(target.cloud, target.armEndpoint)
  const credential = new SharedCredential({ authorityHost: cloud.authorityHost, caPem, identity })
  const clients = new Clients({ subscriptionId, cloud, credential, caPem, clock, report })
  const calls = new Calls(clock, pollIntervalMs, report)
  return {
    subscriptionId,
    snapshots: new AzureSnapshots(clients, calls),
    disks: new AzureDisks(clients, calls),
    machines: new AzureMachines(clients, calls),
    networks: new AzureNetworks(clients, calls),
    tags: new AzureTags(clients, calls),
    groups: new AzureGroups(clients, calls),
    inventory: new AzureInventory(clients, calls),
    locks: new AzureLocks(clients, calls),
    regions: new AzureRegions(clients, calls),
  }
}

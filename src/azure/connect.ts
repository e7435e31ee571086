/** Composes the Azure ports over the SDK. Nothing is loaded or sent before a port is used. */
import type { Clock } from '../core/clock.js'
import type { Report } from '../core/events.js'
import type { DrillAzure } from '../core/ports/drill-azure.js'
import { AzureBlobs } from './blobs.js'
import { Calls } from './calls.js'
import { AzureCapacity } from './capacity.js'
import { Clients } from './clients.js'
import { type CloudName, cloudOf } from './clouds.js'
import { connectionPool } from './connections.js'
import { SharedCredential } from './credential.js'
import { AzureDisks } from './disks.js'
import { AzureGroups } from './groups.js'
import { AzureGuests } from './guests.js'
import { AzureInventory } from './inventory.js'
import { AzureLocks } from './locks.js'
import { AzureMachines } from './machines.js'
import { AzureNetworks } from './networks.js'
import { AzurePermissions } from './permissions.js'
import { AzureRegions } from './regions.js'
import { SizeLists } from './sizes.js'
import { AzureSnapshots } from './snapshots.js'
import { AzureTags } from './tags.js'
import { AzureTestGroups } from './test-groups.js'
import { AzureTestNetworks } from './test-networks.js'

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

export async function connectAzure(target: AzureTarget, report: Report, clock: Clock): Promise<DrillAzure> {
  const { subscriptionId, pollIntervalMs, caPem, identity } = target
  const cloud = cloudOf(target.cloud, target.armEndpoint)
  // The one connection on which one signs in to the sandbox serves for the first request too.
  const connections = { tlsOptions: caPem === undefined ? undefined : { ca: caPem }, http: connectionPool() }
  const credential = new SharedCredential({ authorityHost: cloud.authorityHost, identity, ...connections })
  const clients = new Clients({ subscriptionId, cloud, credential, clock, report, ...connections })
  const calls = new Calls(clock, pollIntervalMs, report)
  const sizes = new SizeLists(clients, calls)
  return {
    subscriptionId,
    snapshots: new AzureSnapshots(clients, calls),
    disks: new AzureDisks(clients, calls),
    blobs: new AzureBlobs({ caPem, clock, report }, calls),
    machines: new AzureMachines(clients, calls),
    networks: new AzureNetworks(clients, calls),
    tags: new AzureTags(clients, calls),
    groups: new AzureGroups(clients, calls),
    inventory: new AzureInventory(clients, calls),
    locks: new AzureLocks(clients, calls),
    regions: new AzureRegions(clients, calls, sizes),
    testNetworks: new AzureTestNetworks(clients, calls),
    testGroups: new AzureTestGroups(clients, calls, clock),
    guests: new AzureGuests(clients, calls),
    capacity: new AzureCapacity(clients, calls, sizes),
    permissions: new AzurePermissions(clients, calls),
  }
}

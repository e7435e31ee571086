/** Disk snapshots through arm-compute. A PUT on a name in use keeps the old data, so names are probed first. */
import type { Snapshot as ArmSnapshot, ComputeManagementClient, PagedAsyncIterableIterator } from '@azure/arm-compute'
import type { ResourceRef } from '../core/domain/machine.js'
import type { Snapshot } from '../core/domain/snapshot.js'
import { AzlinError } from '../core/errors.js'
import type { NewSnapshot, Snapshots, Wanted } from '../core/ports/azure.js'
import type { Task } from './call.js'
import type { CallOptions, Calls } from './calls.js'
import type { Clients } from './clients.js'
import { submitted } from './compute-poller.js'
import { encryptedWith, sharedFields } from './disk-fields.js'
import { make, taskOf, unmake } from './resources.js'

/** A snapshot takes seconds; the rest is patience with a region in trouble. */
const minutes = 20

export class AzureSnapshots implements Snapshots {
  readonly #clients: Clients
  readonly #calls: Calls

  constructor(clients: Clients, calls: Calls) {
    this.#clients = clients
    this.#calls = calls
  }

  inGroup(resourceGroup: string, signal: AbortSignal, wanted?: Wanted): Promise<readonly Snapshot[]> {
    const task = {
      doing: `listing the snapshots of resource group ${resourceGroup}`,
      subject: `resource group ${resourceGroup}`,
      missing: () => new AzlinError('RESOURCE_GROUP_NOT_FOUND', { resourceGroup }),
    }
    return this.#list(task, { resourceGroup }, signal, wanted, ({ snapshots }, options) =>
      snapshots.listByResourceGroup(resourceGroup, options),
    )
  }

  inSubscription(signal: AbortSignal, wanted?: Wanted): Promise<readonly Snapshot[]> {
    const task = { doing: 'listing the snapshots of the subscription', subject: 'snapshots of the subscription' }
    return this.#list(task, {}, signal, wanted, ({ snapshots }, options) => snapshots.list(options))
  }

  async find(ref: ResourceRef, signal: AbortSignal): Promise<Snapshot | undefined> {
    const model = await this.#calls.find(taskOf('reading', 'snapshot', ref), signal, this.#get(ref))
    return model && toSnapshot(model, ref)
  }

  create(want: NewSnapshot, signal: AbortSignal): Promise<Snapshot> {
    return this.#make('Copy', want, signal)
  }

  startCopy(want: NewSnapshot, signal: AbortSignal): Promise<Snapshot> {
    return this.#make('CopyStart', want, signal)
  }

  async #make(createOption: 'Copy' | 'CopyStart', want: NewSnapshot, signal: AbortSignal): Promise<Snapshot> {
    if (await this.find(want, signal)) throw new AzlinError('NAME_TAKEN', { what: 'a snapshot', name: want.name })

    const body: ArmSnapshot = {
      location: want.region,
      tags: { ...want.tags },
      incremental: true,
      creationData: { createOption, sourceResourceId: want.sourceId },
      // Nobody needs a link to the data of a backup; a restore reads it inside Azure.
      networkAccessPolicy: 'DenyAll',
      publicNetworkAccess: 'Disabled',
      ...encryptedWith(want.encryptionSetId),
    }
    const model = await make(
      this.#calls,
      {
        task: taskOf(createOption === 'Copy' ? 'creating' : 'copying to', 'snapshot', want),
        minutes,
        get: this.#get(want),
        put: async (options) => {
          const { snapshots } = await this.#clients.compute()
          return submitted(snapshots.createOrUpdate(want.resourceGroup, want.name, body, options))
        },
      },
      signal,
    )
    return toSnapshot(model, want)
  }

  remove(ref: ResourceRef, signal: AbortSignal): Promise<void> {
    return unmake(
      this.#calls,
      {
        task: taskOf('removing', 'snapshot', ref),
        minutes,
        get: this.#get(ref),
        remove: async (options) => {
          const { snapshots } = await this.#clients.compute()
          return submitted(snapshots.delete(ref.resourceGroup, ref.name, options))
        },
      },
      signal,
    )
  }

  #get({ resourceGroup, name }: ResourceRef) {
    return async (options: CallOptions): Promise<ArmSnapshot> => {
      const { snapshots } = await this.#clients.compute()
      return snapshots.get(resourceGroup, name, options)
    }
  }

  #list(
    task: Task,
    asked: Partial<ResourceRef>,
    signal: AbortSignal,
    wanted: Wanted = () => true,
    pages: (client: ComputeManagementClient, options: CallOptions) => PagedAsyncIterableIterator<ArmSnapshot>,
  ): Promise<readonly Snapshot[]> {
    return this.#calls.request(task, signal, async (options) => {
      const found: Snapshot[] = []
      for await (const page of pages(await this.#clients.compute(), options).byPage())
        for (const model of page)
          if (wanted({ tags: model.tags ?? {}, sourceId: model.creationData?.sourceResourceId }))
            found.push(toSnapshot(model, asked))
      return found
    })
  }
}

/**
 * A copy across regions that does not say how far it is says at least when its data can be had, and a snapshot of a
 * Premium SSD v2 or Ultra disk that they cannot: the end of the operation that made it has the one and not the other.
 */
function percentOf({ completionPercent, creationData, snapshotAccessState }: ArmSnapshot): number | undefined {
  const copied = creationData?.createOption === 'CopyStart'
  const told = copied ? snapshotAccessState === 'Available' : snapshotAccessState === 'Pending'
  return completionPercent ?? (told ? (copied ? 100 : 0) : undefined)
}

function toSnapshot(model: ArmSnapshot, asked: Partial<ResourceRef>): Snapshot {
  const { creationData, copyCompletionError: broken } = model
  const shared = sharedFields(model, asked)
  // Field by field: V8 makes a slow dictionary of what a spread adds to, and there may be thousands of these.
  return {
    name: shared.name,
    resourceGroup: shared.resourceGroup,
    id: shared.id,
    region: shared.region,
    provisioningState: shared.provisioningState,
    tags: shared.tags,
    sizeGb: shared.sizeGb,
    sizeBytes: shared.sizeBytes,
    osType: shared.osType,
    generation: shared.generation,
    trustedLaunch: shared.trustedLaunch,
    encryptionSetId: shared.encryptionSetId,
    // An unknown age must not make a snapshot look new.
    createdAt: model.timeCreated ?? new Date(0),
    incremental: model.incremental ?? false,
    createOption: creationData?.createOption ?? 'Copy',
    sourceId: creationData?.sourceResourceId,
    sourceUniqueId: creationData?.sourceUniqueId,
    sectorBytes: creationData?.logicalSectorSize,
    completionPercent: percentOf(model),
    copyError: broken ? broken.errorMessage || broken.errorCode || 'the copy was broken off' : undefined,
    diskState: model.diskState,
  }
}

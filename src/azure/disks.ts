/** Managed disks through arm-compute. A disk does not inherit SKU, zone or tier from its snapshot: they are sent. */
import type { Disk as ArmDisk } from '@azure/arm-compute'
import type { Disk, ResourceRef } from '../core/domain/machine.js'
import { AzlinError } from '../core/errors.js'
import type { Disks, NewDisk } from '../core/ports/azure.js'
import { type CallOptions, type Calls, orUndefined } from './calls.js'
import type { Clients } from './clients.js'
import { submitted } from './compute-poller.js'
import { encryptedWith, sharedFields } from './disk-fields.js'
import { isFields } from './error-body.js'
import { closedAs, exportAccessOf } from './export-access.js'
import { make, taskOf, unmake } from './resources.js'

const minutes = 20
/** Opening and closing a disk takes a moment. */
const accessMinutes = 10

export class AzureDisks implements Disks {
  readonly #clients: Clients
  readonly #calls: Calls

  constructor(clients: Clients, calls: Calls) {
    this.#clients = clients
    this.#calls = calls
  }

  async find(ref: ResourceRef, signal: AbortSignal): Promise<Disk | undefined> {
    const model = await this.#calls.find(taskOf('reading', 'disk', ref), signal, this.#get(ref))
    return model && toDisk(model, ref)
  }

  inSubscription(signal: AbortSignal): Promise<readonly Disk[]> {
    const task = { doing: 'listing the disks of the subscription', subject: 'disks of the subscription' }
    return this.#calls.request(task, signal, async (options) => {
      const { disks } = await this.#clients.compute()
      const found: Disk[] = []
      for await (const model of disks.list(options)) found.push(toDisk(model, {}))
      return found
    })
  }

  async create(want: NewDisk, signal: AbortSignal, sent?: () => void): Promise<Disk> {
    // A PUT on a disk that exists would be an update of it, with the data it has.
    if (await this.find(want, signal)) throw new AzlinError('NAME_TAKEN', { what: 'a disk', name: want.name })

    const body: ArmDisk = {
      location: want.region,
      tags: { ...want.tags },
      sku: { name: want.sku },
      creationData: { createOption: 'Copy', sourceResourceId: want.sourceSnapshotId },
      ...(want.sizeGb !== undefined && { diskSizeGB: want.sizeGb }),
      ...(want.zone !== undefined && { zones: [want.zone] }),
      ...(want.tier !== undefined && { tier: want.tier }),
      ...encryptedWith(want.encryptionSetId),
      ...closedAs(want.exportAccess),
    }
    const model = await make(
      this.#calls,
      {
        task: taskOf('creating', 'disk', want),
        minutes,
        get: this.#get(want),
        put: async (options) => {
          const { disks } = await this.#clients.compute()
          sent?.()
          return submitted(disks.createOrUpdate(want.resourceGroup, want.name, body, options))
        },
      },
      signal,
    )
    return toDisk(model, want)
  }

  remove(ref: ResourceRef, signal: AbortSignal): Promise<void> {
    return unmake(
      this.#calls,
      {
        task: taskOf('removing', 'disk', ref),
        minutes,
        get: this.#get(ref),
        remove: async (options) => {
          const { disks } = await this.#clients.compute()
          return submitted(disks.delete(ref.resourceGroup, ref.name, options))
        },
      },
      signal,
    )
  }

  async grantRead(ref: ResourceRef, seconds: number, signal: AbortSignal): Promise<string> {
    const { value, output } = await this.#openLink(ref, seconds, signal).catch(notByPolicy)
    // The link is in the operation's output, and in the answer of its Location: whichever was read last.
    const link = value?.accessSAS ?? (isFields(output) ? output['accessSAS'] : undefined)
    if (typeof link === 'string') return link
    const what = `opening disk ${ref.name}`
    throw new AzlinError('AZURE_REJECTED', { what, code: '', reason: 'it said yes and gave no link' })
  }

  #openLink(ref: ResourceRef, durationInSeconds: number, signal: AbortSignal) {
    return this.#calls.operate<{ accessSAS?: string } | undefined>(
      {
        task: taskOf('opening', 'disk', ref),
        minutes: accessMinutes,
        start: async (options) => {
          const { disks } = await this.#clients.compute()
          const wanted = { access: 'Read', durationInSeconds }
          return submitted(disks.grantAccess(ref.resourceGroup, ref.name, wanted, options))
        },
        // The link is in nothing but the answer; asked again, Azure gives one again.
        repeatable: true,
        look: async () => 'absent',
      },
      signal,
    )
  }

  revokeRead(ref: ResourceRef, signal: AbortSignal): Promise<void> {
    return this.#calls.remove(
      {
        task: taskOf('closing', 'disk', ref),
        minutes: accessMinutes,
        start: async (options) => {
          const { disks } = await this.#clients.compute()
          return submitted(disks.revokeAccess(ref.resourceGroup, ref.name, options))
        },
        look: async (options, call) => {
          const disk = await orUndefined(call, () => this.#get(ref)(options))
          return disk === undefined || !disk.diskState?.startsWith('ActiveSAS') ? { done: undefined } : 'absent'
        },
      },
      signal,
    )
  }

  #get({ resourceGroup, name }: ResourceRef) {
    return async (options: CallOptions): Promise<ArmDisk> => {
      const { disks } = await this.#clients.compute()
      return disks.get(resourceGroup, name, options)
    }
  }
}

/** A policy against links is one of the ways in which the bytes may not be read. */
function notByPolicy(error: unknown): never {
  if (!AzlinError.is(error, 'POLICY_DENIED')) throw error
  throw new AzlinError('READ_REFUSED', error.details, { cause: error })
}

/** Of a disk that no VM has had Azure says the year 1. */
function ownedAtOf({ lastOwnershipUpdateTime: at }: ArmDisk): Date | undefined {
  return at && +at > 0 ? at : undefined
}

function toDisk(model: ArmDisk, asked: Partial<ResourceRef>): Disk {
  return {
    ...sharedFields(model, asked),
    zone: model.zones?.[0],
    sku: model.sku?.name ?? 'Standard_LRS',
    state: model.diskState ?? 'Unattached',
    managedBy: model.managedBy,
    ownedAt: ownedAtOf(model),
    uniqueId: model.uniqueId,
    tier: model.tier,
    architecture: model.supportedCapabilities?.architecture,
    exportAccess: exportAccessOf(model),
  }
}

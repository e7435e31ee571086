/**
 * Azure in memory, for long simulations and for races that must happen in every
 * order: a second implementation of the ports that backups need, held to the same
 * contract as the one over the SDK (ports-contract.ts). The others are not there.
 */
import { sameId } from '../../../src/core/domain/arm-id.js'
import type { Disk, Machine, ResourceRef, VmRef } from '../../../src/core/domain/machine.js'
import type { Snapshot } from '../../../src/core/domain/snapshot.js'
import { AzlinError } from '../../../src/core/errors.js'
import type { Azure, NewSnapshot } from '../../../src/core/ports/azure.js'
import { idOf, machine as newMachine, snapshot as newSnapshot, subscription } from './builders.js'
import type { SimulatedClock } from './simulated-clock.js'

export interface Trouble {
  /** Asked before each request takes effect; throws, or waits, or lets it pass. */
  before?(request: string, name: string): void | Promise<void>
  /** Asked after it did. */
  after?(request: string, name: string): void | Promise<void>
}

export class MemoryAzure
  implements
    Pick<Azure, 'subscriptionId' | 'snapshots' | 'machines' | 'tags' | 'groups' | 'locks' | 'regions' | 'disks'>
{
  readonly subscriptionId = subscription
  readonly requests: string[] = []
  trouble: Trouble = {}
  /** What a list shows of what there is; it may lag behind. */
  listed: (all: readonly Snapshot[]) => readonly Snapshot[] = (all) => all
  readonly #clock: SimulatedClock
  readonly #groups = new Set<string>()
  readonly #machines: Machine[] = []
  readonly #disks: Disk[] = []
  readonly #locked: string[] = []
  #snapshots: Snapshot[] = []
  #order = 0

  constructor(clock: SimulatedClock, groups: readonly string[] = ['rg']) {
    this.#clock = clock
    for (const group of groups) this.#groups.add(group.toLowerCase())
  }

  /** Everything that a manager asks for; the ports that are missing here throw when they are used. */
  get ports(): Azure {
    const { subscriptionId, snapshots, tags, groups, locks, regions, machines, disks } = this
    const networks = { findNic: absent, cloneNic: absent, createNic: absent, removeNic: absent }
    const inventory = { taggedWith: absent }
    const blobs = { open: absent }
    return { subscriptionId, blobs, snapshots, tags, groups, locks, regions, machines, disks, networks, inventory }
  }

  addMachine(name: string, dataDisks = 0, change: Partial<Machine> = {}): Machine {
    const machine = newMachine(name, dataDisks, change)
    this.#machines.push(machine)
    for (const { id, name: disk, lun } of machine.disks)
      this.#disks.push({
        id,
        name: disk,
        resourceGroup: machine.resourceGroup,
        region: machine.region,
        zone: machine.zone,
        sku: lun === null ? 'Premium_LRS' : 'StandardSSD_LRS',
        sizeGb: lun === null ? 30 : 64,
        state: 'Attached',
        managedBy: machine.id,
        osType: lun === null ? machine.osType : undefined,
        generation: lun === null ? 'V2' : undefined,
        trustedLaunch: false,
        encryptionSetId: undefined,
        uniqueId: `unique-${disk}`,
        tier: undefined,
        architecture: lun === null ? 'x64' : undefined,
        tags: {},
        provisioningState: 'Succeeded',
      })
    return machine
  }

  removeMachine(name: string): void {
    const index = this.#machines.findIndex((machine) => machine.name === name)
    if (index >= 0) this.#machines.splice(index, 1)
  }

  addSnapshot(change: Partial<Snapshot> & { readonly name: string }): Snapshot {
    const made = newSnapshot({ createdAt: this.#stamp(), ...change })
    this.#snapshots.push(made)
    return made
  }

  lock(id: string): void {
    this.#locked.push(id.toLowerCase())
  }

  get all(): readonly Snapshot[] {
    return this.#snapshots
  }

  readonly snapshots: Azure['snapshots'] = {
    startCopy: absent,
    inGroup: (group, signal, wanted = () => true) =>
      this.#request('list snapshots', group, signal, () => {
        this.#mustExist(group)
        return this.listed(this.#snapshots).filter((one) => same(one.resourceGroup, group) && wanted(one))
      }),
    inSubscription: (signal, wanted = () => true) =>
      this.#request('list all snapshots', '', signal, () => this.listed(this.#snapshots).filter(wanted)),
    find: (ref, signal) => this.#request('get snapshot', ref.name, signal, () => this.#find(ref)),
    create: async (want, signal) => {
      if (await this.snapshots.find(want, signal))
        throw new AzlinError('NAME_TAKEN', { what: 'a snapshot', name: want.name })
      await this.#request('put snapshot', want.name, signal, () => this.#put(want))
      return this.#request('get snapshot', want.name, signal, () => {
        const made = this.#find(want)
        if (!made) throw new AzlinError('AZURE_NOT_FOUND', { what: `snapshot ${want.name}` })
        return made
      })
    },
    remove: (ref, signal) =>
      this.#request('delete snapshot', ref.name, signal, () => {
        const there = this.#find(ref)
        if (there && this.#locked.some((scope) => there.id.toLowerCase().startsWith(scope)))
          throw new AzlinError('LOCKED', { what: `deleting ${ref.name}`, scope: there.id })
        this.#snapshots = this.#snapshots.filter((one) => one !== there)
      }),
  }

  readonly disks: Azure['disks'] = {
    inSubscription: absent,
    create: absent,
    remove: absent,
    grantRead: absent,
    revokeRead: absent,
    find: (ref, signal) =>
      this.#request('get disk', ref.name, signal, () =>
        this.#disks.find((disk) => same(disk.name, ref.name) && same(disk.resourceGroup, ref.resourceGroup)),
      ),
  }

  readonly machines: Azure['machines'] = {
    status: absent,
    start: absent,
    powerOff: absent,
    deallocate: absent,
    swapDisks: absent,
    detachDisks: absent,
    create: absent,
    remove: absent,
    find: (vm, signal) => this.#request('get vm', vm.name, signal, () => this.#machine(vm)),
    getWithStatus: (vm, signal) => this.machines.get(vm, signal),
    get: (vm, signal) =>
      this.#request('get vm', vm.name, signal, () => {
        const machine = this.#machine(vm)
        if (!machine) throw new AzlinError('VM_NOT_FOUND', { vm: vm.name, resourceGroup: vm.resourceGroup })
        return machine
      }),
    list: (group, signal) =>
      this.#request('list vms', group ?? '', signal, () =>
        this.#machines.filter((machine) => group === undefined || same(machine.resourceGroup, group)),
      ),
  }

  readonly tags: Azure['tags'] = {
    merge: (id, tags, signal) =>
      this.#request('merge tags', id.split('/').at(-1) ?? '', signal, () => this.#merge(id, tags)),
    remove: absent,
  }

  readonly groups: Azure['groups'] = {
    create: absent,
    find: (name, signal) =>
      this.#request('get group', name, signal, () =>
        this.#groups.has(name.toLowerCase()) ? { region: 'westus2', tags: {} } : undefined,
      ),
  }

  readonly locks: Azure['locks'] = {
    inGroup: (group, signal) => this.#request('list locks', group, signal, () => this.#locked),
  }

  readonly regions: Azure['regions'] = {
    list: (signal) => this.#request('list regions', '', signal, () => ['westus2', 'eastus', 'northeurope']),
    whyNotSize: () => Promise.resolve(undefined),
    diskKinds: () => Promise.resolve(undefined),
  }

  async #request<T>(request: string, name: string, signal: AbortSignal, work: () => T): Promise<T> {
    this.requests.push(name === '' ? request : `${request} ${name}`)
    signal.throwIfAborted()
    await this.trouble.before?.(request, name)
    signal.throwIfAborted()
    const result = work()
    await this.trouble.after?.(request, name)
    signal.throwIfAborted()
    return result
  }

  /** As Azure does: a PUT on a name that exists keeps the data and the time, and replaces the tags. */
  #put(want: NewSnapshot): void {
    this.#mustExist(want.resourceGroup)
    const there = this.#find(want)
    if (there) {
      this.#snapshots = this.#snapshots.map((one) => (one === there ? { ...there, tags: want.tags } : one))
      return
    }
    const disk = this.#disks.find((one) => sameId(one.id, want.sourceId))
    this.#snapshots.push(
      newSnapshot({
        name: want.name,
        resourceGroup: want.resourceGroup,
        id: idOf('snapshots', want.resourceGroup, want.name),
        region: want.region,
        createdAt: this.#stamp(),
        sourceId: want.sourceId,
        osType: disk?.osType,
        generation: disk?.generation,
        sizeGb: disk?.sizeGb ?? 0,
        tags: want.tags,
      }),
    )
  }

  #merge(id: string, tags: Readonly<Record<string, string>>): void {
    for (const value of Object.values(tags))
      if (value.length > 256) throw new Error(`A tag value of ${value.length} characters`)
    const merged = <T extends { readonly id: string; readonly tags: Readonly<Record<string, string>> }>(one: T): T =>
      sameId(one.id, id) ? { ...one, tags: { ...one.tags, ...tags } } : one
    this.#snapshots = this.#snapshots.map(merged)
    this.#machines.splice(0, this.#machines.length, ...this.#machines.map(merged))
  }

  #find(ref: ResourceRef): Snapshot | undefined {
    return this.#snapshots.find((one) => same(one.name, ref.name) && same(one.resourceGroup, ref.resourceGroup))
  }

  #machine(vm: VmRef): Machine | undefined {
    return this.#machines.find((one) => same(one.name, vm.name) && same(one.resourceGroup, vm.resourceGroup))
  }

  #mustExist(resourceGroup: string): void {
    if (!this.#groups.has(resourceGroup.toLowerCase()))
      throw new AzlinError('RESOURCE_GROUP_NOT_FOUND', { resourceGroup })
  }

  /** Azure's own clock: no two moments are the same. */
  #stamp(): Date {
    return new Date(+this.#clock.now() + (this.#order++ % 1_000))
  }
}

const absent = () => Promise.reject(new Error('That part of Azure is not in memory.'))

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}

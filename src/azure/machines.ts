/** Virtual machines through arm-compute. */
import type { VirtualMachine } from '@azure/arm-compute'
import type { Machine, MachineStatus, PowerState, VmRef } from '../core/domain/machine.js'
import { AzlinError } from '../core/errors.js'
import type { DiskAt, Machines, NewMachine, SwapSteps } from '../core/ports/azure.js'
import type { Call, Task } from './call.js'
import { type CallOptions, type Calls, orUndefined, type Seen } from './calls.js'
import type { Clients } from './clients.js'
import { standing, submitted } from './compute-poller.js'
import { holdsDisks, newMachine, toMachine, toStatus, withDisks, withoutDataDisks } from './machine-model.js'
import { lookAt, make, taskOf, unmake } from './resources.js'

/** Minutes. A guest that hangs on its way down takes Azure ten of them alone. */
const limits = { power: 30, change: 20, create: 30, remove: 20 }

/** It is on its way from one state to another; or Azure does not know. */
const changing: ReadonlySet<PowerState> = new Set(['starting', 'stopping', 'deallocating', 'unknown'])

export class AzureMachines implements Machines {
  readonly #clients: Clients
  readonly #calls: Calls

  constructor(clients: Clients, calls: Calls) {
    this.#clients = clients
    this.#calls = calls
  }

  async get(vm: VmRef, signal: AbortSignal): Promise<Machine> {
    return toMachine(await this.#read(vm, signal), vm)
  }

  async getWithStatus(vm: VmRef, signal: AbortSignal): Promise<Machine> {
    return toMachine(await this.#calls.request(taskOn('reading', vm), signal, this.#get(vm, 'instanceView')), vm)
  }

  async find(vm: VmRef, signal: AbortSignal): Promise<Machine | undefined> {
    const model = await this.#calls.find(taskOn('reading', vm), signal, this.#get(vm))
    return model && toMachine(model, vm)
  }

  list(resourceGroup: string | undefined, signal: AbortSignal): Promise<readonly Machine[]> {
    const where = resourceGroup === undefined ? 'the subscription' : `resource group ${resourceGroup}`
    const task: Task = {
      doing: `listing the VMs of ${where}`,
      subject: where,
      ...(resourceGroup !== undefined && {
        missing: () => new AzlinError('RESOURCE_GROUP_NOT_FOUND', { resourceGroup }),
      }),
    }
    return this.#calls.request(task, signal, async (options) => {
      const { virtualMachines } = await this.#clients.compute()
      const pages =
        resourceGroup === undefined ? virtualMachines.listAll(options) : virtualMachines.list(resourceGroup, options)
      const found: Machine[] = []
      for await (const model of pages)
        found.push(toMachine(model, resourceGroup === undefined ? {} : { resourceGroup }))
      return found
    })
  }

  status(vm: VmRef, signal: AbortSignal): Promise<MachineStatus> {
    return this.#calls.request(taskOn('reading the state of', vm), signal, this.#status(vm))
  }

  start(vm: VmRef, signal: AbortSignal): Promise<void> {
    return this.#power('start', 'running', taskOn('starting', vm), vm, signal)
  }

  powerOff(vm: VmRef, signal: AbortSignal): Promise<void> {
    return this.#power('powerOff', 'stopped', taskOn('stopping', vm), vm, signal)
  }

  deallocate(vm: VmRef, signal: AbortSignal, sent?: () => void): Promise<void> {
    return this.#power('deallocate', 'deallocated', taskOn('deallocating', vm), vm, signal, sent)
  }

  async swapDisks(
    vm: VmRef,
    disks: readonly DiskAt[],
    etag: string | undefined,
    signal: AbortSignal,
    { sent, freeing }: SwapSteps = {},
  ): Promise<void> {
    const task = taskOn('swapping the disks of', vm)
    const took = (model: VirtualMachine) => holdsDisks(model, disks)
    try {
      await this.#change(task, vm, etag, (model) => withDisks(model, disks), took, signal, sent)
    } catch (error) {
      const luns = disks.flatMap(({ lun }) => lun ?? [])
      if (luns.length === 0 || !isFixed(error)) throw error
      // Some see Azure refuse another disk at a place that is taken: it is made free first, with all that can go along.
      const os = disks.filter(({ lun }) => lun === null)
      const before = await this.#read(vm, signal)
      await freeing?.()
      const free = (model: VirtualMachine) => holdsDisks(model, os) && holdsNone(model, luns)
      await this.#change(task, vm, etag, (model) => withDisks(withoutDataDisks(model, luns), os), free, signal)
      await this.#change(task, vm, undefined, (model) => withDisks(model, disks, before), took, signal)
    }
  }

  async detachDisks(vm: VmRef, luns: readonly number[], etag: string | undefined, signal: AbortSignal): Promise<void> {
    const took = (model: VirtualMachine) => holdsNone(model, luns)
    const change = (model: VirtualMachine) => withoutDataDisks(model, luns)
    await this.#change(taskOn('detaching disks from', vm), vm, etag, change, took, signal)
  }

  async create(want: NewMachine, signal: AbortSignal, sent?: () => void): Promise<Machine> {
    if (await this.find(want, signal)) throw new AzlinError('NAME_TAKEN', { what: 'a VM', name: want.name })
    const model = await make(
      this.#calls,
      {
        task: taskOf('creating', 'VM', want),
        minutes: limits.create,
        get: this.#get(want),
        put: async (options) => {
          const { virtualMachines } = await this.#clients.compute()
          sent?.()
          return submitted(virtualMachines.createOrUpdate(want.resourceGroup, want.name, newMachine(want), options))
        },
      },
      signal,
    )
    return toMachine(model, want)
  }

  remove(vm: VmRef, signal: AbortSignal): Promise<void> {
    return unmake(
      this.#calls,
      {
        task: taskOf('removing', 'VM', vm),
        minutes: limits.remove,
        get: this.#get(vm),
        remove: async (options) => {
          const { virtualMachines } = await this.#clients.compute()
          return submitted(virtualMachines.delete(vm.resourceGroup, vm.name, options))
        },
      },
      signal,
    )
  }

  #read(vm: VmRef, signal: AbortSignal): Promise<VirtualMachine> {
    return this.#calls.request(taskOn('reading', vm), signal, this.#get(vm))
  }

  #get({ resourceGroup, name }: VmRef, expand?: 'instanceView') {
    return async (options: CallOptions): Promise<VirtualMachine> => {
      const { virtualMachines } = await this.#clients.compute()
      return virtualMachines.get(resourceGroup, name, { ...options, ...(expand && { expand }) })
    }
  }

  #status({ resourceGroup, name }: VmRef) {
    return async (options: CallOptions): Promise<MachineStatus> => {
      const { virtualMachines } = await this.#clients.compute()
      return toStatus(await virtualMachines.instanceView(resourceGroup, name, options))
    }
  }

  async #power(
    action: 'start' | 'powerOff' | 'deallocate',
    wanted: PowerState,
    task: Task,
    vm: VmRef,
    signal: AbortSignal,
    sent?: () => void,
  ): Promise<void> {
    const look = async (options: CallOptions, call: Call): Promise<Seen<void>> => {
      const status = await orUndefined(call, () => this.#status(vm)(options))
      if (status?.power === wanted) return { done: undefined }
      return status !== undefined && changing.has(status.power) ? 'underway' : 'absent'
    }
    const start = async (options: CallOptions) => {
      const { virtualMachines } = await this.#clients.compute()
      sent?.()
      return submitted(virtualMachines[action](vm.resourceGroup, vm.name, options))
    }
    await this.#calls.operate({ task, minutes: limits.power, start, look }, signal)
  }

  /** Sends the whole VM back with one change, on the condition that nobody else changed it since. */
  async #change(
    task: Task,
    vm: VmRef,
    etag: string | undefined,
    change: (model: VirtualMachine) => VirtualMachine,
    took: (model: VirtualMachine) => boolean,
    signal: AbortSignal,
    sent?: () => void,
  ): Promise<void> {
    const now = await this.#read(vm, signal)
    if (took(now) && standing(now.provisioningState) === 'done') return
    if (etag !== undefined && now.etag !== undefined && etag !== now.etag)
      throw new AzlinError('CONFLICT', { what: task.subject, reason: 'it was changed since it was read' })

    const ifMatch = etag ?? now.etag
    const get = this.#get(vm)
    const body = change(now)
    const { value, readBack } = await this.#calls.operate<VirtualMachine>(
      {
        task,
        minutes: limits.change,
        // Should the first one take effect after all, it changes the ETag, and the second one is refused.
        repeatable: ifMatch !== undefined,
        start: async (options) => {
          const { virtualMachines } = await this.#clients.compute()
          sent?.()
          return submitted(
            virtualMachines.createOrUpdate(vm.resourceGroup, vm.name, body, {
              ...options,
              ...(ifMatch !== undefined && { ifMatch }),
            }),
          )
        },
        look: async (options, call) => {
          const seen = await lookAt({ task, get })(options, call)
          return seen === 'underway' || seen === 'absent' || took(seen.done) ? seen : 'absent'
        },
      },
      signal,
    )
    const after = readBack ? value : await this.#read(vm, signal)
    if (!took(after))
      throw new AzlinError('AZURE_REJECTED', {
        what: task.doing,
        code: '',
        reason: 'it accepted the change and did not make it',
      })
  }
}

function holdsNone({ storageProfile }: VirtualMachine, luns: readonly number[]): boolean {
  return !(storageProfile?.dataDisks ?? []).some(({ lun }) => luns.includes(lun))
}

/** Azure's word for a field of a data disk that cannot be changed where it is. */
function isFixed(error: unknown): boolean {
  if (!AzlinError.is(error, 'AZURE_REJECTED')) return false
  const { code, reason } = error.details
  return /^PropertyChangeNotAllowed$/i.test(code) && /\bdataDisk\./i.test(reason)
}

function taskOn(verb: string, vm: VmRef): Task {
  return {
    ...taskOf(verb, 'VM', vm),
    missing: () => new AzlinError('VM_NOT_FOUND', { vm: vm.name, resourceGroup: vm.resourceGroup }),
  }
}

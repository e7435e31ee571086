/** Network interfaces through arm-network. */
import type { NetworkInterface } from '@azure/arm-network'
import { resourceRefOf } from '../core/domain/arm-id.js'
import type { ResourceRef } from '../core/domain/machine.js'
import { AzlinError } from '../core/errors.js'
import type { Networks } from '../core/ports/azure.js'
import type { CallOptions, Calls } from './calls.js'
import type { Clients } from './clients.js'
import { newNic } from './network-models.js'
import { make, taskOf, unmake } from './resources.js'

const minutes = 10

type NewNic = ResourceRef & { region: string; tags: Readonly<Record<string, string>> }

export class AzureNetworks implements Networks {
  readonly #clients: Clients
  readonly #calls: Calls

  constructor(clients: Clients, calls: Calls) {
    this.#clients = clients
    this.#calls = calls
  }

  async cloneNic(sourceNicId: string, want: NewNic, signal: AbortSignal, sent?: () => void): Promise<string> {
    const ref = resourceRefOf(sourceNicId)
    if (!ref) throw new AzlinError('AZURE_NOT_FOUND', { what: `network interface ${sourceNicId}` })
    const source = await this.#calls.request(taskOf('reading', 'network interface', ref), signal, this.#get(ref))
    const configurations = source.ipConfigurations ?? []
    const { subnet } = configurations.find(({ primary }) => primary) ?? configurations[0] ?? {}
    if (!subnet?.id) throw new AzlinError('AZURE_NOT_FOUND', { what: `subnet of network interface ${ref.name}` })
    return this.#create(subnet.id, want, signal, source, sent)
  }

  createNic(subnetId: string, want: NewNic, signal: AbortSignal, sent?: () => void): Promise<string> {
    return this.#create(subnetId, want, signal, {}, sent)
  }

  async findNic(ref: ResourceRef, signal: AbortSignal) {
    const nic = await this.#calls.find(taskOf('reading', 'network interface', ref), signal, this.#get(ref))
    return nic && { tags: nic.tags ?? {}, vmId: nic.virtualMachine?.id }
  }

  removeNic(ref: ResourceRef, signal: AbortSignal): Promise<void> {
    return unmake(
      this.#calls,
      {
        task: taskOf('removing', 'network interface', ref),
        minutes,
        get: this.#get(ref),
        passing: /^NicReservedForAnotherVm$/i,
        remove: async (options) => {
          const { networkInterfaces } = await this.#clients.network()
          return networkInterfaces.beginDelete(ref.resourceGroup, ref.name, options)
        },
      },
      signal,
    )
  }

  /** With an address from the subnet and none from outside; the rest as in `like`. */
  async #create(
    subnetId: string,
    want: NewNic,
    signal: AbortSignal,
    { enableAcceleratedNetworking, networkSecurityGroup }: NetworkInterface,
    sent: (() => void) | undefined,
  ): Promise<string> {
    // A PUT on a name in use would change somebody's interface; and undoing it would remove that one.
    if (await this.findNic(want, signal))
      throw new AzlinError('NAME_TAKEN', { what: 'a network interface', name: want.name })

    const body = newNic({
      ...want,
      subnetId,
      securityGroupId: networkSecurityGroup?.id,
      accelerated: enableAcceleratedNetworking,
    })
    const task = taskOf('creating', 'network interface', want)
    const put = async (options: CallOptions) => {
      const { networkInterfaces } = await this.#clients.network()
      sent?.()
      return networkInterfaces.beginCreateOrUpdate(want.resourceGroup, want.name, body, options)
    }
    const { id } = await make(this.#calls, { task, minutes, get: this.#get(want), put }, signal)
    if (!id) throw new AzlinError('AZURE_NOT_FOUND', { what: task.subject })
    return id
  }

  #get({ resourceGroup, name }: ResourceRef) {
    return async (options: CallOptions): Promise<NetworkInterface> => {
      const { networkInterfaces } = await this.#clients.network()
      return networkInterfaces.get(resourceGroup, name, options)
    }
  }
}

/** The network of a drill: made to lead nowhere, and to be taken away again. Through arm-network. */
import type { NetworkInterface, NetworkManagementClient, VirtualNetwork } from '@azure/arm-network'
import { resourceRefOf } from '../core/domain/arm-id.js'
import type { ResourceRef } from '../core/domain/machine.js'
import { AzlinError } from '../core/errors.js'
import type { NetworkPart, TestNetworks } from '../core/ports/drill-azure.js'
import type { CallOptions, Calls, Poller } from './calls.js'
import type { Clients } from './clients.js'
import { regionName } from './disk-fields.js'
import { newNetwork, newNic, newPublicAddress, newSecurityGroup } from './network-models.js'
import { networkKinds, passingRefusals } from './network-parts.js'
import { make, taskOf, unmake } from './resources.js'

/** A network stands in seconds; going, it waits for what hangs on it. */
const minutes = 10

type Wanted<K extends keyof TestNetworks> = Parameters<TestNetworks[K]>[0]

export class AzureTestNetworks implements TestNetworks {
  readonly #clients: Clients
  readonly #calls: Calls

  constructor(clients: Clients, calls: Calls) {
    this.#clients = clients
    this.#calls = calls
  }

  async createSecurityGroup(
    want: Wanted<'createSecurityGroup'>,
    signal: AbortSignal,
    sent?: () => void,
  ): Promise<string> {
    const body = newSecurityGroup(want)
    const { id } = await this.#make('nsg', want, signal, {
      sent,
      get: ({ networkSecurityGroups }, options) => networkSecurityGroups.get(want.resourceGroup, want.name, options),
      put: ({ networkSecurityGroups }, options) =>
        networkSecurityGroups.beginCreateOrUpdate(want.resourceGroup, want.name, body, options),
    })
    return known(id, 'nsg', want)
  }

  async createNetwork(want: Wanted<'createNetwork'>, signal: AbortSignal, sent?: () => void) {
    const body = newNetwork(want)
    const { id, subnets } = await this.#make('vnet', want, signal, {
      sent,
      get: ({ virtualNetworks }, options) => virtualNetworks.get(want.resourceGroup, want.name, options),
      put: ({ virtualNetworks }, options) =>
        virtualNetworks.beginCreateOrUpdate(want.resourceGroup, want.name, body, options),
    })
    return { id: known(id, 'vnet', want), subnetId: known(subnets?.[0]?.id, 'vnet', want) }
  }

  async createPublicAddress(want: Wanted<'createPublicAddress'>, signal: AbortSignal, sent?: () => void) {
    const body = newPublicAddress(want)
    const { id, ipAddress } = await this.#make('pip', want, signal, {
      sent,
      get: ({ publicIPAddresses }, options) => publicIPAddresses.get(want.resourceGroup, want.name, options),
      put: ({ publicIPAddresses }, options) =>
        publicIPAddresses.beginCreateOrUpdate(want.resourceGroup, want.name, body, options),
    })
    return { id: known(id, 'pip', want), address: known(ipAddress, 'pip', want) }
  }

  async createNic(want: Wanted<'createNic'>, signal: AbortSignal, sent?: () => void) {
    const body = newNic(want)
    const nic = await this.#make<NetworkInterface>('nic', want, signal, {
      sent,
      get: ({ networkInterfaces }, options) => networkInterfaces.get(want.resourceGroup, want.name, options),
      put: ({ networkInterfaces }, options) =>
        networkInterfaces.beginCreateOrUpdate(want.resourceGroup, want.name, body, options),
    })
    const address = nic.ipConfigurations?.[0]?.privateIPAddress
    return { id: known(nic.id, 'nic', want), privateAddress: known(address, 'nic', want) }
  }

  async find(part: NetworkPart, ref: ResourceRef, signal: AbortSignal) {
    const task = taskOf('reading', networkKinds[part].words, ref)
    const model = await this.#calls.find(task, signal, this.#get(part, ref))
    return model && { tags: model.tags ?? {} }
  }

  remove(part: NetworkPart, ref: ResourceRef, signal: AbortSignal): Promise<void> {
    const { words, remove } = networkKinds[part]
    const change = { task: taskOf('removing', words, ref), minutes, passing: passingRefusals }
    return unmake(
      this.#calls,
      {
        ...change,
        get: this.#get(part, ref),
        remove: async (options) => remove(await this.#clients.network(), ref, options),
      },
      signal,
    )
  }

  async interfacesOn(part: 'vnet' | 'nsg', ref: ResourceRef, signal: AbortSignal): Promise<readonly string[]> {
    if (part === 'vnet') return interfacesIn(await this.#network(ref, signal))
    const task = taskOf('reading', networkKinds.nsg.words, ref)
    const group = await this.#calls.find(task, signal, async (options) => {
      const { networkSecurityGroups } = await this.#clients.network()
      return networkSecurityGroups.get(ref.resourceGroup, ref.name, options)
    })
    const ids = (group?.networkInterfaces ?? []).flatMap(({ id }) => id ?? [])
    const networks = new Set((group?.subnets ?? []).map(({ id = '' }) => splitSubnetId(id).networkId.toLowerCase()))
    for (const id of networks) {
      const network = resourceRefOf(id)
      if (network) ids.push(...interfacesIn(await this.#network(network, signal)))
    }
    return ids
  }

  async subnetRegion(subnetId: string, signal: AbortSignal): Promise<string | undefined> {
    const { networkId, subnet } = splitSubnetId(subnetId)
    const ref = resourceRefOf(networkId)
    if (!ref) return undefined
    // A subnet has no region of its own; its network has, and lists it.
    const network = await this.#network(ref, signal)
    const there = network?.subnets?.some(({ name }) => name?.toLowerCase() === subnet.toLowerCase()) ?? false
    return there ? regionName(network?.location) : undefined
  }

  #network({ resourceGroup, name }: ResourceRef, signal: AbortSignal): Promise<VirtualNetwork | undefined> {
    const task = taskOf('reading', networkKinds.vnet.words, { resourceGroup, name })
    return this.#calls.find(task, signal, async (options) => {
      const { virtualNetworks } = await this.#clients.network()
      return virtualNetworks.get(resourceGroup, name, options)
    })
  }

  async #make<M extends { readonly provisioningState?: string }>(
    part: NetworkPart,
    want: ResourceRef,
    signal: AbortSignal,
    {
      sent,
      get,
      put,
    }: {
      readonly sent: (() => void) | undefined
      get(client: NetworkManagementClient, options: CallOptions): Promise<M>
      put(client: NetworkManagementClient, options: CallOptions): Promise<Poller<M>>
    },
  ): Promise<M> {
    const { words } = networkKinds[part]
    if (await this.find(part, want, signal)) throw new AzlinError('NAME_TAKEN', { what: `a ${words}`, name: want.name })
    return make(
      this.#calls,
      {
        task: taskOf('creating', words, want),
        minutes,
        passing: passingRefusals,
        get: async (options) => get(await this.#clients.network(), options),
        put: async (options) => {
          const network = await this.#clients.network()
          sent?.()
          return put(network, options)
        },
      },
      signal,
    )
  }

  #get(part: NetworkPart, ref: ResourceRef) {
    return async (options: CallOptions) => networkKinds[part].get(await this.#clients.network(), ref, options)
  }
}

function splitSubnetId(id: string): { readonly networkId: string; readonly subnet: string } {
  const [, networkId = '', subnet = ''] = /^(.+)\/subnets\/([^/]+)$/i.exec(id) ?? []
  return { networkId, subnet }
}

/** A network lists the configurations of the interfaces in it. */
function interfacesIn(network: VirtualNetwork | undefined): string[] {
  const configurations = (network?.subnets ?? []).flatMap(({ ipConfigurations }) => ipConfigurations ?? [])
  return configurations.map(({ id = '' }) => id.replace(/\/ipConfigurations\/[^/]+$/i, ''))
}

/** First answers are partial; the one after the end must have it. */
function known(value: string | undefined, part: NetworkPart, { name }: ResourceRef): string {
  if (value !== undefined && value !== '') return value
  const what = `creating ${networkKinds[part].words} ${name}`
  throw new AzlinError('AZURE_REJECTED', { what, code: '', reason: 'it made it without an id or an address' })
}

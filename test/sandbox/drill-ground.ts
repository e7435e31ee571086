/** A machine of one's own in the sandbox, by plain requests. */
import type { Running } from './running.js'

export type Body = Record<string, unknown>

const network = '?api-version=2025-05-01'
const compute = '?api-version=2025-04-01'
const disks = '?api-version=2025-01-02'

export interface Ground {
  readonly name: string
  readonly location?: string
  /** Rules of the group at the interface; no group when left out. */
  readonly rules?: readonly Body[]
  readonly publicAddress?: boolean
  /** Over `10.20.0.0/24`. */
  readonly prefix?: string
  readonly subnet?: Body
  /** Disk that the machine starts from; a copy of web-1's when left out. */
  readonly osDisk?: string
  readonly machine?: Body
  readonly properties?: Body
}

export const rule = (name: string, priority: number, more: Body): Body => ({
  name,
  properties: {
    priority,
    direction: 'Inbound',
    access: 'Allow',
    protocol: 'Tcp',
    sourceAddressPrefix: '*',
    sourcePortRange: '*',
    destinationAddressPrefix: '*',
    destinationPortRange: '22',
    ...more,
  },
})

export const sshFrom = (source: string): Body => rule('ssh', 100, { sourceAddressPrefix: source })

/** A test drives it: nothing ends by itself unless the clock is moved. */
export class DrillGround {
  readonly #running: () => Running

  constructor(running: () => Running) {
    this.#running = running
  }

  id(rest: string): string {
    return this.#running().id(rest)
  }

  advance(seconds: number): void {
    this.#running().sandbox.world.advance(seconds * 1000)
  }

  /** What is accepted is waited for, in the sandbox's time. */
  async send(method: string, path: string, body?: unknown): ReturnType<Running['raw']> {
    const answer = await this.#running().raw(method, path, body)
    if (answer.status < 300 && method !== 'GET') this.advance(120)
    return answer
  }

  async must(method: string, path: string, body?: unknown): ReturnType<Running['raw']> {
    const answer = await this.send(method, path, body)
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`)
    return answer
  }

  /** An interface, with what it hangs on. */
  async nic({
    name,
    location = 'westus2',
    rules,
    publicAddress,
    prefix = '10.20.0.0/24',
    subnet,
  }: Ground): Promise<void> {
    const put = (type: string, suffix: string, body: Body) =>
      this.must('PUT', this.id(`Microsoft.Network/${type}/${name}-${suffix}`) + network, { location, ...body })
    const ref = (type: string, suffix: string) => ({ id: this.id(`Microsoft.Network/${type}/${name}-${suffix}`) })
    if (rules) await put('networkSecurityGroups', 'nsg', { properties: { securityRules: rules } })
    await put('virtualNetworks', 'vnet', {
      properties: {
        addressSpace: { addressPrefixes: [prefix] },
        subnets: [{ name: 's', properties: { addressPrefix: prefix, ...subnet } }],
      },
    })
    const sku = { name: 'Standard' }
    if (publicAddress) {
      await put('publicIPAddresses', 'pip', { sku, properties: { publicIPAllocationMethod: 'Static' } })
    }
    await put('networkInterfaces', 'nic', {
      properties: {
        ...(rules && { networkSecurityGroup: ref('networkSecurityGroups', 'nsg') }),
        ipConfigurations: [
          {
            name: 'one',
            properties: {
              subnet: { id: `${ref('virtualNetworks', 'vnet').id}/subnets/s` },
              ...(publicAddress && { publicIPAddress: { ...ref('publicIPAddresses', 'pip'), deleteOption: 'Delete' } }),
            },
          },
        ],
      },
    })
  }

  async disk(name: string, source = 'web-1_OsDisk_1', location = 'westus2'): Promise<string> {
    const copy = (sourceResourceId: string) => ({
      location,
      properties: { creationData: { createOption: 'Copy', sourceResourceId } },
    })
    const snapshot = this.id(`Microsoft.Compute/snapshots/${name}-snapshot`)
    const disk = this.id(`Microsoft.Compute/disks/${name}`)
    await this.must('PUT', snapshot + disks, copy(this.id(`Microsoft.Compute/disks/${source}`)))
    await this.must('PUT', disk + disks, copy(snapshot))
    return disk
  }

  /** Asks for the machine, and answers as Azure does; nothing has gone on since. */
  async askForMachine(ground: Ground): ReturnType<Running['raw']> {
    const { name, location = 'westus2', osDisk, machine, properties } = ground
    const disk = osDisk ?? (await this.disk(`${name}-os`))
    return this.#running().raw('PUT', this.machine(name), {
      location,
      ...machine,
      properties: {
        hardwareProfile: { vmSize: 'Standard_D2s_v5' },
        storageProfile: {
          osDisk: { osType: 'Linux', createOption: 'Attach', managedDisk: { id: disk }, deleteOption: 'Delete' },
        },
        networkProfile: {
          networkInterfaces: [
            { id: this.id(`Microsoft.Network/networkInterfaces/${name}-nic`), properties: { deleteOption: 'Delete' } },
          ],
        },
        diagnosticsProfile: { bootDiagnostics: { enabled: true } },
        ...properties,
      },
    })
  }

  machine(name: string, rest = ''): string {
    return `${this.id(`Microsoft.Compute/virtualMachines/${name}`)}${rest}${compute}`
  }

  /** Up and running. */
  async boot(ground: Ground): Promise<void> {
    await this.nic(ground)
    const { status, text } = await this.askForMachine(ground)
    if (status !== 201) throw new Error(text)
    this.advance(120)
  }

  async view(name: string): Promise<{ power: string[]; agent: string; time: string | undefined }> {
    const { body } = await this.#running().raw('GET', this.machine(name, '/instanceView'))
    const { statuses, vmAgent } = body as {
      statuses: { code: string }[]
      vmAgent?: { statuses: { displayStatus: string; time: string }[] }
    }
    const power = statuses.map(({ code }) => code).filter((code) => code.startsWith('PowerState'))
    const [told] = vmAgent?.statuses ?? []
    return { power, agent: told?.displayStatus ?? 'none', time: told?.time }
  }

  /** Of the public address object. */
  async address(name: string): Promise<string> {
    const path = this.id(`Microsoft.Network/publicIPAddresses/${name}-pip`) + network
    const { body } = await this.#running().raw('GET', path)
    return (body as { properties: { ipAddress: string } }).properties.ipAddress
  }

  /** What its console said; undefined when it cannot be had. */
  async console(name: string): Promise<string | undefined> {
    const asked = await this.#running().raw('POST', this.machine(name, '/retrieveBootDiagnosticsData'))
    if (asked.status !== 200) return undefined
    return (await this.#running().raw('GET', String(asked.body['serialConsoleLogBlobUri']))).text
  }
}

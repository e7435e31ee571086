/** The guests that run: what they listen on, and scripts in them. */
import { createServer, type Server, type Socket } from 'node:net'
import type { Faults, SshTrouble } from '../faults.js'
import { endpointsOf, isReachable } from '../network/reach.js'
import type { Resource } from '../resource.js'
import type { World } from '../world.js'
import { guestAddress } from './addresses.js'
import { httpPorts, httpService } from './http-service.js'
import type { GuestKeys } from './keys.js'
import { runScript, type ScriptOutcome } from './script.js'
import { serveSsh } from './ssh-server.js'
import { osDiskOf } from './start.js'

export interface GuestSettings {
  readonly keys: GuestKeys
  /** Where guests' SSH servers listen: 22, or another where that cannot be had. */
  readonly sshPort: number
  /** False: scripts are not run. */
  readonly runScripts: boolean
}

interface Listener {
  readonly server: Server
  readonly sockets: Set<Socket>
}

const machineType = 'Microsoft.Compute/virtualMachines'
const defaultUser = 'azureuser'
const disabled = 'Scripts are not run: the sandbox was started with --no-run-command.\n'

export class Guests {
  readonly settings: GuestSettings
  readonly #world: World
  readonly #faults: Faults
  readonly #listeners = new Map<string, Listener>()
  readonly #ended = new AbortController()
  #looking: NodeJS.Immediate | undefined

  constructor(world: World, faults: Faults, settings: GuestSettings) {
    this.#world = world
    this.#faults = faults
    this.settings = settings
    world.onChange(() => this.look())
    faults.onChange(() => this.look())
    this.look()
    // Those that were coming up when the sandbox ended.
    for (const { hidden } of world.list(machineType)) {
      const left = Date.parse(hidden.power?.sshFrom ?? '') - world.now().getTime()
      if (left > 0) world.after((left / 1000) * world.clock.speed, () => undefined)
    }
  }

  /** Soon: has the guests listen where they should, and nowhere else. */
  look(): void {
    if (this.#ended.signal.aborted) return
    this.#looking ??= setImmediate(() => {
      this.#looking = undefined
      this.#reconcile()
    })
  }

  run(
    machine: Resource,
    script: { text: string; parameters?: readonly { name: string; value: string }[]; powershell?: boolean },
  ): Promise<ScriptOutcome> {
    const { runScripts, sshPort } = this.settings
    if (!runScripts) {
      return Promise.resolve({ exitCode: 126, stdout: Buffer.alloc(0), stderr: Buffer.from(disabled) })
    }
    const { text, parameters = [], powershell = false } = script
    const address = guestAddress(this.#world.secret, machine.id)
    const language = powershell ? 'powershell' : 'sh'
    return runScript({ text, language, parameters, address, sshPort }, this.#ended.signal)
  }

  close(): void {
    this.#ended.abort()
    clearImmediate(this.#looking)
    for (const key of [...this.#listeners.keys()]) this.#shut(key)
  }

  #reconcile(): void {
    const wanted = new Map(this.#world.list(machineType).flatMap((machine) => this.#servicesOf(machine)))
    for (const key of [...this.#listeners.keys()]) if (!wanted.has(key)) this.#shut(key)
    for (const [key, make] of wanted) if (!this.#listeners.has(key)) this.#open(key, make())
  }

  /** By `<address> <port> <machine> <manner>`: what is not the same is another. */
  #servicesOf(machine: Resource): [string, () => Server][] {
    const { hidden } = machine
    const { sshFrom, code, since } = hidden.power ?? {}
    if (code !== 'running' || sshFrom === undefined || this.#world.now() < new Date(sshFrom)) return []
    if (this.#faults.isDown(machine.location)) return []
    const own = guestAddress(this.#world.secret, machine.id)
    const { sshPort } = this.settings
    const manner = `${machine.id.toLowerCase()} ${since}`
    const ssh = (): Server => createServer((socket) => void serveSsh(socket, this.#service(machine)))
    const open = endpointsOf(this.#world, machine)
      .filter((endpoint) => endpoint.address.startsWith('127.') && isReachable(this.#world, endpoint, 22))
      .map(({ address }) => address)
    const listening = hidden['ssh'] === 'refused' ? [] : [own, ...open]
    return [
      ...listening.map((address): [string, () => Server] => [`${address} ${sshPort} ${manner}`, ssh]),
      ...httpPorts.map((port): [string, () => Server] => [`${own} ${port} ${manner}`, httpService]),
    ]
  }

  #service(machine: Resource) {
    const login = osDiskOf(this.#world, machine)?.hidden.content?.login
    const { keys } = this.settings
    return {
      hostKey: keys.hostKey,
      user: login?.user ?? defaultUser,
      authorizedKeys: [keys.userPublicKey, ...(login?.keys ?? [])],
      trouble: (machine.hidden['ssh'] ?? 'well') as 'well' | SshTrouble,
      run: (command: string) => this.run(machine, { text: command }),
    }
  }

  #open(key: string, server: Server): void {
    const [host, port] = key.split(' ')
    const sockets = new Set<Socket>()
    server.on('connection', (socket: Socket) => {
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
    })
    this.#listeners.set(key, { server, sockets })
    // Taken by somebody else, or not ours to have (port 80): tried again at the next change.
    server.once('error', () => this.#listeners.delete(key))
    server.listen({ host, port: Number(port) }).unref()
  }

  #shut(key: string): void {
    const listener = this.#listeners.get(key)
    this.#listeners.delete(key)
    listener?.server.close()
    for (const socket of listener?.sockets ?? []) socket.destroy()
  }
}

/** Port for the guests' SSH servers: 22 where this process may listen there, else one that is free. */
export async function freeSshPort(secret: string): Promise<number> {
  const host = guestAddress(secret, 'probe')
  return (await listens(host, 22)) ?? (await listens(host, 0)) ?? 22
}

function listens(host: string, port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(undefined))
    server.listen({ host, port }, () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' ? address?.port : undefined))
    })
  })
}

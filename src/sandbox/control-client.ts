import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import type { CopyReport } from './compute/copy-progress.js'
import { type Connection, readConnection } from './connection.js'
import type { Fault, FaultRequest } from './faults.js'
import type { LoggedRequest } from './request-log.js'

export interface SandboxStatus {
  readonly url: string
  readonly pid: number
  readonly startedAt: string
  readonly speed: number
  /** The sandbox's own time. */
  readonly now: string
  readonly clockOffsetMs: number
  /** Number of resources by type. */
  readonly resources: Readonly<Record<string, number>>
  readonly faults: number
  /** Where guests answer SSH. */
  readonly sshPort: number
  /** Private key to log in with, as `azureuser`. */
  readonly sshKeyFile: string
}

const patienceMs = 10_000

/** Steers a running sandbox from another process. */
export class SandboxControl {
  readonly connection: Connection
  readonly #ca: string

  private constructor(connection: Connection) {
    this.connection = connection
    this.#ca = readFileSync(connection.caFile, 'utf8')
  }

  /** Undefined when no sandbox answers that was started with this home. */
  static async connect(home: string): Promise<SandboxControl | undefined> {
    const connection = readConnection(home)
    if (!connection) return undefined
    try {
      const control = new SandboxControl(connection)
      await control.status()
      return control
    } catch {
      // Left behind by one that was killed.
      return undefined
    }
  }

  status(): Promise<SandboxStatus> {
    return this.#ask('GET', 'status') as Promise<SandboxStatus>
  }

  advance(ms: number): Promise<SandboxStatus> {
    return this.#ask('POST', 'advance', { ms }) as Promise<SandboxStatus>
  }

  reset(): Promise<SandboxStatus> {
    return this.#ask('POST', 'reset') as Promise<SandboxStatus>
  }

  /** Adds `lab-rg` with machines that are out of the ordinary: see the documentation. */
  seed(set: 'lab'): Promise<SandboxStatus> {
    return this.#ask('POST', 'seed', { set }) as Promise<SandboxStatus>
  }

  addFault(fault: FaultRequest): Promise<Fault> {
    return this.#ask('POST', 'faults', fault) as Promise<Fault>
  }

  faults(): Promise<Fault[]> {
    return this.#ask('GET', 'faults') as Promise<Fault[]>
  }

  /** Clears one, by its id, or all. */
  async clearFaults(id?: string): Promise<void> {
    await this.#ask('DELETE', id === undefined ? 'faults' : `faults/${id}`)
  }

  /** Copies to other regions that exist now, whether under way, complete or broken off, in order of their start. */
  copies(): Promise<CopyReport[]> {
    return this.#ask('GET', 'copies') as Promise<CopyReport[]>
  }

  /** What was asked of the embedded Azure since its start (or reset), oldest first. */
  requests(): Promise<LoggedRequest[]> {
    return this.#ask('GET', 'requests') as Promise<LoggedRequest[]>
  }

  async stop(): Promise<void> {
    await this.#ask('POST', 'stop')
  }

  #ask(method: string, what: string, body?: unknown): Promise<unknown> {
    const { url, identityHeader } = this.connection
    const text = body === undefined ? undefined : JSON.stringify(body)
    return new Promise((resolve, reject) => {
      const asked = request(
        `${url}/sandbox/${what}`,
        {
          method,
          ca: this.#ca,
          agent: false,
          signal: AbortSignal.timeout(patienceMs),
          headers: {
            'x-sandbox-key': identityHeader,
            ...(text !== undefined && { 'content-type': 'application/json' }),
          },
        },
        (response) => {
          let answer = ''
          response.setEncoding('utf8')
          response.on('data', (part: string) => {
            answer += part
          })
          response.on('error', reject)
          response.on('end', () => {
            if (response.statusCode === 200) resolve(answer === '' ? undefined : JSON.parse(answer))
            else reject(new Error(`The sandbox answered ${response.statusCode}: ${answer}`))
          })
        },
      )
      asked.on('error', reject)
      asked.end(text)
    })
  }
}

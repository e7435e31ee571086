import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
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
const lookEveryMs = 20

/**
 * Resolves when the sandbox of this home that is stopping has written its last, at the latest after ten seconds. One
 * that was killed is not waited for.
 */
export async function stopped(home: string): Promise<void> {
  const stopping = readConnection(home)?.pid
  for (const until = Date.now() + patienceMs; Date.now() < until; await sleep(lookEveryMs))
    if (stopping === undefined || readConnection(home)?.pid !== stopping || !isAlive(stopping)) return
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Steers a running sandbox from another process. */
export class SandboxControl {
  readonly connection: Connection
  readonly #home: string
  readonly #ca: string

  private constructor(home: string, connection: Connection) {
    this.connection = connection
    this.#home = home
    this.#ca = readFileSync(connection.caFile, 'utf8')
  }

  /** Undefined when no sandbox answers that was started with this home. */
  static async connect(home: string): Promise<SandboxControl | undefined> {
    const connection = readConnection(home)
    if (!connection) return undefined
    try {
      const control = new SandboxControl(home, connection)
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

  /** When it resolves, the home may be removed, or started from again. */
  async stop(): Promise<void> {
    await this.#ask('POST', 'stop')
    await stopped(this.#home)
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

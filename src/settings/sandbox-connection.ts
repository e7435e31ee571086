import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AzlinError } from '../core/errors.js'

/** What a running sandbox writes about itself into `sandbox/connection.json` of the state folder. */
export interface SandboxConnection {
  readonly pid: number
  readonly url: string
  readonly identityEndpoint: string
  readonly identityHeader: string
  readonly caFile: string
  readonly subscriptionId: string
  readonly tenantId: string
  readonly resourceGroup: string
  /** The sandbox's clock can be moved; azlin goes by it. Milliseconds to add to this computer's. */
  readonly clockOffsetMs: number
  readonly speed: number
  /** Where SSH listens on its machines; absent in what an earlier one wrote. */
  readonly sshPort?: number
}

/** SANDBOX_NOT_RUNNING when there is none, or its process is gone. */
export function readSandboxConnection(home: string): SandboxConnection {
  const connection = parsed(join(home, 'sandbox', 'connection.json'))
  if (!connection || !isAlive(connection.pid)) throw new AzlinError('SANDBOX_NOT_RUNNING', { home })
  return connection
}

function parsed(file: string): SandboxConnection | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as SandboxConnection
  } catch {
    // Absent, or cut off by a crash: either way there is nothing to connect to.
    return undefined
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  try {
    // A process that was killed keeps its pid until its parent has looked; in a container the parent may never look.
    return !/\) [ZX] [^)]*$/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    // This system does not say more.
    return true
  }
}

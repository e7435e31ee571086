import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** `<home>/connection.json`: how a running sandbox is reached. It is there only while it runs. */
export interface Connection {
  readonly pid: number
  readonly url: string
  readonly identityEndpoint: string
  readonly identityHeader: string
  readonly caFile: string
  readonly subscriptionId: string
  readonly tenantId: string
  readonly resourceGroup: string
  /** What to add to the computer's clock to get the sandbox's. */
  readonly clockOffsetMs: number
  readonly speed: number
  /** Where guests' SSH servers listen: 22, or another where this process may not listen there. */
  readonly sshPort: number
  /** A private key that all machines of the seed let in, as `azureuser`. */
  readonly sshKeyFile: string
  readonly startedAt: string
}

export function writeConnection(home: string, connection: Connection): void {
  const part = `${fileIn(home)}.part`
  writeFileSync(part, `${JSON.stringify(connection, null, 2)}\n`, { mode: 0o600 })
  renameSync(part, fileIn(home))
}

/** Undefined when no sandbox runs from this home (or ever did). */
export function readConnection(home: string): Connection | undefined {
  return existsSync(fileIn(home)) ? (JSON.parse(readFileSync(fileIn(home), 'utf8')) as Connection) : undefined
}

/** Another may have been started since `pid` stopped listening: then it is that one's. */
export function removeConnection(home: string, pid: number): void {
  if (readConnection(home)?.pid === pid) rmSync(fileIn(home), { force: true })
}

function fileIn(home: string): string {
  return join(home, 'connection.json')
}

import type { DrillAzure } from '../ports/drill-azure.js'
import type { Records } from '../ports/records.js'
import type { Ssh } from '../ports/ssh.js'
import type { BootDeps } from './boot.js'
import type { ManagerDeps } from './deps.js'
import type { ReplicationManager } from './replication-manager.js'
import type { TemporaryDeps } from './temporary-resources.js'

/** How long a drill waits for what may never come. */
export interface DrillPatience {
  /** For the result of one script in the guest, minutes. */
  readonly guestMinutes: number
  /** From the machine's creation until SSH answers, milliseconds. */
  readonly connectionMs: number
  /** For one SSH conversation, milliseconds. */
  readonly handshakeMs: number
}

export const usualPatience: DrillPatience = { guestMinutes: 5, connectionMs: 10 * 60_000, handshakeMs: 20_000 }

export interface DrillDeps extends Omit<ManagerDeps, 'azure'>, Pick<TemporaryDeps, 'host'> {
  readonly azure: DrillAzure
  /** Refused without, by what makes something: it must be written down before. */
  readonly records: Records | undefined
  readonly boot: BootDeps
  readonly ssh: Ssh
  readonly replication: Pick<ReplicationManager, 'planOne' | 'execute'>
  /** Where SSH listens on a restored machine. */
  readonly sshPort: number
  /** Six to ten lower-case letters and digits that have not been used before. */
  readonly newToken: () => string
  readonly patience: DrillPatience
}

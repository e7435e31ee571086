import pLimit from 'p-limit'
import type { ManagerDeps } from '../../../src/core/managers/deps.js'
import { ReplicationManager } from '../../../src/core/managers/replication-manager.js'

/** With the pauses of a test: looks often, waits little. */
export function replicationOf(deps: ManagerDeps, change: { readonly copies?: number } = {}): ReplicationManager {
  return new ReplicationManager({
    ...deps,
    copyLimit: pLimit(change.copies ?? 3),
    lookEveryMs: 20,
    retryPauseMs: 10,
    random: () => 0.5,
    encryptionSetIn: () => undefined,
  })
}

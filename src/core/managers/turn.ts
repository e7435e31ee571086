import { armId } from '../domain/arm-id.js'
import type { VmRef } from '../domain/machine.js'
import { AzlinError } from '../errors.js'
import type { Records } from '../ports/records.js'
import type { Run } from '../run.js'
import { audited, requireRecords } from './audited.js'
import type { ManagerDeps } from './deps.js'

/**
 * Snapshots of a VM are taken by one azlin of this computer at a time, and never
 * while its disks are being replaced. BACKUP_IN_PROGRESS, VM_BUSY.
 */
export async function inTurn<T>(
  deps: ManagerDeps,
  vm: VmRef,
  operation: { readonly name: string; readonly details?: Readonly<Record<string, unknown>> },
  run: Run,
  work: (records: Records) => Promise<T>,
): Promise<T> {
  const { azure, clock } = deps
  const records = requireRecords(deps)
  const subject = armId(azure.subscriptionId, 'vm', vm)
  return audited(deps, { operation: operation.name, subject, details: operation.details ?? {} }, run, async () => {
    const turn = await records.turnstile.enter('backup', subject, clock.now())
    if (!turn.entered) {
      const since = turn.since.toISOString()
      if (turn.what === 'backup') throw new AzlinError('BACKUP_IN_PROGRESS', { vm: vm.name, since })
      throw new AzlinError('VM_BUSY', { vm: vm.name, what: `A ${turn.what}`, since })
    }
    try {
      return await work(records)
    } finally {
      await turn.leave()
    }
  })
}

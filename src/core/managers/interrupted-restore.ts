import type { Clock } from '../clock.js'
import { resourceRefOf, sameId } from '../domain/arm-id.js'
import type { Azure } from '../ports/azure.js'
import type { JournalEntry } from '../ports/records.js'
import { persist } from '../retry.js'
import type { Run } from '../run.js'

/**
 * Ends a restore in place whose process died. The swap is one request, so the VM has
 * either all its old disks or all the new ones: it keeps the ones it has, and runs
 * again if it ran before or has been restored. Nothing is detached and nothing deleted.
 *
 * @returns what was done (or, in a dry run, is to be done), in a sentence; undefined when there is nothing to do.
 */
export async function settleRestore(
  { azure, clock }: { readonly azure: Azure; readonly clock: Clock },
  { resourceId, details }: JournalEntry,
  dryRun: boolean,
  run: Run,
): Promise<string | undefined> {
  const ref = resourceRefOf(resourceId)
  const machine = ref && (await azure.machines.find(ref, run.signal))
  if (!machine) return undefined

  const newDisks = Array.isArray(details['newDisks']) ? details['newDisks'].map(String) : []
  const swapped = machine.disks.some((disk) => newDisks.some((id) => sameId(id, disk.id)))
  const { power } = await azure.machines.status(machine, run.signal)
  const shouldRun = swapped || details['wasRunning'] === true
  if (!shouldRun || power === 'running' || power === 'starting') return undefined

  const left = `${machine.name} was left stopped with its ${swapped ? 'restored' : 'old'} disks`
  if (dryRun) return `${left}, and is to be started`
  run.report({ type: 'vm.power', vm: machine.name, to: 'starting' })
  await persist(() => azure.machines.start(machine, run.signal), { clock, signal: run.signal })
  return `${left}, and runs again`
}

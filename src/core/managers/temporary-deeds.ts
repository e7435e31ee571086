/** What is to happen to one leftover: decided by what Azure says of it now, done by the caller. */
import { groupNameOf, resourceRefOf } from '../domain/arm-id.js'
import { type Leftover, markHold } from '../domain/leftovers.js'
import { isPreviousDisk } from '../domain/previous-disk.js'
import { tagOf } from '../domain/tag-text.js'
import { makesLasting, temporaryTag } from '../domain/temporary.js'
import { AzlinError } from '../errors.js'
import type { DrillAzure } from '../ports/drill-azure.js'
import type { JournalEntry } from '../ports/records.js'
import type { Run } from '../run.js'
import { halfTaken } from './interrupted-capture.js'
import { findTemporary, isMarked, membersLeft, othersDisks, removeTemporary } from './temporary-removal.js'

export interface Deed {
  /** Undefined: there is nothing of it to be removed. */
  readonly remove: ((signal: AbortSignal) => Promise<void>) | undefined
  /** It is in use by something that stays: only its mark goes. */
  readonly unmark?: boolean
}

export interface Around {
  readonly now: Date
  readonly entries: readonly JournalEntry[]
  /** All that the journal holds. */
  readonly journal: readonly JournalEntry[]
  /** ARM ids, in lower case, that would be gone by then. */
  readonly gone: ReadonlySet<string>
  /** Those of disks that a VM has run with, as restores tell that were cut off; in lower case. */
  readonly inProduction: ReadonlySet<string>
}

const nothing: Deed = { remove: undefined }
const unmarkOnly: Deed = { remove: undefined, unmark: true }

/** HOLDS_OTHERS when something would go along that azlin did not make, CONFLICT when it has come into use meanwhile. */
export async function deedFor(
  azure: DrillAzure,
  { kind, resourceId, kept, purpose }: Leftover,
  { now, entries, journal, gone, inProduction }: Around,
  run: Run,
): Promise<Deed> {
  const group = groupNameOf(resourceId)
  const ref = group === undefined ? resourceRefOf(resourceId) : { name: group, resourceGroup: group }
  if (!ref || kind === 'restore') return nothing
  if (kind === 'snapshot') {
    const [entry] = entries
    const half = entry && (await halfTaken(azure, entry, journal, run))
    return half ? { remove: (signal) => azure.snapshots.remove(ref, signal) } : nothing
  }

  const found = await findTemporary(azure, kind, ref, run.signal)
  if (!found || !isMarked(found)) return nothing
  // The list of what is marked lags behind, and what is done with the rest of it takes its time.
  const reason = markHold(kind, tagOf(found.tags, temporaryTag) ?? '', entries, now)
  if (reason !== undefined) throw new AzlinError('CONFLICT', { what: ref.name, reason })
  if (kept) return unmarkOnly
  const remove = (signal: AbortSignal) => removeTemporary(azure, kind, ref, signal)
  switch (kind) {
    case 'vm': {
      const vm = await azure.machines.find(ref, run.signal)
      const others = vm ? await othersDisks(azure, vm, run.signal) : []
      if (others.length > 0) throw new AzlinError('HOLDS_OTHERS', { what: `The VM ${ref.name}`, others })
      return { remove }
    }
    case 'disk': {
      const disk = await azure.disks.find(ref, run.signal)
      // Of a restore that was cut off: a VM ran with it until the next restore replaced it, and promised to keep it.
      if (inProduction.has(resourceId.toLowerCase()) || (disk && isPreviousDisk(disk.tags))) return unmarkOnly
      if (await isHeldByLasting(azure, ref.name, disk?.managedBy, gone, run)) return unmarkOnly
      // Whether that VM was put back, or people have worked on it since, is known where it was made and nowhere else.
      if (entries.length === 0 && makesLasting(purpose) && disk?.ownedAt)
        throw new AzlinError('CONFLICT', { what: ref.name, reason: mayHoldData(purpose) })
      return { remove }
    }
    case 'nic': {
      const nic = await azure.networks.findNic(ref, run.signal)
      return (await isHeldByLasting(azure, ref.name, nic?.vmId, gone, run)) ? unmarkOnly : { remove }
    }
    case 'vnet':
    case 'nsg':
      for (const id of await azure.testNetworks.interfacesOn(kind, ref, run.signal)) {
        const user = resourceRefOf(id)
        const nic = user && (await azure.networks.findNic(user, run.signal))
        if (!(await isHeldByLasting(azure, ref.name, nic?.vmId, gone, run))) continue
        // Of a drill nothing stays: whoever put a VM there has to take it out again.
        if (makesLasting(purpose)) return unmarkOnly
        throw new AzlinError('HOLDS_OTHERS', { what: `The network of ${ref.name}`, others: [id] })
      }
      return { remove }
    case 'group': {
      const others = await membersLeft(azure, ref.name, gone, run.signal)
      if (others.length > 0) throw new AzlinError('HOLDS_OTHERS', { what: `The resource group ${ref.name}`, others })
      return { remove }
    }
    default:
      return { remove }
  }
}

function mayHoldData(purpose: string): string {
  return `a VM has run with it since "${purpose}" made it: azlin cleanup where that was knows more, or remove it, or its tag azlin:temporary, yourself`
}

/** In a dry run the VM that holds a thing may go before it. CONFLICT where it is temporary as well, and stays for now. */
async function isHeldByLasting(
  { machines }: DrillAzure,
  what: string,
  vmId: string | undefined,
  gone: ReadonlySet<string>,
  run: Run,
): Promise<boolean> {
  const holder = vmId === undefined || gone.has(vmId.toLowerCase()) ? undefined : resourceRefOf(vmId)
  const vm = holder && (await machines.find(holder, run.signal))
  if (!vm) return false
  if (isMarked(vm)) throw new AzlinError('CONFLICT', { what, reason: `the VM ${vm.name} uses it, and is still there` })
  return true
}

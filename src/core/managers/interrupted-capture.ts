import { resourceRefOf } from '../domain/arm-id.js'
import { isReady, type Snapshot } from '../domain/snapshot.js'
import type { Azure } from '../ports/azure.js'
import type { JournalEntry } from '../ports/records.js'
import type { Run } from '../run.js'

/**
 * A snapshot that was being taken when its process died. If its whole set stands, the
 * backup was finished and only the journal does not know: it is kept. If not, this
 * part of half a backup may go.
 *
 * @returns the snapshot to remove, or undefined when there is nothing to remove.
 */
export async function halfTaken(
  azure: Azure,
  { resourceId, details }: JournalEntry,
  run: Run,
): Promise<Snapshot | undefined> {
  const ref = resourceRefOf(resourceId)
  const mine = ref && (await azure.snapshots.find(ref, run.signal))
  const set = String(details['set'])
  // A journal entry is written before the name is probed: somebody else's snapshot is not ours to remove.
  if (!mine || setOf(mine) !== set) return undefined

  const parts = (await azure.snapshots.inGroup(mine.resourceGroup, run.signal)).filter((one) => setOf(one) === set)
  const whole = parts.length >= Number(details['of']) && parts.every(isReady)
  return whole ? undefined : mine
}

function setOf({ tags }: Snapshot): string | undefined {
  return tags['azlin:backup'] ?? tags['azlin:snapshot']
}

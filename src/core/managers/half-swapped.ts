/**
 * A restore in place whose process died between two changes of its VM: where Azure wanted the places of data disks made
 * free first, they may be empty still.
 */
import { sameId } from '../domain/arm-id.js'
import type { Machine } from '../domain/machine.js'
import type { DiskAt } from '../ports/azure.js'
import type { JournalEntry } from '../ports/records.js'

/** A place among the VM's disks, as the journal holds it. */
export interface RestoredPlace {
  readonly made: DiskAt
  /** Absent where the VM had no disk there. */
  readonly previous?: DiskAt
}

/**
 * What its VM lacks: the rest of the new disks where it has one of them, else the old ones again. Empty where nothing is
 * lacking, or where it has run since.
 */
export function lackingIn(
  machine: Machine,
  { details, kept }: Pick<JournalEntry, 'details' | 'kept'>,
): readonly DiskAt[] {
  // What is free though the restore freed nothing, somebody else has taken off.
  if (kept || details['freed'] !== true) return []
  const places = placesIn(details['places'])
  const free = places.filter(({ made: { lun } }) => !machine.disks.some((disk) => disk.lun === lun))
  if (!free.some(({ previous }) => previous)) return []
  const has = (one: DiskAt | undefined) => one !== undefined && machine.disks.some(({ id }) => sameId(id, one.id))
  if (places.some(({ made }) => has(made))) return free.map(({ made }) => made)
  // With none of its old disks it is another VM of the name.
  return places.some(({ previous }) => has(previous)) ? free.flatMap(({ previous }) => previous ?? []) : []
}

function placesIn(list: unknown): readonly RestoredPlace[] {
  return Array.isArray(list) ? list.filter(isPlace) : []
}

/** Entries of earlier versions have none. */
function isPlace(one: unknown): one is RestoredPlace {
  return typeof one === 'object' && one !== null && 'made' in one && typeof one.made === 'object'
}

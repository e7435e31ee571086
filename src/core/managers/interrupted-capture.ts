import { resourceRefOf, sameId } from '../domain/arm-id.js'
import type { ResourceRef } from '../domain/machine.js'
import { recoveryTag } from '../domain/recovery-tags.js'
import { type Snapshot, whyBroken } from '../domain/snapshot.js'
import { tagOf } from '../domain/tag-text.js'
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
  journal: readonly JournalEntry[],
  run: Run,
): Promise<Snapshot | undefined> {
  const ref = resourceRefOf(resourceId)
  const mine = ref && (await azure.snapshots.find(ref, run.signal))
  const set = String(details['set'])
  // A journal entry is written before the name is probed: somebody else's snapshot is not ours to remove, nor is one
  // of the very same set that another computer takes.
  const { token } = details
  const isOurs = (one: Snapshot) =>
    setOf(one) === set && (token === undefined || tagOf(one.tags, recoveryTag.capture) === token)
  if (!mine || !isOurs(mine)) return undefined

  const listed = await azure.snapshots.inGroup(mine.resourceGroup, run.signal)
  const parts = [...listed, ...(await notListed(azure, listed, [...namedIn(details, mine), ...namesIn(journal)], run))]
    .filter(isOurs)
    .filter(({ id }, at, all) => all.findIndex((one) => sameId(one.id, id)) === at)
  // Data that Azure still copies in the background arrives by itself: such a set was taken. And somebody may just be
  // changing the tags of one that is complete.
  const whole = parts.length >= Number(details['of']) && parts.every((part) => whyBroken(part) === undefined)
  return whole ? undefined : mine
}

/** A list may not show yet what was made a moment ago; the journal knows the names. */
async function notListed(
  { snapshots }: Azure,
  listed: readonly Snapshot[],
  known: readonly ResourceRef[],
  run: Run,
): Promise<readonly Snapshot[]> {
  const refs = known.filter((ref) => !listed.some((one) => isAt(one, ref)))
  return (await Promise.all(refs.map((ref) => snapshots.find(ref, run.signal)))).filter((one) => one !== undefined)
}

function namesIn(journal: readonly JournalEntry[]): readonly ResourceRef[] {
  return journal.flatMap(({ kind, resourceId }) => (kind === 'snapshot' ? (resourceRefOf(resourceId) ?? []) : []))
}

/** Of the whole set: entries of others of it may have been struck off before the process died. */
function namedIn({ names }: JournalEntry['details'], { resourceGroup }: Snapshot): readonly ResourceRef[] {
  return Array.isArray(names) ? names.map((name) => ({ name: String(name), resourceGroup })) : []
}

function isAt(a: ResourceRef, b: ResourceRef): boolean {
  return (
    a.name.toLowerCase() === b.name.toLowerCase() && a.resourceGroup.toLowerCase() === b.resourceGroup.toLowerCase()
  )
}

function setOf({ tags }: Snapshot): string | undefined {
  return tagOf(tags, recoveryTag.backup) ?? tagOf(tags, recoveryTag.snapshotSet)
}

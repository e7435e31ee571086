/** Writes on a backup's snapshots how its verification ended, for every other computer to see. */
import type { Backup } from '../domain/backup.js'
import { encodeProof, isCondemned, proofIn, recoveryTag } from '../domain/recovery-tags.js'
import type { Snapshot } from '../domain/snapshot.js'
import { type TagMap, tagOf } from '../domain/tag-text.js'
import { levelOf, strongerProof, type Verification } from '../domain/verification.js'
import { knownFaultsIn, marksOf } from '../domain/verify-marks.js'
import { AzlinError } from '../errors.js'
import type { Azure } from '../ports/azure.js'
import type { Run } from '../run.js'

/** The value of a tag that is about to be removed: no moment, no proof and no fault. */
const nothing = '-'

/** A disk's snapshot with the tags that it had when it began to be verified, and those that it has now. */
interface Tagged {
  readonly snapshot: Snapshot
  readonly before: TagMap
  readonly now: TagMap
}

/**
 * A failure takes an earlier success away only where the backup itself is at fault: a network that was down says
 * nothing about it, neither for it nor against it. A snapshot that cannot be tagged is told and is no failure: the result stands.
 */
export async function tagVerified(azure: Azure, backup: Backup, result: Verification, run: Run): Promise<void> {
  try {
    const disks = await taggedNow(azure, backup, run)
    const condemned = result.disks.some(({ fault }) => fault !== undefined)
    const found = disks.find(({ before, now }) => hasNewFault(before, now))
    if (found && !condemned) {
      const text = `Another verification found a fault in ${found.snapshot.name} meanwhile: this one does not lift it.`
      run.report({ type: 'notice', code: 'FAULT_FOUND', text })
      return
    }
    // What was found to be at fault before stays so until it is looked at again.
    const stays = disks.some(({ now }) => isCondemned(now))
    for (const disk of disks) await tag(azure, disk, { ...result, condemned, stays }, run)
  } catch (error) {
    if (!AzlinError.is(error) || run.signal.aborted) throw error
    const text = `The result stands, but could not be written on the snapshots of ${backup.name}: ${error.message}`
    run.report({ type: 'notice', code: error.code, text })
  }
}

/** Reading took its time, and other computers verify too. */
function taggedNow(azure: Azure, { disks }: Backup, run: Run): Promise<readonly Tagged[]> {
  return Promise.all(
    disks.map(async ({ snapshot }) => {
      const now = await azure.snapshots.find(snapshot, run.signal)
      return { snapshot, before: snapshot.tags, now: now?.tags ?? snapshot.tags }
    }),
  )
}

function hasNewFault(before: TagMap, now: TagMap): boolean {
  return knownFaultsIn(now).length > 0 && tagOf(now, recoveryTag.fault) !== tagOf(before, recoveryTag.fault)
}

async function tag(
  azure: Azure,
  { snapshot, before, now }: Tagged,
  result: Verification & { readonly condemned: boolean; readonly stays: boolean },
  run: Run,
): Promise<void> {
  const { success, condemned, stays, depth, verifiedAt: at } = result
  const level = levelOf(result.disks)
  const isProven = level === 3 && success
  const verdict = result.disks.find((disk) => disk.snapshot.id === snapshot.id)
  const marks = verdict && marksOf(verdict, depth, at, now)
  const merged = {
    ...(isProven && { [recoveryTag.verifiedAt]: at.toISOString() }),
    ...(!success && { [recoveryTag.verifyFailedAt]: at.toISOString() }),
    ...(!success && !condemned && !stays && { [recoveryTag.verifyInconclusive]: at.toISOString() }),
    ...(!condemned && level > 1 && { [recoveryTag.proof]: encodeProof(strongerProof(proofIn(now), level, at)) }),
    ...marks?.set,
  }
  const removed = [
    ...(isProven ? [recoveryTag.verifyFailedAt, recoveryTag.verifyInconclusive] : []),
    ...(condemned ? [recoveryTag.verifiedAt, recoveryTag.proof, recoveryTag.verifyInconclusive] : []),
    ...(hasNewFault(before, now) ? [] : (marks?.gone ?? [])),
  ].filter((name) => tagOf(now, name) !== undefined)
  // All at once, so that nothing ever stands as verified that is known not to be.
  const taken = Object.fromEntries(removed.map((name) => [name, nothing]))
  await azure.tags.merge(snapshot.id, { ...taken, ...merged }, run.signal)
  if (removed.length > 0) await azure.tags.remove(snapshot.id, removed, run.signal)
}

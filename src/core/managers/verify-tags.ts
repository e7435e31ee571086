/** Writes on a backup's snapshots how its verification ended, for every other computer to see. */
import type { Backup } from '../domain/backup.js'
import { encodeProof, isCondemned, proofIn, recoveryTag } from '../domain/recovery-tags.js'
import { type TagMap, tagOf } from '../domain/tag-text.js'
import { type DiskVerdict, levelOf, strongerProof, type Verification } from '../domain/verification.js'
import { marksOf } from '../domain/verify-marks.js'
import { AzlinError } from '../errors.js'
import type { Azure } from '../ports/azure.js'
import type { Run } from '../run.js'

/** The value of a tag that is about to be removed: no moment, no proof and no fault. */
const nothing = '-'

/** The tags that each disk's snapshot has, by its id. */
export type TagsNow = ReadonlyMap<string, TagMap>

/** Reading took its time, and other computers verify too. Where Azure does not say, the tags are those that it began with. */
export async function tagsNow(azure: Azure, { disks }: Backup, run: Run): Promise<TagsNow> {
  const read = disks.map(async ({ snapshot }): Promise<[string, TagMap]> => {
    try {
      return [snapshot.id, (await azure.snapshots.find(snapshot, run.signal))?.tags ?? snapshot.tags]
    } catch (error) {
      if (!AzlinError.is(error) || run.signal.aborted) throw error
      return [snapshot.id, snapshot.tags]
    }
  })
  return new Map(await Promise.all(read))
}

/**
 * A failure takes an earlier success away only where the backup itself is at fault: a network that was down says
 * nothing about it, neither for it nor against it. A snapshot that cannot be tagged is told and is no failure: the result stands.
 */
export async function tagVerified(azure: Azure, now: TagsNow, result: Verification, run: Run): Promise<void> {
  // What was found to be at fault before stays so until it is looked at again.
  const stays = [...now.values()].some(isCondemned)
  try {
    for (const disk of result.disks) await tag(azure, disk, now.get(disk.snapshot.id) ?? {}, { ...result, stays }, run)
  } catch (error) {
    if (!AzlinError.is(error) || run.signal.aborted) throw error
    const text = `The result stands, but could not be written on the snapshots of ${result.backup}: ${error.message}`
    run.report({ type: 'notice', code: error.code, text })
  }
}

async function tag(
  azure: Azure,
  disk: DiskVerdict,
  now: TagMap,
  result: Verification & { readonly stays: boolean },
  run: Run,
): Promise<void> {
  const { success, stays, depth, verifiedAt: at, disks } = result
  const condemned = disks.some(({ fault }) => fault !== undefined)
  const level = levelOf(disks)
  const isProven = level === 3 && success
  const marks = marksOf(disk, depth, at, now)
  const merged = {
    ...(isProven && { [recoveryTag.verifiedAt]: at.toISOString() }),
    ...(!success && { [recoveryTag.verifyFailedAt]: at.toISOString() }),
    ...(!success && !condemned && !stays && { [recoveryTag.verifyInconclusive]: at.toISOString() }),
    ...(!condemned && level > 1 && { [recoveryTag.proof]: encodeProof(strongerProof(proofIn(now), level, at)) }),
    ...marks.set,
  }
  const removed = [
    ...(isProven ? [recoveryTag.verifyFailedAt, recoveryTag.verifyInconclusive] : []),
    ...(condemned ? [recoveryTag.verifiedAt, recoveryTag.proof, recoveryTag.verifyInconclusive] : []),
    ...marks.gone,
  ].filter((name) => tagOf(now, name) !== undefined)
  // All at once, so that nothing ever stands as verified that is known not to be.
  const taken = Object.fromEntries(removed.map((name) => [name, nothing]))
  await azure.tags.merge(disk.snapshot.id, { ...taken, ...merged }, run.signal)
  if (removed.length > 0) await azure.tags.remove(disk.snapshot.id, removed, run.signal)
}

/** Writes on a backup's snapshots how its verification ended, for every other computer to see. */
import type { Backup } from '../domain/backup.js'
import { encodeProof, recoveryTag } from '../domain/recovery-tags.js'
import { levelOf, strongerProof, type Verification } from '../domain/verification.js'
import { marksOf } from '../domain/verify-marks.js'
import { AzlinError } from '../errors.js'
import type { Azure } from '../ports/azure.js'
import type { Run } from '../run.js'

/**
 * A failure takes an earlier success away only where the backup itself is at fault: a network that was down says
 * nothing about it, neither for it nor against it. A snapshot that cannot be tagged is told and is no failure: the result stands.
 */
export async function tagVerified(azure: Azure, backup: Backup, result: Verification, run: Run): Promise<void> {
  const at = result.verifiedAt
  const condemned = result.disks.some(({ fault }) => fault !== undefined)
  const level = levelOf(result.disks)
  const proof = { [recoveryTag.proof]: encodeProof(strongerProof(backup.proof, level, at)) }
  const isProven = level === 3 && result.success
  const shared = {
    ...(isProven && { [recoveryTag.verifiedAt]: at.toISOString() }),
    ...(!result.success && { [recoveryTag.verifyFailedAt]: at.toISOString() }),
    // What was found to be at fault before stays so until it is looked at again.
    ...(!result.success && !condemned && !backup.condemned && { [recoveryTag.verifyInconclusive]: at.toISOString() }),
    ...(!condemned && level > 1 && proof),
  }
  const removed = [
    ...(isProven ? [recoveryTag.verifyFailedAt, recoveryTag.verifyInconclusive] : []),
    ...(condemned ? [recoveryTag.verifiedAt, recoveryTag.proof, recoveryTag.verifyInconclusive] : []),
  ]
  try {
    for (const { snapshot } of backup.disks) {
      const verdict = result.disks.find((disk) => disk.snapshot.id === snapshot.id)
      const marks = verdict && marksOf(verdict, result.depth, at, snapshot.tags)
      const merged = { ...shared, ...marks?.set }
      const there = [...removed, ...(marks?.gone ?? [])].filter((name) =>
        Object.keys(snapshot.tags).some((tag) => tag.toLowerCase() === name),
      )
      // First: nothing may stand as verified that is known not to be.
      if (there.length > 0) await azure.tags.remove(snapshot.id, there, run.signal)
      if (Object.keys(merged).length > 0) await azure.tags.merge(snapshot.id, merged, run.signal)
    }
  } catch (error) {
    if (!AzlinError.is(error) || run.signal.aborted) throw error
    const text = `The result stands, but could not be written on the snapshots of ${backup.name}: ${error.message}`
    run.report({ type: 'notice', code: error.code, text })
  }
}

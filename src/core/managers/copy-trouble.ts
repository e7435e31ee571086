/** Copies that Azure broke off: what is said of them, and what becomes of what is left. */
import { type CopyWant, isCopyOf } from '../domain/replication.js'
import { whyBroken } from '../domain/snapshot.js'
import { AzlinError } from '../errors.js'
import type { Azure } from '../ports/azure.js'
import type { Run } from '../run.js'

/** How often a copy is begun before it is given up. */
export const attempts = 3

/**
 * What is left of a copy that newer ones overtake: nothing will fill it any more. Where it does not go now, it goes as an
 * incomplete copy does, in its time.
 */
export async function clearAway({ azure }: { readonly azure: Azure }, want: CopyWant, run: Run): Promise<void> {
  try {
    const copy = await azure.snapshots.find(want.target, run.signal)
    if (copy && isCopyOf(copy, want.source) && whyBroken(copy) !== undefined)
      await azure.snapshots.remove(copy, run.signal)
  } catch (error) {
    if (!AzlinError.is(error) || run.signal.aborted) throw error
  }
}

export function givenUp({ backup, targetRegion }: CopyWant, reason: string): AzlinError {
  return new AzlinError('NOT_COPYABLE', {
    backup,
    region: targetRegion,
    why: `Azure broke off its copy ${attempts} times, the last time with: ${reason.replace(/\.$/, '')}`,
    way: 'azlin backup replicate tries it again, as long as no newer one is copied.',
  })
}

/** One whose source is gone cannot be begun again. */
export function brokenOff({ target, source, targetRegion, backup }: CopyWant, reason: string): AzlinError {
  if (!/CopySourceNotFound|source.*(not found|deleted|does not exist)/i.test(reason))
    return new AzlinError('COPY_BROKEN', { snapshot: target.name, reason })
  return new AzlinError('NOT_COPYABLE', {
    backup,
    region: targetRegion,
    why: `its snapshot ${source.name} was deleted while it was being copied`,
    way: 'Nobody but azlin should delete the snapshots of a backup. Take another one.',
  })
}

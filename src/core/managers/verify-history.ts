/** What a verification found is held against what earlier ones saw, on this computer and on others. */
import type { Backup, RecoveryDisk } from '../domain/backup.js'
import { hasLostStructure, isRaw } from '../domain/disk-image/structure.js'
import type { TagMap } from '../domain/tag-text.js'
import { type Depth, type DiskVerdict, depthName, type Fault, type VerifyOptions } from '../domain/verification.js'
import { isLifted, knownContentIn, knownFaultsIn } from '../domain/verify-marks.js'
import type { Verifications } from '../ports/verifications.js'

/** What is found of a disk, while it is being found. */
export type Found = { -readonly [Key in keyof DiskVerdict]: DiskVerdict[Key] }

/** Of a disk that was read: with this very snapshot, and with the same disk in older backups. */
export async function compareWithEarlier(
  verifications: Verifications,
  backup: Backup,
  { snapshot, lun }: RecoveryDisk,
  { depth, allowBlank }: Pick<VerifyOptions, 'depth' | 'allowBlank'>,
  found: Found,
): Promise<void> {
  if (found.readable !== true) return
  const known = knownContentIn(snapshot.tags)
  const told = known?.sha256 !== undefined && depth === 'deep' ? { digest: known.sha256, at: known.at } : undefined
  if (found.digest !== undefined) {
    const recorded = await verifications.digestOf(snapshot, depthName(depth))
    found.earlier = [recorded, told].filter((one) => one !== undefined).toSorted((a, b) => +a.at - +b.at)[0]
  }
  if (found.earlier && found.earlier.digest !== found.digest) {
    const since = found.earlier.at.toISOString()
    accuse(found, 'changed', `Its content changed since it was read on ${since}: a snapshot must stay as it is.`)
  }

  if (!found.blank) return compareStructure(verifications, backup, { snapshot, lun }, found)
  const itself = (await verifications.contentIn(snapshot)) ?? (known?.blank === false ? { at: known.at } : undefined)
  if (itself) {
    accuse(found, 'plain', `It is all zero, and held data when it was read on ${itself.at.toISOString()}.`)
    return
  }
  const disk = { vm: backup.vm, lun, diskName: found.diskName }
  const before = await verifications.contentBefore(disk, backup.createdAt)
  if (before && !allowBlank)
    accuse(found, 'plain', `It is all zero; in ${before.backup} this disk was: ${before.content}`)
  found.blankAllowed = before !== undefined && allowBlank
}

/** A disk may lose its table and its file systems by its owner's will; a snapshot cannot. */
async function compareStructure(
  verifications: Verifications,
  backup: Backup,
  { snapshot, lun }: Pick<RecoveryDisk, 'snapshot' | 'lun'>,
  found: Found,
): Promise<void> {
  const content = found.content ?? ''
  const itself = await verifications.contentIn(snapshot)
  if (itself && hasLostStructure(content, itself.content)) {
    const [now, then] = [`It holds now: ${content}`, `When it was read on ${itself.at.toISOString()}, it held:`]
    accuse(found, 'plain', `${now} ${then} ${itself.content}`)
    return
  }
  if (!isRaw(content)) return
  const disk = { vm: backup.vm, lun, diskName: found.diskName }
  const before = await verifications.contentBefore(disk, backup.createdAt)
  if (before && !isRaw(before.content))
    found.notes = [...found.notes, `In ${before.backup} this disk was: ${before.content}`]
}

/** What a deeper verification found stays true of whatever did not look as deep. */
export function recallFault(tags: TagMap, depth: Depth, found: Found): void {
  if (found.problems.length > 0) return
  const wasReadWell = found.readable === true
  for (const known of knownFaultsIn(tags)) {
    if (wasReadWell && isLifted(known, found, depthName(depth))) continue
    const how = known.depth === 'deep' ? '--deep' : `--slice ${known.depth}`
    const what = known.fault === 'changed' ? 'its content had changed' : 'it could not be read whole'
    const way = known.fault === 'changed' ? 'that reads what it held at first' : 'that finds nothing wrong'
    accuse(
      found,
      known.fault,
      `On ${known.at.toISOString()} ${how} found that ${what}. Only another run with ${how} ${way} lifts that.`,
    )
    found.recalled = true
  }
}

function accuse(found: Found, fault: Fault, problem: string): void {
  found.problems = [...found.problems, problem]
  // What is seen by fewer verifications must not be forgotten for what is seen by all.
  found.fault = found.fault === 'changed' ? 'changed' : fault
  if (found.readable === true) found.readable = false
}

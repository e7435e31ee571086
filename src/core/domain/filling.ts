/**
 * Backups whose snapshots were taken and whose data Azure still brings: those of Premium SSD v2 and Ultra disks fill in
 * the background. Their moment is fixed, they become complete by themselves, and until then nothing can be made of them.
 */
import type { Backup, RecoveryPoint } from './backup.js'
import { isReady, type Snapshot } from './snapshot.js'

type Parts = Pick<RecoveryPoint, 'complete' | 'disks'>

/** Every disk is there, and nothing is wrong but that data has not arrived. */
export function isFilling({ complete, disks }: Parts): boolean {
  if (complete) return false
  const wanted = Math.max(0, ...disks.map(({ facts }) => facts?.of ?? 0))
  const sound = disks.every(({ snapshot }) => isReady(snapshot) || isComing(snapshot))
  return disks.length >= wanted && sound && disks.some(({ snapshot }) => isComing(snapshot))
}

/** How much is there of the disk that is the furthest back, in whole percent. */
export function filledPercent({ disks }: Parts): number {
  const coming = disks.map(({ snapshot }) => snapshot).filter(isComing)
  return Math.floor(Math.min(100, ...coming.map(({ completionPercent = 0 }) => completionPercent)))
}

/** What counts where it is asked whether a backup was taken: a second one would not be complete any sooner. */
export function taken({ backups, incomplete }: Readonly<Record<'backups' | 'incomplete', readonly Backup[]>>) {
  return [...backups, ...incomplete.filter(isFilling)]
}

function isComing(snapshot: Snapshot): boolean {
  const { provisioningState, copyError } = snapshot
  return provisioningState === 'Succeeded' && copyError === undefined && !isReady(snapshot)
}

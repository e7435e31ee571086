import type { Backup } from '../domain/backup.js'
import { filledPercent, isFilling } from '../domain/filling.js'
import { secondsLeft } from '../domain/replication.js'
import { whyBroken } from '../domain/snapshot.js'
import { AzlinError } from '../errors.js'
import { look } from '../retry.js'
import type { Run } from '../run.js'
import type { ManagerDeps } from './deps.js'

const slowestLookMs = 30_000
const quickestLookMs = 1_000
/** Of data that does not move. Azure promises no speed, and may tell nothing but 0 until all of it is there. */
const giveUpAfterMs = 12 * 60 * 60_000

/** Until all data of a backup is there, which Azure brings by itself. BACKUP_INCOMPLETE when it never will be, or stands still. */
export async function awaitData({ azure, clock }: ManagerDeps, backup: Backup, run: Run): Promise<void> {
  const start = clock.elapsed()
  run.report({ type: 'data.awaited', backup: backup.name })
  let movedAt = start
  let shown = -1
  let disks = backup.disks
  while (isFilling({ complete: false, disks })) {
    const percent = filledPercent({ complete: false, disks })
    if (percent !== shown) {
      const left = secondsLeft(percent, (+clock.now() - +backup.createdAt) / 1000)
      run.report({ type: 'data.arriving', backup: backup.name, percent, secondsLeft: left })
      shown = percent
      movedAt = clock.elapsed()
    }
    if (clock.elapsed() - movedAt > giveUpAfterMs) throw incomplete(backup, `its data stands at ${percent} %`)
    const age = clock.elapsed() - start
    await clock.sleep(Math.min(slowestLookMs, Math.max(quickestLookMs, age / 40)), run.signal)
    disks = await Promise.all(
      disks.map(async (disk) => {
        const found = await look(() => azure.snapshots.find(disk.snapshot, run.signal), run)
        if (found === undefined) throw incomplete(backup, `its snapshot ${disk.snapshot.name} was removed`)
        return AzlinError.is(found) ? disk : { ...disk, snapshot: found }
      }),
    )
  }
  const broken = disks.map(({ snapshot }) => whyBroken(snapshot)).find((why) => why !== undefined)
  if (broken !== undefined) throw incomplete(backup, broken)
  run.report({ type: 'data.arrived', backup: backup.name })
}

function incomplete({ name }: Backup, why: string): AzlinError {
  return new AzlinError('BACKUP_INCOMPLETE', { backup: name, why })
}

/** Which backup a restore takes: by name, by time, or picked from a list. */
import type { Clock } from '../core/clock.js'
import type { Backup } from '../core/domain/backup.js'
import type { VmRef } from '../core/domain/machine.js'
import { validSnapshotName, validTime } from '../core/domain/validation.js'
import { AzlinError } from '../core/errors.js'
import type { BackupManager } from '../core/managers/backup-manager.js'
import type { Run } from '../core/run.js'
import { backupLine } from './backups.js'
import { canAsk, choose } from './prompt.js'

interface ChoiceFlags {
  readonly backup?: string | undefined
  readonly at?: string | undefined
  /** Choose among what this region holds. */
  readonly region?: string | undefined
}

interface Shelf {
  readonly backups: BackupManager
  readonly clock: Clock
  readonly run: Run
}

type Choose = (shelf: Shelf, vm: VmRef) => Promise<Backup>

/** Refuses what cannot be meant; nothing is read before the choice it gives back is called. */
export function restoreChoice({ backup, at, region }: ChoiceFlags): Choose {
  if (backup !== undefined) {
    const name = validSnapshotName(backup, '--backup')
    return ({ backups, run }, vm) =>
      region === undefined ? backups.find(vm, name, run) : backups.findIn(region, vm, name, run)
  }
  if (at !== undefined) {
    const moment = validTime(at, '--at')
    return ({ backups, run }, vm) => backups.newestAt(vm, moment, region, run)
  }
  if (!canAsk()) {
    const problem = '--interactive needs a terminal. Name the backup with --backup, or the time with --at.'
    throw new AzlinError('USAGE', { problem, command: 'backup restore' })
  }
  return (shelf, vm) => pickFromList(shelf, vm, region)
}

async function pickFromList({ backups, clock, run }: Shelf, vm: VmRef, region: string | undefined): Promise<Backup> {
  const found = region === undefined ? await backups.list(vm, {}, run) : await backups.listIn(region, vm, {}, run)
  if (found.length === 0) throw new AzlinError('NO_BACKUPS', { vm: vm.name, resourceGroup: vm.resourceGroup, region })
  const now = clock.now()
  const choices = found.map((backup) => ({ name: backupLine(backup, now), value: backup }))
  return choose(`Which backup of ${vm.name}?`, choices, `Restoring ${vm.name}`, run.signal)
}

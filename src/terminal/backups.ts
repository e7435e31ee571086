/** Backups, schedules and cleanups in words. */
import type { Backup, BackupSchedule } from '../core/domain/backup.js'
import { filledPercent, isFilling } from '../core/domain/filling.js'
import type { CleanupResult } from '../core/managers/retention-manager.js'
import { type Column, fittingTable } from './fitting-table.js'
import { provenLevel, totalSizeGb } from './json.js'
import type { Columns } from './table.js'
import { age, minute } from './time.js'

export function backupTable(backups: readonly Backup[], now: Date, out: Columns): string {
  const columns: readonly Column<Backup>[] = [
    { heading: 'NAME', cell: ({ name }) => name },
    { heading: 'TIER', cell: ({ tier }) => tier, dispensable: 1 },
    { heading: 'CREATED (UTC)', cell: ({ createdAt }) => minute(createdAt), dispensable: 5 },
    { heading: 'AGE', cell: ({ createdAt }) => age(createdAt, now) },
    { heading: 'SIZE', cell: (backup) => `${totalSizeGb(backup)} GiB`, dispensable: 4 },
    { heading: 'DISKS', cell: ({ disks }) => String(disks.length), dispensable: 6 },
    { heading: 'VERIFIED', cell: (backup) => verified(backup, now), dispensable: 3 },
    { heading: 'PROOF', cell: (backup) => proofOf(backup, now), dispensable: 7 },
    { heading: 'REPLICATED', cell: whereElse, dispensable: 2 },
  ]
  return fittingTable(columns, backups, out)
}

/** As an age, so that it finds room in a window of 80 columns; `--json` has the moment. */
function verified({ verifiedAt, condemned }: Backup, now: Date): string {
  if (verifiedAt) return `${age(verifiedAt, now)} ago`
  return condemned ? 'FAILED' : 'no'
}

/** The level, and how long ago it was reached. */
function proofOf(backup: Backup, now: Date): string {
  const level = provenLevel(backup)
  return backup.proof === undefined ? String(level) : `${level} (${age(backup.proof.at, now)} ago)`
}

/** For a copy: that it is one, and whether its source is still there. */
function whereElse({ replicatedTo, replicaOf, orphan }: Backup & { readonly orphan?: boolean }): string {
  if (replicaOf !== undefined) return orphan ? 'a copy, an orphan' : 'a copy'
  return replicatedTo.join(', ') || 'no'
}

/** One line of the list that a restore is picked from. */
export function backupLine(backup: Backup, now: Date): string {
  return `${minute(backup.createdAt)} UTC  ${age(backup.createdAt, now)} old  ${backup.tier}  ${backup.name}`
}

export function noBackups(vm: string, tier: string, since: string | undefined, region?: string): string {
  const kind = tier === 'all' ? '' : `${tier} `
  const span = since === undefined ? '' : ` younger than ${since}`
  if (region !== undefined)
    return `${vm} has no ${kind}backups${span} in ${region}. azlin backup replicate-all ${vm} --target-region ${region} copies those of its own region there.`
  const forced = tier === 'all' ? '' : ` --tier ${tier}`
  return `${vm} has no ${kind}backups${span}. azlin backup trigger ${vm}${forced} takes one.`
}

export function describeBackup(backup: Backup): string {
  const disks = backup.disks.length === 1 ? '1 disk' : `${backup.disks.length} disks`
  const arriving = isFilling(backup) ? ` Not complete yet: ${filledPercent(backup)} % of its data is there.` : ''
  return `${backup.name}: ${backup.tier} backup of ${backup.vm.name}, ${disks}, ${totalSizeGb(backup)} GiB.${arriving}`
}

export function scheduleLines(vm: string, schedule: BackupSchedule, now: Date): string {
  const last = (at: Date | undefined) => (at ? `${minute(at)} UTC (${age(at, now)} ago)` : 'none yet')
  const kept = (count: number, unit: string) => (count === 0 ? 'off' : `kept ${count} ${unit}${count === 1 ? '' : 's'}`)
  const copies = schedule.targetRegion ? `copies wanted in ${schedule.targetRegion}` : 'no copies in a second region'
  const group = schedule.targetResourceGroup ? ` (group ${schedule.targetResourceGroup})` : ''
  return [
    `Backups of ${vm}: ${schedule.enabled ? 'on' : 'switched off'}`,
    `  daily    ${kept(schedule.dailyRetention, 'day')}, last ${last(schedule.lastDaily)}`,
    `  weekly   ${kept(schedule.weeklyRetention, 'week')}, last ${last(schedule.lastWeekly)}`,
    `  monthly  ${kept(schedule.monthlyRetention, 'month')}, last ${last(schedule.lastMonthly)}`,
    `  place    ${schedule.backupResourceGroup ?? "the VM's own group"}, ${copies}${group}`,
  ].join('\n')
}

export function cleanupLines(vm: string, { deleted, kept, failed, replicas }: CleanupResult, dryRun: boolean): string {
  const verb = dryRun ? 'would be removed' : 'removed'
  const lines = [
    deleted.length > 0
      ? `${count(deleted.length, 'expired backup')} of ${vm} ${verb}:`
      : `No backup of ${vm} ${dryRun ? 'would be' : 'was'} removed.`,
    ...deleted.map((name) => `  ${name}`),
  ]
  if (replicas.deleted.length > 0) lines.push(`Copies in other regions ${verb}:`)
  for (const { name, region } of replicas.deleted) lines.push(`  ${name} (${region})`)
  if (failed.length > 0) lines.push('Could not be removed:')
  for (const { name, error } of failed) lines.push(`  ${name}: ${error.message}`)
  if (kept.length + replicas.kept.length > 0) lines.push('Kept:')
  for (const { name, reason } of kept) lines.push(`  ${name}: ${reason}`)
  for (const { name, region, reason } of replicas.kept) lines.push(`  ${name} (copy in ${region}): ${reason}`)
  return lines.join('\n')
}

const count = (number: number, thing: string) => `${number} ${thing}${number === 1 ? '' : 's'}`

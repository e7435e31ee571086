/** What `backup run` did, a line for each VM. */
import type { RunItem } from '../core/managers/backup-runner.js'
import { describeBackup } from './backups.js'
import { describeReplication } from './replications.js'

export function runLines(items: readonly RunItem[]): string {
  if (items.length === 0) return 'No VM has a backup schedule. azlin backup configure <vm> gives it one.'
  return items.flatMap((item) => [`${item.vm.name}: ${outcomeOf(item)}`, ...copiesOf(item)]).join('\n')
}

function outcomeOf(item: RunItem): string {
  switch (item.outcome) {
    case 'taken':
      return `taken. ${describeBackup(item.triggered.backup)}`
    case 'due':
      return `a ${item.tier} backup is due.`
    case 'skipped':
      return `skipped, ${item.reason.replace(/\.$/, '')}.`
    case 'failed':
      return `failed. ${item.error.message} ${item.error.hint}`
  }
}

function copiesOf({ copies }: RunItem): string[] {
  if (copies === undefined) return []
  if ('error' in copies) return [`  Not copied. ${copies.error.message} ${copies.error.hint}`]
  return [`  ${describeReplication(copies.jobs, copies.region, copies.refused.length > 0)}`]
}

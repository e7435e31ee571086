/** What `azlin cleanup` found and did. */
import type { SweepResult } from '../core/managers/temporary-manager.js'

export function sweepLines({ removed, left, settled }: SweepResult, dryRun: boolean): string {
  if (removed.length + left.length + settled.length === 0) return 'Nothing temporary was left behind.'
  const lines = [...settled]
  if (removed.length > 0) lines.push(dryRun ? 'To be removed:' : 'Removed:')
  for (const { kind, resource } of removed) lines.push(`  ${kind} ${resource}`)
  if (left.length > 0) lines.push('Left:')
  for (const { kind, resource, reason } of left) lines.push(`  ${kind} ${resource}: ${reason}`)
  return lines.join('\n')
}

/** What `azlin cleanup` found and did. */
import type { SweepResult, Swept } from '../core/managers/temporary-manager.js'
import { span } from './time.js'

export function sweepLines({ removed, left, settled }: SweepResult, dryRun: boolean): string {
  if (removed.length + left.length + settled.length === 0) return 'Nothing temporary was left behind.'
  const lines = [...settled]
  if (removed.length > 0) lines.push(dryRun ? 'To be removed:' : 'Removed:')
  for (const one of removed) lines.push(`  ${one.kind} ${one.resource}${originOf(one)}`)
  if (left.length > 0) lines.push('Left:')
  for (const one of left) lines.push(`  ${one.kind} ${one.resource}${originOf(one)}: ${one.reason}`)
  return lines.join('\n')
}

/** Age and owner, as far as anything says them. */
function originOf({ purpose, owner, ageSeconds }: Swept): string {
  const age = ageSeconds === null ? [] : [`${span(ageSeconds)} old`]
  return ` (${[...age, `of "${purpose}"`, ...(owner === null ? [] : [`on ${owner}`])].join(', ')})`
}

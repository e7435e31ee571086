/** What `azlin cleanup` found and did. */
import type { SweepResult, Swept } from '../core/managers/temporary-manager.js'
import { span } from './time.js'

/** Whether there is nothing of which the user must know or to which they must agree. */
export function isClean({ removed, left, unmarked, settled }: SweepResult): boolean {
  return removed.length + left.length + unmarked.length + settled.length === 0
}

export function sweepLines(result: SweepResult, dryRun: boolean): string {
  if (isClean(result)) return 'Nothing temporary was left behind.'
  const { removed, left, unmarked, settled } = result
  const lines = settled.map((sentence) => `${sentence}.`)
  if (removed.length > 0) lines.push(dryRun ? 'To be removed:' : 'Removed:')
  for (const one of removed) lines.push(`  ${one.kind} ${one.resource}${originOf(one)}`)
  if (unmarked.length > 0) lines.push(dryRun ? 'In use, so only its mark is to go:' : 'In use, so only its mark went:')
  for (const one of unmarked) lines.push(`  ${one.kind} ${one.resource}${originOf(one)}`)
  if (left.length > 0) lines.push('Left:')
  for (const one of left) lines.push(`  ${one.kind} ${one.resource}${originOf(one)}: ${one.reason}`)
  return lines.join('\n')
}

/** Age and owner, as far as anything says them. */
function originOf({ purpose, owner, ageSeconds }: Swept): string {
  const age = ageSeconds === null ? [] : [`${span(ageSeconds)} old`]
  return ` (${[...age, `of "${purpose}"`, ...(owner === null ? [] : [`on ${owner}`])].join(', ')})`
}

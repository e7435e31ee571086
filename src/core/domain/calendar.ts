/** Days, weeks and months in UTC. Weeks begin on Sunday, months on the 1st, both at 00:00. */
import type { Tier } from './backup.js'

export const dayMs = 86_400_000

export interface Period {
  readonly from: Date
  /** The first moment that is no longer in it. */
  readonly to: Date
}

/** The day, week or month that a moment lies in. */
export function periodOf(tier: Tier, at: Date): Period {
  const [year, month, day] = [at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()]
  if (tier === 'monthly') return { from: utc(year, month, 1), to: utc(year, month + 1, 1) }
  const first = tier === 'weekly' ? day - at.getUTCDay() : day
  return { from: utc(year, month, first), to: utc(year, month, first + (tier === 'weekly' ? 7 : 1)) }
}

export function isWithin({ from, to }: Period, at: Date): boolean {
  return at >= from && at < to
}

/** Undefined where none is known. */
export function latest(moments: readonly (Date | undefined)[]): Date | undefined {
  const known = moments.filter((moment) => moment !== undefined)
  return known.length > 0 ? new Date(Math.max(...known.map(Number))) : undefined
}

/** Same day and time so many months later; a day that the month lacks becomes its last. */
export function addMonths(at: Date, months: number): Date {
  const first = utc(at.getUTCFullYear(), at.getUTCMonth() + months, 1)
  const last = utc(first.getUTCFullYear(), first.getUTCMonth() + 1, 0).getUTCDate()
  const midnight = utc(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate())
  return new Date(+first + dayMs * (Math.min(at.getUTCDate(), last) - 1) + (+at - +midnight))
}

function utc(year: number, month: number, day: number): Date {
  return new Date(Date.UTC(year, month, day))
}

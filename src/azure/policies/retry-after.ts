/** A timer cannot be set for longer than 24 days: it would go off at once. */
const longestMs = 24 * 3_600_000

/** Milliseconds from a Retry-After header, in seconds or as a date, at most a day. A date is read by the server's own clock. */
export function retryAfterMs(headers: { get(name: string): string | undefined }, now: () => Date): number | undefined {
  const text = headers.get('retry-after')?.trim()
  if (!text) return undefined
  if (/^\d+(\.\d+)?$/.test(text)) return Math.min(longestMs, Number(text) * 1000)

  const until = Date.parse(text)
  if (Number.isNaN(until)) return undefined
  const sent = Date.parse(headers.get('date') ?? '')
  return Math.min(longestMs, Math.max(0, until - (Number.isNaN(sent) ? +now() : sent)))
}

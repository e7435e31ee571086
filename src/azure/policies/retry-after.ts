/** Milliseconds from a Retry-After header, in seconds or as a date. A date is read by the server's own clock. */
export function retryAfterMs(headers: { get(name: string): string | undefined }, now: () => Date): number | undefined {
  const text = headers.get('retry-after')?.trim()
  if (!text) return undefined
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000

  const until = Date.parse(text)
  if (Number.isNaN(until)) return undefined
  const sent = Date.parse(headers.get('date') ?? '')
  return Math.max(0, until - (Number.isNaN(sent) ? +now() : sent))
}

import type { Answer, Call } from './routes.js'

/** One page of a list and, when more follow, a `nextLink` on the sandbox's own host. */
export function page<T>(
  all: readonly T[],
  call: Call,
  { url, size, show }: { url: string; size: number; show: (one: T) => unknown },
): Answer {
  const top = Number(call.query['$top'] ?? size)
  const start = Number(call.query['$skiptoken'] ?? 0)
  const length = Math.min(size, Number.isFinite(top) && top > 0 ? top : size)
  const value = all.slice(start, start + length).map(show)
  if (start + length >= all.length || call.query['$top'] !== undefined) return { status: 200, body: { value } }
  const query = new URLSearchParams({ ...call.query, $skiptoken: String(start + length) })
  return { status: 200, body: { value, nextLink: `${url}${encodeURI(call.path)}?${query}` } }
}

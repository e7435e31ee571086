import type { PageRange } from '../image/content.js'

/** One answer of Get Page Ranges (Diff): at most `limit` ranges from the marker on, in the order they lie. */
export function pageListXml(
  ranges: { readonly pages: readonly PageRange[]; readonly cleared: readonly PageRange[] },
  { marker, limit }: { marker: string | undefined; limit: number },
): string {
  const all = [
    ...ranges.pages.map((range) => ({ range, element: 'PageRange' })),
    ...ranges.cleared.map((range) => ({ range, element: 'ClearRange' })),
  ].sort((one, other) => one.range.start - other.range.start)
  const from = all.findIndex(({ range }) => range.start >= Number(marker ?? 0))
  const rest = from < 0 ? [] : all.slice(from)
  const next = rest[limit]?.range.start
  const elements = rest
    .slice(0, limit)
    .map(({ range, element }) => `<${element}><Start>${range.start}</Start><End>${range.end - 1}</End></${element}>`)
  const continuation = next === undefined ? '' : `<NextMarker>${next}</NextMarker>`
  return `<?xml version="1.0" encoding="utf-8"?><PageList>${elements.join('')}${continuation}</PageList>`
}

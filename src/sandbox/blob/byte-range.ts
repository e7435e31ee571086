/** What a Range header asks for of a blob of so many bytes. `end` is exclusive and never past the blob. */
export type ByteRange = { readonly start: number; readonly end: number } | 'whole' | 'unsatisfiable'

/** A header that is no single byte range is ignored, as HTTP wants. Suffix ranges (`bytes=-n`) Azure ignores too. */
export function parseRange(header: string | undefined, length: number): ByteRange {
  const parts = /^bytes=(\d+)-(\d*)$/.exec(header?.trim() ?? '')
  if (!parts) return 'whole'
  const start = Number(parts[1])
  const last = parts[2] ? Number(parts[2]) : length - 1
  if (last < start && parts[2]) return 'whole'
  return start >= length ? 'unsatisfiable' : { start, end: Math.min(last + 1, length) }
}

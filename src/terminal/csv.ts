/** RFC 4180: commas, lines that end with CRLF, quotes around what needs them. */
export function csv(
  headings: readonly string[],
  rows: readonly (readonly (string | number | boolean | null)[])[],
): string {
  return [headings, ...rows].map((row) => row.map(cellOf).join(',')).join('\r\n')
}

/** What is not known is an empty cell. */
function cellOf(value: string | number | boolean | null): string {
  const text = value === null ? '' : String(value)
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
